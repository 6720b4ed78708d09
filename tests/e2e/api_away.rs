use std::time::Duration;

use anyhow::{Result, anyhow};
use mongodb::bson::doc;
use serde_json::json;
use tokio::{task::block_in_place, time::Instant};

use crate::{
    own_cluster::own_cluster,
    samples::organization,
    world::{ALONE, World},
};

/// What failure-modes.md promises from the API server's return to work going on.
const RESUMED: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn while_the_api_server_is_away_it_lives_and_goes_on_at_its_return() -> Result<()> {
    let cluster = own_cluster("away")?;
    let world = World::with("api-away", ALONE)
        .await?
        .moved_to(&cluster, &[])
        .await?;
    block_in_place(|| world.operator.start())?;
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
