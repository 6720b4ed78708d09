//! What a MongoDB server keeps: collections by name and UUID, documents, unique indexes.

use std::collections::{BTreeMap, BTreeSet};

use mongodb::bson::{DateTime, Document, oid::ObjectId};
use uuid::Uuid;

use super::effects::Effects;
use super::keys::index_keys;
use crate::{
    domain::ids::{CollectionUuid, OrganizationId},
    store::{
        index::{INDEXES, Index},
        port::{DUPLICATES_NAMED, StoreError, UniqueKey},
    },
};

/// One database.
#[derive(Debug, Clone)]
pub(super) struct Server {
    seed: u64,
    collections_made: u64,
    pub(super) collections: BTreeMap<String, Collection>,
    indexes: Vec<Index>,
    /// The server's clock.
    pub(super) now: DateTime,
    pub(super) commands: BTreeMap<&'static str, u64>,
    pub(super) effects: Effects,
    /// Every unique key that the last insert or update stood against.
    pub(super) refused: Vec<UniqueKey>,
}

#[derive(Debug, Clone)]
pub(super) struct Collection {
    pub(super) uuid: CollectionUuid,
    pub(super) marker: Option<OrganizationId>,
    /// In the order of their insertion.
    pub(super) documents: Vec<Document>,
}

impl Server {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            collections_made: 0,
            collections: BTreeMap::new(),
            indexes: Vec::new(),
            now: DateTime::from_millis(0),
            commands: BTreeMap::new(),
            effects: Effects::default(),
            refused: Vec::new(),
        }
    }

    pub(super) fn count(&mut self, command: &'static str) {
        *self.commands.entry(command).or_default() += 1;
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.collections.keys()
    }

    pub(super) fn collection(&self, name: &str) -> Option<&Collection> {
        self.collections.get(name)
    }

    pub(super) fn name_of(&self, uuid: CollectionUuid) -> Option<&str> {
        let mut collections = self.collections.iter();
        let (name, _) = collections.find(|(_, there)| there.uuid == uuid)?;
        Some(name)
    }

    pub(super) fn documents(&self, name: &str) -> impl Iterator<Item = &Document> {
        self.collections
            .get(name)
            .into_iter()
            .flat_map(|there| &there.documents)
    }

    /// What `collectionUUID` does: refuses (code 361) unless this name has that UUID.
    pub(super) fn fence(&self, name: &str, uuid: CollectionUuid) -> Result<(), StoreError> {
        match self.collections.get(name) {
            Some(there) if there.uuid == uuid => Ok(()),
            Some(_) | None => Err(StoreError::Gone),
        }
    }

    /// Done also where it is there with the same options.
    pub(super) fn create(
        &mut self,
        name: &str,
        marker: Option<OrganizationId>,
    ) -> Result<(), StoreError> {
        match self.collections.get(name) {
            Some(there) if there.marker == marker => Ok(()),
            Some(_) => Err(StoreError::Exists),
            None => {
                self.make(name, marker);
                Ok(())
            }
        }
    }

    fn make(&mut self, name: &str, marker: Option<OrganizationId>) -> &mut Collection {
        let uuid = self.next_uuid();
        let made = Collection {
            uuid,
            marker,
            documents: Vec::new(),
        };
        self.collections.entry(name.to_owned()).or_insert(made)
    }

    fn next_uuid(&mut self) -> CollectionUuid {
        self.collections_made += 1;
        CollectionUuid(Uuid::from_u64_pair(self.seed, self.collections_made))
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> Result<(), StoreError> {
        if !self.collections.contains_key(from) {
            return Err(StoreError::Gone);
        }
        if self.collections.contains_key(to) {
            return Err(StoreError::Exists);
        }
        if let Some(moved) = self.collections.remove(from) {
            self.collections.insert(to.to_owned(), moved);
        }
        Ok(())
    }

    /// What a rename does where it copies: another UUID, and no options.
    pub(super) fn forget_identity(&mut self, name: &str) {
        let uuid = self.next_uuid();
        if let Some(there) = self.collections.get_mut(name) {
            there.uuid = uuid;
            there.marker = None;
        }
    }

    pub(super) fn drop_collection(&mut self, name: &str) {
        self.collections.remove(name);
    }

    /// Makes the collection where it isn't there, as an insert does.
    pub(super) fn insert(&mut self, name: &str, document: Document) -> Result<(), StoreError> {
        self.check_unique(name, &document, None)?;
        match self.collections.get_mut(name) {
            Some(there) => there.documents.push(document),
            None => self.make(name, None).documents.push(document),
        }
        Ok(())
    }

    /// Whether the very document is there, byte by byte.
    pub(super) fn has(&self, name: &str, document: &Document) -> bool {
        self.documents(name)
            .any(|there| there.get("_id") == document.get("_id") && same(there, document))
    }

    /// Writes what `$set`, `$unset` and `$currentDate` say into the one document that matches.
    pub(super) fn update(
        &mut self,
        name: &str,
        update: &Document,
        matches: impl Fn(&Document) -> bool,
    ) -> Result<usize, StoreError> {
        let Some(place) = self.documents(name).position(matches) else {
            return Ok(0);
        };
        let Some(mut document) = self.documents(name).nth(place).cloned() else {
            return Ok(0);
        };
        if let Ok(unset) = update.get_document("$unset") {
            for field in unset.keys() {
                document.remove(field);
            }
        }
        if let Ok(set) = update.get_document("$set") {
            document.extend(set.clone());
        }
        if let Ok(dated) = update.get_document("$currentDate") {
            document.extend(dated.keys().map(|field| (field.clone(), self.now.into())));
        }
        self.check_unique(name, &document, Some(place))?;
        if let Some(there) = self.collections.get_mut(name) {
            there.documents[place] = document;
        }
        Ok(1)
    }

    pub(super) fn delete(&mut self, name: &str, matches: impl Fn(&Document) -> bool) -> usize {
        let Some(there) = self.collections.get_mut(name) else {
            return 0;
        };
        let before = there.documents.len();
        there.documents.retain(|document| !matches(document));
        before - there.documents.len()
    }

    /// Refuses what another document than the one at `place` has already, `_id` first. Which of
    /// several keys is named is a server's own choice: all are kept for whoever compares.
    fn check_unique(
        &mut self,
        name: &str,
        document: &Document,
        place: Option<usize>,
    ) -> Result<(), StoreError> {
        let others: Vec<_> = self.documents(name).enumerate().collect();
        let others = others.iter().filter(|(at, _)| Some(*at) != place);
        let same_id = |other: &Document| other.get("_id") == document.get("_id");
        let same_key = |index: &Index, other| {
            let keys = index_keys(index, document);
            let others = index_keys(index, other);
            others.iter().any(|key| keys.contains(key))
        };
        let mut refused = Vec::new();
        if others.clone().any(|(_, other)| same_id(other)) {
            refused.push(UniqueKey::Id);
        }
        for index in self.indexes.iter().filter(|index| index.collection == name) {
            let clash = others.clone().any(|(_, other)| same_key(index, other));
            refused.extend(index.unique.filter(|_| clash));
        }
        let first = refused.first().copied();
        self.refused = refused;
        first.map_or(Ok(()), |key| Err(StoreError::Duplicate(key)))
    }

    /// Builds every index that isn't there yet; gives the first that documents stand against.
    pub(super) fn ensure_indexes(&mut self) -> Option<UniqueKey> {
        let mut refused = None;
        for index in &INDEXES {
            match index.unique {
                Some(key) if !self.duplicates(key).is_empty() => {
                    refused = refused.or(Some(key));
                }
                Some(_) | None => {
                    if !self.indexes.contains(index) {
                        self.indexes.push(*index);
                    }
                    if !self.collections.contains_key(index.collection) {
                        self.make(index.collection, None);
                    }
                }
            }
        }
        refused
    }

    /// `_id` of every document that shares a key with another, sorted.
    pub(super) fn duplicates(&self, key: UniqueKey) -> Vec<String> {
        let Some(index) = Index::keeping(key) else {
            return Vec::new();
        };
        let documents: Vec<_> = self.documents(index.collection).collect();
        let shares = |one: &&&Document| {
            let keys = index_keys(index, one);
            documents.iter().any(|other| {
                other.get("_id") != one.get("_id")
                    && index_keys(index, other)
                        .iter()
                        .any(|key| keys.contains(key))
            })
        };
        let ids = documents.iter().filter(shares);
        let ids: BTreeSet<_> = ids.filter_map(|found| printed_id(found)).collect();
        ids.into_iter().take(DUPLICATES_NAMED).collect()
    }
}

fn printed_id(document: &Document) -> Option<String> {
    document.get_object_id("_id").ok().map(ObjectId::to_hex)
}

fn same(one: &Document, other: &Document) -> bool {
    // Not `==`, to which the order of fields is nothing and NaN is never itself.
    matches!((one.to_vec(), other.to_vec()), (Ok(one), Ok(other)) if one == other)
}
