//! etcd is put back to before a rename: the same object asks for its former name.

use organization_operator::crd::CONFIRM_NAME_ANNOTATION;
use serde_json::json;

use super::{
    super::place::{NAMESPACE, Place},
    BACK_UP, Deed, PLAIN, RESTORE_ETCD, Scenario, acme, rename,
};

/// Renamed, and etcd put back to before it.
const OLDER: &[Deed] = &[acme, BACK_UP, rename, RESTORE_ETCD];

pub const OLDER_SPECS: &[Scenario] = &[
    Scenario {
        name: "rename-then-older-spec",
        given: &[acme, BACK_UP, rename],
        act: RESTORE_ETCD,
        ..REFUSED
    },
    Scenario {
        name: "rename-then-older-spec-edited",
        // Each counts its generation up: the second is past that of the rename.
        act: |place| {
            let address = |text: &str| json!({"admin": {"email": text}});
            place.patch("acme", &address("new@acme.io"))?;
            place.patch("acme", &address("newer@acme.io"))
        },
        ..REFUSED
    },
    Scenario {
        name: "rename-then-older-spec-shuts",
        act: |place| place.patch("acme", &json!({"access": "Disabled"})),
        tokens: super::Tokens::Dead,
        ..REFUSED
    },
    Scenario {
        name: "rename-then-older-spec-put-right",
        act: rename,
        objects: &[("acme", "Succeeded")],
        ..REFUSED
    },
    Scenario {
        name: "rename-then-older-spec-and-a-third-name",
        // The first comes to what the rename had come to; this is newer.
        act: |place| {
            place.patch("acme", &json!({"access": "Enabled", "displayName": "Acme"}))?;
            place.patch("acme", &json!({"organizationName": "gamma"}))
        },
        objects: &[("acme", "Succeeded")],
        collections: &[("org_gamma", &[1])],
        effects: [0, 1, 0],
        claims: &["gamma", "beta", "acme"],
        ..REFUSED
    },
    Scenario {
        name: "rename-then-older-spec-confirmed",
        act: |place| {
            confirm(place);
            Ok(())
        },
        objects: &[("acme", "Succeeded")],
        collections: &[("org_acme", &[1])],
        effects: [0, 1, 0],
        claims: &["acme", "beta"],
        ..REFUSED
    },
    Scenario {
        name: "older-spec-in-the-middle-of-a-rename",
        given: &[acme, BACK_UP],
        act: rename,
        // An intent that stands is finished.
        meanwhile: Some(|place| {
            let records = place.store.documents("organizations");
            let mut states = records.iter().map(|record| record.get_str("state").ok());
            let is_under_way = states.any(|state| state == Some("renaming"));
            if is_under_way {
                place.cluster.restore();
            }
            is_under_way
        }),
        effects: [0, 1, 0],
        ..REFUSED
    },
];

fn confirm(place: &Place) {
    place
        .cluster
        .annotate(NAMESPACE, "acme", CONFIRM_NAME_ANNOTATION, "acme");
}

/// It stays what it was renamed to.
const REFUSED: Scenario = Scenario {
    given: OLDER,
    objects: &[("acme", "SpecOutdated")],
    collections: &[("org_beta", &[1])],
    claims: &["beta", "acme"],
    ..PLAIN
};
