use std::time::Duration;

use anyhow::Result;
use futures::future::try_join_all;
use tokio::{task::block_in_place, time::Instant};

use crate::{samples::organization, world::World};

/// What failure-modes.md promises from SIGTERM to the end of the process.
const DRAINED: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_end_in_a_burst_it_ends_in_order_and_the_next_one_goes_on() -> Result<()> {
    let world = World::start("stopping").await?;
    let names: Vec<_> = (0..40).map(|number| format!("org-{number}")).collect();
    let manifests: Vec<_> = names.iter().map(|name| organization(name)).collect();
    try_join_all(manifests.iter().map(|manifest| world.apply(manifest))).await?;
    let asked = Instant::now();
    block_in_place(|| world.operator.terminate())?;
    let took = asked.elapsed();
    println!("ended {took:.1?} after SIGTERM in the middle of a burst");
    assert!(took <= DRAINED, "{took:?}");
    let log = world.operator.log();
    let errors: Vec<_> = log
        .lines()
        .filter(|line| line.contains(" ERROR "))
        .collect();
    assert_eq!(errors, [""; 0]);

    block_in_place(|| world.operator.start())?;
    for name in &names {
        world.settled(name, "Succeeded").await?;
    }
    assert_eq!(world.count("organizations").await?, 40);
    assert_eq!(world.count("admins").await?, 40);
    Ok(())
}
