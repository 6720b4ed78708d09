//! `DataMissing`: the record names a collection that is not there. Its three ways out.

use anyhow::{Context as _, Result, ensure};
use mongodb::bson::{Document, doc};

use super::backup::FencedServer;
use crate::{
    hand::message,
    world::{World, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn data_missing_each_of_its_three_ways_out() -> Result<()> {
    let server = FencedServer::start().await?;
    let flags = ["--sweep-interval", "1s"];
    let world = World::on("missing", server.url(), &flags).await?;
    ensure!(world.is_fenced());
    for name in ["moved", "restored", "anew"] {
        world.serve(name, "Retain").await?;
    }
    let dump = server.dump(&world).await?;

    // Renamed by hand: it is found by its UUID, and brought home.
    let namespace = |name: &str| format!("{}.{name}", world.database.name());
    let away = doc! {"renameCollection": namespace("org_moved"), "to": namespace("elsewhere")};
    let admin = world.database.client().database("admin");
    admin.run_command(away).await?;
    world
        .eventually("it is brought home", || async {
            let home = world.record("org_moved", "_id", "moved").await;
            Ok(home.is_ok() && !world.collections().await?.contains(&"elsewhere".to_owned()))
        })
        .await?;
    world.settled("moved", "Succeeded").await?;

    // Dropped by hand: it is told, and nothing is put in its place.
    for name in ["restored", "anew"] {
        let home = world
            .database
            .collection::<Document>(&format!("org_{name}"));
        home.drop().await?;
        let object = world.settled(name, "DataMissing").await?;
        let said = message(&object);
        ensure!(said.contains(&format!("org_{name}")), "{said}");
        ensure!(said.contains("recreate-collection-at"), "{said}");
    }

    // Restored with its identity: served again at the next look.
    let home = dump.iter().find(|dumped| dumped.name == "org_restored");
    let home = home.context("it is not in the backup")?;
    server.restore(&world, home, true).await?;
    world.settled("restored", "Succeeded").await?;
    world.record("org_restored", "_id", "restored").await?;

    // Begun anew, empty.
    let before = status(&world.settled("anew", "DataMissing").await?);
    world.begin_anew("anew").await?;
    let after = status(&world.settled("anew", "Succeeded").await?);
    ensure!(after.organization_id == before.organization_id);
    ensure!(world.count("org_anew").await? == 0);
    Ok(())
}
