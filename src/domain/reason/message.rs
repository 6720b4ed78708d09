//! What a person reads: what is wrong, which object or key, and what to do.

use std::fmt;

use super::{Feature, Missing, Reason};

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collection(name) => write!(f, "collection {name}"),
            Self::Record(id) => write!(f, "the record of organization {id}"),
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sharded => {
                "MongoDB is a sharded cluster (mongos), where this release renames, archives and \
                 deletes no organization; set spec.organizationName to its former name, and \
                 spec.deletionPolicy to Retain"
            }
        })
    }
}

impl fmt::Display for Reason {
    /// What is wrong, which object or key, and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Succeeded => write!(f, "The organization is served as the spec says."),
            Self::Progressing => write!(f, "The organization is being made."),
            Self::Renaming { from, to } => {
                write!(f, "The organization is being renamed from {from} to {to}.")
            }
            Self::Archiving => write!(f, "The organization is going into the archive."),
            Self::Dropping => write!(f, "The organization and its data are being deleted."),
            Self::Restoring => write!(f, "The organization is coming back from the archive."),
            Self::Suspended => write!(
                f,
                "spec.suspend is true: the operator leaves the organization alone. Set it to false \
                 to go on."
            ),
            Self::SecretNotFound(secret) => write!(
                f,
                "Secret {secret} does not exist in this namespace. Create it, or correct the \
                 reference in spec.admin."
            ),
            Self::MongoUnavailable => write!(
                f,
                "MongoDB gives no answer. The operator tries again by itself; see its /readyz and \
                 log."
            ),
            Self::MongoUnauthorized(why) => write!(
                f,
                "MongoDB refuses the operator: {why}. Check user and password in the URL that the \
                 operator was given, and the roles of that user."
            ),
            Self::InternalError => write!(
                f,
                "The operator met an error that it can't explain. It tries again by itself; its log \
                 has the cause."
            ),
            Self::InvalidSpec(why) => write!(f, "{why}"),
            Self::NameConflict(name) => write!(
                f,
                "Another organization holds the name {name}. Choose another \
                 spec.organizationName, or wait until that one gives it up."
            ),
            Self::EmailConflict => write!(
                f,
                "spec.admin.email is the address of another organization's admin. Choose another, \
                 or wait until that one gives it up."
            ),
            Self::CollectionConflict(name) => write!(
                f,
                "Collection {name} exists and is not this organization's. Rename or drop it in \
                 MongoDB, or choose another spec.organizationName."
            ),
            Self::SecretConflict(secret) => write!(
                f,
                "Secret {secret} exists and was not made for this organization. Refer to it by \
                 spec.admin.passwordSecretRef, or delete it to have a password generated."
            ),
            Self::Credential(fault) => write!(f, "{fault}"),
            Self::AdoptionRequired(name) => write!(
                f,
                "MongoDB holds an organization {name} that has no owner, and it may not be taken \
                 over from here. Set spec.adoptionPolicy to IfUnowned in a namespace that the \
                 operator's --adoption-namespaces or the record allows."
            ),
            Self::RestoreRefused(id) => write!(
                f,
                "There is no archive of organization {id} that can be restored from here. Correct \
                 spec.restoreFrom.organizationId, or restore it from the namespace that it was \
                 archived from, before its retention is over."
            ),
            Self::DataMissing(missing) => write!(
                f,
                "MongoDB no longer has {missing}. Restore it from a backup; or, to begin anew \
                 and empty, set annotation organization-operator.dev/recreate-collection-at to the \
                 present time."
            ),
            Self::SpecOutdated { name, outdated } => write!(
                f,
                "The name {outdated} is of a spec from before the organization was called {name}: etcd \
                 was put back to an older state. It stays {name}, and nothing of that spec is carried \
                 out but spec.access: Disabled. Apply the newer spec, with spec.organizationName \
                 {name}; or, if it shall be {outdated}, set annotation \
                 organization-operator.dev/confirm-name to {outdated}."
            ),
            Self::Unsupported(feature) => write!(f, "{feature}."),
            Self::OperationUnknown { id, field } => write!(
                f,
                "Field {field} of the record of organization {id} is damaged or was written by a \
                 newer version. Upgrade the operator, or repair the record."
            ),
            Self::DeletionProtected => write!(
                f,
                "spec.deletionProtection is true. Set it to false to let the deletion go on."
            ),
        }
    }
}
