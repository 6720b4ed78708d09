//! An API server that is there and does not do as it should: a relay before the real one.

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use mongodb::bson::doc;
use serde_json::json;
use tokio::{task::block_in_place, time::Instant};

use crate::{
    api_relay::{ApiRelay, Rule},
    api_world::ApiWorld,
    replicas::leads,
    samples::{PASSWORD, organization, organization_with},
    servers::servers,
    world::World,
};

/// How long it is away.
const AWAY: Duration = Duration::from_mins(1);

/// What failure-modes.md promises from the API server's return to work going on.
const RESUMED: Duration = Duration::from_secs(10);

/// And until a watch that died silently is noticed.
const NOTICED: Duration = Duration::from_secs(35);

async fn behind(relay: &ApiRelay, name: &str, flags: &[&str]) -> Result<World> {
    let url = servers()?.mongo.url();
    let world = World::of("controller", name, url, flags, &[relay.setting()?]).await?;
    block_in_place(|| world.operator.start())?;
    Ok(world)
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_requests_answered_429_or_503_changes_nothing_about_the_end() -> Result<()> {
    let relay = ApiRelay::start("unwell").await?;
    let world = behind(&relay, "unwell", &[]).await?;
    for status in [429, 503] {
        relay.set(Rule::Half(status));
        let begun = Instant::now();
        let wish = json!({"deletionPolicy": "Delete"});
        world.apply(&organization_with("acme", &wish)).await?;
        world.settled("acme", "Succeeded").await?;
        world.insert("org_acme", doc! {"_id": "one"}).await?;
        let wish = json!({"spec": {"organizationName": "beta"}});
        world.patch("acme", &wish).await?;
        world.settled("acme", "Succeeded").await?;
        world.record("org_beta", "_id", "one").await?;
        ensure!(world.count("organizations").await? == 1 && world.count("admins").await? == 1);
        world.delete("acme").await?;
        world.gone("acme").await?;
        println!(
            "{status}: made, renamed and deleted in {:.1?}",
            begun.elapsed()
        );
        relay.set(Rule::Pass);
        ensure!(world.count("organizations").await? == 0 && world.count("admins").await? == 0);
        let left = world.collections_that_count().await?;
        ensure!(
            left.iter().all(|name| !name.starts_with("org_")),
            "{left:?}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_away_for_a_minute_logins_and_reads_go_on_and_work_resumes_within_ten_seconds()
-> Result<()> {
    let relay = ApiRelay::start("away-long").await?;
    let settings = [relay.setting()?, ("LEASE_DURATION", "4s")];
    let world = ApiWorld::with("away-long", &settings).await?;
    let (email, password) = ("admin@acme.example", "canary-Secret-1");
    world.create("acme", email, password).await?.with(200)?;
    let token = world.token(email, password).await?;
    let operator = &world.world.operator;
    let process = operator.server().process().pid();

    relay.set(Rule::Away);
    let gone = Instant::now();
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    let mut slowest = Duration::ZERO;
    while gone.elapsed() < AWAY {
        seconds.tick().await;
        let asked = Instant::now();
        world.log_in(email, password).await?.with(200)?;
        world.read("acme", &token).await?.with(200)?;
        slowest = slowest.max(asked.elapsed());
        let livez = operator.get("/livez").map_err(|error| anyhow!(error))?;
        ensure!(livez.0 == 200);
    }
    ensure!(!leads(operator)?, "it acts without the Lease");
    relay.set(Rule::Pass);
    let returned = Instant::now();
    world.world.apply(&organization("new")).await?;
    world.world.settled("new", "Succeeded").await?;
    let took = returned.elapsed();
    println!(
        "away for {AWAY:?}: the slowest login and read took {slowest:.1?}; went on {took:.1?} after"
    );
    ensure!(took <= RESUMED, "{took:?}");
    ensure!(
        operator.server().process().pid() == process,
        "it is the same process"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_without_a_lease_resumes_within_ten_seconds_after_a_minute_of_503()
-> Result<()> {
    let relay = ApiRelay::start("away-alone").await?;
    let world = behind(
        &relay,
        "away-alone",
        &["--leader-election=false", "--sweep-interval", "1s"],
    )
    .await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    relay.set(Rule::All(503));
    // For the pass that the sweep begins meanwhile, again and again.
    let drifted = doc! {"organization_name": "edited"};
    world.edit("admins", doc! {}, drifted).await?;
    let gone = Instant::now();
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    while gone.elapsed() < AWAY {
        seconds.tick().await;
    }
    relay.set(Rule::Pass);
    let returned = Instant::now();
    world.apply(&organization("new")).await?;
    world.settled("new", "Succeeded").await?;
    let mended = || async {
        Ok(world
            .record("admins", "organization_name", "acme")
            .await
            .is_ok())
    };
    world
        .eventually("what was edited is put back", mended)
        .await?;
    let took = returned.elapsed();
    println!("503 for {AWAY:?}: went on {took:.1?} after");
    ensure!(took <= RESUMED, "{took:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_silently_died_is_noticed_and_writes_never_trust_it() -> Result<()> {
    let relay = ApiRelay::start("silent").await?;
    let world = behind(&relay, "silent", &["--sweep-interval", "1s"]).await?;
    let admin = json!({"admin": {
        "email": "admin@acme.example",
        "passwordSecretRef": {"name": "mine", "key": "password"},
    }});
    world
        .put_secret("mine", &[("password", "canary-Secret-1")])
        .await?;
    world.apply(&organization_with("acme", &admin)).await?;
    world.settled("acme", "Succeeded").await?;
    let before = world.record("admins", "organization_name", "acme").await?;

    relay.set(Rule::SilentWatches);
    let silent = Instant::now();
    world
        .patch("acme", &json!({"spec": {"suspend": true}}))
        .await?;
    // Whoever trusts the watch takes the new password over, for an organization that is left alone.
    world
        .put_secret("mine", &[("password", "canary-Other-2")])
        .await?;
    // The sweep has a pass for it every second, which begins with what the watch told last.
    world.edit_home("acme").await?;
    world.settled("acme", "Suspended").await?;
    let took = silent.elapsed();
    println!("a watch that silently died was noticed after {took:.1?}");
    ensure!(took <= NOTICED, "{took:?}");
    world.apply(&organization("new")).await?;
    let settled = world.settled("new", "Succeeded");
    let noticed = tokio::time::timeout(NOTICED, settled).await;
    ensure!(
        noticed.is_ok_and(|settled| settled.is_ok()),
        "a new one is not seen"
    );
    world.is_untouched("acme", &before).await?;
    relay.set(Rule::Pass);
    Ok(())
}

/// A person mends it, and whoever asks again then is served: no fault of the service's.
#[tokio::test(flavor = "multi_thread")]
async fn a_create_in_a_namespace_that_is_gone_is_unavailable() -> Result<()> {
    let nowhere = "api-nowhere";
    let settings = [("API_NAMESPACE", nowhere), ("WATCH_NAMESPACES", nowhere)];
    let world = ApiWorld::with("api-homeless", &settings).await?;
    let answer = world.create("acme", "admin@acme.example", PASSWORD);
    answer.await?.with(503)?;
    ensure!(world.world.count("organizations").await? == 0);
    Ok(())
}
