//! An inventory from the documents of a whole database, taken in one by one: of each only what it
//! says is kept.

use std::collections::HashMap;

use mongodb::bson::{Bson, Document};

use super::{Damaged, admin, fields, organization, view};
use crate::domain::{
    ids::AdminId,
    inventory::{InventoriedAdmin, InventoriedTenant, Inventory},
    names::CollectionName,
    observed::ObservedCollection,
};

/// What was read so far: the admins first, since each record is told with the one that it names.
#[derive(Debug, Default)]
pub(in crate::store) struct Stocktaking {
    admins: Vec<InventoriedAdmin>,
    places: HashMap<AdminId, usize>,
    tenants: Vec<InventoriedTenant>,
    unspeakable: usize,
}

impl Stocktaking {
    /// Takes in a document of `admins`.
    pub(in crate::store) fn note_admin(&mut self, document: &Document) {
        let Some(id) = document.get("_id").and_then(fields::admin) else {
            self.unspeakable += 1;
            return;
        };
        self.places.insert(id, self.admins.len());
        self.admins.push(InventoriedAdmin {
            id,
            email: document.get("email").and_then(fields::text),
            organization_id: document
                .get("organization_id")
                .and_then(fields::organization),
            record: admin::read(document).map_err(|damaged| damaged.0),
        });
    }

    /// Takes in a document of `organizations`, once all of `admins` are.
    pub(in crate::store) fn note_record(&mut self, document: &Document) {
        let Ok(id) = view::record_id(document) else {
            self.unspeakable += 1;
            return;
        };
        let admin_id = document.get("admin_id").and_then(fields::admin);
        let admin = admin_id.and_then(|id| self.admins.get(*self.places.get(&id)?));
        let admin = admin.map(|admin| admin.record.clone().map_err(Damaged));
        let owner = organization::owner_seen(document);
        let called = document.get("organization_name").and_then(fields::text);
        let names = document.get("names").and_then(Bson::as_array);
        let names = names.into_iter().flatten().filter_map(fields::text);
        self.tenants.push(InventoriedTenant {
            tenant: view::tenant(id, owner, organization::read(document), admin),
            names: called.iter().cloned().chain(names).collect(),
            called,
            collection: document.get("collection_name").and_then(fields::collection),
            home: document.get("collection_uuid").and_then(fields::uuid),
            admin_id,
        });
    }

    /// All of it, with the collections that are there.
    pub(in crate::store) fn finish(
        self,
        collections: Vec<(CollectionName, ObservedCollection)>,
    ) -> Inventory {
        Inventory::new(self.tenants, self.admins, collections, self.unspeakable)
    }
}
