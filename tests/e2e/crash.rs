use std::{collections::BTreeSet, time::Duration};

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};
use mongodb::bson::{Document, doc};

use crate::{
    samples::organization,
    world::{ALONE, World},
};

const BURST: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_in_a_burst_it_comes_to_the_same_end() -> Result<()> {
    let world = World::with("crash", ALONE).await?;
    let names: Vec<_> = (0..BURST).map(|number| format!("org-{number}")).collect();
    let applied = stream::iter(&names)
        .map(|name| {
            let world = &world;
            async move { world.apply(&organization(name)).await }
        })
        .buffer_unordered(16)
        .try_collect::<Vec<()>>();
    let killed = async {
        for milliseconds in [150, 270, 410, 90] {
            // Not a wait for anything: the moment of the kill is what is being varied.
            tokio::time::timeout(
                Duration::from_millis(milliseconds),
                std::future::pending::<()>(),
            )
            .await
            .ok();
            tokio::task::block_in_place(|| {
                world.operator.kill9().and_then(|()| world.operator.start())
            })?;
        }
        anyhow::Ok(())
    };
    tokio::try_join!(applied, killed)?;
    for name in &names {
        world.settled(name, "Succeeded").await?;
    }
    assert_eq!(world.count("organizations").await?, BURST as u64);
    assert_eq!(world.count("admins").await?, BURST as u64);
    let expected: BTreeSet<_> = names.iter().map(|name| format!("org_{name}")).collect();
    let found: BTreeSet<_> = world.collections().await?.into_iter().collect();
    let own = ["admins", "organizations"].map(str::to_owned);
    assert_eq!(found, expected.into_iter().chain(own).collect());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_renames_it_loses_no_document() -> Result<()> {
    let world = World::with("crash-rename", ALONE).await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world
        .database
        .collection::<Document>("org_acme")
        .insert_one(doc! {"_id": 1})
        .await?;
    for (round, milliseconds) in [3, 9, 15, 21, 30, 45].into_iter().enumerate() {
        let name = format!("name-{round}");
        world
            .patch(
                "acme",
                &serde_json::json!({"spec": {"organizationName": name}}),
            )
            .await?;
        tokio::time::timeout(
            Duration::from_millis(milliseconds),
            std::future::pending::<()>(),
        )
        .await
        .ok();
        tokio::task::block_in_place(|| {
            world.operator.kill9().and_then(|()| world.operator.start())
        })?;
        world.settled("acme", "Succeeded").await?;
        assert_eq!(world.count(&format!("org_{name}")).await?, 1);
    }
    Ok(())
}
