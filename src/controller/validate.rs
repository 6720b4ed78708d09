//! From an object to a wish: every field parsed, every default applied. Pure; the same rules as the
//! definition's, since an admission step that was skipped must be no hole.

use kube::{Resource, ResourceExt, core::DeserializeGuard};

use crate::{
    crd::{
        Access, AdminSpec, AdoptionPolicy, DeletionPolicy, Organization, OrganizationSpec,
        RestoreFrom, SecretKeyReference,
        change::{CHANGE_ANNOTATION, change_note, last_answer, made_at},
    },
    domain::{
        archive::{Retention, RetentionError},
        change::ChangeKind,
        credential::{CredentialSource, SecretName},
        desired::{Adoption, Desired, Disposal, Leaving, Wish},
        email::Email,
        ids::OrganizationId,
        names::OrgName,
        reason::Reason,
    },
};

/// The longest metadata.name: the names that follow from it must fit as well.
const MAX_OBJECT_NAME: usize = 57;

/// The longest name of a Secret, and of a key in it (Kubernetes).
const MAX_SECRET_NAME: usize = 253;

/// What the operator's settings say about wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowances {
    /// Namespaces from which records without an owner may be adopted.
    pub adoption_namespaces: Vec<String>,
    /// How long an archive is kept for which spec.archiveRetention doesn't say it.
    pub archive_retention: Retention,
}

/// The wish of an object, alive or on its way out.
#[must_use]
pub fn validate(object: &DeserializeGuard<Organization>, allowances: &Allowances) -> Wish {
    let leaving = object.meta().deletion_timestamp.is_some();
    match &object.0 {
        Ok(organization) if leaving => Wish::Absent(leave(organization, allowances)),
        Ok(organization) => wish(organization, allowances),
        // A policy that can't be read is Retain.
        Err(_) if leaving => Wish::Absent(Leaving {
            disposal: Disposal::Retain,
            is_protected: false,
            disabled: false,
        }),
        Err(invalid) => Wish::Refused(Reason::InvalidSpec(format!(
            "The object can't be read: {}. Correct it, or upgrade the operator.",
            invalid.error
        ))),
    }
}

fn leave(organization: &Organization, allowances: &Allowances) -> Leaving {
    let spec = &organization.spec;
    let disposal = match (unacknowledged(organization), spec.deletion_policy) {
        // Nobody was told that it is there: nothing of it stays.
        (Some(ChangeKind::Create), _) => Disposal::Delete,
        (None, DeletionPolicy::Delete) if !spec.suspend => Disposal::Delete,
        (None, DeletionPolicy::Archive) if !spec.suspend => {
            // One that can't be read would keep the object for ever, and nobody loses by the default.
            let asked = retention(spec.archive_retention.as_deref(), allowances);
            Disposal::Archive(asked.unwrap_or(allowances.archive_retention))
        }
        // What was there before the object is there after it, too.
        (Some(ChangeKind::Adopt | ChangeKind::Update), _)
        | (None, DeletionPolicy::Delete | DeletionPolicy::Retain | DeletionPolicy::Archive) => {
            Disposal::Retain
        }
    };
    Leaving {
        disposal,
        is_protected: spec.deletion_protection,
        disabled: spec.access == Access::Disabled,
    }
}

/// By which change the object was made, if nobody was told yet that it is there.
fn unacknowledged(organization: &Organization) -> Option<ChangeKind> {
    // One that can't be read was refused before it made anything.
    let pending = change_note(organization).ok()??.pending();
    let last = last_answer(organization);
    pending
        .is_unacknowledged(last.as_ref(), made_at(organization))
        .then_some(pending.kind)
}

fn wish(organization: &Organization, allowances: &Allowances) -> Wish {
    if let Err(error) = change_note(organization) {
        return Wish::Refused(invalid(&format!("annotation {CHANGE_ANNOTATION}"), error));
    }
    if organization.spec.suspend {
        return Wish::Suspended;
    }
    match desire(organization, allowances) {
        Ok(desired) => Wish::Present(desired),
        Err(reason) => Wish::Refused(reason),
    }
}

fn desire(organization: &Organization, allowances: &Allowances) -> Result<Desired, Reason> {
    // No `..`: a new field is either used here or refused here.
    let OrganizationSpec {
        organization_name,
        display_name: _,
        admin,
        access,
        suspend: _,
        deletion_policy: _,
        archive_retention,
        deletion_protection: _,
        adoption_policy,
        restore_from,
    } = &organization.spec;
    // Said while it can be corrected, not when the object goes.
    retention(archive_retention.as_deref(), allowances)?;
    let object_name = organization.name_any();
    if object_name.len() > MAX_OBJECT_NAME {
        return Err(invalid("metadata.name", "it has more than 57 characters"));
    }
    let generated_secret = SecretName(format!("{object_name}-admin"));
    Ok(Desired {
        name: parse_name(organization_name.as_deref(), &object_name)?,
        name_is_default: organization_name.is_none(),
        email: Email::parse(&admin.email).map_err(|error| invalid("spec.admin.email", error))?,
        credential: credential_source(admin, &generated_secret)?,
        generated_secret,
        disabled: *access == Access::Disabled,
        restore_from: restore_from.as_ref().map(parse_archive).transpose()?,
        may_adopt: match unacknowledged(organization) {
            Some(ChangeKind::Create) => Adoption::Nothing,
            Some(ChangeKind::Adopt | ChangeKind::Update) | None => {
                adoption(*adoption_policy, organization.namespace(), allowances)
            }
        },
    })
}

fn retention(asked: Option<&str>, allowances: &Allowances) -> Result<Retention, Reason> {
    asked.map_or(Ok(allowances.archive_retention), |asked| {
        let parsed = asked.parse();
        parsed.map_err(|error: RetentionError| invalid("spec.archiveRetention", error))
    })
}

fn parse_archive(from: &RestoreFrom) -> Result<OrganizationId, Reason> {
    let RestoreFrom { organization_id } = from;
    OrganizationId::parse(organization_id)
        .map_err(|error| invalid("spec.restoreFrom.organizationId", error))
}

fn parse_name(wished: Option<&str>, object_name: &str) -> Result<OrgName, Reason> {
    match wished {
        Some(name) => OrgName::parse(name).map_err(|error| invalid("spec.organizationName", error)),
        None => OrgName::parse(object_name).map_err(|error| {
            invalid(
                "spec.organizationName is not set, and metadata.name can't stand in for it",
                error,
            )
        }),
    }
}

fn credential_source(
    admin: &AdminSpec,
    generated: &SecretName,
) -> Result<CredentialSource, Reason> {
    let AdminSpec {
        email: _,
        password_secret_ref,
        password_hash_secret_ref,
    } = admin;
    match (password_secret_ref, password_hash_secret_ref) {
        (Some(_), Some(_)) => Err(invalid(
            "spec.admin",
            "passwordSecretRef and passwordHashSecretRef exclude each other",
        )),
        (Some(reference), None) => {
            let (secret, key) = parse_reference("spec.admin.passwordSecretRef", reference)?;
            Ok(CredentialSource::Password { secret, key })
        }
        (None, Some(reference)) => {
            let (secret, key) = parse_reference("spec.admin.passwordHashSecretRef", reference)?;
            Ok(CredentialSource::Hash { secret, key })
        }
        (None, None) => Ok(CredentialSource::Generated {
            secret: generated.clone(),
        }),
    }
}

fn parse_reference(
    field: &str,
    reference: &SecretKeyReference,
) -> Result<(SecretName, String), Reason> {
    let SecretKeyReference { name, key } = reference;
    if name.is_empty() || key.is_empty() {
        return Err(invalid(field, "name and key must both be given"));
    }
    // Not only for the message: the name becomes part of a path.
    if !can_name_a_secret(name) {
        return Err(invalid(field, "no Secret can have that name"));
    }
    if !can_be_a_key(key) {
        return Err(invalid(field, "no Secret can have that key"));
    }
    Ok((SecretName(name.clone()), key.clone()))
}

/// A DNS subdomain, RFC 1123.
fn can_name_a_secret(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= MAX_SECRET_NAME
        && name.split('.').all(|label| {
            label.chars().all(|c| is_plain(c) || c == '-')
                && label.starts_with(is_plain)
                && label.ends_with(is_plain)
        })
}

fn can_be_a_key(key: &str) -> bool {
    key.len() <= MAX_SECRET_NAME
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && key != "."
        && !key.starts_with("..")
}

fn adoption(
    policy: AdoptionPolicy,
    namespace: Option<String>,
    allowances: &Allowances,
) -> Adoption {
    match policy {
        AdoptionPolicy::Never => Adoption::Never,
        AdoptionPolicy::IfUnowned => {
            let allowed =
                namespace.is_some_and(|name| allowances.adoption_namespaces.contains(&name));
            if allowed {
                Adoption::Unowned
            } else {
                Adoption::OwnNamespace
            }
        }
    }
}

fn invalid(field: &str, why: impl std::fmt::Display) -> Reason {
    let why = why.to_string();
    Reason::InvalidSpec(format!("{field}: {}.", why.trim_end_matches('.')))
}

#[cfg(test)]
mod tests;
