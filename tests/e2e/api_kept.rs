//! Organizations that a person or Git looks after: served, and not changed through HTTP.

use anyhow::Result;
use serde_json::json;

use crate::{
    api_world::ApiWorld,
    samples::{PASSWORD, organization, organization_with},
};

const DECLARATIVE: &str =
    r#"{"error":{"code":"conflict","message":"organization is managed declaratively"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_applied_organization_is_logged_into_and_read_and_not_changed() -> Result<()> {
    let world = ApiWorld::apart("api-kept").await?;
    let manifest = organization_with("acme", &json!({"organizationName": "Acme"}));
    world.world.apply(&manifest).await?;
    world.world.settled("acme", "Succeeded").await?;
    let before = world.world.organizations().get("acme").await?;
    let token = world.token("acme@acme.example", PASSWORD).await?;
    let read = world.read("Acme", &token).await?.with(200)?.json()?;
    assert_eq!(read["collection_name"], "org_Acme");
    let own = world
        .send("GET", "/org/me", &token, None)
        .await?
        .with(200)?;
    assert_eq!(own.json()?, read);

    for wish in [
        json!({"new_organization_name": "Beta"}),
        json!({"email": "boss@acme.example"}),
        json!({"password": "Another-1"}),
        json!({}),
    ] {
        let refused = world.update("Acme", &token, &wish).await?.with(409)?;
        assert_eq!(refused.body, DECLARATIVE, "{wish}");
    }
    let refused = world.delete("Acme", &token).await?.with(409)?;
    assert_eq!(refused.body, DECLARATIVE);
    let after = world.world.organizations().get("acme").await?;
    assert_eq!(
        after.metadata.resource_version,
        before.metadata.resource_version
    );
    world.read("Acme", &token).await?.with(200)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_dies_when_its_organization_is_disabled_or_deleted_with_kubectl() -> Result<()> {
    let world = ApiWorld::apart("api-kubectl").await?;
    world.world.apply(&organization("acme")).await?;
    world.world.settled("acme", "Succeeded").await?;
    let token = world.token("acme@acme.example", PASSWORD).await?;
    world.read("acme", &token).await?.with(200)?;

    world
        .world
        .patch("acme", &json!({"spec": {"access": "Disabled"}}))
        .await?;
    world.world.settled("acme", "Succeeded").await?;
    let dead = async || Ok(world.read("acme", &token).await?.status == 401);
    world.world.eventually("the token is dead", dead).await?;
    world
        .log_in("acme@acme.example", PASSWORD)
        .await?
        .with(401)?;

    world
        .world
        .patch(
            "acme",
            &json!({"spec": {"access": "Enabled", "deletionPolicy": "Delete"}}),
        )
        .await?;
    world.world.settled("acme", "Succeeded").await?;
    // Enabled again revives nobody's token.
    world.read("acme", &token).await?.with(401)?;
    let token = world.token("acme@acme.example", PASSWORD).await?;
    world.world.delete("acme").await?;
    world.world.gone("acme").await?;
    let gone = async || Ok(world.read("acme", &token).await?.status == 404);
    world
        .world
        .eventually("the organization is gone", gone)
        .await?;
    let verified = world.send("GET", "/admin/verify", &token, None).await?;
    assert_eq!(verified.with(401)?.body, r#"{"detail":"invalid token"}"#);
    Ok(())
}
