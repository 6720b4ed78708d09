//! Two objects of two namespaces that want one name at once, before two operators that both act: one
//! process would put them in an order.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::{ResourceExt as _, api::DeleteParams};
use mongodb::bson::{Document, doc};
use organization_operator::crd::Organization;
use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    middle::{Middle, Uuids},
    samples::{organization_with, soak_setting},
    world::{ALONE, World, ready, status},
};

const RACES: usize = 100;

/// Races at once.
const AT_ONCE: usize = 6;

/// By how much one is applied before the other. A pass over a new object takes some ten milliseconds.
const HEAD_STARTS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(2),
    Duration::from_millis(10),
    Duration::from_millis(30),
];

/// One of the two.
struct Racer<'a> {
    namespace: &'a str,
    object: String,
}

/// Two for one name.
struct Race<'a> {
    world: &'a World,
    name: String,
    /// In the order in which they are applied.
    racers: [Racer<'a>; 2],
    head_start: Duration,
    /// Whether the loser is to have the name after the winner.
    inherited: bool,
}

impl<'a> Race<'a> {
    fn new(world: &'a World, number: usize) -> Self {
        let racer = |namespace: &'a str, place| Racer {
            namespace,
            object: format!("{place}-{number}"),
        };
        let mut racers = [
            racer(&world.namespace, "here"),
            racer(&world.elsewhere, "there"),
        ];
        if number % 2 == 1 {
            racers.reverse();
        }
        Self {
            world,
            name: format!("name-{number}"),
            racers,
            head_start: HEAD_STARTS[number / 2 % HEAD_STARTS.len()],
            inherited: number.is_multiple_of(5),
        }
    }

    async fn apply(&self, racer: &Racer<'_>) -> Result<()> {
        let wish = json!({"organizationName": self.name, "deletionPolicy": "Delete"});
        let manifest = organization_with(&racer.object, &wish);
        self.world.apply_in(racer.namespace, &manifest).await
    }

    async fn delete(&self, racer: &Racer<'_>) -> Result<()> {
        let objects = self.world.organizations_in(racer.namespace);
        let params = DeleteParams::default();
        objects.delete(&racer.object, &params).await?;
        Ok(())
    }

    async fn settled(&self, racer: &Racer<'_>, reason: &str) -> Result<Organization> {
        let settled = self
            .world
            .settled_in(racer.namespace, &racer.object, reason);
        settled.await.with_context(|| self.name.clone())
    }

    /// The one that is ready once both have been judged by the operators, and the other one.
    async fn ended(&self) -> Result<(&Racer<'a>, &Racer<'a>)> {
        let judged = |object: Option<&Organization>| {
            let reason = object.and_then(ready).map(|(_, reason)| reason);
            reason.is_some_and(|reason| ["Succeeded", "NameConflict"].contains(&reason.as_str()))
        };
        for racer in &self.racers {
            let judged = self.world.until_in(racer.namespace, &racer.object, judged);
            judged.await?;
        }
        let [first, second] = &self.racers;
        let owner = self.record().await?.get_document("owner")?.clone();
        let (winner, loser) = match owner.get_str("name")? {
            name if name == first.object => (first, second),
            _ => (second, first),
        };
        self.settled(winner, "Succeeded").await?;
        self.settled(loser, "NameConflict").await?;
        Ok((winner, loser))
    }

    async fn record(&self) -> Result<Document> {
        let record = self.world.record("organizations", "names", &self.name);
        record.await
    }

    async fn count(&self, collection: &str, filter: Document) -> Result<u64> {
        let collection = self.world.database.collection::<Document>(collection);
        Ok(collection.count_documents(filter).await?)
    }

    /// One record, one admin, one collection, all the winner's; nothing of the other one.
    async fn judge(&self, winner: &Racer<'_>, loser: &Racer<'_>) -> Result<Document> {
        let object = self.settled(winner, "Succeeded").await?;
        let record = self.record().await?;
        let id = record.get_object_id("_id")?;
        let owner = record.get_document("owner")?.get_str("uid")?;
        ensure!(object.uid().as_deref() == Some(owner), "{record}");
        ensure!(status(&object).organization_id == Some(id.to_hex()));

        let records = doc! {"$or": [{"names": &self.name}, {"organization_name": &self.name}]};
        ensure!(self.count("organizations", records).await? == 1);
        let admins = doc! {"$or": [
            {"organization_id": id}, {"organization_name": &self.name},
            {"email": format!("{}@acme.example", loser.object)},
        ]};
        ensure!(self.count("admins", admins).await? == 1);
        let email = format!("{}@acme.example", winner.object);
        let admin = self.world.record("admins", "email", &email).await?;
        ensure!(admin.get_object_id("organization_id")? == id, "{admin}");

        let home = format!("org_{}", self.name);
        let listed = self.world.database.list_collections();
        let listed = listed.filter(doc! {"name": &home}).await?;
        let listed: Vec<_> = listed.try_collect().await?;
        let uuids: Vec<_> = listed.iter().map(|home| home.info.uuid.clone()).collect();
        let recorded = record.get("collection_uuid").cloned();
        ensure!(
            matches!(&uuids[..], [Some(uuid)] if recorded == Some(uuid.clone().into())),
            "{home}: {listed:?}, and {record}"
        );
        Ok(record)
    }

    /// Whether the one that was applied first has won, and which it was.
    async fn run(&self) -> Result<(bool, &Racer<'a>)> {
        let [first, second] = &self.racers;
        let behind = async {
            // Not a wait for anything: by how much one is first is what is being varied.
            let _ = tokio::time::timeout(self.head_start, std::future::pending::<()>()).await;
            self.apply(second).await
        };
        tokio::try_join!(self.apply(first), behind)?;
        let (winner, loser) = self.ended().await?;
        let record = self.judge(winner, loser).await?;
        let refused = status(&self.settled(loser, "NameConflict").await?);
        ensure!(refused.organization_id.is_none() && refused.collection_name.is_none());

        // Deleting the loser touches nothing.
        let home = format!("org_{}", self.name);
        self.world
            .insert(&home, doc! {"_id": "the winner's"})
            .await?;
        self.delete(loser).await?;
        let is_gone = |object: Option<&Organization>| object.is_none();
        let gone = self.world.until_in(loser.namespace, &loser.object, is_gone);
        gone.await?;
        let after = self.judge(winner, loser).await?;
        ensure!(after == record, "{record} became {after}");
        ensure!(self.world.count(&home).await? == 1, "{home}");

        if self.inherited {
            // It comes back, and waits again; when the winner goes, it gets a fresh, empty tenant.
            self.apply(loser).await?;
            self.settled(loser, "NameConflict").await?;
            self.delete(winner).await?;
            self.settled(loser, "Succeeded").await?;
            let fresh = self.judge(loser, winner).await?;
            ensure!(fresh.get("_id") != record.get("_id"), "{fresh}");
            ensure!(self.world.count(&home).await? == 0, "{home}");
        }
        Ok((winner.object == first.object, winner))
    }
}

async fn races(name: &str, number: usize) -> Result<()> {
    let middle = Middle::start(name, Uuids::Last).await?;
    let world = World::on(name, middle.url(), ALONE).await?;
    let other = world.another_operator("other", &[])?;
    block_in_place(|| other.start())?;

    let races: Vec<_> = (0..number).map(|race| Race::new(&world, race)).collect();
    let run = stream::iter(&races).map(async |race| anyhow::Ok((race, race.run().await?)));
    let ended: Vec<_> = run.buffer_unordered(AT_ONCE).try_collect().await?;

    let mut won = BTreeMap::<_, [usize; 2]>::new();
    let mut here = 0;
    for (race, (by_first, winner)) in ended {
        won.entry(race.head_start).or_default()[usize::from(!by_first)] += 1;
        here += usize::from(winner.namespace == world.namespace);
    }
    println!(
        "{number} races: {here} won here, {} elsewhere",
        number - here
    );
    for (head_start, [first, second]) in &won {
        println!("a head start of {head_start:?}: won {first} times, lost {second} times");
    }
    let upsets: usize = won.values().map(|[_, second]| second).sum();
    ensure!(upsets > 0, "whoever was first has won: these were no races");
    ensure!(upsets < number, "whoever was second has won");

    assert_eq!(world.count("organizations").await?, number as u64);
    assert_eq!(world.count("admins").await?, number as u64);
    let mut left = world.collections_that_count().await?;
    left.retain(|name| !name.starts_with("org_name-"));
    assert_eq!(left, ["admins", "organizations"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_race_for_a_name_one_is_ready_and_the_other_waits_its_turn() -> Result<()> {
    races("races", RACES).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes as long as SOAK_RACES says: make soak"]
async fn of_two_that_race_for_a_name_one_is_ready_on_and_on() -> Result<()> {
    races("races-on", soak_setting("SOAK_RACES")?).await
}
