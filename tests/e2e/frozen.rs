//! A leader that is stopped in the middle of everything, and goes on after another has taken over.

use std::time::Duration;

use anyhow::{Result, ensure};
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use kube::{ResourceExt, api::ListParams};
use mongodb::bson::{Document, doc};
use organization_operator::crd::Organization;
use organization_operator_harness::process::Process;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::{
    replicas::Replicas,
    samples::{organization, organization_with},
    world::{World, status},
};

/// How soon the leader is stopped in any case: a state may be over before it is seen.
const AT_LAST: Duration = Duration::from_secs(3);

/// Organizations of each kind in a round.
const EACH: usize = 4;

const NEW_PASSWORD: &str = "canary-Other-2";

/// What is asked for while the leader is stopped: it is, as soon as one of its kind is seen to be
/// under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Create,
    Rename,
    Delete,
    Email,
    Password,
}

const CHANGES: [Change; 5] = [
    Change::Create,
    Change::Rename,
    Change::Delete,
    Change::Email,
    Change::Password,
];

impl Change {
    /// By which document, of which collection, it is seen to be under way: the first of its kind, while
    /// the others of the round are anywhere.
    fn under_way(self) -> (&'static str, Document) {
        match self {
            Self::Create => ("organizations", doc! {"state": "provisioning"}),
            Self::Rename => ("organizations", doc! {"state": "renaming"}),
            Self::Delete => ("organizations", doc! {"state": "deleting"}),
            Self::Email => ("admins", doc! {"email": {"$regex": "^new@"}}),
            Self::Password => ("admins", doc! {"token_version": 1_i64}),
        }
    }

    /// Waits until more are under way than were before, and stops the process at once.
    async fn freeze(self, world: &World, process: &Process) -> Result<()> {
        let (collection, filter) = self.under_way();
        let documents = world.database.collection::<Document>(collection);
        let before = documents.count_documents(filter.clone()).await?;
        let seen = async {
            while documents.count_documents(filter.clone()).await? <= before {}
            anyhow::Ok(())
        };
        let seen = tokio::time::timeout(AT_LAST, seen).await;
        process.freeze();
        seen.unwrap_or(Ok(()))
    }
}

/// One organization of a round, and what becomes of it.
struct Case {
    change: Change,
    name: String,
}

impl Case {
    fn manifest(&self) -> Value {
        organization_with(&self.name, &json!({"deletionPolicy": "Delete"}))
    }

    /// What it is called afterwards.
    fn renamed(&self) -> String {
        match self.change {
            Change::Rename => format!("{}-new", self.name),
            _ => self.name.clone(),
        }
    }

    async fn prepare(&self, world: &World) -> Result<()> {
        if self.change == Change::Create {
            return Ok(());
        }
        world.apply(&self.manifest()).await?;
        world.settled(&self.name, "Succeeded").await?;
        let home = format!("org_{}", self.name);
        world.insert(&home, doc! {"_id": 1}).await
    }

    async fn ask(&self, world: &World) -> Result<()> {
        let admin = match self.change {
            Change::Create => return world.apply(&self.manifest()).await,
            Change::Delete => return world.delete(&self.name).await,
            Change::Rename => json!({"organizationName": self.renamed()}),
            Change::Email => json!({"admin": {"email": format!("new@{}.example", self.name)}}),
            Change::Password => json!({"admin": {
                "passwordHashSecretRef": null,
                "passwordSecretRef": {"name": "other", "key": "password"},
            }}),
        };
        world.patch(&self.name, &json!({"spec": admin})).await
    }

    /// Waits until it is as was asked for, and sees that nothing is lost, doubled or half done.
    async fn judge(&self, world: &World) -> Result<()> {
        let name = self.renamed();
        let by_name = doc! {"organization_name": &name};
        let count = async |collection: &str| {
            let documents = world.database.collection::<Document>(collection);
            anyhow::Ok(documents.count_documents(by_name.clone()).await?)
        };
        if self.change == Change::Delete {
            world.gone(&self.name).await?;
            ensure!(count("organizations").await? == 0 && count("admins").await? == 0);
            return Ok(());
        }
        let told = status(&world.settled(&self.name, "Succeeded").await?);
        ensure!(told.organization_name.as_ref() == Some(&name), "{told:?}");
        if self.change == Change::Rename {
            world.released(&name, &self.name).await?;
        }
        ensure!(count("organizations").await? == 1, "{name}: one record");
        ensure!(count("admins").await? == 1, "{name}: one admin");
        let documents = world.count(&format!("org_{name}")).await?;
        ensure!(
            documents == u64::from(self.change != Change::Create),
            "{name}: {documents}"
        );
        let record = world
            .record("organizations", "organization_name", &name)
            .await?;
        let state = record.get_str("state").unwrap_or("active");
        ensure!(state == "active", "{name}: {state}");
        let admin = world.record("admins", "organization_name", &name).await?;
        let version = admin.get_i64("token_version").unwrap_or_default();
        match self.change {
            Change::Email => {
                let email = format!("new@{}.example", self.name);
                ensure!(
                    admin.get_str("email")? == email && version == 1,
                    "{admin:?}"
                );
            }
            Change::Password => {
                ensure!(bcrypt::verify(NEW_PASSWORD, admin.get_str("password")?)?);
                ensure!(version == 1, "tokens end once, not {version} times");
            }
            Change::Create | Change::Rename => ensure!(version == 0, "{version}"),
            Change::Delete => {}
        }
        Ok(())
    }
}

fn cases(round: usize) -> Vec<Case> {
    let numbers = 0..EACH;
    let case = |change: Change, number: usize| Case {
        change,
        name: format!("{change:?}-{round}-{number}").to_lowercase(),
    };
    numbers
        .flat_map(|number| CHANGES.map(|change| case(change, number)))
        .collect()
}

/// All that is kept of tenants, as it is.
async fn records(world: &World) -> Result<Vec<Document>> {
    let mut all = Vec::new();
    for collection in ["organizations", "admins"] {
        let documents = world.database.collection::<Document>(collection);
        let sorted = documents.find(doc! {}).sort(doc! {"_id": 1}).await?;
        all.extend(sorted.try_collect::<Vec<_>>().await?);
    }
    Ok(all)
}

/// How many of the round's organizations are neither as they were nor as they are to be.
async fn in_the_middle(world: &World, cases: &[Case]) -> Result<usize> {
    let objects = world.organizations().list(&ListParams::default()).await?;
    let records = records(world).await?;
    let states = records
        .iter()
        .filter_map(|record| record.get_str("state").ok());
    let under_way = states.filter(|state| *state != "active").count();
    let is_untold = |object: &&Organization| {
        let is_of_round = cases.iter().any(|case| case.name == object.name_any());
        is_of_round && status(object).observed_generation != object.metadata.generation
    };
    let untold = objects.iter().filter(is_untold).count();
    println!(
        "  {under_way} records say that something is under way, {untold} objects wait to be told"
    );
    Ok(under_way)
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_in_the_middle_of_each_operation_and_continued_after_another_took_over_it_does_no_damage()
-> Result<()> {
    let replicas = Replicas::start("frozen", &[]).await?;
    let Replicas { world, second } = &replicas;
    world
        .put_secret("other", &[("password", NEW_PASSWORD)])
        .await?;
    let mut pair = [&world.operator, second];
    let mut interrupted = 0;
    let mut homes = Vec::new();
    for (round, stopped_at) in CHANGES.into_iter().enumerate() {
        let [leader, other] = pair;
        let process = leader.server().process();
        let cases = cases(round);
        let prepared = stream::iter(&cases).map(|case| case.prepare(world));
        prepared
            .buffer_unordered(8)
            .try_collect::<Vec<()>>()
            .await?;

        let asked = try_join_all(cases.iter().map(|case| case.ask(world)));
        let (_, ()) = tokio::try_join!(asked, stopped_at.freeze(world, process))?;
        println!("stopped at a {stopped_at:?}:");
        interrupted += in_the_middle(world, &cases).await?;

        replicas.leading(other).await?;
        for case in &cases {
            case.judge(world).await?;
        }
        let before = records(world).await?;
        process.thaw();
        let status = replicas.ended(leader).await?;
        ensure!(status == "exit status: 5", "{status}");
        for case in &cases {
            case.judge(world).await?;
        }
        ensure!(records(world).await? == before, "it wrote once more");
        let kept = cases.iter().filter(|case| case.change != Change::Delete);
        homes.extend(kept.map(|case| format!("org_{}", case.renamed())));
        homes.sort();
        let mut found = world.collections_that_count().await?;
        found.retain(|name| name.starts_with("org_"));
        ensure!(found == homes, "{found:?}, not {homes:?}");
        block_in_place(|| leader.start())?;
        pair = [other, leader];
    }
    ensure!(interrupted > 0, "nothing was interrupted");
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    Ok(())
}
