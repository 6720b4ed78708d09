//! Figures of the HTTP service: commands are counted, and the latency of reads is printed beside
//! that of an idle service.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result, anyhow, ensure};
use mongodb::bson::{DateTime, doc, oid::ObjectId};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    api_whole::Tenant,
    api_world::{ApiWorld, GIVES_UP},
    samples::{HASH, PASSWORD},
    world::PATIENCE,
};

const TIMES: u64 = 20;

/// How many log in without pause: as many as silenced the older service.
const CLIENTS: usize = 32;

/// How long reads are timed, idle and under load.
const TIMED: Duration = Duration::from_secs(6);

type Commands = BTreeMap<String, u64>;

impl ApiWorld {
    /// The commands to the database of the service's process, by name.
    fn commands(&self) -> Result<Commands> {
        const METRIC: &str = "organization_operator_mongo_commands_total{";
        let (_, text) = self
            .service()
            .get("/metrics")
            .map_err(|error| anyhow!(error))?;
        let mut counts = Commands::new();
        for line in text.lines().filter(|line| line.starts_with(METRIC)) {
            let name = line.split('"').nth(1).context("a command has a name")?;
            // Sent on a schedule, whatever is asked for.
            if name != "ping" {
                let count: u64 = line.rsplit(' ').next().unwrap_or_default().parse()?;
                *counts.entry(name.to_owned()).or_default() += count;
            }
        }
        Ok(counts)
    }

    /// The commands that `act` takes, done [`TIMES`] times.
    async fn commands_of(&self, what: &str, act: impl AsyncFn() -> Result<()>) -> Result<Commands> {
        // Whatever is done once, for a first time or a connection.
        act().await?;
        let before = self.commands()?;
        for _ in 0..TIMES {
            act().await?;
        }
        let after = self.commands()?;
        let grown = after.into_iter().filter_map(|(name, count)| {
            let more = count - before.get(&name).copied().unwrap_or_default();
            (more > 0).then_some((name, more))
        });
        let grown: Commands = grown.collect();
        println!("{what}, {TIMES} times: {grown:?} commands to MongoDB");
        Ok(grown)
    }

    /// A tenant as the older service wrote it.
    async fn planted(&self, name: &str) -> Result<Tenant> {
        let tenant = Tenant {
            password: PASSWORD.to_owned(),
            ..Tenant::new(name)
        };
        let (admin, now) = (ObjectId::new(), DateTime::now());
        let document = doc! {
            "_id": admin, "email": &tenant.email, "password": HASH,
            "organization_name": name, "created_at": now,
        };
        self.world.insert("admins", document).await?;
        let document = doc! {
            "organization_name": name, "collection_name": format!("org_{name}"),
            "admin_id": admin, "created_at": now,
        };
        self.world.insert("organizations", document).await?;
        Ok(tenant)
    }

    /// How long each read took, one after another for [`TIMED`]; every one is answered.
    async fn timed_reads(&self, tenant: &Tenant, token: &str) -> Result<Vec<Duration>> {
        let begun = Instant::now();
        let mut times = Vec::new();
        while begun.elapsed() < TIMED {
            let asked = Instant::now();
            self.read(&tenant.name, token).await?.with(200)?;
            times.push(asked.elapsed());
        }
        times.sort();
        Ok(times)
    }
}

fn each(name: &str) -> Commands {
    Commands::from([(name.to_owned(), TIMES)])
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_take_no_command_to_the_database_and_logins_as_few_as_can_be() -> Result<()> {
    let world = ApiWorld::apart("api-commands").await?;
    let tenant = world.made("acme").await?;
    let token = world.token_of(&tenant).await?;
    let reads = world.commands_of("GET /org/get", async || {
        world.read("acme", &token).await?.with(200).map(drop)
    });
    assert_eq!(reads.await?, Commands::new());
    let checks = world.commands_of("GET /admin/verify", async || {
        let checked = world.send("GET", "/admin/verify", &token, None).await?;
        checked.with(200).map(drop)
    });
    assert_eq!(checks.await?, Commands::new());
    let refused = world.commands_of("refused token", async || {
        world.read("acme", "a.b.c").await?.with(401).map(drop)
    });
    assert_eq!(refused.await?, Commands::new());

    let wrong = world.commands_of("login, wrong password", async || {
        let wrong = world.log_in(&tenant.email, "wrong").await?;
        wrong.with(401).map(drop)
    });
    assert_eq!(wrong.await?, each("aggregate"));
    let unknown = world.commands_of("login, unknown address", async || {
        let unknown = world.log_in("nobody@acme.example", "wrong").await?;
        unknown.with(401).map(drop)
    });
    assert_eq!(unknown.await?, each("aggregate"));
    let good = world.commands_of("login", async || world.token_of(&tenant).await.map(drop));
    // One to look, and one that keeps the refresh token that it gives.
    let mut one_look = each("aggregate");
    one_look.extend(each("insert"));
    assert_eq!(good.await?, one_look);

    // One of the older service's has no object to be watched: the record tells.
    let older = world.planted("older").await?;
    let unwatched = world.commands_of("login, not watched", async || {
        world.token_of(&older).await.map(drop)
    });
    assert_eq!(unwatched.await?, one_look);
    let token = world.token_of(&older).await?;
    let read = world.commands_of("GET /org/get, not watched", async || {
        world.read("older", &token).await?.with(200).map(drop)
    });
    let read: u64 = read.await?.values().sum();
    ensure!(read <= TIMES, "{read}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_is_answered_while_others_log_in_without_pause() -> Result<()> {
    // As it is set where nobody says otherwise: a hash of it is what takes the time.
    let world = ApiWorld::apart_with("api-latency", &[("BCRYPT_COST", "12")]).await?;
    let tenant = world.made("acme").await?;
    let token = world.token_of(&tenant).await?;
    let idle = world.timed_reads(&tenant, &token).await?;

    let world = std::sync::Arc::new(world);
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (world, tenant) = (std::sync::Arc::clone(&world), tenant.clone());
        clients.spawn(async move {
            let mut answered = BTreeMap::<String, u64>::new();
            let begun = Instant::now();
            while begun.elapsed() < TIMED {
                let answer = world.log_in(&tenant.email, &tenant.password).await;
                // One may wait for longer than clients do, behind all others, where the machine has
                // more to do than this.
                let told = answer.map_or_else(|_| "gave up".to_owned(), |a| a.status.to_string());
                *answered.entry(told).or_default() += 1;
            }
            answered
        });
    }
    let loaded = world.timed_reads(&tenant, &token).await?;
    let mut logins = BTreeMap::<String, u64>::new();
    let ended = tokio::time::timeout(PATIENCE, async {
        while let Some(client) = clients.join_next().await {
            for (status, count) in client? {
                *logins.entry(status).or_default() += count;
            }
        }
        anyhow::Ok(())
    });
    ended.await??;
    println!("GET /org/get with a token, one client, each for {TIMED:?}:");
    println!(
        "{:>32} {:>8} {:>9} {:>9} {:>9}",
        "", "reads", "median", "p99", "max"
    );
    for (what, times) in [("idle", &idle), ("while 32 clients log in", &loaded)] {
        let at = |share: usize| {
            times
                .get(times.len() * share / 100)
                .copied()
                .unwrap_or_default()
        };
        let most = times.last().copied().unwrap_or_default();
        println!(
            "{what:>32} {:>8} {:>9.2?} {:>9.2?} {:>9.2?}",
            times.len(),
            at(50),
            at(99),
            most
        );
        ensure!(most < GIVES_UP && times.len() > 10, "{what}: {most:?}");
    }
    println!("logins meanwhile, by status: {logins:?}");
    ensure!(logins.contains_key("200"), "{logins:?}");
    Ok(())
}
