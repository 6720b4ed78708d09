//! The faults of the older service, each a test that its behaviour would fail.

mod tenants;
mod times;

use anyhow::Result;
use axum::{body::Body, http::StatusCode};
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::{
    forge,
    world::{Answer, JWT_SECRET, World, request},
};

async fn update(world: &World, token: &str, wish: &Value) -> Result<Answer> {
    world.json_as("PUT", "/org/update", token, wish).await
}

async fn delete(world: &World, token: &str, name: &str) -> Result<Answer> {
    let path = format!("/org/delete?organization_name={name}");
    world.get_as("DELETE", &path, token).await
}

/// A tenant with a document of its own in its collection.
async fn tenant(world: &World, name: &str) -> Result<String> {
    let token = world.tenant(name).await?;
    world.store.plant(&format!("org_{name}"), document(name))?;
    Ok(token)
}

fn document(of: &str) -> Document {
    doc! {"_id": of}
}

/// PUT without a token takes over any tenant.
#[tokio::test]
async fn put_without_a_token_takes_over_no_tenant() -> Result<()> {
    let world = World::start()?;
    world.tenant("acme").await?;
    let before = world.everything();
    let wish = json!({"organization_name": "acme", "email": "mine@x.io", "password": "Mine1234"});
    assert_eq!(
        update(&world, "", &wish).await?.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(world.everything(), before);
    Ok(())
}

/// DELETE authorised by e-mail alone, so a token from before can delete a later owner's organization.
#[tokio::test]
async fn a_token_from_before_deletes_no_later_owners_organization() -> Result<()> {
    let world = World::start()?;
    let former = tenant(&world, "acme").await?;
    assert_eq!(
        delete(&world, &former, "acme").await?.status,
        StatusCode::OK
    );
    // The same name and the same e-mail.
    tenant(&world, "acme").await?;
    assert_eq!(
        delete(&world, &former, "acme").await?.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(world.store.documents("org_acme"), [document("acme")]);
    Ok(())
}

/// An orphaned admin can still log in (`org_id` null).
///
/// That he holds his e-mail for ever is not tested away: ours makes none, see the test of creates
/// that are refused, and one that is there is a person's to remove.
#[tokio::test]
async fn an_orphaned_admin_can_not_log_in_and_his_token_is_dead() -> Result<()> {
    let world = World::start()?;
    let now = jiff::Timestamp::now();
    let older = world
        .older("acme", "admin@acme.io", "Secret123", now)
        .await?;
    let token = older.token(now);
    for record in world.store.documents("organizations") {
        if let Some(id) = record.get("_id") {
            world.store.remove("organizations", id);
        }
    }
    let refused = world.login("admin@acme.io", "Secret123").await?;
    assert_eq!(refused.text(), r#"{"detail":"invalid credentials"}"#);
    let verified = world.get_as("GET", "/admin/verify", &token).await?;
    assert_eq!(verified.text(), r#"{"detail":"invalid token"}"#);
    Ok(())
}

/// A deletion leaves an orphaned admin, who holds his e-mail for ever.
#[tokio::test]
async fn no_admin_is_orphaned_by_a_deletion_so_his_e_mail_is_free() -> Result<()> {
    let world = World::start()?;
    let token = tenant(&world, "acme").await?;
    assert_eq!(delete(&world, &token, "acme").await?.status, StatusCode::OK);
    assert!(world.store.documents("admins").is_empty());
    world.created("beta", "admin@acme.io", "Secret123").await
}

/// A 73-byte password, or a lone surrogate, on a known e-mail answers 500, on an unknown one 401.
#[tokio::test]
async fn what_can_be_no_password_is_wrong_for_known_and_unknown_e_mails_alike() -> Result<()> {
    let world = World::start()?;
    world.tenant("acme").await?;
    for password in [
        format!("\"{}\"", "a1".repeat(37)),
        r#""Secret123\ud800""#.to_owned(),
    ] {
        for email in ["admin@acme.io", "nobody@acme.io"] {
            let body = format!(r#"{{"email":"{email}","password":{password}}}"#);
            let login = request("POST", "/admin/login", "");
            let login = login.header("content-type", "application/json");
            let refused = world.send(login.body(Body::from(body))?).await?;
            let invalid = (401, r#"{"detail":"invalid credentials"}"#.to_owned());
            assert_eq!(refused.told(), invalid, "{email}");
        }
    }
    Ok(())
}

/// The slash redirect believes the Host header.
#[tokio::test]
async fn the_slash_redirect_does_not_believe_the_host_header() -> Result<()> {
    let world = World::start()?;
    let sent = request("GET", "/org/get/?organization_name=acme", "")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example");
    let redirected = world.send(sent.body(Body::empty())?).await?;
    assert_eq!(redirected.status, StatusCode::TEMPORARY_REDIRECT);
    let location = redirected.header("location");
    assert_eq!(location, Some("/org/get?organization_name=acme"));
    Ok(())
}

/// Tokens without exp never end.
#[tokio::test]
async fn tokens_without_exp_are_none() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    let mut claims = world.get_as("GET", "/admin/verify", &token).await?.json()?;
    let with = forge::older(JWT_SECRET, &claims);
    let accepted = world.get_as("GET", "/admin/verify", &with).await?;
    assert_eq!(accepted.status, StatusCode::OK);
    json_patch::merge(&mut claims, &json!({"exp": null}));
    let without = forge::older(JWT_SECRET, &claims);
    let refused = world.get_as("GET", "/admin/verify", &without).await?;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    Ok(())
}
