//! Every write of every scenario is broken in every way, on real servers and with the process really
//! killed; the end is the same. What is a write is found by running, on the wire.

mod breaker;
mod judge;
mod lane;
mod run;
mod scenarios;
mod wire;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use tokio::task::JoinSet;

use self::{
    breaker::WAYS,
    judge::{Bench, Schedule},
    lane::Lane,
    scenarios::{SCENARIOS, Scenario},
};
use crate::middle::Uuids;

/// Worlds at once: mostly they wait.
const LANES: usize = 6;

/// Of so many runs one may be without the write that is to be broken.
const ONE_OF: usize = 10;

/// How a schedule's name begins: only such ones are tried.
const REPLAY: &str = "EVERY_WRITE";

/// Does `work` with each of the items, on whichever lane is free; gives the results in no order.
async fn on_lanes<I, T, F>(
    lanes: &[Arc<Lane>],
    items: Vec<I>,
    work: impl Fn(Arc<Lane>, I) -> F,
) -> Result<Vec<T>>
where
    I: Send + 'static,
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut free: VecDeque<_> = lanes.iter().cloned().collect();
    let mut running = JoinSet::new();
    let mut done = Vec::new();
    for item in items {
        if free.is_empty() {
            let (lane, result) = running.join_next().await.context("nothing runs")??;
            done.push(result);
            free.push_back(lane);
        }
        let lane = free.pop_front().context("no lane is free")?;
        let works = work(Arc::clone(&lane), item);
        running.spawn(async move { (lane, works.await) });
    }
    while let Some(ended) = running.join_next().await {
        done.push(ended?.1);
    }
    Ok(done)
}

async fn every_write(name: &str, uuids: Uuids) -> Result<()> {
    let mut lanes = Vec::new();
    for number in 0..LANES {
        let name = format!("{name}-{number}");
        lanes.push(Arc::new(Lane::new(&name, uuids).await?));
    }
    let only = std::env::var(REPLAY).unwrap_or_default();
    let may_be = |scenario: &&Scenario| {
        let is_wished = only.is_empty() || only.starts_with(scenario.name);
        // How a collection is told from another is of no matter where none is moved or dropped.
        is_wished && (uuids == Uuids::Last || scenario.moves())
    };
    let scenarios: Vec<_> = SCENARIOS.iter().filter(may_be).collect();
    let benches = on_lanes(&lanes, scenarios, |lane, scenario| async move {
        Bench::new(&lane, scenario).await.map(Arc::new)
    });
    let benches = all_of(benches.await?)?;
    let points: usize = benches.iter().map(|bench| bench.sound.log.len()).sum();
    let all = benches.iter().flat_map(Bench::schedules);
    let schedules: Vec<Schedule> = all.filter(|it| it.name().starts_with(&only)).collect();
    let number = schedules.len();
    let slowest = Arc::new(Mutex::new(Duration::ZERO));
    let tried = on_lanes(&lanes, schedules, |lane, schedule| {
        let slowest = Arc::clone(&slowest);
        async move {
            let name = schedule.name();
            let replay = || {
                format!(
                    "{name}\nreplay it: {REPLAY}='{name}' cargo test --locked --workspace \
                     --all-features --test e2e every_write:: -- --nocapture"
                )
            };
            let outcome = schedule.survives(&lane).await.with_context(replay)?;
            let Some(outcome) = outcome else {
                return anyhow::Ok(Some(name));
            };
            let mut slowest = slowest.lock().unwrap_or_else(PoisonError::into_inner);
            *slowest = outcome.took.max(*slowest);
            Ok(None)
        }
    });
    let tried = tried.await?;
    let ended = all_of(tried);
    println!(
        "UUIDs {uuids:?}: {} scenarios, {points} writes x {} ways, {number} runs; converged {:.1?} after \
         the fault at the latest",
        benches.len(),
        WAYS.len(),
        slowest.lock().unwrap_or_else(PoisonError::into_inner),
    );
    let unbroken: Vec<_> = ended?.into_iter().flatten().collect();
    println!("of slowness, and not broken: {unbroken:?}");
    ensure!(
        unbroken.len() <= number / ONE_OF,
        "too many were not broken to call them slowness"
    );
    Ok(())
}

/// All of them, or every error: one that fails doesn't hide the others.
fn all_of<T>(results: Vec<Result<T>>) -> Result<Vec<T>> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(it) => good.push(it),
            Err(error) => bad.push(format!("{error:#}")),
        }
    }
    let number = bad.len();
    ensure!(
        bad.is_empty(),
        "{number} with another end\n{}",
        bad.join("\n\n")
    );
    Ok(good)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_write_is_broken_on_real_servers_the_end_is_the_same() -> Result<()> {
    every_write("every-write", Uuids::Change).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_write_is_broken_on_real_servers_the_end_is_the_same_where_uuids_last()
-> Result<()> {
    every_write("every-write-fenced", Uuids::Last).await
}
