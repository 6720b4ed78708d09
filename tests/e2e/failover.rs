//! Two replicas, one acts: whatever becomes of it, the other one does.

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use tokio::{task::block_in_place, time::Instant};

use crate::{
    api_relay::{ApiRelay, Rule},
    replicas::{Replicas, figure, identity, leads},
    samples::organization,
};

/// Three times what is promised after `kill -9` and after SIGTERM (5 s and 1.5 s), since two cores do
/// much else meanwhile. The promise itself is judged in virtual time, by the election's simulation;
/// here the figure is printed.
const AFTER_A_KILL: Duration = Duration::from_secs(15);
const AFTER_SIGTERM: Duration = Duration::from_millis(4500);

#[tokio::test(flavor = "multi_thread")]
async fn killed_the_leader_is_replaced() -> Result<()> {
    let replicas = Replicas::start("failover-kill", &[]).await?;
    let Replicas { world, second } = &replicas;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let mut pair = [&world.operator, second];
    for round in 1..=3 {
        let [leader, other] = pair;
        block_in_place(|| leader.kill9())?;
        let killed = Instant::now();
        let took = replicas
            .acted_on("acme", &round.to_string(), killed)
            .await?;
        println!("kill -9: the other acted after {took:.2?}");
        ensure!(took <= AFTER_A_KILL, "{took:?}");
        replicas.leading(other).await?;
        block_in_place(|| leader.start())?;
        pair = [other, leader];
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_end_the_leader_hands_over() -> Result<()> {
    let replicas = Replicas::start("failover-term", &[]).await?;
    let Replicas { world, second } = &replicas;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let mut pair = [&world.operator, second];
    for round in 1..=3 {
        let [leader, other] = pair;
        let asked = Instant::now();
        leader.server().process().ask_to_end();
        let ended = replicas.ended(leader);
        let request = round.to_string();
        let acted = replicas.acted_on("acme", &request, asked);
        let (status, took) = tokio::try_join!(ended, acted)?;
        println!("SIGTERM: the other acted after {took:.2?}");
        // Whoever answers before it is gone was the one that was asked to end.
        replicas.leading(other).await?;
        let led = asked.elapsed();
        println!("SIGTERM: the other led after {led:.2?}");
        ensure!(
            took <= AFTER_SIGTERM && led <= AFTER_SIGTERM,
            "{took:?}, {led:?}"
        );
        ensure!(status == "exit status: 0", "{status}");
        block_in_place(|| leader.start())?;
        pair = [other, leader];
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_is_deleted_by_hand_is_made_again_and_nobody_acts_twice() -> Result<()> {
    let replicas = Replicas::start("failover-lease", &[]).await?;
    let Replicas { world, second } = &replicas;
    let leader = identity(&world.operator)?;
    let acquired = replicas.lease().await?.and_then(|lease| lease.acquire_time);
    // Twice, since a standby may look each time while there is none: after a whole duration of that it
    // takes over, and is right to.
    for round in 1..=2 {
        replicas.delete_lease().await?;
        let deleted = Instant::now();
        let made = || async { Ok(replicas.lease().await?.is_some()) };
        world.eventually("it is made again", made).await?;
        println!(
            "a deleted Lease was made again after {:.2?}",
            deleted.elapsed()
        );
        let name = format!("org-{round}");
        world.apply(&organization(&name)).await?;
        world.settled(&name, "Succeeded").await?;
        ensure!(leads(&world.operator)? && !leads(second)?);
    }
    let lease = replicas.lease().await?;
    let same = lease.as_ref().and_then(|lease| lease.acquire_time.clone());
    ensure!(same == acquired, "it is the same term: {lease:?}");
    ensure!(lease.and_then(|lease| lease.holder_identity) == Some(leader));
    let (passes, writes) = (
        "organization_operator_passes",
        "organization_operator_kube_writes",
    );
    ensure!(figure(&world.operator, passes)? > 0);
    ensure!(figure(second, passes)? == 0 && figure(second, writes)? == 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stands_by_is_ready_and_says_who_leads() -> Result<()> {
    let replicas = Replicas::start("failover-ready", &[]).await?;
    let Replicas { world, second } = &replicas;
    let answer = |path| second.get(path).map_err(|error| anyhow!(error));
    let leader = identity(&world.operator)?;
    let expected = (200, format!("ok\nit stands by: {leader} leads\n"));
    ensure!(answer("/readyz")? == expected, "{:?}", answer("/readyz")?);
    ensure!(answer("/livez")?.0 == 200);
    let of_leader = world
        .operator
        .get("/readyz")
        .map_err(|error| anyhow!(error))?;
    ensure!(
        of_leader == (200, "ok\nit leads\n".to_owned()),
        "{of_leader:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_cut_off_from_the_api_gives_up_before_the_other_takes_over() -> Result<()>
{
    let relay = ApiRelay::start("failover-cut").await?;
    let replicas = Replicas::start("failover-cut", &[relay.setting()?]).await?;
    let Replicas { world, second } = &replicas;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    relay.set(Rule::Silent);
    let cut = Instant::now();
    let gave_up = async {
        let status = replicas.ended(&world.operator).await?;
        anyhow::Ok((status, cut.elapsed()))
    };
    let took_over = async {
        replicas.leading(second).await?;
        anyhow::Ok(cut.elapsed())
    };
    let ((status, gave_up), took_over) = tokio::try_join!(gave_up, took_over)?;
    println!(
        "cut off: the leader gave up after {gave_up:.2?}, the other led after {took_over:.2?}"
    );
    ensure!(status == "exit status: 5", "{status}");
    ensure!(gave_up < took_over, "both led");
    replicas.acted_on("acme", "now", cut).await?;
    Ok(())
}
