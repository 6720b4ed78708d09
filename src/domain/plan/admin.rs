//! The admin: e-mail address and credential, as one wish.

use std::ops::ControlFlow;

use super::{Next, Rest, Stage, look, rest, to_do};
use crate::domain::{
    credential::ObservedCredential,
    desired::Desired,
    ids::AdminId,
    observed::Observed,
    reason::Reason,
    record::{AdminRecord, CredentialVersion, OrganizationRecord, Tenant},
    step::{AdminChange, Look, NewAdmin, Step},
};

/// Settled if nobody but `own` has the wished e-mail address.
pub(super) fn email_free(own: Option<AdminId>, seen: &Observed) -> Stage {
    match &seen.email_holder {
        Some(holder) if Some(holder.admin) != own => rest(Reason::EmailConflict),
        Some(_) | None => ControlFlow::Continue(()),
    }
}

/// Settled if the credential is at hand, or can be made.
pub(super) fn credential_usable(seen: &Observed) -> Stage {
    match &seen.credential {
        ObservedCredential::Missing(secret) => rest(Reason::SecretNotFound(secret.clone())),
        ObservedCredential::Foreign(secret) => rest(Reason::SecretConflict(secret.clone())),
        ObservedCredential::Leaving(_) => rest(Reason::Progressing),
        ObservedCredential::Faulty(fault) => rest(Reason::Credential(fault.clone())),
        ObservedCredential::Unseen
        | ObservedCredential::NotGenerated(_)
        | ObservedCredential::Present { .. } => ControlFlow::Continue(()),
    }
}

/// The version of the credential that a new hash will be of; a password is generated where that is
/// wished and none is there. Secret first, then the hash: what nobody can read is nobody's password.
fn credential_at_hand(seen: &Observed) -> Stage<CredentialVersion> {
    credential_usable(seen)?;
    match &seen.credential {
        ObservedCredential::Present { version, .. } => ControlFlow::Continue(version.clone()),
        ObservedCredential::NotGenerated(secret) => to_do(Step::CreateAdminSecret(secret.clone())),
        ObservedCredential::Unseen
        | ObservedCredential::Missing(_)
        | ObservedCredential::Foreign(_)
        | ObservedCredential::Leaving(_)
        | ObservedCredential::Faulty(_) => rest(Reason::Progressing),
    }
}

/// Settled with the admin, which is made where it is missing.
pub(super) fn present<'a>(
    desired: &Desired,
    tenant: &'a Tenant,
    token_version: i64,
    seen: &Observed,
) -> Stage<&'a AdminRecord> {
    if let Some(admin) = &tenant.admin {
        let id = tenant.record.id;
        return match admin.organization_id {
            Some(other) if other != id => rest(Reason::OperationUnknown {
                id,
                field: "admin_id",
            }),
            Some(_) | None => ControlFlow::Continue(admin),
        };
    }
    email_free(Some(tenant.record.admin_id), seen)?;
    let credential_version = credential_at_hand(seen)?;
    to_do(Step::InsertAdmin(NewAdmin {
        id: tenant.record.admin_id,
        email: desired.email.clone(),
        organization_id: tenant.record.id,
        organization_name: tenant.record.organization_name.clone(),
        token_version,
        credential_version,
        created_at: tenant.record.created_at,
    }))
}

/// What the wish changes about the credential.
enum CredentialChange {
    None,
    Version(CredentialVersion),
    Password(CredentialVersion),
}

fn credential_change(
    desired: &Desired,
    admin: &AdminRecord,
    seen: &Observed,
) -> Stage<CredentialChange> {
    // An adopted admin keeps the password that he knows until a reference says otherwise.
    if desired.credential.is_generated()
        && admin.credential_version.is_none()
        && matches!(seen.credential, ObservedCredential::NotGenerated(_))
    {
        return ControlFlow::Continue(CredentialChange::None);
    }
    let version = credential_at_hand(seen)?;
    if admin.holds(&version) {
        return ControlFlow::Continue(CredentialChange::None);
    }
    match &seen.credential {
        ObservedCredential::Present {
            stored: Some(true), ..
        } => ControlFlow::Continue(CredentialChange::Version(version)),
        ObservedCredential::Present {
            stored: Some(false),
            ..
        } => ControlFlow::Continue(CredentialChange::Password(version)),
        ObservedCredential::Present { stored: None, .. }
        | ObservedCredential::Unseen
        | ObservedCredential::Missing(_)
        | ObservedCredential::NotGenerated(_)
        | ObservedCredential::Foreign(_)
        | ObservedCredential::Leaving(_)
        | ObservedCredential::Faulty(_) => look(Look::Credential),
    }
}

/// The one compare-and-set that makes the admin as wished; `None` where he is. Resting where the
/// wish can't be met.
pub(super) fn wished_update(
    desired: &Desired,
    admin: &AdminRecord,
    seen: &Observed,
) -> Stage<Option<Step>> {
    let mut after = admin.clone();
    let mut changes = Vec::new();
    let mut rehash = None;
    if admin.email != desired.email {
        email_free(Some(admin.id), seen)?;
        changes.push(AdminChange::Email);
        after.email = desired.email.clone();
    }
    match credential_change(desired, admin, seen)? {
        CredentialChange::None => {}
        CredentialChange::Version(version) => {
            changes.push(AdminChange::CredentialVersion);
            after.credential_version = Some(version.sealed(&admin.password));
        }
        CredentialChange::Password(version) => {
            changes.push(AdminChange::Password);
            rehash = Some(version);
        }
    }
    if changes
        .iter()
        .any(|change| matches!(change, AdminChange::Email | AdminChange::Password))
    {
        after.token_version += 1;
        changes.push(AdminChange::Tokens);
    }
    if changes.is_empty() {
        return ControlFlow::Continue(None);
    }
    let update = Step::UpdateAdmin {
        changes,
        before: Box::new(admin.clone()),
        after: Box::new(after),
        rehash,
    };
    ControlFlow::Continue(Some(update))
}

/// Settled once the admin is as wished.
pub(super) fn as_wished(desired: &Desired, admin: &AdminRecord, seen: &Observed) -> Stage {
    let Some(update) = wished_update(desired, admin, seen)? else {
        return ControlFlow::Continue(());
    };
    outdated_secret_deleted(desired, admin, seen)?;
    to_do(update)
}

/// A generated password that a reference replaces is no password any more: its Secret goes, and goes
/// first, since afterwards nothing tells that it was there.
fn outdated_secret_deleted(desired: &Desired, admin: &AdminRecord, seen: &Observed) -> Stage {
    let was_generated = admin
        .credential_version
        .as_ref()
        .is_some_and(CredentialVersion::is_generated);
    let outdated = was_generated
        && !desired.credential.is_generated()
        && desired.credential.secret() != &desired.generated_secret;
    if outdated && !seen.done.secret_deleted {
        return to_do(Step::DeleteAdminSecret(desired.generated_secret.clone()));
    }
    ControlFlow::Continue(())
}

/// Settled once every token issued so far is dead. Done before what it is for: if the pass is cut
/// off in between, tokens die twice.
pub(super) fn tokens_ended(tenant: &Tenant, seen: &Observed) -> Stage {
    match &tenant.admin {
        Some(admin) if !seen.done.tokens_ended => {
            let ended = admin.token_version + 1;
            to_do(with_token_version(vec![AdminChange::Tokens], admin, ended))
        }
        Some(_) | None => ControlFlow::Continue(()),
    }
}

/// Settled if no token that is dead by status would live again: a hand, or a backup that was put
/// back, may have set the count back.
pub(super) fn tokens_still_dead(known: i64, admin: &AdminRecord) -> Stage {
    if admin.token_version >= known {
        return ControlFlow::Continue(());
    }
    let changes = vec![AdminChange::Repair, AdminChange::Tokens];
    to_do(with_token_version(changes, admin, known.saturating_add(1)))
}

fn with_token_version(changes: Vec<AdminChange>, admin: &AdminRecord, version: i64) -> Step {
    let mut after = admin.clone();
    after.token_version = version;
    Step::UpdateAdmin {
        changes,
        before: Box::new(admin.clone()),
        after: Box::new(after),
        rehash: None,
    }
}

/// Settled once the admin's links say what the record says.
pub(super) fn linked(record: &OrganizationRecord, admin: &AdminRecord) -> Stage {
    let is_linked = admin.organization_id == Some(record.id);
    if is_linked && admin.organization_name == record.organization_name {
        return ControlFlow::Continue(());
    }
    let mut after = admin.clone();
    after.organization_id = Some(record.id);
    after.organization_name = record.organization_name.clone();
    // A name that the organization had is no edit: the admin comes along.
    let is_left_behind = record.names.contains(&admin.organization_name);
    let change = if is_linked && !is_left_behind {
        AdminChange::Repair
    } else {
        AdminChange::Link
    };
    to_do(Step::UpdateAdmin {
        changes: vec![change],
        before: Box::new(admin.clone()),
        after: Box::new(after),
        rehash: None,
    })
}

/// Whether a stage rests because of the e-mail address.
pub(super) fn is_email_conflict(next: &Next) -> bool {
    matches!(
        next,
        Next::Rest(Rest::Settled {
            reason: Reason::EmailConflict,
            ..
        })
    )
}
