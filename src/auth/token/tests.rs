mod forge;
mod minting;
mod refusing;
mod rotating;

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::*;
use crate::domain::{
    email::Email,
    ids::{AdminId, OrganizationId},
    names::OrgName,
};

const SECRET: &str = "b9d1c6f4a7e04c0e8d2f5a3b7c916e08";
const OTHER_SECRET: &str = "4f1d7a90c3b2e8654f0a9d8c7b6e5f31";
const ADMIN: &str = "65f0c0ffee0123456789abcd";
const ORGANIZATION: &str = "65f0c0ffee0123456789abce";

/// The second that it is in these tests.
const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    // Late in that second, so that a comparison of fractions would show.
    Timestamp::new(NOW, 900_000_000).unwrap()
}

fn signing(secret: &str) -> SigningSecret {
    SigningSecret::parse(SecretString::from(secret), false).unwrap()
}

fn keys(current: &str, previous: &[&str]) -> Keys {
    let previous: Vec<_> = previous.iter().map(|secret| signing(secret)).collect();
    Keys::new(&signing(current), &previous)
}

fn tokens() -> Tokens {
    Tokens::new(keys(SECRET, &[]), Duration::from_hours(168))
}

fn identity() -> Identity {
    Identity {
        admin: AdminId::parse(ADMIN).unwrap(),
        organization: OrganizationId::parse(ORGANIZATION).unwrap(),
        email: Email::from_record("jane@acme.example".to_owned()),
        organization_name: OrgName::parse("Acme").unwrap(),
        token_version: 7,
    }
}

fn live() -> LiveIdentity {
    LiveIdentity {
        admin: identity().admin,
        organization: identity().organization,
        token_version: 7,
        disabled: false,
    }
}

fn minted(tokens: &Tokens) -> String {
    let token = tokens.mint(&identity(), now()).unwrap();
    token.text.expose_secret().to_owned()
}

/// What the older service wrote.
fn older_claims() -> Value {
    json!({
        "sub": ADMIN,
        "email": "jane@acme.example",
        "organization_name": "Acme",
        "org_id": ORGANIZATION,
        "exp": NOW + 60,
    })
}

/// The older service's token with these claims instead of, or beside, its own.
fn with(changes: &Value) -> String {
    let mut claims = older_claims();
    for (claim, value) in changes.as_object().unwrap() {
        claims[claim] = value.clone();
    }
    forge::older(SECRET, &claims)
}

/// The older service's token without that claim.
fn without(claim: &str) -> String {
    let mut claims = older_claims();
    claims.as_object_mut().unwrap().remove(claim).unwrap();
    forge::older(SECRET, &claims)
}
