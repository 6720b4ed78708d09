//! Two installations over the same objects and the same Lease: one acts, and the other says so.

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use kube::ResourceExt as _;
use tokio::task::block_in_place;

use crate::{
    replicas::{LEASE, Replicas, identity, leads},
    world::World,
};

const ANNOTATION: &str = "organization-operator.dev/installation";

impl World {
    /// Which installation the Lease says that it is of.
    async fn holding_installation(&self) -> Result<Option<String>> {
        let lease = self.leases().get(LEASE).await?;
        Ok(lease.annotations().get(ANNOTATION).cloned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_installation_is_not_ready_and_says_whose_the_lease_is_until_that_goes()
-> Result<()> {
    let [one, other] = ["tenancy/one", "tenancy/other"].map(|name| ("INSTALLATION", name));
    // The second of them is of nobody's: as all were before there was the setting.
    let replicas = Replicas::start("installations", &[one]).await?;
    let world = &replicas.world;
    let own = world.another_operator("own", &[one])?;
    let stranger = world.another_operator("stranger", &[other])?;
    block_in_place(|| {
        own.start()?;
        stranger.spawn()
    })?;
    let leader = identity(&world.operator)?;
    let line = format!("lease: held by installation tenancy/one (pod {leader})");
    let says = |line: String| {
        let stranger = &stranger;
        async move || {
            // Before its first answer there is none.
            let answer = stranger.get("/readyz");
            Ok(answer.is_ok_and(|(code, text)| code == 503 && text.contains(&line)))
        }
    };
    world.eventually(&line, says(line.clone())).await?;
    let (code, _) = stranger.get("/livez").map_err(|error| anyhow!(error))?;
    ensure!(code == 200 && !leads(&stranger)?);
    for replica in [&replicas.second, &own] {
        let (code, text) = replica.get("/readyz").map_err(|error| anyhow!(error))?;
        ensure!(code == 200 && text.contains("it stands by"), "{text}");
    }
    ensure!(world.holding_installation().await?.as_deref() == Some("tenancy/one"));

    // The Lease deleted by hand tells nothing new: whose it was makes it again.
    replicas.delete_lease().await?;
    replicas.leading(&world.operator).await?;
    world.eventually(&line, says(line.clone())).await?;

    // A replica of nobody's leads next: no installation is told from it.
    block_in_place(|| {
        own.terminate()?;
        stranger.terminate()?;
        world.operator.terminate()
    })?;
    replicas.leading(&replicas.second).await?;
    ensure!(
        world.holding_installation().await?.is_none(),
        "what the former said is gone"
    );
    block_in_place(|| stranger.start())?;
    block_in_place(|| own.start())?;

    // And the other installation, once it is alone.
    block_in_place(|| {
        own.terminate()?;
        replicas.second.terminate()
    })?;
    replicas.leading(&stranger).await?;
    block_in_place(|| stranger.wait_ready(Duration::from_secs(30)))?;
    ensure!(world.holding_installation().await?.as_deref() == Some("tenancy/other"));
    Ok(())
}
