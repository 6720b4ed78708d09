//! Tenants in memory, for tests: what MongoDB documents, and by a switch what a server does that
//! doesn't know `collectionUUID`. Deterministic: UUIDs follow from a seed.

mod effects;
mod fence;
mod guard;
mod hand;
mod inventory;
mod keys;
mod logins;
mod refresh;
mod server;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use mongodb::bson::{Bson, Document, doc};

pub use self::{effects::Effects, hand::OlderTenant};
use self::{
    guard::{by_revision, expect_one, with_revision},
    server::Server,
};
use super::{
    document::{self, Row},
    index::{ADMINS, INDEXES, ORGANIZATIONS},
    port::{StoreError, TenantQuery, TenantStore, TenantView, UniqueKey},
};
use crate::domain::{
    archive::Retention,
    ids::{CollectionUuid, OrganizationId},
    inventory::Inventory,
    names::CollectionName,
    observed::{Capability, ObservedCollection},
    record::{AdminRecord, OrganizationRecord},
};

/// The in-memory store.
#[derive(Debug)]
pub struct MemoryStore {
    capability: Capability,
    server: Mutex<Server>,
}

impl MemoryStore {
    /// An empty database with its indexes. The same seed gives the same UUIDs.
    #[must_use]
    pub fn new(capability: Capability, seed: u64) -> Self {
        let store = Self::without_indexes(capability, seed);
        store.server().ensure_indexes();
        store
    }

    /// An empty database that nobody has prepared.
    #[must_use]
    pub fn without_indexes(capability: Capability, seed: u64) -> Self {
        Self {
            capability,
            server: Mutex::new(Server::new(seed)),
        }
    }

    /// How many commands of each name a MongoDB server would have got, those by hand left out.
    #[must_use]
    pub fn commands(&self) -> BTreeMap<&'static str, u64> {
        self.server().commands.clone()
    }

    /// Every unique key that the last insert or update stood against, whichever was named.
    #[must_use]
    pub fn refused(&self) -> Vec<UniqueKey> {
        self.server().refused.clone()
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        // Nothing is half done when a test panics: each call either changes all or nothing.
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Self::server`], for one command.
    fn command(&self, name: &'static str) -> MutexGuard<'_, Server> {
        let mut server = self.server();
        server.count(name);
        server
    }
}

#[async_trait]
impl TenantStore for MemoryStore {
    fn capability(&self) -> Capability {
        self.capability
    }

    async fn find_tenants(&self, query: &TenantQuery) -> Result<TenantView, StoreError> {
        let server = self.command("aggregate");
        let name = query.name.as_ref().map(|name| name.as_str().into());
        let uid = query.owner_uid.as_str().into();
        let archive = query.archive.map(document::organization_id).map(Bson::from);
        let matches = |record: &&Document| {
            (archive.is_some() && record.get("_id") == archive.as_ref())
                || keys::values(record, "owner.uid").contains(&uid)
                || name.as_ref().is_some_and(|name| {
                    keys::values(record, "names").contains(name)
                        || keys::values(record, "organization_name").contains(name)
                })
        };
        let organizations = server
            .documents(ORGANIZATIONS)
            .filter(matches)
            .map(|record| {
                let named = |admin: &&Document| admin.get("_id") == record.get("admin_id");
                Row::Organization {
                    record: record.clone(),
                    admin: server.documents(ADMINS).find(named).cloned(),
                }
            });
        let email = query.email.as_ref().map(|email| email.as_str().into());
        let holders = server
            .documents(ADMINS)
            .filter(|admin| email.is_some() && admin.get("email") == email.as_ref())
            .filter_map(|admin| admin.get("_id").cloned().map(Row::EmailHolder));
        document::view(query, organizations.chain(holders))
    }

    async fn find_collections(
        &self,
        names: &BTreeSet<CollectionName>,
    ) -> Result<Vec<(CollectionName, ObservedCollection)>, StoreError> {
        let server = self.command("listCollections");
        let observe = |name: &CollectionName| {
            let there = server.collection(name.as_str())?;
            let seen = ObservedCollection {
                uuid: there.uuid,
                marker: there.marker,
            };
            Some((name.clone(), seen))
        };
        Ok(names.iter().filter_map(observe).collect())
    }

    async fn locate_collection(
        &self,
        uuid: CollectionUuid,
    ) -> Result<Option<CollectionName>, StoreError> {
        let server = self.command("listCollections");
        let name = server.name_of(uuid).map(CollectionName::recorded);
        Ok(name.and_then(Result::ok))
    }

    async fn find_holder(
        &self,
        uuid: CollectionUuid,
    ) -> Result<Option<OrganizationId>, StoreError> {
        let server = self.command("find");
        let uuid = document::collection_uuid(uuid).into();
        let holder = server
            .documents(ORGANIZATIONS)
            .find(|record| record.get("collection_uuid") == Some(&uuid));
        holder.map(document::record_id).transpose()
    }

    async fn is_empty(
        &self,
        name: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<bool, StoreError> {
        let server = self.command("find");
        if self.is_fenced() {
            server.fence(name.as_str(), uuid)?;
        }
        Ok(server.documents(name.as_str()).next().is_none())
    }

    async fn take_inventory(&self) -> Result<Inventory, StoreError> {
        Ok(self.inventory())
    }

    async fn insert_record(&self, record: &OrganizationRecord) -> Result<(), StoreError> {
        let document = with_revision(document::record_document(record), None);
        self.command("insert").insert(ORGANIZATIONS, document)
    }

    async fn update_record(
        &self,
        before: &OrganizationRecord,
        after: &OrganizationRecord,
    ) -> Result<(), StoreError> {
        let id = doc! {"_id": document::organization_id(before.id)};
        let update = document::record_update(before, after);
        let retention = document::must_be_over(before, after);
        let mut server = self.command("update");
        let now = server.now;
        let is_over = |record: &Document| {
            let since = record.get_datetime(document::ARCHIVED_AT).ok();
            let end =
                |retention: Retention| Some(since?.timestamp_millis() + retention.seconds() * 1000);
            retention.is_none_or(|retention| {
                end(retention).is_some_and(|end| end <= now.timestamp_millis())
            })
        };
        let updated = server.update(ORGANIZATIONS, &update, |record| {
            by_revision(record, &id, before.revision) && is_over(record)
        })?;
        expect_one(updated)
    }

    async fn delete_record(&self, record: &OrganizationRecord) -> Result<(), StoreError> {
        let id = doc! {"_id": document::organization_id(record.id)};
        let deleted = self.command("delete").delete(ORGANIZATIONS, |document| {
            by_revision(document, &id, record.revision)
        });
        expect_one(deleted)
    }

    async fn insert_admin(&self, admin: &AdminRecord) -> Result<(), StoreError> {
        let document = with_revision(document::admin_document(admin), admin.revision);
        self.command("insert").insert(ADMINS, document)
    }

    async fn update_admin(
        &self,
        before: &AdminRecord,
        after: &AdminRecord,
    ) -> Result<(), StoreError> {
        let id = doc! {"_id": document::admin_id(before.id)};
        let update = document::admin_update(before, after);
        let updated = self.command("update").update(ADMINS, &update, |admin| {
            by_revision(admin, &id, before.revision)
        })?;
        expect_one(updated)
    }

    async fn delete_admins(&self, record: &OrganizationRecord) -> Result<(), StoreError> {
        let organization = document::organization_id(record.id).into();
        let named = document::admin_id(record.admin_id).into();
        self.command("delete")
            .delete(ADMINS, |admin| match admin.get("organization_id") {
                Some(link) => *link == organization,
                None => admin.get("_id") == Some(&named),
            });
        Ok(())
    }

    async fn create_collection(
        &self,
        name: &CollectionName,
        id: OrganizationId,
    ) -> Result<(), StoreError> {
        self.command("create").create_marked(name.as_str(), id)
    }

    async fn move_collection(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<(), StoreError> {
        self.moved(from, to, uuid)
    }

    async fn drop_collection(
        &self,
        name: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<(), StoreError> {
        self.dropped(name, uuid)
    }

    async fn merge_stray(
        &self,
        from: &CollectionName,
        into: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<u64, StoreError> {
        self.merged(from, into, uuid)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        drop(self.command("ping"));
        Ok(())
    }

    async fn ensure_indexes(&self) -> Result<(), StoreError> {
        let mut server = self.server();
        for _ in &INDEXES {
            server.count("createIndexes");
        }
        let refused = server.ensure_indexes();
        refused.map_or(Ok(()), |key| Err(StoreError::Duplicate(key)))
    }

    async fn find_duplicates(&self, key: UniqueKey) -> Result<Vec<String>, StoreError> {
        Ok(self.command("aggregate").duplicates(key))
    }
}
