//! Tokens that are none: on every endpoint that wants one.

use anyhow::Result;
use aws_lc_rs::hmac;
use axum::{body::Body, http::StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    forge,
    world::{JWT_SECRET, World, request},
};

const OTHER_SECRET: &str = "another-secret-of-the-tests-that-is-as-long";

/// Every endpoint that wants a token, asked about acme.
const ENDPOINTS: [(&str, &str); 5] = [
    ("GET", "/org/get?organization_name=acme"),
    ("GET", "/org/me"),
    ("GET", "/admin/verify"),
    ("PUT", "/org/update"),
    ("DELETE", "/org/delete?organization_name=acme"),
];

async fn refused(world: &World, what: &str, headers: &[&str], detail: &str) -> Result<()> {
    for (method, path) in ENDPOINTS {
        let mut asked = request(method, path, "").header("content-type", "application/json");
        for value in headers {
            asked = asked.header("authorization", *value);
        }
        let wish = json!({"organization_name": "acme", "password": "Stolen123"});
        let answer = world
            .send(asked.body(Body::from(wish.to_string()))?)
            .await?;
        let expected = (401, json!({"detail": detail}).to_string());
        assert_eq!(answer.told(), expected, "{what}: {method} {path}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{what}");
    }
    Ok(())
}

/// What a good token of acme's says.
async fn claims(world: &World, token: &str) -> Result<Value> {
    world.get_as("GET", "/admin/verify", token).await?.json()
}

fn with(claims: &Value, claim: &str, value: Value) -> String {
    let mut claims = claims.clone();
    claims[claim] = value;
    claims.to_string()
}

fn headed(header: &Value, claims: &Value) -> String {
    forge::token(&header.to_string(), &claims.to_string(), JWT_SECRET)
}

#[tokio::test]
async fn authorization_that_holds_no_token() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    for nothing in ["", " ", "\t"] {
        refused(&world, "nothing", &[nothing], "missing auth token").await?;
    }
    refused(&world, "no header", &[], "missing auth token").await?;
    let bearer = format!("Bearer {token}");
    for other in [
        format!("Basic {token}"),
        format!("Token {token}"),
        format!("Bearer: {token}"),
        format!("Bearer {token} {token}"),
        format!("x Bearer {token}"),
        format!("Bearer \"{token}\""),
        token.clone(),
        "Bearer".to_owned(),
    ] {
        refused(&world, &other, &[&other], "invalid token").await?;
    }
    // The older service took the last word of anything; a proxy may take the other header.
    for two in [[&*bearer, &*bearer], [&*bearer, "Basic x"], ["", &*bearer]] {
        refused(&world, "two headers", &two, "invalid token").await?;
    }
    Ok(())
}

#[tokio::test]
async fn tokens_whose_header_asks_for_something_else() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    let claims = claims(&world, &token).await?;
    let own = forge::older(JWT_SECRET, &claims);
    let good = world.get_as("GET", "/org/me", &own).await?;
    assert_eq!(
        good.status,
        StatusCode::OK,
        "what is changed below is good as it is"
    );

    let mut tokens = Vec::new();
    for alg in [
        "none", "None", "NONE", "hs256", "RS256", "ES256", "HS384", "HS512", "PS256", "",
    ] {
        let header = json!({"alg": alg, "typ": "JWT"});
        tokens.push(headed(&header, &claims));
        let unsigned = forge::unsigned(&header.to_string(), &claims.to_string());
        tokens.extend([format!("{unsigned}."), unsigned]);
    }
    for (alg, algorithm) in [("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        let header = json!({"alg": alg, "typ": "JWT"}).to_string();
        let message = forge::unsigned(&header, &claims.to_string());
        tokens.push(forge::sign(&message, JWT_SECRET, algorithm));
        tokens.push(forge::sign(&own, JWT_SECRET, algorithm));
    }
    let key = json!({"kty": "oct", "k": forge::base64url(OTHER_SECRET.as_bytes())});
    for (member, value) in [
        ("kid", json!("another")),
        ("kid", json!("../../dev/null")),
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("jwk", key),
        ("x5u", json!("http://127.0.0.1:1/chain")),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["exp"])),
        ("zip", json!("DEF")),
    ] {
        let mut header = json!({"alg": "HS256", "typ": "JWT"});
        header[member] = value;
        tokens.push(headed(&header, &claims));
    }
    for token in tokens {
        refused(
            &world,
            &token,
            &[&format!("Bearer {token}")],
            "invalid token",
        )
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn tokens_that_are_cut_forged_or_out_of_their_time() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    let claims = claims(&world, &token).await?;
    let now = Timestamp::now().as_second();
    let header = forge::OLDER_HEADER;
    let signed = |claims: String| forge::token(header, &claims, JWT_SECRET);
    let mut without = claims.clone();
    without.as_object_mut().map(|claims| claims.remove("exp"));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let bearers = [
        forge::older(OTHER_SECRET, &claims),
        forge::older("", &claims),
        token[..token.len() - 2].to_owned(),
        message.to_owned(),
        format!("{message}."),
        format!("{token}.{signature}"),
        format!("{token}x"),
        format!(".{token}"),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "é".to_owned(),
        "x".repeat(60_000),
        signed(without.to_string()),
        signed(with(&claims, "exp", Value::Null)),
        signed(with(&claims, "exp", json!((now + 60).to_string()))),
        signed(with(&claims, "exp", json!(now - 1))),
        signed(with(&claims, "exp", json!(-1))),
        signed(with(&claims, "exp", json!({"$gt": 0}))),
        signed(with(&claims, "nbf", json!(now + 60))),
        signed(with(&claims, "aud", json!("clients"))),
        signed(with(&claims, "sub", json!(1))),
        signed(with(&claims, "sub", json!({"$ne": null}))),
        signed(with(&claims, "org_id", json!({"$ne": null}))),
        signed(with(&claims, "ver", json!(99))),
        signed(with(&claims, "sub", claims["org_id"].clone())),
        signed(with(&claims, "org_id", claims["sub"].clone())),
        signed("[]".to_owned()),
        signed("null".to_owned()),
    ];
    for bearer in bearers {
        refused(
            &world,
            &bearer,
            &[&format!("Bearer {bearer}")],
            "invalid token",
        )
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn tokens_of_who_is_no_more() -> Result<()> {
    let world = World::start()?;
    let former = world.tenant("acme").await?;
    let path = "/org/delete?organization_name=acme";
    world.get_as("DELETE", path, &former).await?;
    // Deleted: no such organization, or nobody.
    for (method, path) in [("GET", "/org/me"), ("GET", "/admin/verify")] {
        let answer = world.get_as(method, path, &former).await?;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    // Made again under the same name and e-mail.
    world.tenant("acme").await?;
    refused(
        &world,
        "from before",
        &[&format!("Bearer {former}")],
        "invalid token",
    )
    .await?;
    world.logged_in("admin@acme.io", "Secret123").await?;
    Ok(())
}

#[tokio::test]
async fn tokens_of_another_organization() -> Result<()> {
    let world = World::start()?;
    world.tenant("acme").await?;
    let other = world.tenant("beta").await?;
    let before = world.everything();
    for (method, path, act) in [
        ("GET", "/org/get?organization_name=acme", "read"),
        ("PUT", "/org/update", "update"),
        ("DELETE", "/org/delete?organization_name=acme", "delete"),
    ] {
        let wish = json!({"organization_name": "acme", "password": "Stolen123"});
        let answer = world.json_as(method, path, &other, &wish).await?;
        let message = format!("only the org admin can {act} the organization");
        let forbidden = json!({"error": {"code": "forbidden", "message": message}});
        assert_eq!(answer.told(), (403, forbidden.to_string()));
    }
    assert_eq!(world.everything(), before);
    Ok(())
}
