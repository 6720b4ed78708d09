//! What a person asks for with kubectl: an entry for each.

use jiff::SignedDuration;
use mongodb::bson::doc;
use organization_operator::domain::observed::Capability;
use serde_json::json;

use super::{
    super::{
        gate::Way,
        place::{HASHES, NAMESPACE, Whose},
    },
    DELETE, GOING, PLAIN, Scenario, Tokens, acme, acme_for_good, exists, exists_like, late_writer,
    rename,
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
        name: "delete-and-a-stranger-comes",
        // The name is free again, and it is a stranger's: nothing that comes late may touch that.
        meanwhile: Some(|place| {
            let is_free = place.store.documents("organizations").is_empty();
            if is_free {
                place.write(9, "org_acme", Whose::Strangers, false);
            }
            is_free
        }),
        window: Some(("drop_collection", Way::Woken)),
        collections: &[("org_acme", &[9])],
        ..GOING
    },
    Scenario {
        name: "delete-in-quarantine-with-a-late-writer",
        given: &[acme, rename],
        meanwhile: Some(|place| {
            let is_trash = exists_like(place, "_trash.");
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
            exists_like(place, "_trash.")
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
