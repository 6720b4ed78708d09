//! All that the database holds of tenants, read in one go: what a sweep compares with the objects,
//! what has no object, and what the older service left.
//!
//! Its parts are read one after the other, so it is of no single moment: nothing is ever done on its
//! word alone. What differs is looked at again by a pass, what seems orphaned by a read of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    ids::{AdminId, CollectionUuid, OrganizationId},
    names::{CollectionName, OrgName},
    observed::{ObservedCollection, names_of_record},
    record::{AdminRecord, OrganizationRecord, StoredTenant, Tenant},
};

/// A document of `organizations`, with the admin that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoriedTenant {
    /// What it turned out to be.
    pub tenant: StoredTenant,
    /// `organization_name` as it stands, also where no name of ours can be so.
    pub called: Option<String>,
    /// Every name that it holds, `organization_name` among them, as they stand.
    pub names: Vec<String>,
    /// `collection_name`, where it can be read.
    pub collection: Option<CollectionName>,
    /// `collection_uuid`, where it can be read.
    pub home: Option<CollectionUuid>,
    /// `admin_id`, where it can be read.
    pub admin_id: Option<AdminId>,
}

impl InventoriedTenant {
    /// The record, where all of it can be read.
    #[must_use]
    pub fn readable(&self) -> Option<&Tenant> {
        match &self.tenant {
            StoredTenant::Readable(tenant) => Some(tenant),
            StoredTenant::Unreadable { .. } => None,
        }
    }

    /// Where its documents may be, as far as can be told of a damaged one.
    #[must_use]
    pub fn places(&self) -> BTreeSet<CollectionName> {
        if let Some(tenant) = self.readable() {
            return names_of_record(&tenant.record);
        }
        let parsed = self
            .names
            .iter()
            .filter_map(|name| OrgName::parse(name).ok());
        let public = parsed.map(|name| CollectionName::of_tenant(&name));
        public.chain(self.collection.clone()).collect()
    }

    fn owner_uid(&self) -> Option<&str> {
        match &self.tenant {
            StoredTenant::Readable(tenant) => {
                let owner = tenant.record.owner.as_ref();
                owner.map(|owner| owner.uid.as_str())
            }
            StoredTenant::Unreadable { owner, .. } => owner.uid(),
        }
    }
}

/// A document of `admins`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoriedAdmin {
    /// `_id`.
    pub id: AdminId,
    /// `email` as it stands; `None` where it is no text.
    pub email: Option<String>,
    /// `organization_id`: the link to his record; absent in the older service's.
    pub organization_id: Option<OrganizationId>,
    /// All of it, where it can be read; else the field that stopped the reading.
    pub record: Result<AdminRecord, &'static str>,
}

/// All records, admins and collections of one database, found by what they are looked for by.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    tenants: Vec<InventoriedTenant>,
    admins: Vec<InventoriedAdmin>,
    collections: BTreeMap<CollectionName, ObservedCollection>,
    unspeakable: usize,
    by_id: HashMap<OrganizationId, usize>,
    by_owner: HashMap<String, usize>,
    by_name: HashMap<String, Vec<usize>>,
    by_email: HashMap<String, AdminId>,
    holders: HashMap<CollectionUuid, OrganizationId>,
    places: HashMap<CollectionUuid, CollectionName>,
}

impl Inventory {
    /// Puts in order what was read. `unspeakable` is how many documents have an `_id` that is no
    /// `ObjectId`: there is no way to speak of them.
    #[must_use]
    pub fn new(
        mut tenants: Vec<InventoriedTenant>,
        mut admins: Vec<InventoriedAdmin>,
        collections: Vec<(CollectionName, ObservedCollection)>,
        unspeakable: usize,
    ) -> Self {
        // By id, as a query of its own would answer.
        tenants.sort_by_key(|found| found.tenant.id());
        admins.sort_by_key(|found| found.id);
        let mut inventory = Self {
            unspeakable,
            ..Self::default()
        };
        for (place, found) in tenants.iter().enumerate() {
            inventory.by_id.insert(found.tenant.id(), place);
            if let Some(uid) = found.owner_uid() {
                inventory.by_owner.entry(uid.to_owned()).or_insert(place);
            }
            for name in &found.names {
                let holders = inventory.by_name.entry(name.clone()).or_default();
                if holders.last() != Some(&place) {
                    holders.push(place);
                }
            }
            if let Some(uuid) = found.home {
                inventory.holders.insert(uuid, found.tenant.id());
            }
        }
        for admin in &admins {
            if let Some(email) = &admin.email {
                inventory.by_email.entry(email.clone()).or_insert(admin.id);
            }
        }
        for (name, there) in &collections {
            inventory.places.insert(there.uuid, name.clone());
        }
        inventory.tenants = tenants;
        inventory.admins = admins;
        inventory.collections = collections.into_iter().collect();
        inventory
    }

    /// Every record, by id.
    #[must_use]
    pub fn tenants(&self) -> &[InventoriedTenant] {
        &self.tenants
    }

    /// Every admin, by id.
    #[must_use]
    pub fn admins(&self) -> &[InventoriedAdmin] {
        &self.admins
    }

    /// Every collection that an organization could have, by name.
    #[must_use]
    pub fn collections(&self) -> &BTreeMap<CollectionName, ObservedCollection> {
        &self.collections
    }

    /// How many documents have an `_id` that is no `ObjectId`.
    #[must_use]
    pub fn unspeakable(&self) -> usize {
        self.unspeakable
    }

    /// The record of that id.
    #[must_use]
    pub fn tenant(&self, id: OrganizationId) -> Option<&InventoriedTenant> {
        self.tenants.get(*self.by_id.get(&id)?)
    }

    /// Whether there is a record of that id, and it can't be read.
    #[must_use]
    pub fn is_damaged(&self, id: OrganizationId) -> bool {
        self.tenant(id)
            .is_some_and(|found| found.readable().is_none())
    }

    /// The record that the object of that uid owns.
    #[must_use]
    pub fn owned_by(&self, uid: &str) -> Option<&InventoriedTenant> {
        self.tenants.get(*self.by_owner.get(uid)?)
    }

    /// The records that hold that name, as a claim or by being called so, by id.
    pub fn called(&self, name: &str) -> impl Iterator<Item = &InventoriedTenant> {
        let places = self.by_name.get(name).into_iter().flatten();
        places.filter_map(|place| self.tenants.get(*place))
    }

    /// The admin who has that e-mail address; of several, which no index allows, the eldest.
    #[must_use]
    pub fn has_email(&self, email: &str) -> Option<AdminId> {
        self.by_email.get(email).copied()
    }

    /// Whose home the collection of that UUID is.
    #[must_use]
    pub fn holder(&self, uuid: CollectionUuid) -> Option<OrganizationId> {
        self.holders.get(&uuid).copied()
    }

    /// The name of the collection of that UUID.
    #[must_use]
    pub fn place(&self, uuid: CollectionUuid) -> Option<&CollectionName> {
        self.places.get(&uuid)
    }

    /// Every record that can be read.
    pub fn records(&self) -> impl Iterator<Item = &OrganizationRecord> {
        let readable = self.tenants.iter().filter_map(InventoriedTenant::readable);
        readable.map(|tenant| &tenant.record)
    }
}
