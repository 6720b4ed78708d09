use anyhow::Result;
use mongodb::bson::doc;
use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    samples::{organization, organization_with},
    world::World,
};

/// Sent on a schedule, whatever sweeps do.
const BESIDE: [&str; 3] = ["ping", "createIndexes", "hello"];

impl World {
    fn sweeps(&self) -> Result<u64> {
        self.metric("organization_operator_sweeps_total", "Succeeded")
    }

    fn orphans(&self, kind: &str) -> Result<u64> {
        let label = format!("kind=\"{kind}\"");
        self.metric("organization_operator_orphans{", &label)
    }

    fn commands_of_sweeps(&self) -> Result<u64> {
        let metric = "organization_operator_mongo_commands_total";
        let beside = BESIDE
            .iter()
            .map(|name| self.metric(metric, &format!("command=\"{name}\"")));
        Ok(self.metric(metric, "")? - beside.sum::<Result<u64>>()?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_over_fifty_that_agree_costs_a_handful_of_commands_and_no_write() -> Result<()> {
    let world = World::with("swept", &["--sweep-interval", "2s"]).await?;
    for number in 0..50 {
        world.apply(&organization(&format!("org-{number}"))).await?;
    }
    for number in 0..50 {
        world.settled(&format!("org-{number}"), "Succeeded").await?;
    }
    // What was on its way when they settled has its pass, and then there is none.
    let passes = || world.metric("organization_operator_passes_total", "");
    let mut last = (0, passes()?);
    world
        .eventually("a sweep wakes nobody", async || {
            let now = (world.sweeps()?, passes()?);
            let is_at_rest = now.0 >= last.0 + 2 && now.1 == last.1;
            if now.0 >= last.0 + 2 {
                last = now;
            }
            Ok(is_at_rest)
        })
        .await?;
    let writes = || world.metric("organization_operator_kube_writes_total", "");
    let before = (world.sweeps()?, world.commands_of_sweeps()?, writes()?);
    world
        .eventually("three more sweeps", || async {
            Ok(world.sweeps()? >= before.0 + 3)
        })
        .await?;
    let sweeps = world.sweeps()? - before.0;
    let commands = world.commands_of_sweeps()? - before.1;
    println!(
        "{sweeps} sweeps over 50 that agree, on real servers: {commands} commands to MongoDB, {} writes \
         to Kubernetes, {} differing",
        writes()? - before.2,
        world.metric("organization_operator_differing_organizations", "")?
    );
    // One may have begun and not be counted yet.
    assert!(commands <= (sweeps + 1) * 6, "{commands}");
    assert_eq!(writes()?, before.2);
    let (_, text) = world
        .operator
        .get("/metrics")
        .map_err(|error| anyhow::anyhow!(error))?;
    assert!(
        text.contains("organization_operator_sweep_age_seconds "),
        "{text}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finalizer_stripped_by_hand_is_an_orphan_that_is_reported_and_never_dropped() -> Result<()>
{
    let world = World::with("stripped-swept", &["--sweep-interval", "1s"]).await?;
    let doomed = organization_with("acme", &json!({"deletionPolicy": "Delete"}));
    world.apply(&doomed).await?;
    world.settled("acme", "Succeeded").await?;
    world.insert("org_acme", doc! {"_id": 1}).await?;
    block_in_place(|| world.operator.terminate())?;
    world.lose("acme").await?;
    let told = world.tool(&["orphans"])?;
    assert!(crate::tool::stdout(&told).contains("ObjectGone"));

    block_in_place(|| world.operator.start())?;
    world
        .eventually("it is reported, and released", || async {
            let record = world
                .record("organizations", "organization_name", "acme")
                .await?;
            Ok(world.orphans("Retained")? == 1 && record.contains_key("released"))
        })
        .await?;
    assert_eq!(world.count("org_acme").await?, 1);
    assert_eq!(world.count("admins").await?, 1);

    // An object of the same place has it back, and nothing is an orphan any more.
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world
        .eventually("nothing is an orphan", || async {
            Ok(world.orphans("")? == 0)
        })
        .await?;
    assert_eq!(world.count("org_acme").await?, 1);
    Ok(())
}
