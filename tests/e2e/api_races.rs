//! Two who want one name at once: one has it, and nothing is left of the other.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::ResourceExt as _;
use mongodb::bson::{Document, doc};
use serde_json::json;

use crate::{
    api_whole::{Presence, Tenant},
    api_world::{Answer, ApiWorld},
    middle::{Middle, Uuids},
    samples::{organization_with, soak_setting},
    world::ready,
};

/// Of creates among themselves.
const RACES: usize = 20;

/// Between a create and an applied object.
const MIXED: usize = 50;

/// Races at once.
const AT_ONCE: usize = 4;

/// Longer than a create takes, on two cores that do much else. Most come much earlier.
const LATEST: Duration = Duration::from_secs(3);

const TAKEN: &str = r#"{"error":{"code":"conflict","message":"organization already exists"}}"#;

fn twins(name: &str) -> [Tenant; 2] {
    ["one", "two"].map(|twin| Tenant {
        name: name.to_owned(),
        email: format!("{twin}@{name}.example"),
        password: format!("canary-{twin}-1"),
    })
}

fn is_won(answer: &Answer) -> Result<bool> {
    match answer.status {
        200 => Ok(true),
        409 if answer.body == TAKEN => Ok(false),
        _ => bail!("{answer:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_creates_of_one_name_one_wins_and_nothing_is_left_of_the_other() -> Result<()> {
    let world = ApiWorld::start("api-race").await?;
    for race in 0..RACES {
        let [one, two] = twins(&format!("acme-{race}"));
        let (first, second) =
            tokio::try_join!(world.create_tenant(&one), world.create_tenant(&two))?;
        let (winner, loser) = match (is_won(&first)?, is_won(&second)?) {
            (true, false) => (&one, &two),
            (false, true) => (&two, &one),
            _ => bail!("{first:?} and {second:?}"),
        };
        assert_eq!(world.presence(winner).await?, Presence::Whole);
        world
            .log_in(&loser.email, &loser.password)
            .await?
            .with(401)?;
    }
    world.at_rest().await?;
    assert_eq!(world.objects().await?.len(), RACES);
    // That of the world itself, and one for each.
    assert_eq!(world.secrets().await?.len(), RACES + 1);
    assert_eq!(world.world.count("organizations").await?, RACES as u64);
    assert_eq!(world.world.count("admins").await?, RACES as u64);
    Ok(())
}

/// A create through HTTP, and an object of another name that is applied for the same.
struct Mixed<'a> {
    world: &'a ApiWorld,
    tenant: Tenant,
    applied: String,
    /// When the object is applied. A create is heard, and a password hashed, before an object is made.
    moment: Duration,
    /// Whether the object is to have the name after the tenant that was made through HTTP.
    inherited: bool,
}

impl<'a> Mixed<'a> {
    fn new(world: &'a ApiWorld, number: usize, of: usize) -> Result<Self> {
        let (place, last) = (u32::try_from(number)?, u32::try_from(of)?);
        Ok(Self {
            world,
            tenant: Tenant::new(&format!("acme-{number}")),
            applied: format!("applied-{number}"),
            moment: LATEST * place / last * place / last,
            inherited: number.is_multiple_of(5),
        })
    }

    async fn apply(&self) -> Result<()> {
        let wish = json!({"organizationName": self.tenant.name, "deletionPolicy": "Delete"});
        let manifest = organization_with(&self.applied, &wish);
        self.world.world.apply(&manifest).await
    }

    /// Whether the create has won.
    async fn run(&self) -> Result<bool> {
        let (world, tenant, applied) = (self.world, &self.tenant, self.applied.as_str());
        let apply = async {
            let _ = tokio::time::timeout(self.moment, std::future::pending::<()>()).await;
            self.apply().await
        };
        let (answer, ()) = tokio::try_join!(world.create_tenant(tenant), apply)?;
        let by_http = is_won(&answer)?;
        if by_http {
            world.world.settled(applied, "NameConflict").await?;
            self.holds(&tenant.email).await?;
            let home = format!("org_{}", tenant.name);
            world.world.insert(&home, doc! {"_id": "made"}).await?;
            // The one that was refused takes nothing along, nor what is not its own.
            world.world.delete(applied).await?;
            world.world.gone(applied).await?;
            ensure!(world.presence(tenant).await? == Presence::Whole);
            ensure!(world.world.count(&home).await? == 1, "{home}");
            if self.inherited {
                self.apply().await?;
                world.world.settled(applied, "NameConflict").await?;
                let token = world.token_of(tenant).await?;
                world.delete(&tenant.name, &token).await?.with(200)?;
                world.world.settled(applied, "Succeeded").await?;
                ensure!(world.world.count(&home).await? == 0, "{home}");
            }
        } else {
            world.world.settled(applied, "Succeeded").await?;
        }
        if !by_http || self.inherited {
            self.holds(&format!("{applied}@acme.example")).await?;
            let refused = world.log_in(&tenant.email, &tenant.password).await?;
            refused.with(401)?;
        }
        Ok(by_http)
    }

    /// Whether the name's one record and one admin are of that address.
    async fn holds(&self, email: &str) -> Result<()> {
        let world = &self.world.world;
        let name = doc! {"organization_name": &self.tenant.name};
        for collection in ["organizations", "admins"] {
            let collection = world.database.collection::<Document>(collection);
            ensure!(collection.count_documents(name.clone()).await? == 1);
        }
        let record = world.record("organizations", "organization_name", &self.tenant.name);
        let admin = record.await?.get_object_id("admin_id")?;
        let holder = world.record("admins", "email", email).await?;
        ensure!(holder.get_object_id("_id")? == admin, "{holder}");
        let home = format!("org_{}", self.tenant.name);
        let homes = world.collections().await?;
        ensure!(homes.contains(&home), "no {home}");
        Ok(())
    }
}

async fn mixed_races(name: &str, number: usize) -> Result<()> {
    let middle = Middle::start(name, Uuids::Last).await?;
    let world = ApiWorld::on(name, middle.url(), &[]).await?;
    let races = (0..number).map(|race| Mixed::new(&world, race, number));
    let races: Vec<_> = races.collect::<Result<_>>()?;
    let run = stream::iter(&races).map(Mixed::run);
    let won: Vec<_> = run.buffer_unordered(AT_ONCE).try_collect().await?;

    world.at_rest().await?;
    let objects = world.objects().await?;
    for object in &objects {
        let is_ready = ready(object).is_some_and(|(truth, _)| truth == "True");
        ensure!(is_ready, "{}", object.name_any());
    }
    assert_eq!(objects.len(), number);
    assert_eq!(world.world.count("organizations").await?, number as u64);
    assert_eq!(world.world.count("admins").await?, number as u64);
    let by_http = won.into_iter().filter(|by_http| *by_http).count();
    println!("{number} races: {by_http} won by the create, the others by the applied object");
    ensure!(by_http > 0 && by_http < number, "these were no races");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_create_and_an_applied_object_of_one_name_one_wins() -> Result<()> {
    mixed_races("api-race-applied", MIXED).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes as long as SOAK_RACES says: make soak"]
async fn of_a_create_and_an_applied_object_of_one_name_one_wins_on_and_on() -> Result<()> {
    mixed_races("api-race-on", soak_setting("SOAK_RACES")?).await
}
