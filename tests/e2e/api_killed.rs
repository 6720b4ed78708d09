//! The service dies at any moment of a change: the change is whole, or it never was.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::runtime::{WatchStreamExt, watcher};
use mongodb::bson::doc;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use tokio::{sync::Notify, task::block_in_place, time::Instant};

use crate::{
    api_whole::{Presence, Tenant},
    api_world::{Answer, ApiWorld},
};

const ROUNDS: usize = 20;

/// Longer than any of the requests takes on an idle machine: some rounds kill what is done already.
/// Milliseconds.
const KILLED_WITHIN: u64 = 900;

/// A change is taken back 6.5 s after it was asked for, and everything that it left goes with it: the
/// garbage collector needs a moment.
const TAKEN_BACK: Duration = Duration::from_secs(15);

/// A round's tenants: one to be made, one to be changed, one to be deleted.
struct Round {
    new: Tenant,
    former: Tenant,
    changed: Tenant,
    going: Tenant,
    tokens: [String; 2],
}

impl Round {
    async fn begin(world: &ApiWorld, number: usize) -> Result<Self> {
        let former = world.made(&format!("former-{number}")).await?;
        let going = world.made(&format!("going-{number}")).await?;
        for tenant in [&former, &going] {
            let home = format!("org_{}", tenant.name);
            world.world.insert(&home, doc! {"_id": 1}).await?;
        }
        let tokens = [
            world.token_of(&former).await?,
            world.token_of(&going).await?,
        ];
        Ok(Self {
            new: Tenant::new(&format!("new-{number}")),
            changed: Tenant::new(&format!("changed-{number}")),
            former,
            going,
            tokens,
        })
    }

    async fn play(&self, world: &ApiWorld) -> [Result<Answer>; 3] {
        let wish = json!({
            "new_organization_name": self.changed.name,
            "email": self.changed.email,
            "password": self.changed.password,
        });
        let [former, going] = &self.tokens;
        let all = tokio::join!(
            world.create_tenant(&self.new),
            world.update(&self.former.name, former, &wish),
            world.delete(&self.going.name, going),
        );
        all.into()
    }

    /// Each tenant is what it was or what it was to be, and what was answered 200 is so.
    async fn judge(&self, world: &ApiWorld, answered: &[Option<u16>; 3]) -> Result<[bool; 3]> {
        let [made, changed, gone] = answered.map(|status| status == Some(200));
        let is = async |tenant| Ok::<_, anyhow::Error>(world.presence(tenant).await?);
        let new = is(&self.new).await? == Presence::Whole;
        ensure!(new || !made, "{:?} was acknowledged", self.new);
        let became = match (is(&self.former).await?, is(&self.changed).await?) {
            (Presence::Whole, Presence::Absent) => false,
            (Presence::Absent, Presence::Whole) => true,
            both => anyhow::bail!("{:?} and {:?}: {both:?}", self.former, self.changed),
        };
        ensure!(became || !changed, "{:?} was acknowledged", self.changed);
        let name = if became { &self.changed } else { &self.former };
        let documents = world.world.count(&format!("org_{}", name.name)).await?;
        ensure!(documents == 1, "{documents} documents of {name:?}");
        let left = is(&self.going).await? == Presence::Absent;
        ensure!(left || !gone, "{:?} was acknowledged", self.going);
        Ok([new, became, left])
    }
}

/// When the service is killed.
enum Moment<'a> {
    After(Duration),
    /// As soon as a change is asked for that leads to that name: its Secret is still to be made, and its
    /// answer to be given.
    Asked(&'a str),
}

impl Moment<'_> {
    async fn comes(&self, world: &ApiWorld) -> Result<()> {
        match self {
            // Not a wait for anything: the moment of the kill is what is being varied.
            Self::After(moment) => {
                let _ = tokio::time::timeout(*moment, std::future::pending::<()>()).await;
            }
            Self::Asked(name) => {
                let objects = watcher(world.world.organizations(), watcher::Config::default());
                // After an error, as one of a watch that has expired, the watcher lists anew.
                let asked = objects.default_backoff().applied_objects().any(|object| {
                    let is_asked = object
                        .is_ok_and(|object| object.spec.organization_name.as_deref() == Some(name));
                    std::future::ready(is_asked)
                });
                ensure!(asked.await, "the watch ended");
            }
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_of_a_change_it_leaves_the_whole_of_it_or_nothing() -> Result<()> {
    let world = ApiWorld::apart("api-killed").await?;
    let seed = match std::env::var("SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => rand::rng().random(),
    };
    println!("SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let rounds: Vec<Round> = stream::iter(0..ROUNDS)
        .map(|number| Round::begin(&world, number))
        .buffered(4)
        .try_collect()
        .await?;
    let mut answers = Vec::new();
    for (number, round) in rounds.iter().enumerate() {
        let moment = match number % 4 {
            0 | 1 => Moment::After(Duration::from_millis(random.random_range(0..KILLED_WITHIN))),
            2 => Moment::Asked(&round.new.name),
            _ => Moment::Asked(&round.changed.name),
        };
        let over = Notify::new();
        let played = async {
            let answers = round.play(&world).await;
            over.notify_one();
            answers
        };
        let killed = async {
            // A watch that begins late, or after an answer, sees nothing of the change.
            tokio::select! {
                came = moment.comes(&world) => came?,
                () = over.notified() => {}
            }
            anyhow::Ok(block_in_place(|| world.service().kill9())?)
        };
        let (answered, killed) = tokio::join!(played, killed);
        killed?;
        block_in_place(|| world.service().start())?;
        answers.push(answered.map(|answer| answer.ok().map(|answer| answer.status)));
    }
    let killed = Instant::now();
    world.at_rest().await?;
    let took = killed.elapsed();
    ensure!(took <= TAKEN_BACK, "it took {took:.1?}");
    let mut acknowledged = 0;
    let mut made = [0; 3];
    for (number, (round, answers)) in rounds.iter().zip(&answers).enumerate() {
        let came = round.judge(&world, answers).await;
        let came = came.with_context(|| format!("round {number}, answered {answers:?}"))?;
        acknowledged += answers
            .iter()
            .filter(|status| **status == Some(200))
            .count();
        for (made, came) in made.iter_mut().zip(came) {
            *made += usize::from(came);
        }
    }
    let [created, changed, deleted] = made;
    println!(
        "{ROUNDS} kills, at rest {took:.1?} after the last: of {ROUNDS} each, {created} created, \
         {changed} changed, {deleted} deleted, the others as before; {acknowledged} acknowledged"
    );
    Ok(())
}
