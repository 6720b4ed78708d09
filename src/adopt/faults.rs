//! The damage that the older service can leave, and what to do about each kind of it.

use std::{collections::HashMap, hash::Hash};

use crate::domain::{
    email::Email,
    ids::{AdminId, OrganizationId},
    inventory::{InventoriedTenant, Inventory},
    names::{CollectionName, OrgName},
    record::{AdminRecord, OrganizationRecord, Tenant},
};

/// Who has what; of each there must be one.
pub(super) struct Shared {
    collections: HashMap<CollectionName, Vec<OrganizationId>>,
    admins: HashMap<AdminId, Vec<OrganizationId>>,
    emails: HashMap<String, Vec<AdminId>>,
}

fn grouped<K: Eq + Hash, V>(pairs: impl Iterator<Item = (K, V)>) -> HashMap<K, Vec<V>> {
    let mut groups = HashMap::<K, Vec<V>>::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}

impl Shared {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let tenants = || inventory.tenants().iter();
        let emails = inventory.admins().iter();
        Self {
            collections: grouped(
                tenants().filter_map(|it| Some((it.collection.clone()?, it.tenant.id()))),
            ),
            admins: grouped(tenants().filter_map(|it| Some((it.admin_id?, it.tenant.id())))),
            emails: grouped(emails.filter_map(|it| Some((it.email.clone()?, it.id)))),
        }
    }
}

/// Those in `all` but `own`, as text; `None` where there are none.
fn others<T: Copy + Eq + ToString>(all: Option<&Vec<T>>, own: T) -> Option<String> {
    let others = all.into_iter().flatten().filter(|other| **other != own);
    let others: Vec<_> = others.map(ToString::to_string).collect();
    (!others.is_empty()).then(|| others.join(", "))
}

/// Why a document that can't be read can't be.
pub(super) fn unreadable(found: &InventoriedTenant, field: &str) -> String {
    let name = found
        .called
        .as_deref()
        .filter(|_| field == "organization_name");
    match name.map(OrgName::parse) {
        Some(Err(error)) => format!(
            "its name can't be an organization's: {error}. Rename it in the older service first."
        ),
        Some(Ok(_)) | None => format!(
            "field {field} is missing or damaged. Correct it; until then it can't be taken over."
        ),
    }
}

/// What keeps it from being taken over as it is.
pub(super) fn faults_of(tenant: &Tenant, inventory: &Inventory, shared: &Shared) -> Vec<String> {
    let record = &tenant.record;
    let mut faults = Vec::new();
    let called = inventory.called(record.organization_name.as_str());
    let ids: Vec<_> = called.map(|found| found.tenant.id()).collect();
    if let Some(others) = others(Some(&ids), record.id) {
        faults.push(format!(
            "its name is also that of, or claimed by, organization {others}. Rename or delete one of \
             them in the older service."
        ));
    }
    faults.extend(collection_faults(record, inventory, shared));
    match &tenant.admin {
        Some(admin) => faults.extend(admin_faults(record, admin, shared)),
        None => faults.push(format!(
            "its admin {} is not there: nobody can log in. Delete the organization, or put the admin \
             back.",
            record.admin_id
        )),
    }
    faults
}

fn collection_faults(
    record: &OrganizationRecord,
    inventory: &Inventory,
    shared: &Shared,
) -> Vec<String> {
    let (home, recorded) = (record.home(), &record.collection_name);
    let is_there = |name: &CollectionName| match inventory.collections().get(name) {
        Some(_) => "is there",
        None => "is not there",
    };
    let mut faults = Vec::new();
    if home != *recorded {
        faults.push(format!(
            "its documents have moved on: its record says {recorded}, which {}; its name says {home}, \
             which {}. Bring them together under {home}, and set collection_name to it.",
            is_there(recorded),
            is_there(&home)
        ));
    }
    if let Some(others) = others(shared.collections.get(recorded), record.id) {
        faults.push(format!(
            "its collection {recorded} is also that of organization {others}. Give each its own."
        ));
    }
    match inventory.collections().get(&home) {
        None if home == *recorded => faults.push(format!(
            "its collection {home} is not there. Put its documents back from a backup, or create it \
             empty if it never had any."
        )),
        Some(there) => {
            let marked = there.marker.filter(|marker| *marker != record.id);
            let held = inventory.holder(there.uuid).filter(|id| *id != record.id);
            if let Some(other) = held.or(marked) {
                faults.push(format!("collection {home} is that of organization {other}."));
            }
        }
        None => {}
    }
    faults
}

fn admin_faults(record: &OrganizationRecord, admin: &AdminRecord, shared: &Shared) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(others) = others(shared.admins.get(&admin.id), record.id) {
        faults.push(format!(
            "its admin {} is also that of organization {others}. Give each its own.",
            admin.id
        ));
    }
    let is_linked = admin.organization_id.is_none_or(|id| id == record.id);
    if admin.organization_name != record.organization_name || !is_linked {
        faults.push(format!(
            "its admin {} says that he is of organization {}. Correct organization_name in admins.",
            admin.id, admin.organization_name
        ));
    }
    let email = admin.email.as_str();
    match Email::parse(email) {
        Ok(normal) if normal == admin.email => {}
        Ok(normal) => faults.push(format!(
            "its admin's e-mail address {email:?} is not in its normal form {normal:?}. Correct it in \
             admins."
        )),
        Err(error) => faults.push(format!(
            "its admin's e-mail address {email:?} can't be used: {error} Correct it in admins."
        )),
    }
    if let Some(others) = others(shared.emails.get(email), admin.id) {
        faults.push(format!(
            "its admin's e-mail address is also that of admin {others}. Give each its own."
        ));
    }
    if admin.password.cost().is_none() {
        faults.push(format!(
            "its admin {} has a password hash that is no bcrypt hash ($2a$, $2b$, $2x$ or $2y$): he \
             can't log in. Have him set a new password in the older service.",
            admin.id
        ));
    }
    faults
}
