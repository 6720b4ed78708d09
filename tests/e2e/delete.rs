use anyhow::Result;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, api::DeleteParams};
use mongodb::bson::{Document, doc};
use serde_json::json;

use crate::{
    samples::{organization, organization_with},
    world::{World, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn retain_keeps_all_and_the_same_object_takes_it_back_but_another_namespace_does_not()
-> Result<()> {
    let world = World::start("retain").await?;
    world.apply(&organization("acme")).await?;
    let before = status(&world.settled("acme", "Succeeded").await?);
    world
        .database
        .collection::<Document>("org_acme")
        .insert_one(doc! {"_id": 1})
        .await?;
    world.delete("acme").await?;
    world.gone("acme").await?;
    assert_eq!(world.count("org_acme").await?, 1);
    let record = world
        .record("organizations", "organization_name", "acme")
        .await?;
    assert!(!record.contains_key("owner"));
    assert_eq!(
        record.get_document("released")?.get_str("namespace")?,
        world.namespace
    );

    let taker = organization_with("acme", &json!({"adoptionPolicy": "IfUnowned"}));
    world.apply_in(&world.elsewhere, &taker).await?;
    world
        .settled_in(&world.elsewhere, "acme", "AdoptionRequired")
        .await?;

    world.apply(&organization("acme")).await?;
    let after = status(&world.settled("acme", "Succeeded").await?);
    assert_eq!(after.organization_id, before.organization_id);
    assert_eq!(world.count("org_acme").await?, 1);
    world
        .settled_in(&world.elsewhere, "acme", "NameConflict")
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_leaves_nothing_but_what_is_anothers() -> Result<()> {
    let world = World::start("delete").await?;
    for name in ["acme", "other"] {
        world
            .apply(&organization_with(
                name,
                &json!({"deletionPolicy": "Delete"}),
            ))
            .await?;
        world.settled(name, "Succeeded").await?;
    }
    world
        .database
        .collection::<Document>("org_acme")
        .insert_one(doc! {"_id": 1})
        .await?;
    world.delete("acme").await?;
    world.gone("acme").await?;
    assert_eq!(
        world.collections().await?,
        ["admins", "org_other", "organizations"]
    );
    assert_eq!(world.count("organizations").await?, 1);
    assert_eq!(world.count("admins").await?, 1);
    world.settled("other", "Succeeded").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_goes_with_everything_in_it() -> Result<()> {
    let world = World::start("namespace").await?;
    world.apply(&organization("kept")).await?;
    world
        .apply(&organization_with(
            "gone",
            &json!({"deletionPolicy": "Delete"}),
        ))
        .await?;
    for name in ["kept", "gone"] {
        world.settled(name, "Succeeded").await?;
    }
    let namespaces = Api::<Namespace>::all(world.client.clone());
    namespaces
        .delete(&world.namespace, &DeleteParams::default())
        .await?;
    world
        .eventually("the namespace is gone", || async {
            Ok(namespaces.get_opt(&world.namespace).await?.is_none())
        })
        .await?;
    assert_eq!(
        world.collections().await?,
        ["admins", "org_kept", "organizations"]
    );
    assert_eq!(world.count("organizations").await?, 1);
    Ok(())
}
