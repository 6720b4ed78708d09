//! One step of a plan: a read, or one idempotent write. Data, so that it can be printed, compared
//! and executed by someone else.

mod consequences;
mod display;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    credential::SecretName,
    email::Email,
    hash::BcryptHash,
    ids::{AdminId, CollectionUuid, OrganizationId},
    names::{CollectionName, OrgName},
    observed::ObservedCollection,
    record::{AdminRecord, CredentialVersion, OrganizationRecord, StoredTenant},
};

/// What is asked of the world before the next decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Which of these collections are there.
    Collections(BTreeSet<CollectionName>),
    /// Where the collection of this UUID is. Only asked where UUIDs last.
    Whereabouts(CollectionUuid),
    /// Who else holds this name.
    Claimants(OrgName),
    /// Whose home the collection of this UUID is.
    Holder(CollectionUuid),
    /// Whether the collection has no document.
    Emptiness(CollectionName, CollectionUuid),
    /// Whether the admin's stored hash is of the credential that the spec speaks of.
    Credential,
    /// Whether the live object still asks to be deleted, and under the very policy that was begun.
    Deletion,
}

/// Why a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordChange {
    /// A former object of the same place had it.
    TakeBack,
    /// It never had an owner.
    Adopt,
    /// The collection is there and ours.
    Activate,
    /// The collection's UUID is now known.
    Identify,
    /// The intent to rename.
    IntendRename,
    /// The new name was seen free after the claim.
    ClearRename,
    /// The collection is under its new name.
    FinishRename,
    /// The rename can't be done.
    RollBackRename,
    /// The spec is older than the present name.
    NoteOutdatedSpec,
    /// The spec is of the present again.
    HeedSpec,
    /// spec.access.
    Access,
    /// Somebody edited it.
    Repair,
    /// What is lost is to be made anew, empty.
    Recreate,
    /// A name's quarantine is over.
    ReleaseNames,
    /// Documents were written late.
    NoteStray,
    /// A stray has clashing documents.
    KeepStray,
    /// A stray is merged.
    ClearStray,
    /// The intent to delete.
    IntendDeletion,
    /// The commit point of destruction.
    CommitDeletion,
    /// The object no longer asks for deletion.
    UndoDeletion,
    /// The object goes, the data stays.
    Release,
    /// The intent to archive.
    IntendArchive,
    /// The collection is in the archive, and a copy of the admin in the record.
    CommitArchive,
    /// Name and e-mail address are free.
    Archive,
    /// The name is claimed for what comes back.
    IntendRestore,
    /// The collection is back.
    FinishRestore,
    /// It can't come back so.
    RollBackRestore,
    /// Its time in the archive is over.
    Purge,
}

/// Why an admin is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdminChange {
    /// The link to the record.
    Link,
    /// Somebody edited it.
    Repair,
    /// spec.admin.email.
    Email,
    /// The credential is another one.
    Password,
    /// The Secret moved, the credential did not.
    CredentialVersion,
    /// Tokens issued so far are to die.
    Tokens,
}

/// An admin to be made; the executor adds the hash of the credential at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAdmin {
    /// `_id`.
    pub id: AdminId,
    /// `email`.
    pub email: Email,
    /// `organization_id`.
    pub organization_id: OrganizationId,
    /// `organization_name`.
    pub organization_name: OrgName,
    /// `token_version`.
    pub token_version: i64,
    /// `credential_version`.
    pub credential_version: CredentialVersion,
    /// `created_at`.
    pub created_at: Timestamp,
}

impl NewAdmin {
    /// The admin with his hash, as nobody has written him yet.
    #[must_use]
    pub fn with_password(&self, password: BcryptHash) -> AdminRecord {
        let Self {
            id,
            email,
            organization_id,
            organization_name,
            token_version,
            credential_version,
            created_at,
        } = self.clone();
        AdminRecord {
            id,
            email,
            credential_version: Some(credential_version.sealed(&password)),
            password,
            organization_id: Some(organization_id),
            organization_name,
            token_version,
            created_at,
            revision: None,
        }
    }
}

/// A read, or one idempotent write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A read.
    Look(Look),
    /// Put the finalizer on the object.
    AddFinalizer,
    /// Let the object go.
    RemoveFinalizer,
    /// Make a password and keep it in that Secret.
    CreateAdminSecret(SecretName),
    /// Take away the generated Secret, which no longer holds the password.
    DeleteAdminSecret(SecretName),
    /// Claim a name.
    InsertRecord(Box<OrganizationRecord>),
    /// Compare-and-set on a record.
    UpdateRecord {
        /// Why.
        change: RecordChange,
        /// The record as it was read.
        before: Box<OrganizationRecord>,
        /// The record to be, with the revision of `before`.
        after: Box<OrganizationRecord>,
    },
    /// Delete a record, if it is still the one that was read.
    DeleteRecord(Box<OrganizationRecord>),
    /// Make the admin.
    InsertAdmin(NewAdmin),
    /// Put an admin back as he was archived.
    RestoreAdmin(Box<AdminRecord>),
    /// Compare-and-set on an admin.
    UpdateAdmin {
        /// Why, sorted.
        changes: Vec<AdminChange>,
        /// The admin as it was read.
        before: Box<AdminRecord>,
        /// The admin to be, with the revision and the hash of `before`.
        after: Box<AdminRecord>,
        /// The executor puts in the hash of the credential at hand, which is of this version.
        rehash: Option<CredentialVersion>,
    },
    /// Delete every admin of a tenant that is going.
    DeleteAdmins(Box<OrganizationRecord>),
    /// Create a collection, empty, with the marker.
    CreateCollection {
        /// Its name.
        name: CollectionName,
        /// Whose it is, for the marker.
        id: OrganizationId,
    },
    /// Rename a collection; never over another.
    MoveCollection {
        /// The name until now.
        from: CollectionName,
        /// The name to be.
        to: CollectionName,
        /// Which one it has to be.
        uuid: CollectionUuid,
    },
    /// Drop a collection under a private name.
    DropCollection {
        /// Its private name.
        name: CollectionName,
        /// Which one it has to be.
        uuid: CollectionUuid,
    },
    /// Copy a stray's documents into the home, without overwriting.
    MergeStray {
        /// The stray.
        from: CollectionName,
        /// The home.
        into: CollectionName,
        /// Which collection the home has to be.
        uuid: CollectionUuid,
    },
}

/// What a confirmed step has taught, beside that it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learned {
    /// Nothing more.
    Done,
    /// [`Look::Collections`].
    Collections(Vec<(CollectionName, ObservedCollection)>),
    /// [`Look::Whereabouts`].
    Whereabouts(Option<CollectionName>),
    /// [`Look::Claimants`].
    Claimants(Vec<StoredTenant>),
    /// [`Look::Holder`].
    Holder(Option<OrganizationId>),
    /// [`Look::Emptiness`], [`Look::Credential`] and [`Look::Deletion`].
    Answer(bool),
    /// [`Step::CreateAdminSecret`]: the Secret's version.
    Secret(CredentialVersion),
    /// [`Step::InsertAdmin`], and [`Step::UpdateAdmin`] with `rehash`: the stored hash.
    Hash(BcryptHash),
    /// [`Step::MergeStray`]: how many documents clash with the home's.
    Clashes(u64),
}
