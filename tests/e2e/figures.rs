//! Figures of the issue: counted, not timed, and printed.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};
use kube::{ResourceExt, api::ListParams};
use organization_operator::crd::RECONCILE_ANNOTATION;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    samples::{organization, organization_with},
    world::World,
};

/// What is counted of one operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    commands: u64,
    writes: u64,
}

/// Sent on a schedule or once a connection, whatever passes do.
const BESIDE: [&str; 5] = ["ping", "createIndexes", "hello", "buildInfo", "endSessions"];

impl World {
    fn counts(&self) -> Result<Counts> {
        let metric = "organization_operator_mongo_commands_total";
        let all = self.metric(metric, "")?;
        let beside = BESIDE
            .iter()
            .map(|name| self.metric(metric, &format!("command=\"{name}\"")));
        let beside: u64 = beside.sum::<Result<u64>>()?;
        Ok(Counts {
            commands: all - beside,
            writes: self.metric("organization_operator_kube_writes_total", "")?,
        })
    }

    async fn counted(&self, what: &str, act: impl Future<Output = Result<()>>) -> Result<Counts> {
        let before = self.counts()?;
        act.await?;
        let after = self.counts()?;
        let counts = Counts {
            commands: after.commands - before.commands,
            writes: after.writes - before.writes,
        };
        println!(
            "{what}: {} commands to MongoDB, {} writes to Kubernetes",
            counts.commands, counts.writes
        );
        Ok(counts)
    }

    async fn versions(&self) -> Result<BTreeMap<String, Option<String>>> {
        let list = self.organizations().list(&ListParams::default()).await?;
        Ok(list
            .into_iter()
            .map(|object| (object.name_any(), object.resource_version()))
            .collect())
    }
}

/// A server that ignores UUIDs is looked at before each rename and drop, and after each rename.
const LOOKS_WITHOUT_FENCE: u64 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn commands_and_writes_are_as_few_as_the_protocol_counts() -> Result<()> {
    let world = World::start("counts").await?;
    let create = world
        .counted("create", async {
            world
                .apply(&organization_with(
                    "acme",
                    &json!({"deletionPolicy": "Delete"}),
                ))
                .await?;
            world.settled("acme", "Succeeded").await.map(drop)
        })
        .await?;
    assert!(create.commands <= 7, "{create:?}");
    assert_eq!(create.writes, 2);

    let passes = || world.metric("organization_operator_passes_total", "Settled");
    let before = passes()?;
    let nothing = world
        .counted("nothing to do", async {
            let annotation = json!({"metadata": {"annotations": {RECONCILE_ANNOTATION: "1"}}});
            world.patch("acme", &annotation).await?;
            world
                .eventually("a pass", || async { Ok(passes()? > before) })
                .await
        })
        .await?;
    assert!(nothing.commands <= 2, "{nothing:?}");
    // The echo of the annotation is the one write.
    assert!(nothing.writes <= 1, "{nothing:?}");

    let rename = world
        .counted("rename", async {
            world
                .patch("acme", &json!({"spec": {"organizationName": "beta"}}))
                .await?;
            world.settled("acme", "Succeeded").await.map(drop)
        })
        .await?;
    assert!(rename.commands <= 9 + LOOKS_WITHOUT_FENCE, "{rename:?}");
    world.released("beta", "acme").await?;

    let delete = world
        .counted("delete", async {
            world.delete("acme").await?;
            world.gone("acme").await
        })
        .await?;
    assert!(delete.commands <= 9 + LOOKS_WITHOUT_FENCE, "{delete:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_rest_write_nothing_and_a_restart_neither_hashes_nor_writes() -> Result<()> {
    let world = World::with("rest", &["--sweep-interval", "10s"]).await?;
    for number in 0..50 {
        world.apply(&organization(&format!("org-{number}"))).await?;
    }
    for number in 0..50 {
        world.settled(&format!("org-{number}"), "Succeeded").await?;
    }
    let before = (world.versions().await?, world.counts()?.writes);
    // Not a wait for anything: a minute at rest is what is being watched.
    tokio::time::timeout(Duration::from_mins(1), std::future::pending::<()>())
        .await
        .ok();
    let after = world.versions().await?;
    let changed: Vec<_> = after
        .iter()
        .filter(|(name, version)| before.0.get(*name) != Some(version))
        .collect();
    assert_eq!(changed, []);
    assert_eq!(world.counts()?.writes, before.1);

    tokio::task::block_in_place(|| {
        world
            .operator
            .terminate()
            .and_then(|()| world.operator.start())
    })?;
    let settled = || world.metric("organization_operator_passes_total", "Settled");
    world
        .eventually("every organization is looked at", || async {
            Ok(settled()? >= 50)
        })
        .await?;
    assert_eq!(world.versions().await?, before.0);
    let counts = (world.hashes()?, world.counts()?.writes);
    println!(
        "restart with 50: {} hashes, {} writes to Kubernetes",
        counts.0, counts.1
    );
    assert_eq!(counts, (0, 0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_at_once_all_become_ready_without_an_error_in_the_log() -> Result<()> {
    let world = World::start("many").await?;
    let names: Vec<_> = (0..200).map(|number| format!("org-{number}")).collect();
    let begun = Instant::now();
    let times: Vec<Duration> = stream::iter(&names)
        .map(|name| {
            let world = &world;
            async move {
                let applied = Instant::now();
                world.apply(&organization(name)).await?;
                world.settled(name, "Succeeded").await?;
                anyhow::Ok(applied.elapsed())
            }
        })
        .buffer_unordered(200)
        .try_collect()
        .await?;
    let mut times = times;
    times.sort();
    println!("200 applied at once, from apply to Ready:");
    println!("{:>8} {:>8} {:>8} {:>8}", "median", "p90", "max", "all");
    println!(
        "{:>8.1?} {:>8.1?} {:>8.1?} {:>8.1?}",
        times[100],
        times[180],
        times[199],
        begun.elapsed()
    );
    let log = world.operator.log();
    let errors: Vec<_> = log
        .lines()
        .filter(|line| line.contains(" ERROR ") || line.contains(" WARN "))
        .collect();
    assert_eq!(errors, [""; 0]);
    Ok(())
}
