//! What is asked of the operator while it is broken, and what is right: an entry for each.

use anyhow::Result;
use jiff::SignedDuration;
use mongodb::bson::doc;
use organization_operator::{
    crd::change::{MANAGED_BY_API, MANAGED_BY_LABEL},
    domain::observed::Capability,
};
use serde_json::json;

use super::{
    http::Request,
    place::{HASHES, NAMESPACE, Place, Whose},
};

/// What becomes of the tokens that the tenant had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// There was no tenant, or there is none any more.
    None,
    Live,
    Dead,
}

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
    /// What the person does while nobody is there; without faults, once it rests.
    pub interference: Option<Deed>,
    /// Whether the tenant's clients write whenever a seed says so.
    pub clients: bool,
    /// Objects that are there in the end, with their reasons.
    pub objects: &'static [(&'static str, &'static str)],
    /// Collections in the end, ids left out, with their documents.
    pub collections: &'static [(&'static str, &'static [i32])],
    /// Collections created, renamed, dropped. Without a fault exactly; with an interference, which may
    /// come before anything is made, at most.
    pub effects: [u64; 3],
    pub tokens: Tokens,
    /// The names that the tenant claims when it comes to rest.
    pub claims: &'static [&'static str],
}

const NOTHING: Deed = |_| Ok(());

const DELETE: Deed = |place| {
    place.cluster.delete(NAMESPACE, "acme");
    Ok(())
};

fn acme(place: &Place) -> Result<()> {
    place.apply("acme", &json!({}))
}

/// As the HTTP service makes it.
fn acme_of_the_service(place: &Place) -> Result<()> {
    acme(place)?;
    place
        .cluster
        .label(NAMESPACE, "acme", MANAGED_BY_LABEL, MANAGED_BY_API);
    Ok(())
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

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "create",
        given: &[],
        act: acme,
        collections: &[("org_acme", &[])],
        effects: [1, 0, 0],
        tokens: Tokens::None,
        ..PLAIN
    },
    Scenario {
        name: "create-generated",
        given: &[],
        act: |place| place.apply("acme", &json!({"admin": {"passwordHashSecretRef": null}})),
        collections: &[("org_acme", &[])],
        effects: [1, 0, 0],
        tokens: Tokens::None,
        ..PLAIN
    },
    Scenario {
        name: "create-in-a-strangers-way",
        given: &[],
        act: acme,
        // The moment the name is claimed, a stranger, who knows nothing of claims, writes there.
        meanwhile: Some(|place| {
            let is_claimed = !place.store.documents("organizations").is_empty();
            if is_claimed {
                place.write(9, "org_acme", Whose::Strangers, false);
            }
            is_claimed
        }),
        clients: false,
        objects: &[("acme", "CollectionConflict")],
        collections: &[("org_acme", &[9])],
        tokens: Tokens::None,
        ..PLAIN
    },
    Scenario {
        name: "create-and-delete",
        given: &[],
        act: acme,
        interference: Some(DELETE),
        effects: [1, 1, 1],
        ..GOING
    },
    Scenario {
        name: "rename",
        act: rename,
        collections: &[("org_beta", &[1])],
        effects: [0, 1, 0],
        claims: &["beta", "acme"],
        ..PLAIN
    },
    Scenario {
        name: "rename-with-strays",
        act: rename,
        meanwhile: Some(late_writer),
        collections: &[("org_beta", &[1, 2])],
        effects: [0, 2, 1],
        claims: &["beta", "acme"],
        ..PLAIN
    },
    Scenario {
        name: "rename-that-takes-long",
        act: rename,
        // Longer than a quarantine: it begins once the rename is done.
        meanwhile: Some(|place| {
            let has_left = !exists(place, "org_acme");
            if has_left {
                place.advance(SignedDuration::from_secs(61));
            }
            has_left
        }),
        collections: &[("org_beta", &[1])],
        effects: [0, 1, 0],
        claims: &["beta", "acme"],
        clients: false,
        ..PLAIN
    },
    Scenario {
        name: "rename-and-all",
        act: |place| {
            let admin = json!({"email": "new@acme.io", "passwordHashSecretRef": {"name": "other"}});
            place.patch("acme", &json!({"organizationName": "beta", "admin": admin}))
        },
        collections: &[("org_beta", &[1])],
        effects: [0, 1, 0],
        tokens: Tokens::Dead,
        claims: &["beta", "acme"],
        ..PLAIN
    },
    Scenario {
        name: "rename-and-delete",
        act: rename,
        interference: Some(DELETE),
        effects: [0, 2, 1],
        ..GOING
    },
    Scenario {
        name: "rename-and-back",
        act: rename,
        interference: Some(|place| place.patch("acme", &json!({"organizationName": "acme"}))),
        effects: [0, 2, 0],
        claims: &["acme", "beta"],
        ..PLAIN
    },
    Scenario {
        name: "rename-of-what-is-lost",
        only: Some(Capability::Fenced),
        act: rename,
        // Once the new name is clear, a person drops the collection, and a client writes to the new
        // name: that is not the collection.
        meanwhile: Some(|place| {
            let records = place.store.documents("organizations");
            let clear = records.iter().any(|record| {
                let operation = record.get_document("operation");
                operation.is_ok_and(|operation| operation.get_bool("clear").ok() == Some(true))
            });
            if clear {
                place.store.drop_by_hand("org_acme");
                place.write(2, "org_beta", Whose::Strangers, false);
            }
            clear
        }),
        clients: false,
        objects: &[("acme", "DataMissing")],
        collections: &[("org_beta", &[2])],
        claims: &["acme", "beta"],
        ..PLAIN
    },
    Scenario {
        name: "e-mail",
        act: |place| place.patch("acme", &json!({"admin": {"email": "new@acme.io"}})),
        tokens: Tokens::Dead,
        ..PLAIN
    },
    Scenario {
        name: "password",
        act: |place| {
            place
                .cluster
                .put_secret(NAMESPACE, "login", &[("hash", HASHES[1])]);
            Ok(())
        },
        tokens: Tokens::Dead,
        ..PLAIN
    },
    Scenario {
        name: "password-to-reference",
        given: &[|place| place.apply("acme", &json!({"admin": {"passwordHashSecretRef": null}}))],
        act: |place| {
            let reference = json!({"name": "login", "key": "hash"});
            place.patch(
                "acme",
                &json!({"admin": {"passwordHashSecretRef": reference}}),
            )
        },
        tokens: Tokens::Dead,
        ..PLAIN
    },
    Scenario {
        name: "access",
        act: |place| place.patch("acme", &json!({"access": "Disabled"})),
        tokens: Tokens::Dead,
        ..PLAIN
    },
    Scenario {
        name: "adopt",
        given: &[|place| place.older("acme")],
        act: |place| place.apply("acme", &json!({"adoptionPolicy": "IfUnowned"})),
        ..PLAIN
    },
    Scenario {
        name: "take-back",
        given: &[acme_for_good, DELETE],
        act: acme_for_good,
        ..PLAIN
    },
    Scenario {
        name: "delete-and-retain",
        given: &[acme_for_good],
        clients: false,
        collections: &[("org_acme", &[1])],
        effects: [0, 0, 0],
        tokens: Tokens::Live,
        claims: &["acme"],
        ..GOING
    },
    Scenario {
        name: "delete",
        ..GOING
    },
    Scenario {
        name: "delete-with-a-late-writer",
        meanwhile: Some(late_writer),
        collections: &[("_stray.?.2", &[2])],
        effects: [0, 2, 1],
        ..GOING
    },
    Scenario {
        name: "delete-in-quarantine-with-a-late-writer",
        given: &[acme, rename],
        meanwhile: Some(|place| {
            let is_trash = place
                .store
                .collection_names()
                .iter()
                .any(|name| name.starts_with("_trash."));
            if is_trash {
                place.write(2, "org_acme", Whose::Tenants, false);
            }
            is_trash
        }),
        collections: &[("_stray.?.2", &[2])],
        effects: [0, 2, 1],
        ..GOING
    },
    Scenario {
        name: "delete-thought-better-of",
        // On its way into the trash, and not beyond the commit point: a person edits the policy.
        meanwhile: Some(|place| {
            let is_trash = place
                .store
                .collection_names()
                .iter()
                .any(|name| name.starts_with("_trash."));
            is_trash
                && place
                    .patch("acme", &json!({"deletionPolicy": "Retain"}))
                    .is_ok()
        }),
        collections: &[("org_acme", &[1])],
        effects: [0, 2, 0],
        tokens: Tokens::Dead,
        claims: &["acme"],
        ..GOING
    },
    Scenario {
        name: "recreate",
        act: |place| {
            place.store.drop_by_hand("org_acme");
            let asked = organization_operator::crd::RECREATE_ANNOTATION;
            place.cluster.annotate(NAMESPACE, "acme", asked, "now");
            Ok(())
        },
        clients: false,
        collections: &[("org_acme", &[])],
        effects: [1, 0, 0],
        ..PLAIN
    },
    Scenario {
        name: "repair",
        act: |place| {
            let edit = doc! {"$set": {"collection_name": "org_other", "disabled": true}};
            place
                .store
                .edit_where("organizations", "organization_name", "acme", &edit)?;
            let edit = doc! {"$set": {"password": HASHES[1]}};
            place
                .store
                .edit_where("admins", "email", "admin@acme.io", &edit)?;
            let _ = place.store.rename_by_hand("org_acme", "org_moved");
            Ok(())
        },
        only: Some(Capability::Fenced),
        clients: false,
        effects: [0, 1, 0],
        tokens: Tokens::Dead,
        ..PLAIN
    },
];

/// Changes through HTTP.
pub const REQUESTS: &[Scenario] = &[
    Scenario {
        name: "http-create",
        given: &[],
        request: Some(Request::Create),
        collections: &[("org_acme", &[])],
        effects: [1, 0, 0],
        tokens: Tokens::None,
        clients: false,
        ..PLAIN
    },
    Scenario {
        name: "http-create-refused",
        // The service looks at records and admins; that this is in the way the controller finds out.
        given: &[|place| {
            place.write(9, "org_acme", Whose::Strangers, false);
            Ok(())
        }],
        request: Some(Request::Create),
        refused: true,
        collections: &[("org_acme", &[9])],
        objects: &[],
        tokens: Tokens::None,
        claims: &[],
        clients: false,
        ..PLAIN
    },
    Scenario {
        name: "http-update",
        given: &[acme_of_the_service],
        request: Some(Request::Update),
        collections: &[("org_beta", &[1])],
        effects: [0, 1, 0],
        tokens: Tokens::Dead,
        claims: &["beta", "acme"],
        clients: false,
        ..PLAIN
    },
    Scenario {
        name: "http-delete",
        given: &[acme_of_the_service],
        act: NOTHING,
        request: Some(Request::Delete),
        ..GOING
    },
    Scenario {
        name: "http-adopt",
        given: &[|place| place.older("acme")],
        request: Some(Request::Adopt),
        collections: &[("org_beta", &[1])],
        effects: [0, 1, 0],
        tokens: Tokens::Dead,
        claims: &["beta", "acme"],
        clients: false,
        ..PLAIN
    },
];
