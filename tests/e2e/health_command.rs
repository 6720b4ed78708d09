//! `organization-operator health`, as an image's HEALTHCHECK and a pod of `helm test` call it.

use std::{
    net::TcpListener,
    process::{Command, Output},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, ensure};
use tokio::task::block_in_place;

use crate::{
    process::BINARY,
    tool::{stderr, stdout},
    world::{ALONE, World},
};

/// A database that nobody gives answers for.
const NOWHERE: &str = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300";

fn health(args: &[&str], environment: &[(&str, &str)]) -> Result<Output> {
    let mut command = Command::new(BINARY);
    command.arg("health").args(args).env_clear();
    command.envs(environment.iter().copied());
    Ok(block_in_place(|| command.output())?)
}

/// A listener whose connections nobody takes, and its port.
fn silent() -> Result<(TcpListener, u16)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_is_ready_is_well_and_one_that_waits_is_not_and_says_why() -> Result<()> {
    let world = World::with("health", ALONE).await?;
    let address = world.operator.health_address();
    let port = address.rsplit(':').next().unwrap_or_default();
    let everywhere = format!("0.0.0.0:{port}");

    let told = health(&[], &[("HEALTH_ADDRESS", &everywhere)])?;
    ensure!(told.status.code() == Some(0), "{}", stderr(&told));
    let said = format!("http://{address}/readyz: 200 OK\n  ok\n");
    ensure!(stdout(&told) == said, "{}", stdout(&told));

    let waits = World::unready("health-waits", NOWHERE, ALONE).await?;
    block_in_place(|| waits.operator.spawn())?;
    waits
        .eventually("/readyz says that MongoDB is away", || async {
            let answer = waits.operator.get("/readyz");
            Ok(answer.is_ok_and(|(_, text)| text.contains("mongodb: MongoDB can't be reached")))
        })
        .await?;
    let [ready, other] = [&world, &waits].map(|world| world.operator.health_address());
    let urls = [ready, other.clone()].map(|address| format!("http://{address}/readyz"));
    let told = health(&[&urls[0], &urls[1]], &[])?;
    ensure!(
        told.status.code() == Some(1),
        "one that isn't well is enough"
    );
    let said = stdout(&told);
    ensure!(
        said.contains("/readyz: 503 Service Unavailable\n"),
        "{said}"
    );
    ensure!(said.contains("\n  mongodb: "), "{said}");
    let live = health(&[&format!("http://{other}/livez")], &[])?;
    ensure!(live.status.code() == Some(0), "it lives");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_no_answer_is_told_in_a_line() -> Result<()> {
    let (gone, port) = silent()?;
    drop(gone);
    let told = health(&["--health-address", &format!("127.0.0.1:{port}")], &[])?;
    let said = stderr(&told);
    ensure!(
        told.status.code() == Some(1) && said.lines().count() == 1,
        "{said}"
    );
    let url = format!("http://127.0.0.1:{port}/readyz");
    ensure!(said.contains(&url) && said.contains("refused"), "{said}");

    let (_silent, port) = silent()?;
    let url = format!("http://localhost:{port}");
    let begun = Instant::now();
    let told = health(&["--timeout", "300ms", &url, &url], &[])?;
    let said = stderr(&told);
    ensure!(
        told.status.code() == Some(1) && said.lines().count() == 2,
        "{said}"
    );
    ensure!(
        said.contains(&url) && said.contains("no answer within 300ms"),
        "{said}"
    );
    ensure!(
        begun.elapsed() < Duration::from_secs(5),
        "both were asked at once"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_asked_is_a_bad_setting() -> Result<()> {
    for url in ["https://127.0.0.1:1/readyz", "127.0.0.1:8081", "http://"] {
        let told = health(&[url], &[])?;
        let code = told.status.code().ok_or_else(|| anyhow!("killed"))?;
        ensure!(code == 2, "{url}: {}", stderr(&told));
    }
    Ok(())
}
