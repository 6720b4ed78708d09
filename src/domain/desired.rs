//! What a spec wishes, once it is known to make sense.

use super::{
    archive::Retention,
    credential::{CredentialSource, SecretName},
    email::Email,
    ids::OrganizationId,
    names::OrgName,
    reason::Reason,
};

/// A wish that makes sense: every field parsed, every default applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// spec.organizationName, or metadata.name.
    pub name: OrgName,
    /// spec.organizationName is not set: nobody asks for a rename.
    pub name_is_default: bool,
    /// spec.admin.email.
    pub email: Email,
    /// spec.admin's references.
    pub credential: CredentialSource,
    /// `<metadata.name>-admin`: where a generated password is, or was.
    pub generated_secret: SecretName,
    /// spec.access is Disabled.
    pub disabled: bool,
    /// spec.restoreFrom: which archive to come back from.
    pub restore_from: Option<OrganizationId>,
    /// spec.adoptionPolicy is `IfUnowned`, and the namespace is one that may adopt.
    pub may_adopt: Adoption,
}

/// What may be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adoption {
    /// Nothing at all: a stranger asks, through HTTP, for what must not be there yet.
    Nothing,
    /// Nothing but what this very object released.
    Never,
    /// What an object of this namespace released.
    OwnNamespace,
    /// That, and records that never had an owner.
    Unowned,
}

/// What happens to the data when the object goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposal {
    /// All of it stays, and can be taken back. Also for a policy that can't be read, and for a
    /// suspended organization.
    Retain,
    /// It is kept, under no name, for that time.
    Archive(Retention),
    /// All of it goes.
    Delete,
}

/// How an organization goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    /// What happens to the data.
    pub disposal: Disposal,
    /// spec.deletionProtection: nothing happens yet.
    pub is_protected: bool,
    /// spec.access is Disabled: what stays, stays so.
    pub disabled: bool,
}

/// What the object asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// That the organization exists so.
    Present(Desired),
    /// Something that can't be: the tenant stays as it is.
    Refused(Reason),
    /// To be left alone.
    Suspended,
    /// That the organization goes.
    Absent(Leaving),
}

impl Wish {
    /// The wish for an organization that is to exist.
    #[must_use]
    pub fn desired(&self) -> Option<&Desired> {
        match self {
            Self::Present(desired) => Some(desired),
            Self::Refused(_) | Self::Suspended | Self::Absent(_) => None,
        }
    }
}
