//! Two releases over the same objects.

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use organization_operator_harness::wait;

use crate::cluster::Cluster;

#[test]
fn the_second_of_two_releases_over_the_same_objects_says_who_holds_the_lease_and_stays_unready()
-> Result<()> {
    let cluster = Cluster::start()?;
    let mongo = cluster.mongo()?;
    for (namespace, flags) in [
        ("first", &[][..]),
        ("second", &["--set", "crds.enabled=false"][..]),
    ] {
        cluster.install("operator", namespace, flags)?;
        cluster.make_mongo_secret(namespace, &mongo)?;
    }
    let run = |namespace: &str| {
        let pod = cluster.pod(namespace, "operator-organization-operator")?;
        cluster.mount(&pod)?;
        cluster.container(&pod, "controller", &[])
    };
    let first = run("first")?;
    first.start()?;
    let second = run("second")?;
    second.spawn()?;
    let told = || {
        let (code, text) = second.get("/readyz").map_err(|error| anyhow!(error))?;
        let named = "held by installation first/operator (pod operator-organization-operator-0)";
        ensure!(code == 503 && text.contains(named), "{code} {text}");
        anyhow::Ok(())
    };
    wait::until(Duration::from_mins(1), told)?;
    ensure!(second.get("/livez").map_err(|error| anyhow!(error))?.0 == 200);

    // The first one goes: the second one acts.
    first.terminate()?;
    second.wait_ready(Duration::from_mins(1))?;
    second.terminate()?;
    Ok(())
}
