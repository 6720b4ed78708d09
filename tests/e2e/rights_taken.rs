//! The operator's rights on the cluster, taken away and given back.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use mongodb::bson::doc;
use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    rights::{Place, grant, take_away},
    samples::organization_with,
    servers::servers,
    world::World,
};

const NAME: &str = "rights-taken";

/// Shorter than the tests' usual one: it is waited for that it is lost.
const HOLDS: (&str, &str) = ("LEASE_DURATION", "4s");

/// What an API server that is back is promised, too.
const RESUMED: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn rbac_removed_and_put_back_loses_nothing_and_all_goes_on() -> Result<()> {
    let url = servers()?.mongo.url();
    let world = World::of("controller", NAME, url, &[], &[HOLDS]).await?;
    block_in_place(|| world.operator.start())?;
    let doomed = |name: &str| organization_with(name, &json!({"deletionPolicy": "Delete"}));
    for name in ["gone", "renamed"] {
        world.apply(&doomed(name)).await?;
        world.settled(name, "Succeeded").await?;
        let home = format!("org_{name}");
        world.insert(&home, doc! {"_id": 1}).await?;
    }
    let before = world.documents().await?;

    let (cluster, mode) = (&servers()?.cluster, world.mode);
    let place = Place::of(&world.namespace);
    block_in_place(|| take_away(cluster, mode, &place))?;
    let wish = json!({"spec": {"organizationName": "other-name"}});
    world.patch("renamed", &wish).await?;
    world.delete("gone").await?;
    world.apply(&doomed("new")).await?;
    // The Lease goes with the rest, so it ends; and begins again, as its pod does.
    let process = world.operator.server().process();
    world
        .eventually("it ends", || async { Ok(process.ended().is_some()) })
        .await?;
    let ended = process.ended();
    ensure!(ended.as_deref() == Some("exit status: 5"), "{ended:?}");
    block_in_place(|| world.operator.spawn())?;
    let answer = |path: &str| world.operator.get(path).map_err(|error| anyhow!(error));
    world
        .eventually("/readyz says what is refused", || async {
            let told = answer("/readyz");
            Ok(told.is_ok_and(|(code, text)| {
                code == 503 && text.contains("lease: ") && text.contains("forbidden")
            }))
        })
        .await?;
    ensure!(answer("/livez")?.0 == 200, "it doesn't live");
    ensure!(
        world.documents().await? == before,
        "something was touched that nobody may see"
    );

    block_in_place(|| grant(cluster, mode, &place))?;
    let returned = Instant::now();
    world.gone("gone").await?;
    for name in ["renamed", "new"] {
        world.settled(name, "Succeeded").await?;
    }
    let took = returned.elapsed();
    println!("all done {took:.1?} after the rights' return");
    ensure!(took <= RESUMED, "{took:?}");
    let moved = world.count("org_other-name").await?;
    ensure!(moved == 1, "its data is gone");
    Ok(())
}
