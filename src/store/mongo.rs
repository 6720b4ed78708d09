//! Tenants in MongoDB. One client for the process; every call ends within its deadline, and a write
//! that was sent is seen to its end whoever stops waiting for it.

mod collections;
mod connection;
mod failure;
mod indexes;
mod inventory;
mod logins;
mod merge;
mod observer;
mod probe;
mod records;
mod refresh;
mod settings;
mod tenants;

use std::{collections::BTreeSet, sync::Arc};

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use mongodb::bson::doc;
use secrecy::SecretString;
use tokio_util::task::TaskTracker;

use self::connection::Connection;
pub use self::{
    observer::{CommandObserver, CommandOutcome, Unobserved},
    probe::ServerFacts,
    settings::{ConnectError, MongoSettings, MongoTimeouts},
};
use super::{
    login::{FoundLogin, LoginStore, TenantKey},
    port::{StoreError, TenantQuery, TenantStore, TenantView, UniqueKey},
};
use crate::domain::{
    email::Email,
    ids::{CollectionUuid, OrganizationId},
    inventory::Inventory,
    names::CollectionName,
    observed::{Capability, ObservedCollection},
    record::{AdminRecord, OrganizationRecord, StoredTenant},
};

/// The MongoDB adapter.
pub struct MongoStore {
    settings: MongoSettings,
    /// `None`: no URL was given yet.
    connection: ArcSwapOption<Connection>,
    /// Former connections that see their last writes to the end.
    retiring: TaskTracker,
}

impl MongoStore {
    /// Makes the client. Nothing is sent yet (a `mongodb+srv` name is looked up): the server may
    /// come later, and is probed with the first call that needs it.
    ///
    /// # Errors
    /// [`ConnectError`] for a URL that no client can be made of.
    pub async fn connect(
        settings: MongoSettings,
        url: &SecretString,
    ) -> Result<Self, ConnectError> {
        let store = Self::unconnected(settings);
        store.reconnect(url).await?;
        Ok(store)
    }

    /// One that is away until [`Self::reconnect`] gives it a URL.
    #[must_use]
    pub fn unconnected(settings: MongoSettings) -> Self {
        Self {
            settings,
            connection: ArcSwapOption::empty(),
            retiring: TaskTracker::new(),
        }
    }

    /// Takes another URL: new calls go there, those under way end where they began.
    ///
    /// # Errors
    /// As [`Self::connect`]; the former connection stays.
    pub async fn reconnect(&self, url: &SecretString) -> Result<(), ConnectError> {
        let connection = Connection::open(&self.settings, url).await?;
        let former = self.connection.swap(Some(Arc::new(connection)));
        if let Some(former) = former {
            self.retiring.spawn(async move { former.close().await });
        }
        Ok(())
    }

    /// Whether a URL was given that a client can be made of.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection.load().is_some()
    }

    /// What the server is, asked once for each connection.
    ///
    /// # Errors
    /// [`StoreError`], where the server can't be asked.
    pub async fn facts(&self) -> Result<ServerFacts, StoreError> {
        self.connection()?.facts().await.cloned()
    }

    /// Waits for the writes under way, then ends every connection. Bounded by the deadline of a
    /// write.
    pub async fn close(&self) {
        self.retiring.close();
        if let Some(connection) = self.connection.load_full() {
            connection.close().await;
        }
        self.retiring.wait().await;
    }

    fn connection(&self) -> Result<Arc<Connection>, StoreError> {
        let connection = self.connection.load_full();
        connection.ok_or_else(|| StoreError::Unreachable("no MongoDB URL is there yet".to_owned()))
    }

    /// The connection, once it is known what the server can do: no call depends on a guess.
    async fn probed(&self) -> Result<(Arc<Connection>, Capability), StoreError> {
        let connection = self.connection()?;
        let capability = connection.facts().await?.capability;
        Ok((connection, capability))
    }
}

#[async_trait]
impl TenantStore for MongoStore {
    fn capability(&self) -> Capability {
        let connection = self.connection.load();
        let capability = connection
            .as_ref()
            .map(|connection| connection.capability());
        // Looks before it acts: as one that nobody has asked yet.
        capability.unwrap_or(Capability::Unfenced)
    }

    async fn find_tenants(&self, query: &TenantQuery) -> Result<TenantView, StoreError> {
        let (connection, _) = self.probed().await?;
        tenants::find(&connection, query).await
    }

    async fn find_collections(
        &self,
        names: &BTreeSet<CollectionName>,
    ) -> Result<Vec<(CollectionName, ObservedCollection)>, StoreError> {
        let (connection, _) = self.probed().await?;
        collections::find(&connection, names).await
    }

    async fn locate_collection(
        &self,
        uuid: CollectionUuid,
    ) -> Result<Option<CollectionName>, StoreError> {
        let (connection, _) = self.probed().await?;
        collections::locate(&connection, uuid).await
    }

    async fn find_holder(
        &self,
        uuid: CollectionUuid,
    ) -> Result<Option<OrganizationId>, StoreError> {
        let (connection, _) = self.probed().await?;
        tenants::find_holder(&connection, uuid).await
    }

    async fn is_empty(
        &self,
        name: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<bool, StoreError> {
        let (connection, capability) = self.probed().await?;
        collections::is_empty(&connection, capability, name, uuid).await
    }

    async fn take_inventory(&self) -> Result<Inventory, StoreError> {
        let (connection, _) = self.probed().await?;
        inventory::take(&connection).await
    }

    async fn insert_record(&self, record: &OrganizationRecord) -> Result<(), StoreError> {
        let (connection, _) = self.probed().await?;
        records::insert_record(&connection, record).await
    }

    async fn update_record(
        &self,
        before: &OrganizationRecord,
        after: &OrganizationRecord,
    ) -> Result<(), StoreError> {
        let (connection, _) = self.probed().await?;
        records::update_record(&connection, before, after).await
    }

    async fn delete_record(&self, record: &OrganizationRecord) -> Result<(), StoreError> {
        let (connection, _) = self.probed().await?;
        records::delete_record(&connection, record).await
    }

    async fn insert_admin(&self, admin: &AdminRecord) -> Result<(), StoreError> {
        let (connection, _) = self.probed().await?;
        records::insert_admin(&connection, admin).await
    }

    async fn update_admin(
        &self,
        before: &AdminRecord,
        after: &AdminRecord,
    ) -> Result<(), StoreError> {
        let (connection, _) = self.probed().await?;
        records::update_admin(&connection, before, after).await
    }

    async fn delete_admins(&self, record: &OrganizationRecord) -> Result<(), StoreError> {
        let (connection, _) = self.probed().await?;
        records::delete_admins(&connection, record).await
    }

    async fn create_collection(
        &self,
        name: &CollectionName,
        id: OrganizationId,
    ) -> Result<(), StoreError> {
        let (connection, _) = self.probed().await?;
        collections::create(&connection, name, id).await
    }

    async fn move_collection(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<(), StoreError> {
        let (connection, capability) = self.probed().await?;
        collections::rename(&connection, capability, from, to, uuid).await
    }

    async fn drop_collection(
        &self,
        name: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<(), StoreError> {
        let (connection, capability) = self.probed().await?;
        collections::drop_private(&connection, capability, name, uuid).await
    }

    async fn merge_stray(
        &self,
        from: &CollectionName,
        into: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<u64, StoreError> {
        let (connection, capability) = self.probed().await?;
        merge::merge(&connection, capability, from, into, uuid).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let connection = self.connection()?;
        connection.read("ping", doc! {"ping": 1}).await.map(drop)
    }

    async fn ensure_indexes(&self) -> Result<(), StoreError> {
        let (connection, _) = self.probed().await?;
        indexes::ensure(&connection).await
    }

    async fn find_duplicates(&self, key: UniqueKey) -> Result<Vec<String>, StoreError> {
        let (connection, _) = self.probed().await?;
        indexes::find_duplicates(&connection, key).await
    }
}

#[async_trait]
impl LoginStore for MongoStore {
    async fn find_login(&self, email: &Email) -> Result<Option<FoundLogin>, StoreError> {
        logins::find_login(&*self.connection()?, email).await
    }

    async fn find_tenant(&self, key: &TenantKey) -> Result<Option<StoredTenant>, StoreError> {
        logins::find_tenant(&*self.connection()?, key).await
    }
}
