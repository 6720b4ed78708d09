//! A store, and a hand that reaches around it.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Result, ensure};
use async_trait::async_trait;
use mongodb::bson::{Bson, Document};
use organization_operator::{
    domain::observed::Capability,
    store::{login::LoginStore, memory::MemoryStore, port::TenantStore, refresh::RefreshStore},
};

/// What others do to the database: the older service, tenants' clients, people with a shell.
#[async_trait]
pub trait Hand: Send + Sync {
    /// Inserts a document, wherever.
    async fn plant(&self, collection: &str, document: Document) -> Result<()>;
    /// Creates a collection without a marker.
    async fn plant_collection(&self, name: &str) -> Result<()>;
    /// Applies `$set` and `$unset` to a document that is there.
    async fn edit(&self, collection: &str, id: Bson, update: Document) -> Result<()>;
    /// Deletes a document that is there.
    async fn remove(&self, collection: &str, id: Bson) -> Result<()>;
    /// Drops a collection, whosever it is.
    async fn drop_collection(&self, name: &str) -> Result<()>;
    /// All documents of a collection, ordered by `_id`.
    async fn documents(&self, collection: &str) -> Result<Vec<Document>>;
    /// The commands that the store has sent so far, by name.
    fn commands(&self) -> BTreeMap<&'static str, u64>;
}

/// A store on an empty database, and the hand.
pub struct World {
    pub store: Arc<dyn TenantStore>,
    /// The same store, as the other ports.
    pub refresh: Arc<dyn RefreshStore>,
    pub logins: Arc<dyn LoginStore>,
    pub hand: Arc<dyn Hand>,
}

/// A world in memory.
pub fn memory(capability: Capability) -> World {
    let store = Arc::new(MemoryStore::without_indexes(capability, 7));
    World {
        hand: Arc::clone(&store) as Arc<dyn Hand>,
        refresh: Arc::clone(&store) as _,
        logins: Arc::clone(&store) as _,
        store,
    }
}

#[async_trait]
impl Hand for MemoryStore {
    async fn plant(&self, collection: &str, document: Document) -> Result<()> {
        Ok(self.plant(collection, document)?)
    }

    async fn plant_collection(&self, name: &str) -> Result<()> {
        Ok(self.plant_collection(name)?)
    }

    async fn edit(&self, collection: &str, id: Bson, update: Document) -> Result<()> {
        ensure!(self.edit(collection, &id, &update)?, "nothing to edit");
        Ok(())
    }

    async fn remove(&self, collection: &str, id: Bson) -> Result<()> {
        ensure!(self.remove(collection, &id), "nothing to remove");
        Ok(())
    }

    async fn drop_collection(&self, name: &str) -> Result<()> {
        self.drop_by_hand(name);
        Ok(())
    }

    async fn documents(&self, collection: &str) -> Result<Vec<Document>> {
        let mut documents = self.documents(collection);
        documents.sort_by_key(|document| document.get("_id").map(ToString::to_string));
        Ok(documents)
    }

    fn commands(&self) -> BTreeMap<&'static str, u64> {
        self.commands()
    }
}
