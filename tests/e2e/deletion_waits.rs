use std::time::Duration;

use anyhow::Result;
use mongodb::bson::doc;
use organization_operator::crd::Organization;
use serde_json::json;
use tokio::{task::block_in_place, time::Instant};

use crate::{
    hand::own_mongo,
    samples::organization_with,
    world::{World, ready, status},
};

/// What failure-modes.md promises from the database's return to the end of a deletion.
const DONE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn while_mongodb_is_away_deletions_wait_and_a_policy_edited_meanwhile_counts() -> Result<()> {
    let mongo = own_mongo("deletions")?;
    let world = World::on("deletions", mongo.url(), &[]).await?;
    let policies = [
        ("kept", "Retain"),
        ("dropped", "Delete"),
        ("spared", "Delete"),
    ];
    for (name, policy) in policies {
        let manifest = organization_with(name, &json!({"deletionPolicy": policy}));
        world.apply(&manifest).await?;
        world.settled(name, "Succeeded").await?;
        world
            .insert(&format!("org_{name}"), doc! {"_id": 1})
            .await?;
    }
    block_in_place(|| mongo.server().and_then(|server| Ok(server.stop()?)))?;
    for (name, _) in policies {
        world.delete(name).await?;
        let waits = |object: Option<&Organization>| {
            object.is_some_and(|object| {
                object.metadata.deletion_timestamp.is_some()
                    && ready(object).is_some_and(|(_, reason)| reason == "MongoUnavailable")
            })
        };
        let object = world.until_in(&world.namespace, name, waits).await?;
        let told = object.map(|object| status(&object)).unwrap_or_default();
        assert_eq!(told.organization_name.as_deref(), Some(name));
    }
    let thought_better = json!({"spec": {"deletionPolicy": "Retain"}});
    world.patch("spared", &thought_better).await?;

    block_in_place(|| mongo.server().and_then(|server| Ok(server.start()?)))?;
    let returned = Instant::now();
    for (name, _) in policies {
        world.gone(name).await?;
    }
    let took = returned.elapsed();
    println!("three deletions done {took:.1?} after MongoDB's return");
    assert!(took <= DONE, "{took:?}");
    assert_eq!(
        world.collections_that_count().await?,
        ["admins", "org_kept", "org_spared", "organizations"]
    );
    for name in ["kept", "spared"] {
        assert_eq!(world.count(&format!("org_{name}")).await?, 1);
        let record = world
            .record("organizations", "organization_name", name)
            .await?;
        assert!(record.contains_key("released") && !record.contains_key("owner"));
        assert!(
            !record.get_bool("disabled").unwrap_or_default(),
            "its admin logs in"
        );
    }
    assert_eq!(world.count("admins").await?, 2);
    Ok(())
}
