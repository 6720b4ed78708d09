//! The port to the database that keeps the tenants. Every read and every write of the product goes
//! through it; each write is idempotent or guarded, and says what became of it.

use std::collections::BTreeSet;

use async_trait::async_trait;
use thiserror::Error;

use crate::domain::{
    email::Email,
    ids::{CollectionUuid, OrganizationId},
    inventory::Inventory,
    names::{CollectionName, OrgName},
    observed::{Capability, EmailHolder, ObservedCollection},
    record::{AdminRecord, OrganizationRecord, StoredTenant},
};

/// Whose tenants are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantQuery {
    /// metadata.uid of the object.
    pub owner_uid: String,
    /// The wished name: whoever else holds it is told.
    pub name: Option<OrgName>,
    /// The wished e-mail address: whoever holds it is told.
    pub email: Option<Email>,
    /// The archive that is to come back.
    pub archive: Option<OrganizationId>,
}

/// The answer to a [`TenantQuery`], of one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantView {
    /// The tenant whose record has the object's uid as owner.
    pub own: Option<StoredTenant>,
    /// The others that hold the wished name, as a claim or by being called so; ordered by id.
    pub claimants: Vec<StoredTenant>,
    /// Who has the wished e-mail address.
    pub email_holder: Option<EmailHolder>,
    /// The record with the id that was asked for, whatever its state; none where it is the own one.
    pub archive: Option<StoredTenant>,
}

/// Which unique key a write would have had twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UniqueKey {
    /// `_id`, of either collection.
    Id,
    /// `organizations.organization_name`
    OrganizationName,
    /// organizations.names
    Names,
    /// organizations.owner.uid
    Owner,
    /// `organizations.collection_uuid`
    CollectionUuid,
    /// admins.email
    Email,
}

/// What became of a call. Holds codes, names of collections and indexes; never a value of a
/// document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// A collection of that name exists (with other options, for a create).
    #[error("a collection of that name exists")]
    Exists,
    /// No such collection (or, where commands are fenced, not the one it had to be).
    #[error("the collection is gone, or is another one")]
    Gone,
    /// The document is no longer the one that was read.
    #[error("the document was changed or deleted meanwhile")]
    Stale,
    /// A unique index refuses the write.
    #[error("a unique index refuses the write: {0:?}")]
    Duplicate(UniqueKey),
    /// The user or its rights don't allow it.
    #[error("MongoDB refuses the operator: {0}")]
    Unauthorized(String),
    /// No server could be reached, or it gave no answer to a read in time. Nothing was written.
    #[error("MongoDB can't be reached: {0}")]
    Unreachable(String),
    /// A write was sent, and nobody knows whether it took effect.
    #[error("the outcome of a write to MongoDB is unknown: {0}")]
    OutcomeUnknown(String),
    /// Anything else, by code and its name.
    #[error("MongoDB answered with an error: {0}")]
    Other(String),
}

/// The database that keeps the tenants. Reads are of the primary with majority, writes are
/// acknowledged by the majority; every call ends within its deadline.
#[async_trait]
pub trait TenantStore: Send + Sync + 'static {
    /// What the server does with `collectionUUID`, as probed by the first call that reached it:
    /// ask after a read. Until then [`Capability::Unfenced`], which looks before it acts.
    fn capability(&self) -> Capability;

    /// One moment's view of the records that a pass needs. One command.
    async fn find_tenants(&self, query: &TenantQuery) -> Result<TenantView, StoreError>;

    /// Which of these collections are there. One command, which lists no others.
    async fn find_collections(
        &self,
        names: &BTreeSet<CollectionName>,
    ) -> Result<Vec<(CollectionName, ObservedCollection)>, StoreError>;

    /// The name of the collection with that UUID. One command; the server looks at its catalogue.
    async fn locate_collection(
        &self,
        uuid: CollectionUuid,
    ) -> Result<Option<CollectionName>, StoreError>;

    /// The organization whose record has that `collection_uuid`.
    async fn find_holder(&self, uuid: CollectionUuid)
    -> Result<Option<OrganizationId>, StoreError>;

    /// Whether the collection holds no document.
    ///
    /// # Errors
    /// [`StoreError::Gone`] where the server sees that it is not the one of that UUID.
    async fn is_empty(
        &self,
        name: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<bool, StoreError>;

    /// All that the database holds of tenants, by one cursor over the admins, one over the records
    /// and one listing of the collections, in that order; each batch within the deadline of a read.
    async fn take_inventory(&self) -> Result<Inventory, StoreError>;

    /// Inserts a record, with revision 1.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`].
    async fn insert_record(&self, record: &OrganizationRecord) -> Result<(), StoreError>;

    /// Compare-and-set: where the record still has `before`'s revision, what differs between
    /// `before` and `after` is written and the revision counted up. Other fields are left alone.
    /// Into the archive: the server writes since when. From the archive to be purged: only where
    /// the time of the archive is over by the server's clock.
    ///
    /// # Errors
    /// [`StoreError::Stale`], [`StoreError::Duplicate`].
    async fn update_record(
        &self,
        before: &OrganizationRecord,
        after: &OrganizationRecord,
    ) -> Result<(), StoreError>;

    /// Deletes the record if it still has that revision.
    ///
    /// # Errors
    /// [`StoreError::Stale`], also where it is gone.
    async fn delete_record(&self, record: &OrganizationRecord) -> Result<(), StoreError>;

    /// Inserts an admin, with the revision after his: 1 for one who is new.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`].
    async fn insert_admin(&self, admin: &AdminRecord) -> Result<(), StoreError>;

    /// Compare-and-set as [`Self::update_record`].
    ///
    /// # Errors
    /// [`StoreError::Stale`], [`StoreError::Duplicate`].
    async fn update_admin(
        &self,
        before: &AdminRecord,
        after: &AdminRecord,
    ) -> Result<(), StoreError>;

    /// Deletes the admins that are linked to the record (`organization_id`), and the one that it
    /// names (`admin_id`) unless he is linked to another. None is no error.
    async fn delete_admins(&self, record: &OrganizationRecord) -> Result<(), StoreError>;

    /// Creates the collection, empty, with the marker of that organization. Done also where it was
    /// there with the very same options: look afterwards.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where it is there with others.
    async fn create_collection(
        &self,
        name: &CollectionName,
        id: OrganizationId,
    ) -> Result<(), StoreError>;

    /// Renames the collection, never over another. Fenced by the UUID; where the server ignores
    /// it, a look just before stands in.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Gone`]; through a mongos always [`StoreError::Other`],
    /// and so with the next two: nothing is sent.
    async fn move_collection(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<(), StoreError>;

    /// Drops a collection under a private name, fenced as [`Self::move_collection`]. Gone already
    /// is no error.
    ///
    /// # Errors
    /// [`StoreError::Other`] for a public name: nothing is sent.
    async fn drop_collection(
        &self,
        name: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<(), StoreError>;

    /// Copies the documents of `from` into `into` by `_id`, overwriting none; gives the number of
    /// those that clash (same `_id`, other content). Fenced by `into`'s UUID.
    ///
    /// # Errors
    /// [`StoreError::Gone`].
    async fn merge_stray(
        &self,
        from: &CollectionName,
        into: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<u64, StoreError>;

    /// Whether the server answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Makes sure of the indexes of design.md §4. Idempotent.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] where documents stand against one.
    async fn ensure_indexes(&self) -> Result<(), StoreError>;

    /// `_id` of the documents that stand against an index, at most [`DUPLICATES_NAMED`], sorted:
    /// what a person has to look at. Scans the collection, so ask only once the index was refused.
    async fn find_duplicates(&self, key: UniqueKey) -> Result<Vec<String>, StoreError>;
}

/// How many documents are named where an index is refused: enough to begin with, short in a log.
pub const DUPLICATES_NAMED: usize = 20;

/// The answer to a move, a drop or a merge through a mongos.
pub(super) fn refuse_sharded() -> StoreError {
    StoreError::Other("no collection is moved or dropped through a mongos".to_owned())
}

/// The answer to a drop under a name that isn't private.
pub(super) fn refuse_public_drop() -> StoreError {
    StoreError::Other("only collections under private names are dropped".to_owned())
}
