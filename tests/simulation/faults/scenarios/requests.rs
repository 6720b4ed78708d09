//! What is asked for through HTTP: an entry for each.

use super::{
    super::{http::Request, place::Whose},
    GOING, NOTHING, PLAIN, Scenario, Tokens, acme_of_the_service,
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
