//! A run: what a person does, what breaks, and everything until it rests.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use mongodb::bson::{Document, doc};
use organization_operator::crd::Organization;

use super::{
    breaker::{Fault, Way, Write},
    lane::Lane,
    scenarios::{Deed, Scenario},
};
use crate::{
    oracle::{Acknowledged, Snapshot},
    world::{PATIENCE, status},
};

/// How soon after the last fault all is as it is to be: the promise.
pub const CONVERGED: Duration = Duration::from_secs(30);

/// How long nothing is written before anything counts as rest.
const QUIET: Duration = Duration::from_millis(400);

/// The same for a run whose writes are all to be found.
const VERY_QUIET: Duration = Duration::from_secs(3);

/// How long a write is waited for that is to be broken: it comes soon, or not in this run.
const COMES: Duration = Duration::from_secs(12);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// What came of a run.
pub struct Outcome {
    pub before: Snapshot,
    pub end: Snapshot,
    pub normal: String,
    /// All writes.
    pub log: Vec<Write>,
    /// Collections created, renamed, dropped.
    pub effects: [u64; 3],
    pub acknowledged: Vec<Acknowledged>,
    /// How long after the fault it was at rest as it was to be.
    pub took: Duration,
}

/// What an end has to be; in words where it is not yet.
type Awaited<'a> = &'a (dyn Fn(&Snapshot, &str) -> Result<()> + Sync);

impl Lane {
    /// Without a fault, until it is as the scenario says.
    pub async fn run_soundly(&self, scenario: &Scenario) -> Result<Outcome> {
        let is_expected = |end: &Snapshot, _: &str| {
            end.judge()?;
            end.is_only(scenario.objects, scenario.collections)
        };
        let given = self.give(scenario).await?;
        self.breaker.arm(None);
        let token = given.token.clone();
        let answer = self.perform(scenario.act, &token).await?;
        ensure!(
            !scenario.act.is_request() || answer == Some(200),
            "answered {answer:?}"
        );
        let (end, normal) = self.until(PATIENCE, VERY_QUIET, &is_expected).await?;
        Ok(self.outcome(given, (end, normal), Duration::ZERO))
    }

    /// With a fault, until it is as is awaited; `None`: the write never came.
    pub async fn run_broken(
        &self,
        scenario: &Scenario,
        fault: &Fault,
        is_awaited: impl Fn(&Snapshot, &str, &Snapshot, Option<u16>) -> Result<()> + Sync,
    ) -> Result<Option<Outcome>> {
        let given = self.give(scenario).await?;
        self.breaker.arm(Some(fault));
        let acted = self.perform(scenario.act, &given.token);
        let mended = async {
            // A write that doesn't come is told by the breaker.
            let _ = tokio::time::timeout(COMES, self.breaker.broken()).await;
            let is_killed = fault.way != Way::Lost && !self.breaker.is_armed();
            let broken = Instant::now();
            if is_killed {
                self.resume()?;
            }
            anyhow::Ok(broken)
        };
        let (answer, broken) = tokio::try_join!(acted, mended)?;
        if self.breaker.is_armed() {
            return Ok(None);
        }
        let before = &given.before;
        let is_end = |end: &Snapshot, normal: &str| is_awaited(end, normal, before, answer);
        let left = CONVERGED.saturating_sub(broken.elapsed());
        let end = self.until(left, QUIET, &is_end).await?;
        let took = broken.elapsed();
        Ok(Some(self.outcome(given, end, took)))
    }

    fn outcome(&self, given: Given, (end, normal): (Snapshot, String), took: Duration) -> Outcome {
        Outcome {
            before: given.before,
            end,
            normal,
            log: self.breaker.log(),
            effects: self.breaker.effects(),
            acknowledged: given.acknowledged,
            took,
        }
    }

    /// The world before the person acts.
    async fn give(&self, scenario: &Scenario) -> Result<Given> {
        self.begin_anew().await?;
        let rests = |snapshot: &Snapshot, _: &str| snapshot.judge();
        let mut acknowledged = Vec::new();
        for (number, deed) in scenario.given.iter().enumerate() {
            self.perform(*deed, "").await?;
            if !deed.is_made_by_hand() {
                self.until(PATIENCE, QUIET, &rests).await?;
            }
            if number == 0 {
                acknowledged.push(self.write(scenario, *deed).await?);
            }
        }
        Ok(Given {
            token: self.token_for(scenario.act).await?,
            before: self.snapshot().await?,
            acknowledged,
        })
    }

    /// A client of the tenant's writes document 1.
    async fn write(&self, scenario: &Scenario, made: Deed) -> Result<Acknowledged> {
        let world = &self.api.world;
        let record = world
            .record("organizations", "organization_name", "acme")
            .await?;
        // What the older service made has one.
        if !made.is_made_by_hand() {
            world.insert("org_acme", doc! {"_id": 1}).await?;
        }
        let mut kept = scenario.collections.iter();
        Ok(Acknowledged {
            id: 1,
            owner: Some(record.get_object_id("_id")?.to_hex()),
            written_to: "org_acme".to_owned(),
            doomed: !kept.any(|(_, documents)| documents.contains(&1)),
        })
    }

    /// All there is, once it is as awaited and nothing was written for so long.
    async fn until(
        &self,
        within: Duration,
        quiet: Duration,
        is_awaited: Awaited<'_>,
    ) -> Result<(Snapshot, String)> {
        let begun = Instant::now();
        let mut looks = tokio::time::interval(LOOK);
        loop {
            looks.tick().await;
            let is_over = begun.elapsed() >= within;
            if !is_over && (self.breaker.quiet() < quiet || self.is_under_way().await?) {
                continue;
            }
            let snapshot = self.snapshot().await?;
            let normal = self.normal(&snapshot);
            match is_awaited(&snapshot, &normal) {
                Ok(()) => return Ok((snapshot, normal)),
                Err(differs) if is_over => {
                    return Err(differs).with_context(|| format!("after {within:.1?}"));
                }
                Err(_) => {}
            }
        }
    }

    /// Whether a record or an object says so. A look at all collections then could bring dropped ones
    /// back on `SecantusDB`.
    async fn is_under_way(&self) -> Result<bool> {
        let database = &self.api.world.database;
        let records = database.collection::<Document>("organizations");
        let states = [
            "provisioning",
            "renaming",
            "deleting",
            "archiving",
            "restoring",
        ];
        let under_way = doc! {"state": {"$in": states.to_vec()}};
        if records.find_one(under_way).await?.is_some() {
            return Ok(true);
        }
        let objects = self.api.objects().await?;
        let is_untold = |object: &Organization| {
            object.metadata.deletion_timestamp.is_some()
                || status(object).observed_generation != object.metadata.generation
        };
        Ok(objects.iter().any(is_untold))
    }
}

/// What is there before, and what clients were told of it.
struct Given {
    before: Snapshot,
    token: String,
    acknowledged: Vec<Acknowledged>,
}
