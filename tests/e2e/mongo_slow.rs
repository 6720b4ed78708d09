//! A database server that takes 5 s for an answer, or gives none and closes nothing.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, anyhow, ensure};
use futures::future::try_join_all;
use mongodb::bson::doc;
use serde_json::json;
use tokio::{
    task::{JoinSet, block_in_place},
    time::Instant,
};

use crate::{
    api_world::ApiWorld,
    relay::{Pace, Relay, Untouched},
    samples::{organization, organization_with},
    servers::servers,
};

/// What failure-modes.md promises: an answer by then.
const ANSWERED: Duration = Duration::from_secs(5);

/// From the database's return to all that waited being done.
const CONVERGED: Duration = Duration::from_secs(30);

/// How long it is unwell: several deadlines of each kind.
const UNWELL: Duration = Duration::from_secs(20);

/// Who come at once at first.
const CROWD: usize = 100;

/// The pool's bound, two that ask whether the server is there, and as many that are just closed.
const CONNECTIONS: usize = 32 + 2 + 2;

const EMAIL: &str = "admin@acme.example";
const PASSWORD: &str = "canary-Secret-1";

/// What comes of one request after another: how long the slowest took.
#[derive(Debug, Default)]
struct Answers {
    refused: usize,
    given: usize,
    slowest: Duration,
}

impl Answers {
    fn add(&mut self, what: &str, status: u16, took: Duration) -> Result<()> {
        match status {
            503 => self.refused += 1,
            200 => self.given += 1,
            status => return Err(anyhow!("{what}: {status}")),
        }
        ensure!(took <= ANSWERED, "{what}: {status} after {took:?}");
        self.slowest = self.slowest.max(took);
        Ok(())
    }
}

impl ApiWorld {
    /// One request of each kind, that many times at once.
    async fn ask_all(&self, token: &str, times: usize) -> Result<Answers> {
        let send = async |kind: &'static str| {
            let begun = Instant::now();
            let change = json!({"email": EMAIL, "password": PASSWORD});
            let answer = match kind {
                "login" => self.log_in(EMAIL, PASSWORD).await?,
                "create" => self.create("other", "other@acme.example", PASSWORD).await?,
                "update" => self.update("acme", token, &change).await?,
                "delete" => self.delete("acme", token).await?,
                _ => self.read("acme", token).await?,
            };
            anyhow::Ok((kind, answer.status, begun.elapsed()))
        };
        let kinds = ["login", "create", "update", "delete", "read"];
        let requests = (0..times).flat_map(|_| kinds).map(send);
        let mut answers = Answers::default();
        for (what, status, took) in try_join_all(requests).await? {
            answers.add(what, status, took)?;
            ensure!(
                what != "read" || status == 200,
                "reads need no database: {status}"
            );
        }
        Ok(answers)
    }
}

async fn while_it_is(pace: Pace, name: &str) -> Result<()> {
    let relay = Relay::start(servers()?.mongo.url(), Arc::new(Untouched)).await?;
    let settings = [
        ("MONGO_URL", relay.url()),
        // The defaults, which the tests' worlds don't have.
        ("MONGO_READ_TIMEOUT", "4s"),
        ("MONGO_WRITE_TIMEOUT", "10s"),
    ];
    let world = Arc::new(ApiWorld::with(name, &settings).await?);
    world.create("acme", EMAIL, PASSWORD).await?.with(200)?;
    let token = world.token(EMAIL, PASSWORD).await?;
    let doomed = organization_with("doomed", &json!({"deletionPolicy": "Delete"}));
    world.world.apply(&doomed).await?;
    for name in ["kept", "renamed"] {
        world.world.apply(&organization(name)).await?;
    }
    for name in ["doomed", "kept", "renamed"] {
        world.world.settled(name, "Succeeded").await?;
        let home = format!("org_{name}");
        world.world.insert(&home, doc! {"_id": 1}).await?;
    }
    let process = world.world.operator.server().process().pid();

    relay.set(pace);
    let begun = Instant::now();
    let wish = json!({"spec": {"organizationName": "other-name"}});
    world.world.patch("renamed", &wish).await?;
    world.world.delete("doomed").await?;
    world.world.apply(&organization("new")).await?;
    let crowd = world.ask_all(&token, CROWD / 5).await?;
    println!("{pace:?}: {CROWD} at once: {crowd:.1?}");
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    let mut asking = JoinSet::new();
    while begun.elapsed() < UNWELL {
        seconds.tick().await;
        let (world, token) = (Arc::clone(&world), token.clone());
        asking.spawn(async move { world.ask_all(&token, 2).await });
    }
    let mut all = Answers::default();
    while let Some(answers) = asking.join_next().await {
        let answers = answers??;
        all.refused += answers.refused;
        all.given += answers.given;
        all.slowest = all.slowest.max(answers.slowest);
    }
    for name in ["renamed", "doomed", "new"] {
        world.world.settled(name, "MongoUnavailable").await?;
    }
    let answer = |path: &str| {
        let operator = &world.world.operator;
        operator.get(path).map_err(|error| anyhow!(error))
    };
    ensure!(answer("/livez")?.0 == 200);
    let (code, text) = answer("/readyz")?;
    ensure!(code == 503 && text.contains("mongodb: "), "{code} {text}");
    let passes = world
        .world
        .metric("organization_operator_passes_total", "Failed")?;
    let traffic = relay.traffic();
    println!(
        "{pace:?}: one of each twice a second: {all:.1?}; at most {} connections and {} commands \
         under way, {passes} failed passes",
        traffic.most_connections(),
        traffic.most_commands()
    );
    ensure!(traffic.most_connections() <= CONNECTIONS, "a pile-up");
    ensure!(traffic.most_commands() <= CONNECTIONS, "a pile-up");
    // Three that wait, each up to 10 s after its deadline, and twice more at the beginning.
    ensure!(passes < 100, "a hot loop");

    relay.set(Pace::Prompt);
    let returned = Instant::now();
    world.world.settled("renamed", "Succeeded").await?;
    world.world.settled("new", "Succeeded").await?;
    world.world.gone("doomed").await?;
    world.log_in(EMAIL, PASSWORD).await?.with(200)?;
    let took = returned.elapsed();
    println!("{pace:?}: all done {took:.1?} after its return");
    ensure!(took <= CONVERGED, "{took:?}");
    block_in_place(|| world.world.operator.wait_ready(CONVERGED))?;
    for home in ["org_kept", "org_other-name"] {
        ensure!(world.world.count(home).await? == 1, "{home}");
    }
    // Of what was refused, nothing comes to life.
    world.read("acme", &token).await?.with(200)?;
    let other = world
        .world
        .record("organizations", "organization_name", "other");
    ensure!(other.await.is_err(), "a create that was refused was made");
    world
        .world
        .eventually("connections are given back", || async {
            Ok(relay.traffic().connections() <= CONNECTIONS)
        })
        .await?;
    ensure!(
        world.world.operator.server().process().pid() == process,
        "it is the same process"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn mongodb_slow_five_seconds_an_answer() -> Result<()> {
    while_it_is(Pace::Late(Duration::from_secs(5)), "slow").await
}

#[tokio::test(flavor = "multi_thread")]
async fn mongodb_half_open_nothing_is_answered_and_nothing_closed() -> Result<()> {
    while_it_is(Pace::Never, "half-open").await
}
