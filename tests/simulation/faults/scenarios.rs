//! What is asked of the operator while it is broken, and what is right.

mod archive;
mod kubectl;
mod older;
mod requests;

use anyhow::Result;
use organization_operator::{
    crd::change::{MANAGED_BY_API, MANAGED_BY_LABEL},
    domain::observed::Capability,
};
use serde_json::json;

pub use self::{archive::ARCHIVES, kubectl::SCENARIOS, older::OLDER_SPECS, requests::REQUESTS};
use super::{
    gate::Way,
    http::Request,
    place::{NAMESPACE, Place, Whose},
};
pub use crate::oracle::expected::Tokens;
use crate::oracle::expected::{Collections, Objects};

/// What a person does.
pub type Deed = fn(&Place) -> Result<()>;

/// What a person asks for, and what comes of it.
#[derive(Clone, Copy)]
pub struct Scenario {
    pub name: &'static str,
    /// Where it makes sense at all; `None`: everywhere.
    pub only: Option<Capability>,
    /// What is there before: the operator comes to rest after each, and after the first a client of
    /// the tenant's has written document 1.
    pub given: &'static [Deed],
    /// What the person does.
    pub act: Deed,
    /// What he asks for through HTTP.
    pub request: Option<Request>,
    /// Whether that is refused.
    pub refused: bool,
    /// What others do in between: called after every write that took effect, until it says that it
    /// was done.
    pub meanwhile: Option<fn(&Place) -> bool>,
    /// A write and a way in which the end is another one: a window that no protocol closes here, told in
    /// docs/RELIABILITY.md.
    pub window: Option<(&'static str, Way)>,
    /// What the person does while nobody is there; without faults, once it rests.
    pub interference: Option<Deed>,
    /// Whether the tenant's clients write whenever a seed says so.
    pub clients: bool,
    /// Objects that are there in the end, with their reasons.
    pub objects: Objects,
    /// Collections in the end, ids left out, with their documents.
    pub collections: Collections,
    /// Collections created, renamed, dropped. Without a fault exactly; with an interference, which may
    /// come before anything is made, at most.
    pub effects: [u64; 3],
    pub tokens: Tokens,
    /// The names that the tenant claims when it comes to rest.
    pub claims: &'static [&'static str],
}

/// Every scenario there is.
pub fn known() -> impl Iterator<Item = &'static Scenario> {
    let asked_for = SCENARIOS.iter().chain(ARCHIVES).chain(REQUESTS);
    asked_for.chain(OLDER_SPECS)
}

const NOTHING: Deed = |_| Ok(());

const DELETE: Deed = |place| {
    place.cluster.delete(NAMESPACE, "acme");
    Ok(())
};

/// A snapshot of etcd is taken.
const BACK_UP: Deed = |place| {
    place.cluster.back_up();
    Ok(())
};

/// And etcd is put back to it.
const RESTORE_ETCD: Deed = |place| {
    place.cluster.restore();
    Ok(())
};

fn acme(place: &Place) -> Result<()> {
    place.apply("acme", &json!({}))
}

/// As the HTTP service makes it.
fn acme_of_the_service(place: &Place) -> Result<()> {
    acme(place)?;
    by_the_service(place);
    Ok(())
}

/// It is the service's.
fn by_the_service(place: &Place) {
    place
        .cluster
        .label(NAMESPACE, "acme", MANAGED_BY_LABEL, MANAGED_BY_API);
}

fn acme_for_good(place: &Place) -> Result<()> {
    place.apply("acme", &json!({"deletionPolicy": "Retain"}))
}

fn rename(place: &Place) -> Result<()> {
    place.patch("acme", &json!({"organizationName": "beta"}))
}

fn exists(place: &Place, collection: &str) -> bool {
    place
        .store
        .collection_names()
        .iter()
        .any(|name| name == collection)
}

/// Whether a collection is under a name that begins so.
fn exists_like(place: &Place, beginning: &str) -> bool {
    let names = place.store.collection_names();
    names.iter().any(|name| name.starts_with(beginning))
}

/// Once the collection has left its old name, a client that knows no other writes to that.
fn late_writer(place: &Place) -> bool {
    let has_left = !exists(place, "org_acme");
    if has_left {
        place.write(2, "org_acme", Whose::Tenants, false);
    }
    has_left
}

pub const PLAIN: Scenario = Scenario {
    name: "",
    only: None,
    given: &[acme],
    act: NOTHING,
    request: None,
    refused: false,
    meanwhile: None,
    window: None,
    interference: None,
    clients: true,
    objects: &[("acme", "Succeeded")],
    collections: &[("org_acme", &[1])],
    effects: [0, 0, 0],
    tokens: Tokens::Live,
    claims: &["acme"],
};

/// Where all that is there goes.
const GOING: Scenario = Scenario {
    act: DELETE,
    // Policy Delete takes what is written to the end.
    clients: false,
    objects: &[],
    collections: &[],
    effects: [0, 1, 1],
    tokens: Tokens::None,
    claims: &[],
    ..PLAIN
};
