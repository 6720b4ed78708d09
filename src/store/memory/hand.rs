//! What others do to the database behind the operator's back: the older service, tenants' clients,
//! people with a shell. Uncounted; unique indexes hold for them too.

use mongodb::bson::{Bson, Document};

use super::MemoryStore;
use crate::store::port::StoreError;

impl MemoryStore {
    /// Inserts a document; makes the collection, without options, where it isn't there.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`].
    pub fn plant(&self, collection: &str, document: Document) -> Result<(), StoreError> {
        self.server().insert(collection, document)
    }

    /// Creates an empty collection without the operator's marker.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where it is there with the marker.
    pub fn plant_collection(&self, name: &str) -> Result<(), StoreError> {
        self.server().create(name, None)
    }

    /// Applies `$set` and `$unset` (whole fields) to the document with that `_id`; gives whether it
    /// was there.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`].
    pub fn edit(&self, collection: &str, id: &Bson, update: &Document) -> Result<bool, StoreError> {
        let has_id = |document: &Document| document.get("_id") == Some(id);
        let edited = self.server().update(collection, update, has_id)?;
        Ok(edited > 0)
    }

    /// Deletes the document with that `_id`; gives whether it was there.
    pub fn remove(&self, collection: &str, id: &Bson) -> bool {
        let has_id = |document: &Document| document.get("_id") == Some(id);
        self.server().delete(collection, has_id) > 0
    }

    /// Drops a collection, whosever it is.
    pub fn drop_by_hand(&self, name: &str) {
        self.server().drop_collection(name);
    }

    /// Renames a collection as a person with a shell would.
    ///
    /// # Errors
    /// [`StoreError::Gone`], [`StoreError::Exists`].
    pub fn rename_by_hand(&self, from: &str, to: &str) -> Result<(), StoreError> {
        let mut server = self.server();
        server.rename(from, to)?;
        if !self.is_fenced() {
            server.forget_identity(to);
        }
        Ok(())
    }

    /// The documents of a collection, in the order of their insertion.
    #[must_use]
    pub fn documents(&self, collection: &str) -> Vec<Document> {
        self.server().documents(collection).cloned().collect()
    }

    /// The names of all collections, sorted.
    #[must_use]
    pub fn collection_names(&self) -> Vec<String> {
        self.server().names().cloned().collect()
    }
}
