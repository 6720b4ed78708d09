use anyhow::Result;
use serde_json::json;

use crate::{
    samples::organization_with,
    world::{World, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_names_that_are_accepted_are_served_renamed_and_deleted() -> Result<()> {
    let world = World::start("longest").await?;
    let object = "o".repeat(57);
    let (long, other) = ("N".repeat(64), "n".repeat(64));
    let manifest = organization_with(
        &object,
        &json!({
            "organizationName": long, "deletionPolicy": "Delete",
            // Its generated Secret has the longest name of all.
            "admin": {"email": "a@acme.example"},
        }),
    );
    world.apply(&manifest).await?;
    world.settled(&object, "Succeeded").await?;
    assert!(
        world
            .secrets()
            .get_opt(&format!("{object}-admin"))
            .await?
            .is_some()
    );
    // In MongoDB case is significant, so this is another name.
    world
        .patch(&object, &json!({"spec": {"organizationName": other}}))
        .await?;
    let told = status(&world.settled(&object, "Succeeded").await?);
    assert_eq!(told.collection_name, Some(format!("org_{other}")));
    world.delete(&object).await?;
    world.gone(&object).await?;
    assert_eq!(world.collections().await?, ["admins", "organizations"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_left_out_is_the_objects_own_and_may_be_set_later() -> Result<()> {
    let world = World::start("defaulted").await?;
    world.apply(&organization_with("acme", &json!({}))).await?;
    let before = status(&world.settled("acme", "Succeeded").await?);
    assert_eq!(before.organization_name.as_deref(), Some("acme"));
    // The same name, said: nothing is to be done.
    world
        .patch("acme", &json!({"spec": {"organizationName": "acme"}}))
        .await?;
    let after = status(&world.settled("acme", "Succeeded").await?);
    assert_eq!(after.organization_id, before.organization_id);
    assert_eq!(after.collection_name, before.collection_name);
    Ok(())
}
