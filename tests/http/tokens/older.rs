//! Tokens of the older service, which know no organization, and the tenants that they are of.

use anyhow::Result;
use axum::http::StatusCode;
use jiff::Timestamp;
use kube::ResourceExt as _;
use mongodb::bson::doc;
use organization_operator::crd::change::{MANAGED_BY_API, MANAGED_BY_LABEL};
use serde_json::json;

use super::{reads, updated};
use crate::world::World;

#[tokio::test]
async fn a_tenant_of_the_older_service_is_adopted_on_its_first_change() -> Result<()> {
    let world = World::start()?;
    let made_at: Timestamp = "2020-01-02T03:04:05Z".parse()?;
    let older = world
        .older("acme", "admin@acme.io", "Secret123", made_at)
        .await?;
    world.store.plant("org_acme", doc! {"_id": 1})?;
    let token = older.token(Timestamp::now());
    assert_eq!(reads(&world, &token).await?, [200, 200, 200]);
    world.logged_in("admin@acme.io", "Secret123").await?;
    assert!(world.cluster.objects().is_empty(), "reading adopts nothing");

    let renamed = updated(&world, &token, &json!({"new_organization_name": "beta"})).await?;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.text());
    assert_eq!(renamed.json()?["created_at"], "2020-01-02T03:04:05");
    let object = world.object_of("beta")?;
    let keeper = object.labels().get(MANAGED_BY_LABEL).map(String::as_str);
    assert_eq!(keeper, Some(MANAGED_BY_API));
    assert_eq!(world.store.documents("org_beta").len(), 1);
    // Its token survives, as any other's.
    assert_eq!(reads(&world, &token).await?, [404, 200, 200]);
    world.logged_in("admin@acme.io", "Secret123").await?;
    Ok(())
}

#[tokio::test]
async fn a_change_to_a_tenant_of_the_older_service_that_is_refused_leaves_it_as_it_was()
-> Result<()> {
    let world = World::start()?;
    let older = world
        .older("acme", "admin@acme.io", "Secret123", Timestamp::now())
        .await?;
    world.store.plant("org_foreign", doc! {"_id": 2})?;
    let token = older.token(Timestamp::now());
    let wish = json!({"new_organization_name": "foreign", "password": "Secret1234"});
    let refused = updated(&world, &token, &wish).await?;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    assert_eq!(reads(&world, &token).await?, [200, 200, 200]);
    world.logged_in("admin@acme.io", "Secret123").await?;
    assert_eq!(world.store.documents("org_foreign").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_tenant_of_the_older_service_is_deleted_by_its_own_token() -> Result<()> {
    let world = World::start()?;
    let older = world
        .older("acme", "admin@acme.io", "Secret123", Timestamp::now())
        .await?;
    world.store.plant("org_acme", doc! {"_id": 1})?;
    let token = older.token(Timestamp::now());
    let path = "/org/delete?organization_name=acme";
    let deleted = world.get_as("DELETE", path, &token).await?;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text());
    assert!(world.store.documents("organizations").is_empty());
    assert!(world.store.documents("admins").is_empty());
    assert!(
        !world
            .store
            .collection_names()
            .contains(&"org_acme".to_owned())
    );
    assert!(world.cluster.objects().is_empty());
    // The next tenant of that name is another's.
    world.created("acme", "admin@acme.io", "Secret123").await?;
    assert_eq!(reads(&world, &token).await?, [401, 401, 401]);
    Ok(())
}
