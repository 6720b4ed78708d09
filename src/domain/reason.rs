//! Why an organization is as it is: one enum, each with what a person reads of it and how the
//! controller goes on. design.md §3 has the table.

mod disposition;
mod message;
#[cfg(any(test, feature = "testing"))]
pub mod samples;

use std::fmt;

pub use disposition::{Disposition, Recheck, Truth};

use super::{
    credential::{CredentialFault, SecretName},
    ids::OrganizationId,
    names::{CollectionName, OrgName},
};

/// Why an organization is as it is, with what the message needs. No variant can hold a secret, a
/// value of a document, or who else owns something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Everything is as the spec wishes, and was seen to be.
    Succeeded,
    /// The tenant is being made.
    Progressing,
    /// A rename is under way.
    Renaming {
        /// The name until now.
        from: OrgName,
        /// The name to come.
        to: OrgName,
    },
    /// The tenant is going into the archive.
    Archiving,
    /// The tenant is being deleted.
    Dropping,
    /// The tenant is coming back from the archive.
    Restoring,
    /// spec.suspend is true.
    Suspended,
    /// A Secret that the spec refers to is not there.
    SecretNotFound(SecretName),
    /// The database can't be reached, or gave no answer that says what happened.
    MongoUnavailable,
    /// The database refused the operator: what it is not allowed to do, or that it can't log in.
    MongoUnauthorized(String),
    /// Ours, or not understood; the log has the cause.
    InternalError,
    /// The spec says something impossible.
    InvalidSpec(String),
    /// The name belongs to another organization.
    NameConflict(OrgName),
    /// The admin's e-mail address belongs to another admin.
    EmailConflict,
    /// A collection that is not this tenant's is in the way.
    CollectionConflict(CollectionName),
    /// A Secret that is not this organization's is in the way of the generated one.
    SecretConflict(SecretName),
    /// A credential can't be used.
    Credential(CredentialFault),
    /// A record without an owner has the name, and may not be taken over from here.
    AdoptionRequired(OrgName),
    /// An archive may not be restored from here, or not so.
    RestoreRefused(OrganizationId),
    /// What the record speaks of is not in the database.
    DataMissing(Missing),
    /// The spec is of a state before the one that the present name is of.
    SpecOutdated {
        /// What the organization is called.
        name: OrgName,
        /// What it would be called by the spec.
        outdated: OrgName,
    },
    /// Something that this release or this server can't do.
    Unsupported(Feature),
    /// The record was left by a newer version, or is damaged.
    OperationUnknown {
        /// The document in `organizations`.
        id: OrganizationId,
        /// The field that stopped the reading.
        field: &'static str,
    },
    /// Deletion waits until spec.deletionProtection is false.
    DeletionProtected,
}

/// What is not in the database although the organization speaks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The tenant's collection.
    Collection(CollectionName),
    /// The tenant's record, and so all that was known of it.
    Record(OrganizationId),
}

/// What this release or this server can't do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Moving or dropping a collection through a mongos.
    Sharded,
}

macro_rules! reason_kinds {
    ($($pattern:pat => $kind:ident,)*) => {
        /// A [`Reason`] without its particulars: the `reason` of a condition, a metric's label.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ReasonKind {
            $(#[doc = concat!("`", stringify!($kind), "`")] $kind,)*
        }

        impl ReasonKind {
            /// Every kind there is, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The word that conditions, Events and metrics carry.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind),)* }
            }
        }

        impl Reason {
            /// The reason without its particulars.
            #[must_use]
            pub fn kind(&self) -> ReasonKind {
                match self { $($pattern => ReasonKind::$kind,)* }
            }
        }
    };
}

reason_kinds! {
    Reason::Succeeded => Succeeded,
    Reason::Progressing => Progressing,
    Reason::Renaming { .. } => Renaming,
    Reason::Archiving => Archiving,
    Reason::Dropping => Dropping,
    Reason::Restoring => Restoring,
    Reason::Suspended => Suspended,
    Reason::SecretNotFound(_) => SecretNotFound,
    Reason::MongoUnavailable => MongoUnavailable,
    Reason::MongoUnauthorized(_) => MongoUnauthorized,
    Reason::InternalError => InternalError,
    Reason::InvalidSpec(_) => InvalidSpec,
    Reason::NameConflict(_) => NameConflict,
    Reason::EmailConflict => EmailConflict,
    Reason::CollectionConflict(_) => CollectionConflict,
    Reason::SecretConflict(_) => SecretConflict,
    Reason::Credential(CredentialFault::Invalid { .. }) => SecretInvalid,
    Reason::Credential(CredentialFault::Weak { .. }) => WeakPassword,
    Reason::AdoptionRequired(_) => AdoptionRequired,
    Reason::RestoreRefused(_) => RestoreRefused,
    Reason::DataMissing(_) => DataMissing,
    Reason::SpecOutdated { .. } => SpecOutdated,
    Reason::Unsupported(_) => Unsupported,
    Reason::OperationUnknown { .. } => OperationUnknown,
    Reason::DeletionProtected => DeletionProtected,
}

impl fmt::Display for ReasonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
