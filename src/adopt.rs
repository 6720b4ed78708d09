//! A running database of the older service as manifests: which of its organizations can be taken over
//! as they are, and what keeps the others from it. Pure; nothing is written to a tenant.

mod faults;
mod manifest;

use std::collections::HashSet;

pub use manifest::{object_named, yaml};
use serde_json::Value;

use self::faults::{Shared, faults_of, unreadable};
use crate::domain::{
    inventory::{InventoriedTenant, Inventory},
    orphans::{KnownObjects, OrphanKind, orphans},
    record::{StoredTenant, Tenant},
};

/// What the older service left.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// An Organization for each that can be taken over, by the name of the organization.
    pub manifests: Vec<Value>,
    /// What a person has to see to, a line each.
    pub remarks: Vec<String>,
}

/// Judges all of them; the manifests are for `namespace`.
#[must_use]
pub fn survey(inventory: &Inventory, namespace: &str) -> Survey {
    let shared = Shared::of(inventory);
    let mut survey = Survey::default();
    let mut whole = Vec::new();
    let mut released = 0_usize;
    for found in inventory.tenants() {
        match judge(found, inventory, &shared) {
            Judged::Ours => {}
            Judged::Released => released += 1,
            Judged::Whole(tenant) => whole.push(tenant),
            Judged::Faulty(faults) => {
                let who = who(found);
                let lines = faults.into_iter().map(|fault| format!("{who}: {fault}"));
                survey.remarks.extend(lines);
            }
        }
    }
    whole.sort_by_key(|tenant| tenant.record.organization_name.clone());
    let mut taken = HashSet::new();
    for tenant in whole {
        survey
            .manifests
            .push(manifest::of(tenant, namespace, &mut taken));
    }
    survey.remarks.extend(lone_parts(inventory));
    if inventory.unspeakable() > 0 {
        survey.remarks.push(format!(
            "{} documents of organizations or admins have an _id that is no ObjectId: there is no way \
             to take them over.",
            inventory.unspeakable()
        ));
    }
    if released > 0 {
        survey.remarks.push(format!(
            "{released} organizations had an object that is gone: `organization-operator orphans` says \
             which, and how they are taken back."
        ));
    }
    survey
}

enum Judged<'a> {
    /// An object owns it.
    Ours,
    /// An object owned it: who may take it back is another question.
    Released,
    /// It can be taken over as it is.
    Whole(&'a Tenant),
    /// It can't, for these reasons.
    Faulty(Vec<String>),
}

fn judge<'a>(found: &'a InventoriedTenant, inventory: &Inventory, shared: &Shared) -> Judged<'a> {
    let tenant = match &found.tenant {
        StoredTenant::Unreadable { owner, .. } if owner.uid().is_some() => return Judged::Ours,
        StoredTenant::Unreadable { field, .. } => {
            return Judged::Faulty(vec![unreadable(found, field)]);
        }
        StoredTenant::Readable(tenant) => tenant,
    };
    match (&tenant.record.owner, &tenant.record.released) {
        (Some(_), _) => Judged::Ours,
        (None, Some(_)) => Judged::Released,
        (None, None) => {
            let faults = faults_of(tenant, inventory, shared);
            if faults.is_empty() {
                Judged::Whole(tenant)
            } else {
                Judged::Faulty(faults)
            }
        }
    }
}

fn who(found: &InventoriedTenant) -> String {
    let id = found.tenant.id();
    match &found.called {
        Some(name) => format!("organization {name:?} ({id})"),
        None => format!("organization {id}"),
    }
}

/// Admins without an organization, and collections without a record.
fn lone_parts(inventory: &Inventory) -> Vec<String> {
    let orphans = orphans(inventory, &KnownObjects::default()).into_iter();
    let parts = orphans.filter(|orphan| {
        matches!(
            orphan.kind,
            OrphanKind::AdminWithoutOrganization | OrphanKind::CollectionWithoutRecord
        )
    });
    parts
        .map(|orphan| format!("{}: {} {}", orphan.what, orphan.why, orphan.advice))
        .collect()
}

#[cfg(test)]
mod tests;
