//! One of the two stores, with its own UUIDs seen as numbers.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Result;
use mongodb::bson::{Bson, Document, spec::BinarySubtype};
use organization_operator::{
    domain::{
        ids::{CollectionUuid, OrganizationId},
        names::CollectionName,
        record::{OrganizationRecord, StoredTenant},
    },
    store::port::{StoreError, TenantQuery, TenantStore, TenantView},
};
use uuid::Uuid;

use super::{dice::all_collections, operation::Operation};
use crate::{
    samples::{hash, object_id, organization, uuid},
    world::Hand,
};

/// What an operation came to, its UUIDs as numbers.
#[derive(Debug, PartialEq)]
pub enum Answer {
    Done,
    Yes(bool),
    Clashes(u64),
    View(Box<TenantView>),
    Collections(Vec<(CollectionName, CollectionUuid, Option<OrganizationId>)>),
    Place(Option<CollectionName>),
    Holder(Option<OrganizationId>),
    Refused(StoreError),
    RefusedByHand,
}

/// A store, and every UUID that it has shown, in that order.
pub struct Side {
    pub store: Arc<dyn TenantStore>,
    hand: Arc<dyn Hand>,
    seen: Vec<CollectionUuid>,
}

impl Side {
    pub fn new(store: Arc<dyn TenantStore>, hand: Arc<dyn Hand>) -> Self {
        // Number 0: the UUID of no collection.
        let seen = vec![uuid(u128::MAX)];
        Self { store, hand, seen }
    }

    /// The highest number of a UUID.
    pub fn known(&self) -> usize {
        self.seen.len() - 1
    }

    fn number_of(&self, own: CollectionUuid) -> CollectionUuid {
        let place = self.seen.iter().position(|seen| *seen == own);
        place.map_or(uuid(u128::MAX), |place| uuid(place as u128))
    }

    fn own(&self, number: CollectionUuid) -> CollectionUuid {
        let place = usize::try_from(number.0.as_u128()).unwrap_or(0);
        self.seen.get(place).copied().unwrap_or(self.seen[0])
    }

    fn translated(
        &self,
        record: &OrganizationRecord,
        translate: fn(&Self, CollectionUuid) -> CollectionUuid,
    ) -> OrganizationRecord {
        let mut record = record.clone();
        record.collection_uuid = record.collection_uuid.map(|uuid| translate(self, uuid));
        for stray in &mut record.strays {
            stray.uuid = translate(self, stray.uuid);
        }
        record
    }

    fn own_record(&self, record: &OrganizationRecord) -> OrganizationRecord {
        self.translated(record, Self::own)
    }

    /// The records as every side sees them.
    pub async fn view(&self, query: &TenantQuery) -> Result<TenantView, StoreError> {
        let mut view = self.store.find_tenants(query).await?;
        for tenant in view.own.iter_mut().chain(&mut view.claimants) {
            if let StoredTenant::Readable(tenant) = tenant {
                tenant.record = self.translated(&tenant.record, Self::number_of);
            }
        }
        Ok(view)
    }

    /// The collections that are there and were seen before.
    pub async fn collections(&self) -> Result<Vec<(CollectionName, CollectionUuid)>> {
        let all = all_collections()?.into_iter().collect();
        let found = self.store.find_collections(&all).await?;
        let known = found
            .into_iter()
            .filter(|(_, seen)| self.seen.contains(&seen.uuid));
        Ok(known
            .map(|(name, seen)| (name, self.number_of(seen.uuid)))
            .collect())
    }

    /// Does it; fails where the hand does something that no operation is meant to.
    pub async fn apply(&mut self, operation: &Operation) -> Result<Answer> {
        Ok(match self.try_apply(operation).await {
            Ok(answer) => answer,
            Err(error) => Answer::Refused(error),
        })
    }

    async fn try_apply(&mut self, operation: &Operation) -> Result<Answer, StoreError> {
        let store = &self.store;
        match operation {
            Operation::FindTenants(query) => {
                return Ok(Answer::View(Box::new(self.view(query).await?)));
            }
            Operation::FindCollections(names) => {
                let found = store.find_collections(names).await?;
                for (_, there) in &found {
                    if !self.seen.contains(&there.uuid) {
                        self.seen.push(there.uuid);
                    }
                }
                let found = found.into_iter();
                let found = found.map(|(name, it)| (name, self.number_of(it.uuid), it.marker));
                return Ok(Answer::Collections(found.collect()));
            }
            Operation::Locate(uuid) => {
                return Ok(Answer::Place(
                    store.locate_collection(self.own(*uuid)).await?,
                ));
            }
            Operation::FindHolder(uuid) => {
                return Ok(Answer::Holder(store.find_holder(self.own(*uuid)).await?));
            }
            Operation::IsEmpty(name, uuid) => {
                return Ok(Answer::Yes(store.is_empty(name, self.own(*uuid)).await?));
            }
            Operation::Merge(from, into, uuid) => {
                let clashes = store.merge_stray(from, into, self.own(*uuid)).await?;
                return Ok(Answer::Clashes(clashes));
            }
            Operation::InsertRecord(record) => store.insert_record(&self.own_record(record)).await,
            Operation::UpdateRecord(records) => {
                let [before, after] = records.each_ref().map(|record| self.own_record(record));
                store.update_record(&before, &after).await
            }
            Operation::DeleteRecord(record) => store.delete_record(&self.own_record(record)).await,
            Operation::InsertAdmin(admin) => {
                store
                    .insert_admin(&admin.with_password(hash("random")))
                    .await
            }
            Operation::UpdateAdmin(before, after) => store.update_admin(before, after).await,
            Operation::DeleteAdmins(record) => store.delete_admins(record).await,
            Operation::Create(name, id) => store.create_collection(name, organization(*id)).await,
            Operation::Move(from, to, uuid) => {
                store.move_collection(from, to, self.own(*uuid)).await
            }
            Operation::Drop(name, uuid) => store.drop_collection(name, self.own(*uuid)).await,
            Operation::Plant(..)
            | Operation::PlantCollection(_)
            | Operation::Edit(..)
            | Operation::DropByHand(_) => return Ok(self.by_hand(operation).await),
        }
        .map(|()| Answer::Done)
    }

    async fn by_hand(&self, operation: &Operation) -> Answer {
        let done = match operation {
            Operation::Plant(collection, document) => {
                self.hand.plant(collection, document.clone()).await
            }
            Operation::PlantCollection(name) => self.hand.plant_collection(name.as_str()).await,
            Operation::Edit(collection, number, edit) => {
                self.hand
                    .edit(collection, object_id(*number), edit.clone())
                    .await
            }
            Operation::DropByHand(name) => self.hand.drop_collection(name.as_str()).await,
            _ => Ok(()),
        };
        done.map_or(Answer::RefusedByHand, |()| Answer::Done)
    }

    /// Every document of every collection.
    pub async fn everything(&self) -> Result<BTreeMap<String, Vec<Document>>> {
        let mut everything = BTreeMap::new();
        let tenants = all_collections()?;
        let names = tenants.iter().map(CollectionName::as_str);
        for name in names.chain(["organizations", "admins"]) {
            let documents = self.hand.documents(name).await?;
            let documents = documents
                .into_iter()
                .map(|document| self.numbered(document));
            everything.insert(name.to_owned(), documents.collect());
        }
        Ok(everything)
    }

    fn numbered(&self, document: Document) -> Document {
        let fields = document.into_iter();
        fields
            .map(|(field, value)| (field, self.numbered_value(value)))
            .collect()
    }

    fn numbered_value(&self, value: Bson) -> Bson {
        match value {
            Bson::Document(inner) => self.numbered(inner).into(),
            Bson::Array(elements) => {
                let elements = elements.into_iter();
                Bson::Array(
                    elements
                        .map(|element| self.numbered_value(element))
                        .collect(),
                )
            }
            Bson::Binary(binary) if binary.subtype == BinarySubtype::Uuid => {
                let own = Uuid::from_slice(&binary.bytes).map(CollectionUuid);
                own.map_or(Bson::Null, |own| self.number_of(own).to_string().into())
            }
            other => other,
        }
    }
}
