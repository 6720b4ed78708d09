//! What a pass over an organization would come to, judged from the inventory: the plan itself, asked
//! with what was read for all of them at once. So an organization agrees with the database exactly if
//! its own pass would find nothing to do.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    credential::ObservedCredential,
    desired::Wish,
    ids::{AdminId, OrganizationId},
    inventory::Inventory,
    names::CollectionName,
    observed::{
        Capability, Done, EmailHolder, FreshIds, Observed, ObservedCollection, ObservedObject,
        Rules, names_of_interest,
    },
    plan::{Next, Rest, next},
    record::{StoredTenant, Tenant},
    step::{Learned, Look, Step},
};

/// More looks than any plan asks for in a row.
const LOOKS_AT_MOST: usize = 20;

/// What holds for a whole sweep.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// When the inventory was taken.
    pub now: Timestamp,
    /// What the server can do.
    pub capability: Capability,
    /// The settings that plans depend on.
    pub rules: Rules,
}

/// What a pass would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreseen {
    /// It would rest so, having written nothing, with that known.
    Rests(Rest, Box<Observed>),
    /// It would do something.
    Acts,
    /// That depends on what no inventory holds: a Secret, a document, the live object.
    Unclear,
}

/// What a pass over the object would come to.
#[must_use]
pub fn foresee(
    wish: &Wish,
    object: ObservedObject,
    inventory: &Inventory,
    moment: &Moment,
) -> Foreseen {
    let uid = object.owner.uid.clone();
    let mut seen = seen_in(inventory, wish, object, moment);
    for _ in 0..LOOKS_AT_MOST {
        match next(wish, &seen) {
            Next::Rest(rest) => return Foreseen::Rests(rest, Box::new(seen)),
            Next::Do(Step::Look(look)) => match answer(inventory, &look, &uid) {
                Some(learned) => seen = seen.after(&Step::Look(look), learned),
                None => return Foreseen::Unclear,
            },
            Next::Do(_) => return Foreseen::Acts,
        }
    }
    Foreseen::Unclear
}

/// What the first reads of a pass would have seen.
fn seen_in(
    inventory: &Inventory,
    wish: &Wish,
    object: ObservedObject,
    moment: &Moment,
) -> Observed {
    let own = inventory.owned_by(&object.owner.uid);
    let own = own.map(|found| found.tenant.clone());
    let desired = wish.desired();
    let email_holder = desired.and_then(|desired| inventory.has_email(desired.email.as_str()));
    let mut seen = Observed {
        now: moment.now,
        capability: moment.capability,
        rules: moment.rules,
        // A step that would use them is never taken.
        fresh: FreshIds {
            organization: OrganizationId([0; 12]),
            admin: AdminId([0; 12]),
        },
        archive: desired
            .and_then(|desired| inventory.tenant(desired.restore_from?))
            .map(|found| found.tenant.clone()),
        asked_name: None,
        claimants: Vec::new(),
        email_holder: email_holder.map(|admin| EmailHolder { admin }),
        collections: BTreeMap::new(),
        found: BTreeMap::new(),
        particulars: BTreeMap::new(),
        credential: ObservedCredential::Unseen,
        done: Done::default(),
        object: Some(object),
        own,
    };
    seen.credential = credential(wish, seen.tenant());
    let names = names_of_interest(wish, seen.tenant().map(|tenant| &tenant.record));
    let there = at(inventory, &names);
    seen.note_collections(&names, there);
    seen
}

/// The credential as the admin's record says it was last seen, since no Secret is read here: what
/// changes in one is told by its watch. A hash that somebody put in the place of the stored one is
/// not of that version, so that the plan would do something about it.
fn credential(wish: &Wish, tenant: Option<&Tenant>) -> ObservedCredential {
    let Some(desired) = wish.desired() else {
        return ObservedCredential::Unseen;
    };
    let admin = tenant.and_then(|tenant| tenant.admin.as_ref());
    match admin.and_then(|admin| admin.credential_version.as_ref()) {
        Some(version) => ObservedCredential::Present {
            version: version.unsealed(),
            stored: Some(false),
        },
        None => ObservedCredential::NotGenerated(desired.generated_secret.clone()),
    }
}

fn answer(inventory: &Inventory, look: &Look, object: &str) -> Option<Learned> {
    match look {
        Look::Collections(names) => Some(Learned::Collections(at(inventory, names))),
        Look::Whereabouts(uuid) => Some(Learned::Whereabouts(inventory.place(*uuid).cloned())),
        Look::Claimants(name) => {
            let own = inventory.owned_by(object).map(|own| own.tenant.id());
            let holders = inventory.called(name.as_str());
            let others = holders.filter(|found| Some(found.tenant.id()) != own);
            let others: Vec<StoredTenant> = others.map(|found| found.tenant.clone()).collect();
            Some(Learned::Claimants(others))
        }
        Look::Holder(uuid) => Some(Learned::Holder(inventory.holder(*uuid))),
        Look::Emptiness(..) | Look::Credential | Look::Deletion => None,
    }
}

fn at(
    inventory: &Inventory,
    names: &BTreeSet<CollectionName>,
) -> Vec<(CollectionName, ObservedCollection)> {
    let there = names.iter().filter_map(|name| {
        let there = inventory.collections().get(name)?;
        Some((name.clone(), there.clone()))
    });
    there.collect()
}
