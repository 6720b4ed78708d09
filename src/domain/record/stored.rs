//! A tenant as the database has it, also where it is damaged.

use super::{AdminRecord, OrganizationRecord, Owner};
use crate::domain::ids::OrganizationId;

/// A tenant as the database holds it: its record and the admin that the record names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The document in `organizations`.
    pub record: OrganizationRecord,
    /// The document in `admins` with the record's `admin_id`.
    pub admin: Option<AdminRecord>,
}

/// Whose a record is, however damaged it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerSeen {
    /// Nobody's, as far as can be told.
    Nobody,
    /// Of the object with that metadata.uid; where that is can't be read.
    Somewhere(String),
    /// That one's.
    Known(Owner),
}

impl OwnerSeen {
    /// metadata.uid of the object.
    #[must_use]
    pub fn uid(&self) -> Option<&str> {
        match self {
            Self::Nobody => None,
            Self::Somewhere(uid) => Some(uid),
            Self::Known(owner) => Some(&owner.uid),
        }
    }
}

/// What a document in `organizations` turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredTenant {
    /// All of it is understood.
    Readable(Box<Tenant>),
    /// A field of the record or of its admin is missing, damaged, or of a newer version.
    Unreadable {
        /// The document's `_id`.
        id: OrganizationId,
        /// Whose it is.
        owner: OwnerSeen,
        /// The field that stopped the reading; never its value.
        field: &'static str,
    },
}

impl StoredTenant {
    /// Whose record it is, however damaged.
    #[must_use]
    pub fn id(&self) -> OrganizationId {
        match self {
            Self::Readable(tenant) => tenant.record.id,
            Self::Unreadable { id, .. } => *id,
        }
    }
}
