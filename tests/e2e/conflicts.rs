use anyhow::Result;
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::{
    samples::{organization, organization_with},
    world::{World, status},
};

fn called(object: &str, name: &str) -> Value {
    organization_with(
        object,
        &json!({"organizationName": name, "deletionPolicy": "Delete"}),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_race_for_a_name_one_is_ready_and_the_other_waits_its_turn() -> Result<()> {
    let world = World::start("race").await?;
    let (here, there) = (world.namespace.clone(), world.elsewhere.clone());
    let (red, blue) = (called("red", "acme"), called("blue", "acme"));
    tokio::try_join!(world.apply_in(&here, &red), world.apply_in(&there, &blue))?;
    let at_rest = |namespace: String, name: &'static str| {
        let world = &world;
        async move {
            let found = world.until_in(&namespace, name, |object: Option<&_>| {
                object.and_then(crate::world::ready).is_some()
            });
            anyhow::Ok(found.await?.and_then(|object| crate::world::ready(&object)))
        }
    };
    let (first, second) =
        tokio::try_join!(at_rest(here.clone(), "red"), at_rest(there.clone(), "blue"))?;
    let won = first
        .clone()
        .is_some_and(|(_, reason)| reason == "Succeeded");
    let (winner, loser) = if won {
        ((&here, "red"), (&there, "blue"))
    } else {
        ((&there, "blue"), (&here, "red"))
    };
    world.settled_in(winner.0, winner.1, "Succeeded").await?;
    world.settled_in(loser.0, loser.1, "NameConflict").await?;
    assert_eq!(
        world.count("organizations").await?,
        1,
        "{first:?} {second:?}"
    );

    // Deleting the loser touches nothing; it comes back, and waits again.
    world
        .database
        .collection::<Document>("org_acme")
        .insert_one(doc! {"_id": 1})
        .await?;
    let record = world
        .record("organizations", "organization_name", "acme")
        .await?;
    world
        .organizations_in(loser.0)
        .delete(loser.1, &kube::api::DeleteParams::default())
        .await?;
    world
        .until_in(loser.0, loser.1, |object: Option<&_>| object.is_none())
        .await?;
    assert_eq!(
        world
            .record("organizations", "organization_name", "acme")
            .await?,
        record
    );
    assert_eq!(world.count("org_acme").await?, 1);
    world.apply_in(loser.0, &called(loser.1, "acme")).await?;
    world.settled_in(loser.0, loser.1, "NameConflict").await?;

    // When the winner goes, the loser gets a fresh, empty tenant.
    world
        .organizations_in(winner.0)
        .delete(winner.1, &kube::api::DeleteParams::default())
        .await?;
    let object = world.settled_in(loser.0, loser.1, "Succeeded").await?;
    assert_eq!(status(&object).collection_name.as_deref(), Some("org_acme"));
    assert_eq!(world.count("org_acme").await?, 0);
    let fresh = world
        .record("organizations", "organization_name", "acme")
        .await?;
    assert_ne!(fresh.get("_id"), record.get("_id"));
    Ok(())
}

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
