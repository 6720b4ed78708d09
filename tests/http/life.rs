//! The whole life of a tenant, as clients of the older service live it.

use anyhow::Result;
use axum::http::StatusCode;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_tenant_is_made_read_renamed_and_deleted() -> Result<()> {
    let world = World::start()?;
    world.created("acme", "admin@acme.io", "Secret123").await?;
    let token = world.logged_in("admin@acme.io", "Secret123").await?;
    let read = world
        .get_as("GET", "/org/get?organization_name=acme", &token)
        .await?;
    let found = read.json()?;
    assert_eq!(found["organization_name"], "acme");
    assert_eq!(found["collection_name"], "org_acme");
    assert_eq!(found["admin_email"], "admin@acme.io");

    let wish = json!({
        "organization_name": "acme", "new_organization_name": "acme-labs",
        "email": "boss@acme.io", "password": "Secret1234",
    });
    let changed = world.json_as("PUT", "/org/update", &token, &wish).await?;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    assert_eq!(changed.json()?["organization_name"], "acme-labs");
    assert_eq!(changed.json()?["created_at"], found["created_at"]);

    // The token dies with the password, the old password with it.
    let dead = world.get_as("GET", "/admin/verify", &token).await?;
    assert_eq!(dead.text(), r#"{"detail":"invalid token"}"#);
    assert!(world.logged_in("admin@acme.io", "Secret123").await.is_err());
    let token = world.logged_in("boss@acme.io", "Secret1234").await?;

    let path = "/org/delete?organization_name=acme-labs";
    let gone = world.get_as("DELETE", path, &token).await?;
    assert_eq!(
        gone.text(),
        r#"{"deleted":true,"organization_name":"acme-labs"}"#
    );
    assert!(world.store.documents("organizations").is_empty());
    assert!(world.store.documents("admins").is_empty());
    assert!(world.cluster.objects().is_empty());
    Ok(())
}
