//! The stores behind a gate, for tests.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{
    login::{FoundLogin, LoginStore, TenantKey},
    port::{StoreError, TenantQuery, TenantStore, TenantView, UniqueKey},
    refresh::{FamilyId, RefreshRecord, RefreshStore, TokenDigest},
};
use crate::{
    domain::{
        email::Email,
        ids::{CollectionUuid, OrganizationId},
        inventory::Inventory,
        names::CollectionName,
        observed::{Capability, ObservedCollection},
        record::{AdminRecord, OrganizationRecord, StoredTenant},
    },
    faults::{Call, Gate, Gated, Unheard},
};

impl Unheard for StoreError {
    fn no_reply() -> Self {
        Self::OutcomeUnknown("the connection broke".to_owned())
    }

    fn not_sent() -> Self {
        Self::Unreachable("no connection".to_owned())
    }
}

const fn tenants(method: &'static str) -> Call {
    Call {
        port: "TenantStore",
        method,
    }
}

const fn refreshes(method: &'static str) -> Call {
    Call {
        port: "RefreshStore",
        method,
    }
}

const fn logins(method: &'static str) -> Call {
    Call {
        port: "LoginStore",
        method,
    }
}

#[async_trait]
impl<S: TenantStore, G: Gate> TenantStore for Gated<S, G> {
    fn capability(&self) -> Capability {
        self.inner().capability()
    }

    async fn find_tenants(&self, query: &TenantQuery) -> Result<TenantView, StoreError> {
        let reply = self.inner().find_tenants(query);
        self.read(tenants("find_tenants"), reply).await
    }

    async fn find_collections(
        &self,
        names: &BTreeSet<CollectionName>,
    ) -> Result<Vec<(CollectionName, ObservedCollection)>, StoreError> {
        let reply = self.inner().find_collections(names);
        self.read(tenants("find_collections"), reply).await
    }

    async fn locate_collection(
        &self,
        uuid: CollectionUuid,
    ) -> Result<Option<CollectionName>, StoreError> {
        let reply = self.inner().locate_collection(uuid);
        self.read(tenants("locate_collection"), reply).await
    }

    async fn find_holder(
        &self,
        uuid: CollectionUuid,
    ) -> Result<Option<OrganizationId>, StoreError> {
        let reply = self.inner().find_holder(uuid);
        self.read(tenants("find_holder"), reply).await
    }

    async fn is_empty(
        &self,
        name: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<bool, StoreError> {
        let reply = self.inner().is_empty(name, uuid);
        self.read(tenants("is_empty"), reply).await
    }

    async fn take_inventory(&self) -> Result<Inventory, StoreError> {
        let reply = self.inner().take_inventory();
        self.read(tenants("take_inventory"), reply).await
    }

    async fn insert_record(&self, record: &OrganizationRecord) -> Result<(), StoreError> {
        let record = record.clone();
        self.write(tenants("insert_record"), move |store| {
            let record = record.clone();
            Box::pin(async move { store.insert_record(&record).await })
        })
        .await
    }

    async fn update_record(
        &self,
        before: &OrganizationRecord,
        after: &OrganizationRecord,
    ) -> Result<(), StoreError> {
        let (before, after) = (before.clone(), after.clone());
        self.write(tenants("update_record"), move |store| {
            let (before, after) = (before.clone(), after.clone());
            Box::pin(async move { store.update_record(&before, &after).await })
        })
        .await
    }

    async fn delete_record(&self, record: &OrganizationRecord) -> Result<(), StoreError> {
        let record = record.clone();
        self.write(tenants("delete_record"), move |store| {
            let record = record.clone();
            Box::pin(async move { store.delete_record(&record).await })
        })
        .await
    }

    async fn insert_admin(&self, admin: &AdminRecord) -> Result<(), StoreError> {
        let admin = admin.clone();
        self.write(tenants("insert_admin"), move |store| {
            let admin = admin.clone();
            Box::pin(async move { store.insert_admin(&admin).await })
        })
        .await
    }

    async fn update_admin(
        &self,
        before: &AdminRecord,
        after: &AdminRecord,
    ) -> Result<(), StoreError> {
        let (before, after) = (before.clone(), after.clone());
        self.write(tenants("update_admin"), move |store| {
            let (before, after) = (before.clone(), after.clone());
            Box::pin(async move { store.update_admin(&before, &after).await })
        })
        .await
    }

    async fn delete_admins(&self, record: &OrganizationRecord) -> Result<(), StoreError> {
        let record = record.clone();
        self.write(tenants("delete_admins"), move |store| {
            let record = record.clone();
            Box::pin(async move { store.delete_admins(&record).await })
        })
        .await
    }

    async fn create_collection(
        &self,
        name: &CollectionName,
        id: OrganizationId,
    ) -> Result<(), StoreError> {
        let name = name.clone();
        self.write(tenants("create_collection"), move |store| {
            let name = name.clone();
            Box::pin(async move { store.create_collection(&name, id).await })
        })
        .await
    }

    async fn move_collection(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<(), StoreError> {
        let (from, to) = (from.clone(), to.clone());
        self.write(tenants("move_collection"), move |store| {
            let (from, to) = (from.clone(), to.clone());
            Box::pin(async move { store.move_collection(&from, &to, uuid).await })
        })
        .await
    }

    async fn drop_collection(
        &self,
        name: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<(), StoreError> {
        let name = name.clone();
        self.write(tenants("drop_collection"), move |store| {
            let name = name.clone();
            Box::pin(async move { store.drop_collection(&name, uuid).await })
        })
        .await
    }

    async fn merge_stray(
        &self,
        from: &CollectionName,
        into: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<u64, StoreError> {
        let (from, into) = (from.clone(), into.clone());
        self.write(tenants("merge_stray"), move |store| {
            let (from, into) = (from.clone(), into.clone());
            Box::pin(async move { store.merge_stray(&from, &into, uuid).await })
        })
        .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let reply = self.inner().ping();
        self.read(tenants("ping"), reply).await
    }

    async fn ensure_indexes(&self) -> Result<(), StoreError> {
        self.write(tenants("ensure_indexes"), |store| {
            Box::pin(async move { store.ensure_indexes().await })
        })
        .await
    }

    async fn find_duplicates(&self, key: UniqueKey) -> Result<Vec<String>, StoreError> {
        let reply = self.inner().find_duplicates(key);
        self.read(tenants("find_duplicates"), reply).await
    }
}

#[async_trait]
impl<S: LoginStore, G: Gate> LoginStore for Gated<S, G> {
    async fn find_login(&self, email: &Email) -> Result<Option<FoundLogin>, StoreError> {
        let reply = self.inner().find_login(email);
        self.read(logins("find_login"), reply).await
    }

    async fn find_tenant(&self, key: &TenantKey) -> Result<Option<StoredTenant>, StoreError> {
        let reply = self.inner().find_tenant(key);
        self.read(logins("find_tenant"), reply).await
    }
}

#[async_trait]
impl<S: RefreshStore, G: Gate> RefreshStore for Gated<S, G> {
    async fn insert_refresh(&self, record: &RefreshRecord) -> Result<(), StoreError> {
        let record = *record;
        self.write(refreshes("insert_refresh"), move |store| {
            Box::pin(async move { store.insert_refresh(&record).await })
        })
        .await
    }

    async fn find_refresh(&self, token: &TokenDigest) -> Result<Option<RefreshRecord>, StoreError> {
        let reply = self.inner().find_refresh(token);
        self.read(refreshes("find_refresh"), reply).await
    }

    async fn use_refresh(&self, token: &TokenDigest) -> Result<(), StoreError> {
        let token = *token;
        self.write(refreshes("use_refresh"), move |store| {
            Box::pin(async move { store.use_refresh(&token).await })
        })
        .await
    }

    async fn delete_refresh_family(&self, family: FamilyId) -> Result<u64, StoreError> {
        self.write(refreshes("delete_refresh_family"), move |store| {
            Box::pin(async move { store.delete_refresh_family(family).await })
        })
        .await
    }

    async fn ensure_refresh_index(&self) -> Result<(), StoreError> {
        self.write(refreshes("ensure_refresh_index"), |store| {
            Box::pin(async move { store.ensure_refresh_index().await })
        })
        .await
    }
}
