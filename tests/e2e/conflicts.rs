use anyhow::Result;
use serde_json::json;

use crate::{samples::organization, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_email_is_a_conflict_also_in_another_case_of_its_domain() -> Result<()> {
    let world = World::start("email").await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let mut other = organization("other");
    other["spec"]["admin"]["email"] = json!("acme@ACME.Example");
    world.apply(&other).await?;
    world.settled("other", "EmailConflict").await?;
    assert_eq!(
        world.collections().await?,
        ["admins", "org_acme", "organizations"]
    );
    assert_eq!(world.count("organizations").await?, 1);

    // The address becomes free, and the one that waited is served.
    world
        .patch(
            "acme",
            &json!({"spec": {"admin": {"email": "new@acme.example"}}}),
        )
        .await?;
    world.settled("acme", "Succeeded").await?;
    world.settled("other", "Succeeded").await?;
    let admin = world.record("admins", "organization_name", "acme").await?;
    assert_eq!(admin.get_str("email")?, "new@acme.example");
    assert_eq!(admin.get_i64("token_version")?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_is_not_ours_is_a_conflict_also_when_it_is_empty() -> Result<()> {
    let world = World::start("foreign").await?;
    world.database.create_collection("org_acme").await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "CollectionConflict").await?;
    assert_eq!(world.count("organizations").await?, 0);
    assert_eq!(world.count("admins").await?, 0);
    Ok(())
}
