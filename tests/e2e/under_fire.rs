//! Renames while clients write: by the name that status shows, and by one that it showed before.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use futures::{TryStreamExt as _, future::try_join_all};
use kube::runtime::{WatchStreamExt as _, watcher};
use mongodb::bson::{Document, doc};
use serde_json::json;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};

use crate::{
    middle::{Middle, Uuids},
    samples::{organization_with, soak_setting},
    world::{World, status},
};

/// Of the old name. Longer than a rename takes, so that several are in quarantine at once.
const QUARANTINE: Duration = Duration::from_secs(6);

/// How late the latest client hears of a new name.
const LATEST: Duration = Duration::from_millis(600);

/// What an insert may take. The rest of the quarantine is for the status, which may be late as well
/// on two cores that do much else.
const INSERTED: Duration = Duration::from_secs(4);

/// Between two documents of a tenant, whoever writes them: what a stand-in bears beside renames.
const PACE: Duration = Duration::from_millis(6);

/// Documents that a writer writes under one name. Where a rename copies, it takes the longer the more
/// there are.
const SHARE: usize = 3;

const TENANTS: [&str; 2] = ["red", "blue"];

/// Two tenants at once.
struct Fire {
    uuids: Uuids,
    /// Of each.
    renames: usize,
    /// Of each; half of them are behind.
    writers: usize,
}

/// The collections that status showed, and since when, oldest first.
type Shown = Vec<(Instant, String)>;

/// What the writers of a tenant know, by `_id`: the documents that were acknowledged.
type Acknowledged = BTreeMap<String, Document>;

struct Burnt {
    acknowledged: Acknowledged,
    refused: usize,
    longest: Duration,
}

/// Each wish in turn. Names come back: one that was left just now, and one that was left long ago.
fn wishes(tenant: &str, renames: usize) -> Vec<String> {
    let mut names = vec![format!("{tenant}-0")];
    for round in 1..=renames {
        let again = match round % 5 {
            0 => Some(round - 2),
            3 => round.checked_sub(15),
            _ => None,
        };
        let again = again.and_then(|former| names.get(former).cloned());
        names.push(again.unwrap_or_else(|| format!("{tenant}-{round}")));
    }
    names
}

fn document(tenant: &str, writer: usize, number: usize) -> Result<Document> {
    let id = format!("{tenant}/{writer}/{number}");
    let text = format!("{id} ").repeat(1 + number % 9);
    Ok(doc! {
        "_id": id, "tenant": tenant, "writer": i64::try_from(writer)?,
        "number": i64::try_from(number)?, "text": text,
    })
}

/// What a client knows that hears of everything that much later.
fn known(shown: &Shown, lag: Duration) -> Option<&String> {
    let heard = shown.iter().rfind(|(since, _)| since.elapsed() >= lag);
    heard.or_else(|| shown.first()).map(|(_, name)| name)
}

/// Writes until nothing is shown any more; says what was acknowledged, and how often not.
async fn write(
    world: &World,
    (tenant, writer): (&str, usize),
    (lag, pace): (Duration, Duration),
    mut shown: watch::Receiver<Shown>,
) -> Result<(Acknowledged, usize)> {
    let mut pace = interval(pace);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut acknowledged, mut refused, mut left) = (Acknowledged::new(), 0, SHARE);
    for number in 0.. {
        pace.tick().await;
        let changed = if left == 0 {
            shown.changed().await.map(|()| true)
        } else {
            shown.has_changed()
        };
        match changed {
            Ok(true) => left = SHARE,
            Ok(false) => left -= 1,
            Err(_) => break,
        }
        let known = known(&shown.borrow_and_update(), lag).cloned();
        let document = document(tenant, writer, number)?;
        let begun = Instant::now();
        let collection = known.context("no status shows a collection")?;
        match world.insert(&collection, document.clone()).await {
            Ok(()) => acknowledged.extend([(document.get_str("_id")?.to_owned(), document)]),
            Err(_) => refused += 1,
        }
        let took = begun.elapsed();
        ensure!(
            took < INSERTED,
            "an insert took {took:?}: of one that outlasts the quarantine nothing is promised"
        );
    }
    Ok((acknowledged, refused))
}

impl Fire {
    async fn burn(&self, name: &str) -> Result<()> {
        let middle = Middle::start(name, self.uuids).await?;
        let quarantine = format!("{}s", QUARANTINE.as_secs());
        let flags = ["--name-quarantine", &quarantine];
        let world = World::on(name, middle.url(), &flags).await?;
        middle.is_found_by(&world)?;
        let burnt = TENANTS.map(|tenant| self.rename_all(&world, tenant));
        let burnt = try_join_all(burnt).await?;
        for tenant in TENANTS {
            world.holds_one_name(tenant).await?;
        }

        let merged = world.merged_strays();
        let longest = burnt.iter().map(|burnt| burnt.longest).max();
        println!(
            "UUIDs {:?}: {} tenants with {} renames and {} writers each, {} documents acknowledged, \
             {} refused, {merged} strays merged, the longest rename {:.3?}",
            self.uuids,
            TENANTS.len(),
            self.renames,
            self.writers,
            burnt
                .iter()
                .map(|burnt| burnt.acknowledged.len())
                .sum::<usize>(),
            burnt.iter().map(|burnt| burnt.refused).sum::<usize>(),
            longest.unwrap_or_default(),
        );
        ensure!(merged > 0, "nobody was late: this shows nothing");
        self.judge(&world, &burnt).await
    }

    /// The renames of one tenant, its writers meanwhile.
    async fn rename_all(&self, world: &World, tenant: &str) -> Result<Burnt> {
        let wishes = wishes(tenant, self.renames);
        let wish = |name: &String| json!({"organizationName": name});
        let (first, others) = wishes.split_first().context("no name")?;
        world
            .apply(&organization_with(tenant, &wish(first)))
            .await?;
        world.settled(tenant, "Succeeded").await?;
        let (teller, shown) = watch::channel(vec![(Instant::now(), format!("org_{first}"))]);
        let behind = u32::try_from(self.writers / 2)?;
        // One later than the other; those of the second half not at all.
        let lags = (1..=behind).rev().map(|late| LATEST * late / behind);
        let lags = lags.chain(std::iter::repeat(Duration::ZERO));
        let pace = PACE * u32::try_from(self.writers)?;
        let writers = (0..self.writers).zip(lags).map(|(writer, lag)| {
            let shown = shown.clone();
            write(world, (tenant, writer), (lag, pace), shown)
        });
        let renamed = async {
            let renamed = async {
                let mut longest = Duration::ZERO;
                for name in others {
                    let asked = Instant::now();
                    world.patch(tenant, &json!({"spec": wish(name)})).await?;
                    world.settled(tenant, "Succeeded").await?;
                    longest = longest.max(asked.elapsed());
                }
                anyhow::Ok(longest)
            };
            tokio::select! {
                renamed = renamed => { drop(teller); renamed }
                ended = world.follow(tenant, &teller) => bail!("nobody watches: {ended:?}"),
            }
        };
        let (longest, written) = tokio::try_join!(renamed, try_join_all(writers))?;
        let (acknowledged, refused): (Vec<_>, Vec<_>) = written.into_iter().unzip();
        Ok(Burnt {
            acknowledged: acknowledged.into_iter().flatten().collect(),
            refused: refused.into_iter().sum(),
            longest,
        })
    }

    /// Everything acknowledged is there, once, in its tenant's collection, as it was written.
    async fn judge(&self, world: &World, burnt: &[Burnt]) -> Result<()> {
        let mut homes = BTreeMap::new();
        for tenant in TENANTS {
            let told = status(&world.settled(tenant, "Succeeded").await?);
            homes.insert(tenant, told.collection_name.context("no collection")?);
        }
        let left: BTreeSet<_> = world.collections_that_count().await?.into_iter().collect();
        let own = ["admins", "organizations"].map(str::to_owned);
        let expected = homes.values().cloned().chain(own).collect();
        ensure!(left == expected, "there are {left:?}, not {expected:?}");

        for (tenant, burnt) in TENANTS.into_iter().zip(burnt) {
            let home = world.database.collection::<Document>(&homes[tenant]);
            let mut missing: BTreeMap<_, _> = burnt.acknowledged.iter().collect();
            let mut seen = BTreeSet::new();
            let mut there = home.find(doc! {}).await?;
            while let Some(found) = there.try_next().await? {
                let id = found.get_str("_id")?.to_owned();
                ensure!(found.get_str("tenant")? == tenant, "{found} at {tenant}'s");
                if let Some(written) = missing.remove(&id) {
                    ensure!(found == *written, "{written} became {found}");
                }
                ensure!(seen.insert(id), "twice: {found}");
            }
            let lost: Vec<_> = missing.keys().take(10).collect();
            ensure!(lost.is_empty(), "{} lost, as {lost:?}", missing.len());
        }
        Ok(())
    }
}

impl World {
    /// Tells of each collection that the object's status shows, for as long as it is watched.
    async fn follow(&self, object: &str, teller: &watch::Sender<Shown>) -> Result<()> {
        let config = watcher::Config::default().fields(&format!("metadata.name={object}"));
        let objects = watcher(self.organizations(), config).default_backoff();
        let mut objects = std::pin::pin!(objects.applied_objects());
        while let Some(object) = objects.try_next().await? {
            if let Some(name) = status(&object).collection_name {
                teller.send_if_modified(|shown| {
                    let is_new = shown.last().is_none_or(|(_, last)| *last != name);
                    if is_new {
                        shown.push((Instant::now(), name));
                    }
                    is_new
                });
            }
        }
        Ok(())
    }

    /// Waits until the quarantine of all former names is over.
    async fn holds_one_name(&self, object: &str) -> Result<()> {
        let told = status(&self.settled(object, "Succeeded").await?);
        let name = told.organization_name.context("no name")?;
        let released = || async {
            let record = self.record("organizations", "organization_name", &name);
            Ok(record.await?.get_array("names")?.len() == 1)
        };
        self.eventually("all former names are released", released)
            .await
    }

    /// How often the operator has copied a stray into a home.
    fn merged_strays(&self) -> usize {
        let log = self.operator.log();
        let is_merge = |line: &&str| line.contains("confirmed") && line.contains("copy the doc");
        log.lines().filter(is_merge).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_document_is_lost_or_doubled_by_fifty_renames_under_sixteen_writers() -> Result<()> {
    let fire = Fire {
        uuids: Uuids::Last,
        renames: 50,
        writers: 16,
    };
    fire.burn("fire").await
}

/// Renames of a tenant in one go of `make soak`: where a rename copies, more would only copy more.
const GO: usize = 50;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes as long as SOAK_RENAMES and SOAK_WRITERS say: make soak"]
async fn no_document_is_lost_or_doubled_by_renames_on_and_on() -> Result<()> {
    let (renames, writers) = (soak_setting("SOAK_RENAMES")?, soak_setting("SOAK_WRITERS")?);
    for done in (0..renames).step_by(GO) {
        let fire = Fire {
            uuids: Uuids::Last,
            renames: GO.min(renames - done),
            writers,
        };
        fire.burn(&format!("fire-{done}")).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_document_is_lost_or_doubled_by_renames_under_writers_where_uuids_change() -> Result<()>
{
    let fire = Fire {
        uuids: Uuids::Change,
        renames: 8,
        writers: 8,
    };
    fire.burn("fire-unfenced").await
}
