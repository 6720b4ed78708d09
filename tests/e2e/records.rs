use anyhow::Result;
use mongodb::bson::doc;
use organization_operator::crd::{Organization, RECREATE_ANNOTATION};
use serde_json::json;

use crate::{
    hand::message,
    samples::{HASH, organization},
    world::{World, ready, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_not_understood_stops_its_organization_alone() -> Result<()> {
    let world = World::with("unknown", &["--sweep-interval", "1s"]).await?;
    for name in ["damaged", "sound"] {
        world.apply(&organization(name)).await?;
        world.settled(name, "Succeeded").await?;
    }
    let it = || doc! {"organization_name": "damaged"};
    world
        .edit("organizations", it(), doc! {"state": "of-tomorrow"})
        .await?;
    let object = world.settled("damaged", "OperationUnknown").await?;
    let id = status(&object).organization_id.unwrap_or_default();
    assert!(
        message(&object).contains(&format!("Field state of the record of organization {id}")),
        "{}",
        message(&object)
    );

    // Nobody guesses: not for a wish, not for a deletion, which waits and says why.
    let wish = json!({"spec": {"organizationName": "renamed", "deletionPolicy": "Delete"}});
    world.patch("damaged", &wish).await?;
    world.settled("damaged", "OperationUnknown").await?;
    world.delete("damaged").await?;
    world.settled("damaged", "OperationUnknown").await?;
    assert_eq!(
        world.collections().await?,
        ["admins", "org_damaged", "org_sound", "organizations"]
    );
    world
        .patch("sound", &json!({"spec": {"organizationName": "well"}}))
        .await?;
    world.settled("sound", "Succeeded").await?;

    world
        .edit("organizations", it(), doc! {"state": "active"})
        .await?;
    world.gone("damaged").await?;
    assert_eq!(world.count("organizations").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_record_is_reported_and_its_collection_given_to_nobody() -> Result<()> {
    let world = World::with("lost-record", &["--sweep-interval", "1s"]).await?;
    world.apply(&organization("acme")).await?;
    let before = status(&world.settled("acme", "Succeeded").await?);
    world.insert("org_acme", doc! {"_id": 1}).await?;
    world
        .remove("organizations", doc! {"organization_name": "acme"})
        .await?;
    world
        .remove("admins", doc! {"organization_name": "acme"})
        .await?;
    world.settled("acme", "DataMissing").await?;
    assert_eq!(world.count("organizations").await?, 0);

    // Asked to begin anew it does, but not with documents whose owner nobody knows any more.
    let annotation = json!({"metadata": {"annotations": {RECREATE_ANNOTATION: "now"}}});
    world.patch("acme", &annotation).await?;
    world.settled("acme", "CollectionConflict").await?;
    assert_eq!(world.count("org_acme").await?, 1);
    world.remove("org_acme", doc! {"_id": 1}).await?;
    let after = status(&world.settled("acme", "Succeeded").await?);
    assert_ne!(after.organization_id, before.organization_id);
    assert_eq!(world.count("organizations").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_admin_is_made_again_and_its_former_tokens_are_dead() -> Result<()> {
    let world = World::with("lost-admin", &["--sweep-interval", "1s"]).await?;
    world.apply(&organization("acme")).await?;
    let before = status(&world.settled("acme", "Succeeded").await?);
    let acme = || doc! {"organization_name": "acme"};
    world.remove("admins", acme()).await?;
    let newer = |object: Option<&Organization>| {
        object.is_some_and(|object| {
            status(object).token_version > before.token_version
                && ready(object).is_some_and(|(_, reason)| reason == "Succeeded")
        })
    };
    world.until_in(&world.namespace, "acme", newer).await?;
    let admin = world.record("admins", "organization_name", "acme").await?;
    assert_eq!(Some(admin.get_object_id("_id")?.to_hex()), before.admin_id);
    assert_eq!(admin.get_str("password")?, HASH);
    Ok(())
}
