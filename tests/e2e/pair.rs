use std::collections::BTreeSet;

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};
use mongodb::bson::doc;
use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    samples::organization_with,
    world::{ALONE, World},
};

const BOTH: usize = 30;

#[tokio::test(flavor = "multi_thread")]
async fn two_operators_at_once_come_to_what_one_comes_to() -> Result<()> {
    // Nobody is kept from acting: what makes it safe is not the Lease.
    let world = World::with("pair", ALONE).await?;
    let other = world.another_operator("other", &[])?;
    block_in_place(|| other.start())?;
    let names: Vec<_> = (0..BOTH).map(|number| format!("org-{number}")).collect();
    let lives = stream::iter(&names).map(|name| {
        let world = &world;
        async move {
            let policy = json!({"deletionPolicy": "Delete"});
            world.apply(&organization_with(name, &policy)).await?;
            world.settled(name, "Succeeded").await?;
            world
                .insert(&format!("org_{name}"), doc! {"_id": 1})
                .await?;
            let to = json!({"spec": {"organizationName": format!("new-{name}")}});
            world.patch(name, &to).await?;
            world.settled(name, "Succeeded").await?;
            anyhow::ensure!(
                world.count(&format!("org_new-{name}")).await? == 1,
                "{name}"
            );
            Ok(())
        }
    });
    lives.buffer_unordered(4).try_collect::<Vec<()>>().await?;
    assert_eq!(world.count("organizations").await?, BOTH as u64);
    assert_eq!(world.count("admins").await?, BOTH as u64);
    let homes = names.iter().map(|name| format!("org_new-{name}"));
    let own = ["admins", "organizations"].map(str::to_owned);
    let expected: BTreeSet<_> = homes.chain(own).collect();
    let found: BTreeSet<_> = world.collections_that_count().await?.into_iter().collect();
    assert_eq!(found, expected);

    for name in &names {
        world.delete(name).await?;
    }
    for name in &names {
        world.gone(name).await?;
    }
    for own in ["admins", "organizations"] {
        assert_eq!(world.count(own).await?, 0, "{own}");
    }
    let left = world.collections_that_count().await?;
    assert!(left.iter().all(|name| !name.contains("org-")), "{left:?}");
    Ok(())
}
