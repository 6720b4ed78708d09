use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use serde_json::json;
use tokio::{task::block_in_place, time::Instant};

use crate::{
    hand::own_mongo,
    mongo_users::as_operator,
    samples::{organization, organization_with},
    servers::servers,
    world::World,
};

/// What the issue promises from the database's return to everything mended.
const MENDED: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn while_mongodb_is_away_it_says_so_and_lives_and_mends_all_at_its_return() -> Result<()> {
    let mongo = own_mongo("away")?;
    let world = World::on("away", mongo.url(), &[]).await?;
    for name in ["renamed", "deleted", "retained"] {
        world
            .apply(&organization_with(
                name,
                &json!({"deletionPolicy": "Delete"}),
            ))
            .await?;
        world.settled(name, "Succeeded").await?;
    }
    block_in_place(|| mongo.server().and_then(|server| Ok(server.stop()?)))?;

    world
        .patch("renamed", &json!({"spec": {"organizationName": "other"}}))
        .await?;
    world
        .patch("retained", &json!({"spec": {"deletionPolicy": "Retain"}}))
        .await?;
    world.delete("deleted").await?;
    world.delete("retained").await?;
    world.apply(&organization("new")).await?;
    for name in ["renamed", "deleted", "retained", "new"] {
        world.settled(name, "MongoUnavailable").await?;
    }
    let answer = |path: &str| world.operator.get(path).map_err(|error| anyhow!(error));
    assert_eq!(answer("/livez")?.0, 200);
    world
        .eventually("/readyz names MongoDB", || async {
            let (code, text) = answer("/readyz")?;
            Ok(code == 503 && text.contains("mongodb: "))
        })
        .await?;

    block_in_place(|| mongo.server().and_then(|server| Ok(server.start()?)))?;
    let returned = Instant::now();
    world.settled("renamed", "Succeeded").await?;
    world.settled("new", "Succeeded").await?;
    world.gone("deleted").await?;
    world.gone("retained").await?;
    let took = returned.elapsed();
    println!("all mended {took:?} after MongoDB's return");
    assert!(took <= MENDED, "{took:?}");
    assert_eq!(answer("/readyz")?.0, 200);
    assert_eq!(
        world.collections_that_count().await?,
        [
            "admins",
            "org_new",
            "org_other",
            "org_retained",
            "organizations"
        ]
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_urls_file_is_read_again_when_it_changes() -> Result<()> {
    let file = servers()?.home.dir().join("mongo-url");
    std::fs::write(&file, "mongodb://127.0.0.1:1/?directConnection=true")?;
    let path = file.to_string_lossy().into_owned();
    let world = World::unready(
        "url-file",
        servers()?.mongo.url(),
        &["--mongo-url-file", &path],
    )
    .await?;
    block_in_place(|| world.operator.spawn())?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "MongoUnavailable").await?;
    let url = as_operator(servers()?.mongo.url(), world.database.name())?;
    let (scheme, rest) = url.split_once("://").context("no scheme")?;
    let server = rest.rsplit_once('@').map_or(rest, |(_, server)| server);
    std::fs::write(&file, format!("{scheme}://nobody:canary@{server}"))?;
    world.settled("acme", "MongoUnauthorized").await?;
    std::fs::write(&file, url)?;
    world.settled("acme", "Succeeded").await?;
    block_in_place(|| world.operator.wait_ready(MENDED))?;
    assert!(!world.operator.log().contains("canary"));
    Ok(())
}
