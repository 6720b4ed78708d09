//! Out of the archive: the name is claimed, the admin put back, the collection brought home.
//! Forward only once the intent stands, but where somebody else has the place by now.

use std::{convert::Infallible, ops::ControlFlow};

use super::{
    Stage, admin, archive, claim, claimants,
    home::{self, Home},
    obstacle, rest, seen_at, to_do, update,
};
use crate::domain::{
    archive::Archive,
    desired::{Adoption, Desired},
    ids::OrganizationId,
    names::CollectionName,
    observed::{Capability, Observed, ObservedObject},
    reason::Reason,
    record::{Naming, OrganizationRecord, State, StoredTenant, Tenant},
    step::{RecordChange, Step},
};

/// The intent, once nothing stands against it. Everything is checked before anything is claimed.
pub(super) fn begun(
    id: OrganizationId,
    desired: &Desired,
    object: &ObservedObject,
    seen: &Observed,
) -> Stage<Infallible> {
    let tenant = match &seen.archive {
        None => return rest(Reason::RestoreRefused(id)),
        Some(StoredTenant::Unreadable { id, field, .. }) => {
            return rest(Reason::OperationUnknown { id: *id, field });
        }
        Some(StoredTenant::Readable(tenant)) => tenant,
    };
    let record = &tenant.record;
    let State::Archived(kept) = &record.state else {
        // It came back once, and its object was deleted, or lost: it is found by its name.
        if record.state.is_nameless() || !record.claims(&desired.name) {
            return rest(Reason::RestoreRefused(id));
        }
        return claim::by_name(desired, object, seen);
    };
    let is_ours = record
        .released
        .as_ref()
        .is_some_and(|former| former.same_namespace(&object.owner));
    if !is_ours || desired.may_adopt == Adoption::Nothing {
        return rest(Reason::RestoreRefused(id));
    }
    if !claimants(&desired.name, seen)?.is_empty() {
        return rest(Reason::NameConflict(desired.name.clone()));
    }
    obstacle::cleared(&CollectionName::of_tenant(&desired.name), seen)?;
    admin::email_free(None, seen)?;
    admin::credential_usable(seen)?;
    to_do(update(RecordChange::IntendRestore, record, |after| {
        after.state = State::Restoring(kept.clone());
        let naming = Naming {
            generation: object.generation,
            outdated: None,
        };
        after.give_to(object.owner.clone(), naming);
        after.organization_name = desired.name.clone();
        after.names = vec![desired.name.clone()];
        after.collection_name = after.home();
    }))
}

/// Settled if it isn't on its way out of the archive; else the next step. Without `desired` it is to
/// go again.
pub(super) fn finished(
    desired: Option<&Desired>,
    disabled: bool,
    tenant: &Tenant,
    seen: &Observed,
) -> Stage {
    let record = &tenant.record;
    let State::Restoring(kept) = &record.state else {
        return ControlFlow::Continue(());
    };
    let found = whereabouts(record, seen)?;
    let home = record.home();
    let is_home = found.as_ref().is_some_and(|found| found.name == home);
    seen_at(seen, [&home])?;
    if !is_home && seen.at(&home).is_some() {
        // It appeared after the look that the intent relies on.
        return rolled_back(kept, found.as_ref(), tenant, seen);
    }
    if let Some(kept_admin) = &kept.admin
        && tenant.admin.is_none()
    {
        let Some(desired) = desired else {
            // It is to go again before it was back: whether its address is free is not asked.
            return rolled_back(kept, found.as_ref(), tenant, seen);
        };
        if admin::email_free(Some(kept_admin.id), seen).is_break() {
            return rolled_back(kept, found.as_ref(), tenant, seen);
        }
        let mut admin = kept_admin.clone();
        admin.email = desired.email.clone();
        admin.organization_name = record.organization_name.clone();
        admin.organization_id = Some(record.id);
        admin.token_version += 1;
        return to_do(Step::RestoreAdmin(Box::new(admin)));
    }
    match found {
        Some(found) if !is_home => to_do(Step::MoveCollection {
            from: found.name,
            to: home,
            uuid: found.uuid,
        }),
        // Nowhere: the tenant is back without it, and says so.
        found => to_do(update(RecordChange::FinishRestore, record, |after| {
            after.state = State::Active;
            after.disabled = disabled;
            after.collection_uuid = found.map(|found| found.uuid).or(record.collection_uuid);
        })),
    }
}

/// Where the collection is: in the archive, or home already. Where UUIDs don't last, what lies under
/// the claimed name, which was seen absent, and is no other's is ours once the archive is empty.
fn whereabouts(record: &OrganizationRecord, seen: &Observed) -> Stage<Option<Home>> {
    let found = match record.collection_uuid {
        Some(uuid) => home::located(record, uuid, seen)?,
        None => None,
    };
    if found.is_some() || seen.capability != Capability::Unfenced {
        return ControlFlow::Continue(found);
    }
    let home = record.home();
    seen_at(seen, [&home])?;
    match seen.at(&home) {
        Some(there) if !obstacle::is_held(there, seen)? => ControlFlow::Continue(Some(Home {
            name: home,
            uuid: there.uuid,
        })),
        Some(_) | None => ControlFlow::Continue(None),
    }
}

/// Back into the archive: the collection, the admin, then the claim.
fn rolled_back(kept: &Archive, found: Option<&Home>, tenant: &Tenant, seen: &Observed) -> Stage {
    let record = &tenant.record;
    let place = CollectionName::archive(record.id);
    if let Some(found) = found.filter(|found| found.name != place) {
        return to_do(Step::MoveCollection {
            from: found.name.clone(),
            to: place,
            uuid: found.uuid,
        });
    }
    if tenant.admin.is_some() && !seen.done.admins_deleted {
        return to_do(Step::DeleteAdmins(Box::new(record.clone())));
    }
    let uuid = found.map(|found| found.uuid);
    to_do(update(RecordChange::RollBackRestore, record, |after| {
        archive::given_up(after, kept);
        after.collection_uuid = uuid.or(record.collection_uuid);
    }))
}
