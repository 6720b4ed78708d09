//! What others do to the database behind the operator's back: the older service, tenants' clients,
//! people with a shell. Uncounted; unique indexes hold for them too.

use mongodb::bson::{Bson, DateTime, Document, doc, oid::ObjectId};

use super::MemoryStore;
use crate::store::{
    index::{ADMINS, ORGANIZATIONS},
    port::StoreError,
};

/// A tenant as the older service made them.
#[derive(Debug, Clone, Copy)]
pub struct OlderTenant<'a> {
    /// `organization_name`; the collection follows from it.
    pub name: &'a str,
    /// `email`
    pub email: &'a str,
    /// `password`: a bcrypt hash, or what damage left of one.
    pub password: &'a str,
    /// `created_at`
    pub created_at: DateTime,
}

impl MemoryStore {
    /// Makes both documents of a tenant and its collection, as the older service did: without
    /// revisions, links and markers. Gives the `_id` of the organization and of the admin.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`], and then nothing is there; [`StoreError::Exists`].
    pub fn plant_older(&self, tenant: &OlderTenant) -> Result<[ObjectId; 2], StoreError> {
        let [organization, admin] = [ObjectId::new(), ObjectId::new()];
        let OlderTenant {
            name,
            email,
            password,
            created_at,
        } = tenant;
        let collection = format!("org_{name}");
        let login = doc! {
            "_id": admin, "email": email, "password": password, "organization_name": name,
            "created_at": created_at,
        };
        let record = doc! {
            "_id": organization, "organization_name": name, "collection_name": &collection,
            "admin_id": admin, "created_at": created_at,
        };
        self.plant(ADMINS, login)?;
        self.plant(ORGANIZATIONS, record).inspect_err(|_| {
            self.remove(ADMINS, &admin.into());
        })?;
        self.plant_collection(&collection)?;
        Ok([organization, admin])
    }

    /// Sets the server's clock, which stands at the epoch until then.
    pub fn set_time(&self, now: jiff::Timestamp) {
        self.server().now = DateTime::from_millis(now.as_millisecond());
    }

    /// As [`Self::edit`], the document being the first whose field has that text.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`].
    pub fn edit_where(
        &self,
        collection: &str,
        field: &str,
        value: &str,
        update: &Document,
    ) -> Result<bool, StoreError> {
        let documents = self.documents(collection);
        let has_it = |document: &&Document| document.get_str(field).ok() == Some(value);
        let id = documents.iter().find(has_it).and_then(|it| it.get("_id"));
        id.map_or(Ok(false), |id| self.edit(collection, id, update))
    }

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
