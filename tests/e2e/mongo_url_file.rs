//! The file of the MongoDB URL, as a Secret's volume has it: it may come late, and be wrong at first.

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, anyhow, ensure};
use tokio::{
    task::block_in_place,
    time::{Instant, sleep},
};

use crate::{
    mongo_users::as_operator, samples::organization, servers::servers, tool::stderr, world::World,
};

const SOURCE: &str = "Secret tenancy/mongo, key url";

/// A file is looked at every 2 s, and the server asked then.
const SOON: Duration = Duration::from_secs(10);

impl World {
    /// Waits until it lives, isn't ready, and says that of MongoDB.
    async fn waits_for_mongodb(&self, said: &str) -> Result<()> {
        let answer = |path: &str| self.operator.get(path).map_err(|error| anyhow!(error));
        let line = format!("mongodb: {said}");
        self.eventually(&line, || async {
            // Before its first answer there is none.
            Ok(answer("/readyz").is_ok_and(|(code, text)| code == 503 && text.contains(&line)))
        })
        .await?;
        ensure!(answer("/livez")?.0 == 200, "it doesn't live");
        Ok(())
    }
}

fn file(name: &str) -> Result<PathBuf> {
    Ok(servers()?.home.dir().join(name))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_file_that_is_missing_or_wrong_is_said_and_waited_for() -> Result<()> {
    let file = file("late-mongo-url")?;
    let path = file.to_string_lossy().into_owned();
    let flags = ["--mongo-url-file", &path, "--mongo-url-source", SOURCE];
    let world = World::unready("url-late", servers()?.mongo.url(), &flags).await?;
    block_in_place(|| world.operator.spawn())?;
    let process = world.operator.server().process().pid();
    world
        .waits_for_mongodb(&format!("{SOURCE} is missing: there is no file {path}"))
        .await?;
    // All else goes on: it leads, watches, and tells its organizations.
    world.apply(&organization("acme")).await?;
    world.settled("acme", "MongoUnavailable").await?;

    std::fs::create_dir(&file)?;
    world
        .waits_for_mongodb(&format!("{SOURCE} can't be read: "))
        .await?;
    std::fs::remove_dir(&file)?;
    std::fs::write(&file, "\n")?;
    world
        .waits_for_mongodb(&format!("{SOURCE} is empty"))
        .await?;
    std::fs::write(&file, "canary:no-url")?;
    let no_url = format!("{SOURCE}: the MongoDB URL is no valid connection string");
    world.waits_for_mongodb(&no_url).await?;
    let no_ca = "mongodb://127.0.0.1:1/?tls=true&tlsCAFile=/nowhere/ca.crt";
    std::fs::write(&file, no_ca)?;
    world
        .waits_for_mongodb(&format!("{SOURCE}: the TLS options"))
        .await?;

    let url = as_operator(servers()?.mongo.url(), world.database.name())?;
    std::fs::write(&file, format!("{url}\n"))?;
    let arrived = Instant::now();
    block_in_place(|| world.operator.wait_ready(SOON))?;
    println!("ready {:.1?} after the file's arrival", arrived.elapsed());
    world.settled("acme", "Succeeded").await?;

    // One that goes, or goes bad, takes nothing away.
    std::fs::remove_file(&file)?;
    sleep(SOON / 2).await;
    block_in_place(|| world.operator.wait_ready(SOON))?;
    world.apply(&organization("beta")).await?;
    world.settled("beta", "Succeeded").await?;
    ensure!(
        world.operator.server().process().pid() == process,
        "it is the same process"
    );
    let log = world.operator.log();
    ensure!(!log.contains("canary"), "the log holds what the file held");
    let complaints = log
        .lines()
        .filter(|line| line.contains("the MongoDB URL can't be used"));
    ensure!(complaints.count() <= 8, "each fault is logged once:\n{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_looks_and_goes_again_waits_for_no_file() -> Result<()> {
    let world = World::unready("url-tool", servers()?.mongo.url(), &[]).await?;
    let path = file("no-such-mongo-url")?.to_string_lossy().into_owned();
    let told = world.tool(&["adopt", "--mongo-url-file", &path])?;
    let said = stderr(&told);
    ensure!(told.status.code() == Some(2), "{said}");
    let line = format!("--mongo-url-file {path} is missing");
    ensure!(said.lines().count() == 1 && said.contains(&line), "{said}");
    Ok(())
}
