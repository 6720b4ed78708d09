//! Into the archive and back.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::{
    super::{
        gate::Way,
        place::{Place, Whose},
    },
    DELETE, GOING, PLAIN, Scenario, Tokens, exists_like, late_writer,
};

pub const ARCHIVES: &[Scenario] = &[
    Scenario {
        name: "archive",
        ..ARCHIVED
    },
    Scenario {
        name: "archive-with-a-late-writer",
        meanwhile: Some(late_writer),
        collections: &[("_archive.<acme>", &[1, 2])],
        effects: [0, 2, 1],
        ..ARCHIVED
    },
    Scenario {
        name: "archive-thought-better-of",
        // On its way into the archive, and not beyond the commit point: a person edits the policy.
        meanwhile: Some(|place| {
            exists_like(place, "_archive.")
                && place
                    .patch("acme", &json!({"deletionPolicy": "Retain"}))
                    .is_ok()
        }),
        collections: &[("org_acme", &[1])],
        effects: [0, 2, 0],
        tokens: Tokens::Dead,
        claims: &["acme"],
        ..ARCHIVED
    },
    Scenario {
        name: "restore",
        ..RESTORED
    },
    Scenario {
        name: "restore-as-another",
        act: |place| {
            let admin = json!({"email": "new@acme.io", "passwordHashSecretRef": {"name": "other"}});
            restore(place, &json!({"organizationName": "beta", "admin": admin}))
        },
        collections: &[("org_beta", &[1])],
        claims: &["beta"],
        ..RESTORED
    },
    Scenario {
        name: "restore-in-a-strangers-way",
        // The moment the name is claimed, a stranger, who knows nothing of claims, writes there.
        meanwhile: Some(|place| {
            let records = place.store.documents("organizations");
            let is_claimed = records.iter().any(|record| record.contains_key("names"));
            if is_claimed {
                place.write(9, "org_acme", Whose::Strangers, false);
            }
            is_claimed
        }),
        objects: &[("acme", "CollectionConflict")],
        collections: &[("_archive.<acme>", &[1]), ("org_acme", &[9])],
        effects: [0, 0, 0],
        claims: &[],
        ..RESTORED
    },
    Scenario {
        name: "restore-and-delete",
        interference: Some(DELETE),
        // Where UUIDs change, nothing fences the move of a process that wakes after it.
        window: Some(("insert_admin", Way::Woken)),
        objects: &[],
        collections: &[("_archive.<acme>", &[1])],
        effects: [0, 2, 0],
        claims: &[],
        ..RESTORED
    },
];

/// Where the tenant goes into the archive.
const ARCHIVED: Scenario = Scenario {
    given: &[to_be_archived],
    collections: &[("_archive.<acme>", &[1])],
    effects: [0, 1, 0],
    ..GOING
};

/// Where it comes back.
const RESTORED: Scenario = Scenario {
    given: &[to_be_archived, DELETE],
    act: |place| restore(place, &json!({})),
    clients: false,
    effects: [0, 1, 0],
    // There was no tenant.
    tokens: Tokens::None,
    ..PLAIN
};

fn to_be_archived(place: &Place) -> Result<()> {
    place.apply("acme", &json!({"deletionPolicy": "Archive"}))
}

fn restore(place: &Place, changes: &Value) -> Result<()> {
    let records = place.store.documents("organizations");
    let record = records.first().context("there is no archive")?;
    let id = record.get_object_id("_id")?.to_hex();
    let mut spec = json!({"deletionPolicy": "Archive", "restoreFrom": {"organizationId": id}});
    json_patch::merge(&mut spec, changes);
    place.apply("acme", &spec)
}
