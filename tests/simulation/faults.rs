//! Every write of every scenario is broken in every way, and the end is the same.

mod chance;
mod coverage;
mod gate;
mod http;
mod judge;
mod model;
mod place;
mod run;
mod scenarios;
mod secrets;
mod sessions;
mod soak;

use anyhow::{Context as _, Result, anyhow, ensure};
use organization_operator::domain::observed::Capability;

use self::{
    gate::{CRASHES, Fault, WAYS, Way},
    judge::Bench,
    scenarios::{ARCHIVES, OLDER_SPECS, REQUESTS, SCENARIOS, Scenario, known},
};

/// Seeds of `make test`; `make soak` goes on from there.
const SEEDS: u64 = 4;

/// Names a schedule, to replay it.
const REPLAY: &str = "FAULTS";

/// What was tried.
#[derive(Debug, Default)]
struct Figures {
    points: usize,
    schedules: usize,
    pairs: usize,
    left_to_sweep: usize,
}

impl Figures {
    fn print(&self, what: &str, capability: Capability, seeds: u64) {
        let Self {
            points,
            schedules,
            pairs,
            left_to_sweep,
        } = self;
        println!(
            "{what}, {capability:?}: {points} points x {} ways x {seeds} seeds, {pairs} pairs of crashes, \
             {schedules} schedules, {left_to_sweep} ends with something for the sweep",
            WAYS.len(),
        );
    }
}

fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build()?.block_on(future)
}

fn fitting(
    scenarios: &'static [Scenario],
    capability: Capability,
) -> impl Iterator<Item = &'static Scenario> {
    let fits = move |scenario: &&Scenario| scenario.only.is_none_or(|only| only == capability);
    scenarios.iter().filter(fits)
}

/// Every write, each way, by itself.
async fn singles(bench: &Bench, figures: &mut Figures) -> Result<()> {
    for at in 0..bench.points() {
        for way in WAYS.into_iter().filter(|way| !bench.is_window(at, *way)) {
            bench.survives(&[Fault { at, way }]).await?;
            figures.schedules += 1;
        }
    }
    Ok(())
}

/// Every ordered pair of crashes: the second at each write of the recovery from the first.
async fn pairs(bench: &Bench, crashes: &[Way], figures: &mut Figures) -> Result<()> {
    for first in 0..bench.points() {
        for (one, other) in crashes
            .iter()
            .flat_map(|one| crashes.iter().map(move |other| (*one, *other)))
        {
            for second in 0.. {
                let faults = [
                    Fault {
                        at: first,
                        way: one,
                    },
                    Fault {
                        at: second,
                        way: other,
                    },
                ];
                if !bench.survives(&faults).await? {
                    // There was no such write any more.
                    break;
                }
                figures.pairs += 1;
                figures.schedules += 1;
            }
        }
    }
    Ok(())
}

async fn all_of(
    scenario: &'static Scenario,
    capability: Capability,
    seeds: u64,
    figures: &mut Figures,
) -> Result<()> {
    for seed in 0..seeds {
        let bench = Bench::new(scenario, capability, seed).await?;
        singles(&bench, figures).await?;
        if seed == 0 {
            figures.points += bench.points();
            // A password costs what it costs: through HTTP one way of dying has to do, which before the
            // next write is the other.
            let crashes = if scenario.request.is_some() {
                &CRASHES[1..]
            } else {
                &CRASHES
            };
            pairs(&bench, crashes, figures).await?;
        }
        figures.left_to_sweep += bench.left_to_sweep();
    }
    Ok(())
}

fn every_write(
    scenarios: &'static [Scenario],
    what: &str,
    capability: Capability,
    seeds: u64,
) -> Result<()> {
    block_on(async {
        let mut figures = Figures::default();
        let mut divergences = Vec::new();
        // One that fails doesn't hide the others.
        for scenario in fitting(scenarios, capability) {
            let tried = all_of(scenario, capability, seeds, &mut figures).await;
            divergences.extend(tried.err().map(|error| format!("{error:#}")));
        }
        figures.print(what, capability, seeds);
        ensure!(divergences.is_empty(), "{}", divergences.join("\n\n"));
        Ok(())
    })
}

#[test]
fn whatever_write_is_broken_the_end_is_the_same_where_uuids_last() -> Result<()> {
    every_write(SCENARIOS, "kubectl", Capability::Fenced, SEEDS)
}

#[test]
fn whatever_write_is_broken_the_end_is_the_same_where_uuids_change() -> Result<()> {
    every_write(SCENARIOS, "kubectl", Capability::Unfenced, SEEDS)
}

#[test]
fn whatever_write_of_an_archive_is_broken_the_end_is_the_same_where_uuids_last() -> Result<()> {
    every_write(ARCHIVES, "archive", Capability::Fenced, SEEDS)
}

#[test]
fn whatever_write_of_an_archive_is_broken_the_end_is_the_same_where_uuids_change() -> Result<()> {
    every_write(ARCHIVES, "archive", Capability::Unfenced, SEEDS)
}

#[test]
fn no_rename_follows_from_an_older_spec_whatever_write_is_broken_where_uuids_last() -> Result<()> {
    every_write(OLDER_SPECS, "older spec", Capability::Fenced, SEEDS)
}

#[test]
fn no_rename_follows_from_an_older_spec_whatever_write_is_broken_where_uuids_change() -> Result<()>
{
    every_write(OLDER_SPECS, "older spec", Capability::Unfenced, SEEDS)
}

#[test]
fn whatever_write_of_a_change_through_http_is_broken_it_is_whole_or_never_was() -> Result<()> {
    every_write(REQUESTS, "HTTP", Capability::Fenced, 1)
}

#[test]
fn whatever_write_of_a_change_through_http_is_broken_it_is_whole_where_uuids_change() -> Result<()>
{
    every_write(REQUESTS, "HTTP", Capability::Unfenced, 1)
}

/// One schedule: `FAULTS='<scenario> <mode> <seed> <fault>...'`, as a failure prints it.
#[test]
fn replayed() -> Result<()> {
    let Ok(schedule) = std::env::var(REPLAY) else {
        return Ok(());
    };
    let words: Vec<_> = schedule.split_whitespace().collect();
    let [name, mode, seed, faults @ ..] = words.as_slice() else {
        return Err(anyhow!(
            "{REPLAY} is not '<scenario> <mode> <seed> <fault>...'"
        ));
    };
    let scenario = known()
        .find(|scenario| scenario.name == *name)
        .context("no such scenario")?;
    let modes = [Capability::Fenced, Capability::Unfenced];
    let mode = modes
        .into_iter()
        .find(|listed| format!("{listed:?}") == *mode);
    let faults: Vec<Fault> = faults
        .iter()
        .map(|fault| fault.parse())
        .collect::<Result<_>>()?;
    block_on(async {
        let bench = Bench::new(scenario, mode.context("no such mode")?, seed.parse()?).await?;
        bench.print();
        let fired = bench.survives(&faults).await?;
        println!("{schedule}: all of them came: {fired}");
        Ok(())
    })
}
