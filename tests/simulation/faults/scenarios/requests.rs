//! What is asked for through HTTP: an entry for each.

use anyhow::Result;
use serde_json::json;

use super::{
    super::{
        http::Request,
        place::{Place, Whose},
    },
    BACK_UP, GOING, NOTHING, PLAIN, RESTORE_ETCD, Scenario, Tokens, acme_of_the_service,
    by_the_service,
};

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
        name: "http-rename-of-an-older-spec",
        given: &[acme_of_the_service, BACK_UP, gamma],
        ..OF_AN_OLDER_SPEC
    },
    Scenario {
        name: "http-rename-of-an-older-spec-without-a-name",
        given: &[
            |place| {
                place.apply("acme", &json!({"organizationName": null}))?;
                by_the_service(place);
                Ok(())
            },
            BACK_UP,
            gamma,
        ],
        ..OF_AN_OLDER_SPEC
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

/// The service may see the object before the controller does: the spec that is put back is no wish,
/// neither before the change nor after it.
const OF_AN_OLDER_SPEC: Scenario = Scenario {
    act: RESTORE_ETCD,
    request: Some(Request::Rename),
    refused: true,
    objects: &[("acme", "SpecOutdated")],
    collections: &[("org_gamma", &[1])],
    claims: &["gamma", "acme"],
    clients: false,
    ..PLAIN
};

fn gamma(place: &Place) -> Result<()> {
    place.patch("acme", &json!({"organizationName": "gamma"}))
}
