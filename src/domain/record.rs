//! The records of a tenant: what `organizations` and `admins` say of it, typed.
//!
//! The record is the log: whatever destroys or moves anything is written here first. A document
//! with a state or a version that this code doesn't know is no record (see
//! [`StoredTenant::Unreadable`]): that organization stops with a reason, nobody guesses.

mod state;
mod stored;

use std::fmt;

use jiff::Timestamp;

pub use state::{Renaming, State};
pub use stored::{OwnerSeen, StoredTenant, Tenant};

use super::{
    email::Email,
    hash::BcryptHash,
    ids::{AdminId, CollectionUuid, OrganizationId},
    names::{CollectionName, OrgName},
};

/// The version of `operation` that this code writes and understands.
pub const OPERATION_VERSION: i32 = 1;

/// How many compare-and-sets a document has seen; absent in one that was never ours.
pub type Revision = Option<i64>;

/// The object, in whichever cluster, that a tenant belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// `--cluster-id`, by default the uid of namespace kube-system.
    pub cluster: String,
    /// metadata.namespace.
    pub namespace: String,
    /// metadata.name.
    pub name: String,
    /// metadata.uid.
    pub uid: String,
}

impl Owner {
    /// Whether both are one place in one cluster, where only one object can be at a time.
    #[must_use]
    pub fn same_place(&self, other: &Self) -> bool {
        self.same_namespace(other) && self.name == other.name
    }

    /// Whether both are of one namespace of one cluster.
    #[must_use]
    pub fn same_namespace(&self, other: &Self) -> bool {
        self.cluster == other.cluster && self.namespace == other.namespace
    }
}

/// What is known of the owner's wishes for a name. An object's metadata.generation only grows: what it
/// asks for at an older one, it asks for because etcd was put back to an older state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Naming {
    /// `owner.generation`: the owner's metadata.generation whose spec the present name is of. `None`
    /// where nobody noted it: then nothing is known.
    pub generation: Option<i64>,
    /// `owner.outdated_name`: the name of an older spec, which is no wish whatever its generation comes
    /// to: every later edit of that spec counts on.
    pub outdated: Option<OrgName>,
}

/// A name that the tenant left, still claimed so that late writers harm nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// The name that was left.
    pub name: OrgName,
    /// When the claim may go.
    pub until: Timestamp,
}

/// Documents written late, in a collection that is on its way into the home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Which of the two slots it takes: `_stray.<id>.<slot>`.
    pub slot: u8,
    /// The UUID it was found with.
    pub uuid: CollectionUuid,
    /// The name it was found under.
    pub from: CollectionName,
    /// Some of its documents clash with those of the home: a person decides.
    pub kept: bool,
}

/// How many strays of one tenant are in work at a time.
pub const STRAY_SLOTS: u8 = 2;

/// A document of `organizations`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRecord {
    /// `_id`.
    pub id: OrganizationId,
    /// `organization_name`, unique; of an archive the name that it had, in the place of which the
    /// document has `_archive.<id>`.
    pub organization_name: OrgName,
    /// `collection_name`: `org_<organization_name>`, if nobody edited it.
    pub collection_name: CollectionName,
    /// `admin_id`: the admin's `_id`.
    pub admin_id: AdminId,
    /// `created_at`.
    pub created_at: Timestamp,
    /// `names`, unique over all records: the claims, the present name first. Empty where the
    /// field is unset.
    pub names: Vec<OrgName>,
    /// `owner`: whose it is.
    pub owner: Option<Owner>,
    /// What goes with the owner, in `owner` too; nothing where there is none.
    pub naming: Naming,
    /// `released`: who held it last.
    pub released: Option<Owner>,
    /// `state`, and of `operation` what belongs to it.
    pub state: State,
    /// `operation.quarantine`.
    pub quarantine: Vec<Quarantine>,
    /// `operation.strays`, at most [`STRAY_SLOTS`].
    pub strays: Vec<Stray>,
    /// `collection_uuid`: which collection is the home; absent until it is known.
    pub collection_uuid: Option<CollectionUuid>,
    /// `disabled`: logins and tokens are refused.
    pub disabled: bool,
    /// `revision`.
    pub revision: Revision,
}

impl OrganizationRecord {
    /// It is that owner's from now on. Generations of the one before say nothing of this one's.
    pub fn give_to(&mut self, owner: Owner, naming: Naming) {
        self.owner = Some(owner);
        self.naming = naming;
        self.released = None;
        if let State::Renaming(renaming) = &mut self.state {
            renaming.generation = None;
        }
    }

    /// It is nobody's from now on, and remembers whose it was.
    pub fn release(&mut self) {
        self.released = self.owner.take();
        self.naming = Naming::default();
    }

    /// Whether the tenant holds that name, as its own or in quarantine, or (the older service's
    /// records have no `names`) by being called so.
    #[must_use]
    pub fn claims(&self, name: &OrgName) -> bool {
        let is_called = self.organization_name == *name && !self.state.is_nameless();
        is_called || self.names.contains(name)
    }

    /// Where documents are that were written late and clash with others: for a person to decide on.
    #[must_use]
    pub fn kept_strays(&self) -> Vec<String> {
        let kept = self.strays.iter().filter(|stray| stray.kept);
        kept.map(|stray| CollectionName::stray(self.id, stray.slot).to_string())
            .collect()
    }

    /// Where the tenant lives: by its name, or by its id where it has none.
    #[must_use]
    pub fn home(&self) -> CollectionName {
        if self.state.is_nameless() {
            CollectionName::archive(self.id)
        } else {
            CollectionName::of_tenant(&self.organization_name)
        }
    }
}

/// Which Secret, in which version, a stored hash came from. Opaque to everyone else.
///
/// In a record it is sealed with the hash that was stored with it, so that a hash which somebody
/// put in its place is noticed without a comparison that costs as much as a login.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CredentialVersion(pub String);

impl CredentialVersion {
    const GENERATED: &str = "generated";

    /// This version with the hash that is stored for it.
    #[must_use]
    pub fn sealed(&self, hash: &BcryptHash) -> Self {
        Self(format!("{}#{}", self.0, hash.seal()))
    }

    /// This version without the hash that was stored for it.
    #[must_use]
    pub fn unsealed(&self) -> Self {
        let version = self.0.rsplit_once('#').map(|(version, _)| version);
        Self(version.unwrap_or(&self.0).to_owned())
    }

    /// Of a password that the operator made itself.
    #[must_use]
    pub fn generated(secret_uid: &str, resource_version: &str) -> Self {
        Self(format!(
            "{}/{secret_uid}/{resource_version}",
            Self::GENERATED
        ))
    }

    /// Of a password or hash that a person put into a Secret under `key`.
    #[must_use]
    pub fn referenced(secret_uid: &str, resource_version: &str, key: &str) -> Self {
        Self(format!("referenced/{secret_uid}/{resource_version}/{key}"))
    }

    /// Whether the operator made the password.
    #[must_use]
    pub fn is_generated(&self) -> bool {
        self.0.split('/').next() == Some(Self::GENERATED)
    }
}

impl fmt::Display for CredentialVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A document of `admins`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminRecord {
    /// `_id`.
    pub id: AdminId,
    /// `email`, unique, in its normal form.
    pub email: Email,
    /// `password`.
    pub password: BcryptHash,
    /// `organization_id`: the real link; absent in the older service's.
    pub organization_id: Option<OrganizationId>,
    /// `organization_name`: the older service's link.
    pub organization_name: OrgName,
    /// `token_version`: tokens of an older version are dead. 0 where absent.
    pub token_version: i64,
    /// `credential_version`.
    pub credential_version: Option<CredentialVersion>,
    /// `created_at`.
    pub created_at: Timestamp,
    /// `revision`.
    pub revision: Revision,
}

impl AdminRecord {
    /// Whether the stored hash is the one that was made of that version of the credential.
    #[must_use]
    pub fn holds(&self, version: &CredentialVersion) -> bool {
        self.credential_version.as_ref() == Some(&version.sealed(&self.password))
    }

    /// The admin with another hash, of that version of the credential.
    #[must_use]
    pub fn with_password(self, password: BcryptHash, version: &CredentialVersion) -> Self {
        Self {
            credential_version: Some(version.sealed(&password)),
            password,
            ..self
        }
    }
}
