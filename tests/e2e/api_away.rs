use std::{path::Path, time::Duration};

use anyhow::{Result, anyhow};
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use mongodb::bson::doc;
use organization_operator_harness::{control_plane::ControlPlane, home::Home};
use serde_json::json;
use tokio::{task::block_in_place, time::Instant};

use crate::{
    samples::{HASH, organization},
    world::{ALONE, World},
};

/// What failure-modes.md promises from the API server's return to work going on.
const RESUMED: Duration = Duration::from_secs(10);

impl World {
    /// The world in a cluster of its own: the shared one's API server serves all tests.
    async fn moved_to(mut self, cluster: &ControlPlane) -> Result<Self> {
        block_in_place(|| self.operator.terminate())?;
        let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig())?;
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
        self.client = Client::try_from(config)?;
        let kubeconfig = cluster.kubeconfig().to_string_lossy().into_owned();
        self.operator = self.another_operator("moved", &[("KUBECONFIG", &kubeconfig)])?;
        for namespace in [&self.namespace, &self.elsewhere] {
            block_in_place(|| cluster.kubectl(&["create", "namespace", namespace]))?;
        }
        self.put_secret("login", &[("hash", HASH)]).await?;
        block_in_place(|| self.operator.start())?;
        Ok(self)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_api_server_is_away_it_lives_and_goes_on_at_its_return() -> Result<()> {
    let home = Home::temporary(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e-cluster"))?;
    let crds = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds");
    let cluster = block_in_place(|| ControlPlane::start(&home, &crds))?;
    let world = World::with("api-away", ALONE)
        .await?
        .moved_to(&cluster)
        .await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let process = world.operator.server().process().pid();

    for round in 1..=2 {
        block_in_place(|| cluster.apiserver().kill9())?;
        // Something to be put right, for the first pass after it.
        let drifted = doc! {"organization_name": "edited"};
        world.edit("admins", doc! {}, drifted).await?;
        let livez = world
            .operator
            .get("/livez")
            .map_err(|error| anyhow!(error))?;
        assert_eq!(livez.0, 200);
        block_in_place(|| cluster.apiserver().start())?;
        let returned = Instant::now();
        world.looked_at_again("acme", &round.to_string()).await?;
        let name = format!("new-{round}");
        world.apply(&organization(&name)).await?;
        world.settled(&name, "Succeeded").await?;
        world
            .patch(
                "acme",
                &json!({"spec": {"organizationName": format!("acme-{round}")}}),
            )
            .await?;
        world.settled("acme", "Succeeded").await?;
        let took = returned.elapsed();
        println!("went on {took:.1?} after the API server's return");
        assert!(took <= RESUMED, "{took:?}");
    }
    assert_eq!(
        world.operator.server().process().pid(),
        process,
        "it is the same process"
    );
    world
        .record("admins", "organization_name", "acme-2")
        .await?;
    assert_eq!(world.count("organizations").await?, 3);
    assert_eq!(world.count("admins").await?, 3);
    Ok(())
}
