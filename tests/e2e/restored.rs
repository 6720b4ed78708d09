//! What was put back to an older state, or built anew: nothing is dropped or renamed because of it.

use anyhow::Result;
use futures::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    hand::message,
    samples::{organization, organization_with},
    servers::servers,
    world::{World, status},
};

/// What a dump holds of a collection.
async fn dumped(world: &World, collection: &str) -> Result<Vec<Document>> {
    let collection = world.database.collection::<Document>(collection);
    Ok(collection.find(doc! {}).await?.try_collect().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn mongodb_restored_to_an_older_state() -> Result<()> {
    let world = World::with("restored", &["--sweep-interval", "1s"]).await?;
    let doomed = |name: &str| organization_with(name, &json!({"deletionPolicy": "Delete"}));
    world.apply(&doomed("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world.insert("org_acme", doc! {"_id": 1}).await?;
    let mut dump = Vec::new();
    for name in ["organizations", "admins", "org_acme"] {
        dump.push((name, dumped(&world, name).await?));
    }
    // After the backup: one is renamed, another is made.
    let renamed = json!({"spec": {"organizationName": "bolt"}});
    world.patch("acme", &renamed).await?;
    world.settled("acme", "Succeeded").await?;
    world.apply(&doomed("coil")).await?;
    world.settled("coil", "Succeeded").await?;

    // As mongorestore --drop does without --preserveUUID: the same documents, in other collections.
    block_in_place(|| world.operator.terminate())?;
    world.database.drop().await?;
    for (name, documents) in dump {
        let collection = world.database.collection::<Document>(name);
        collection.insert_many(documents).await?;
    }
    block_in_place(|| world.operator.start())?;

    let acme = world.settled("acme", "DataMissing").await?;
    assert!(message(&acme).contains("org_acme"), "{}", message(&acme));
    let coil = world.settled("coil", "DataMissing").await?;
    assert!(status(&coil).organization_id.is_some());
    assert_eq!(world.count("org_acme").await?, 1);
    let names = world.collections_that_count().await?;
    assert_eq!(names, ["admins", "org_acme", "organizations"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_rebuilt_from_git_with_the_same_cluster_id() -> Result<()> {
    let url = servers()?.mongo.url();
    let settings = [("CLUSTER_ID", "production")];
    let world = World::of("controller", "rebuilt", url, &[], &settings).await?;
    block_in_place(|| world.operator.start())?;
    let manifest = organization_with("acme", &json!({"organizationName": "Acme_Inc"}));
    world.apply(&manifest).await?;
    let before = world.settled("acme", "Succeeded").await?;
    world.insert("org_Acme_Inc", doc! {"_id": 1}).await?;

    // The old cluster ends without a word, and the new one's object is another.
    block_in_place(|| world.operator.terminate())?;
    world.delete("acme").await?;
    let stripped = json!({"metadata": {"finalizers": null}});
    world.patch("acme", &stripped).await?;
    world.gone("acme").await?;
    world.apply(&manifest).await?;
    block_in_place(|| world.operator.start())?;

    let after = world.settled("acme", "Succeeded").await?;
    assert_ne!(after.metadata.uid, before.metadata.uid);
    assert_eq!(
        status(&after).organization_id,
        status(&before).organization_id
    );
    assert_eq!(world.count("org_Acme_Inc").await?, 1);
    assert_eq!(world.count("organizations").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn etcd_restored_to_an_older_state() -> Result<()> {
    let world = World::with("older-etcd", &["--sweep-interval", "1s"]).await?;
    let doomed = |name: &str| organization_with(name, &json!({"deletionPolicy": "Delete"}));
    world.apply(&doomed("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world.apply(&doomed("coil")).await?;
    world.settled("coil", "Succeeded").await?;
    for name in ["org_acme", "org_coil"] {
        world.insert(name, doc! {"_id": 1}).await?;
    }

    // In the older state acme was of another uid, and coil was not there yet.
    block_in_place(|| world.operator.terminate())?;
    for name in ["acme", "coil"] {
        world.delete(name).await?;
        let stripped = json!({"metadata": {"finalizers": null}});
        world.patch(name, &stripped).await?;
        world.gone(name).await?;
    }
    world.apply(&doomed("acme")).await?;
    block_in_place(|| world.operator.start())?;
    world.settled("acme", "Succeeded").await?;
    world
        .eventually("the other is released", || async {
            let coil = world
                .record("organizations", "organization_name", "coil")
                .await?;
            Ok(coil.contains_key("released") && !coil.contains_key("owner"))
        })
        .await?;
    for name in ["org_acme", "org_coil"] {
        assert_eq!(world.count(name).await?, 1, "{name}");
    }
    world.apply(&organization("coil")).await?;
    world.settled("coil", "Succeeded").await?;
    assert_eq!(world.count("org_coil").await?, 1);
    Ok(())
}
