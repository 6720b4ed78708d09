//! `make soak`: on and on with seeds that nobody has tried, for as long as told.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use organization_operator::domain::observed::Capability;

use super::{
    Figures, SEEDS, block_on, fitting,
    judge::Bench,
    model,
    scenarios::{ARCHIVES, SCENARIOS},
    singles,
};

/// For how many minutes.
const MINUTES: &str = "SOAK_MINUTES";

/// Lives that are lived between two rounds of faults.
const LIVES: u64 = 100;

#[test]
#[ignore = "it takes as long as SOAK_MINUTES says: make soak"]
fn on_and_on() -> Result<()> {
    let minutes = std::env::var(MINUTES).with_context(|| format!("{MINUTES} is not set"))?;
    let end = Instant::now() + Duration::from_secs(60 * minutes.parse::<u64>()?);
    let mut figures = Figures::default();
    let mut seed = SEEDS;
    while Instant::now() < end {
        for capability in [Capability::Fenced, Capability::Unfenced] {
            block_on(async {
                let archives = fitting(ARCHIVES, capability);
                for scenario in fitting(SCENARIOS, capability).chain(archives) {
                    let bench = Bench::new(scenario, capability, seed).await?;
                    singles(&bench, &mut figures).await?;
                }
                Ok(())
            })?;
            let first = model::LIVES + (seed - SEEDS) * LIVES;
            model::lives(capability, first..first + LIVES)?;
        }
        seed += 1;
        println!(
            "{} schedules, seeds {SEEDS} to {seed}, divergences: 0",
            figures.schedules
        );
    }
    Ok(())
}
