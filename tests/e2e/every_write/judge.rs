//! A run with a fault, held against the run without.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};

use super::{
    breaker::{Fault, WAYS},
    lane::Lane,
    run::Outcome,
    scenarios::{Deed, Scenario},
};
use crate::oracle::Snapshot;

/// How often a run is begun anew whose write didn't come.
const TRIES: usize = 3;

/// A scenario, and how it ends without faults.
pub struct Bench {
    pub scenario: &'static Scenario,
    pub sound: Outcome,
}

/// A write of a scenario's, to be broken.
#[derive(Clone)]
pub struct Schedule {
    pub bench: Arc<Bench>,
    pub fault: Fault,
}

impl Bench {
    /// Judges the run without faults, too.
    pub async fn new(lane: &Lane, scenario: &'static Scenario) -> Result<Self> {
        let named = || format!("{}, without faults", scenario.name);
        let sound = lane.run_soundly(scenario).await.with_context(named)?;
        let bench = Self { scenario, sound };
        bench.holds(&bench.sound).with_context(named)?;
        Ok(bench)
    }

    /// Every write, each way.
    pub fn schedules(self: &Arc<Self>) -> impl Iterator<Item = Schedule> {
        let writes = self.sound.log.clone().into_iter();
        writes.flat_map(|write| {
            WAYS.map(|way| Schedule {
                bench: Arc::clone(self),
                fault: Fault {
                    write: write.clone(),
                    way,
                },
            })
        })
    }

    /// What holds of any end.
    fn holds(&self, outcome: &Outcome) -> Result<()> {
        outcome.end.keeps(&outcome.acknowledged)?;
        if self.is_done(outcome) {
            outcome
                .end
                .tokens_are(self.scenario.tokens, &outcome.before)?;
            let (done, expected) = (outcome.effects, self.scenario.effects);
            ensure!(
                done == expected,
                "collections were created, renamed, dropped {done:?}, not {expected:?}"
            );
        }
        Ok(())
    }

    fn is_done(&self, outcome: &Outcome) -> bool {
        outcome.normal == self.sound.normal
    }

    /// Whether that end is right: the one without faults; for a request that was not acknowledged also
    /// the state before.
    fn is_right(
        &self,
        lane: &Lane,
        (end, normal): (&Snapshot, &str),
        before: &Snapshot,
        answer: Option<u16>,
    ) -> Result<()> {
        end.judge()?;
        let is_request = self.scenario.act.is_request();
        ensure!(!is_request || answer != Some(500), "answered 500");
        if normal == self.sound.normal {
            // A deletion goes on, whatever was answered; and nobody knows of what was not answered.
            let is_deletion = matches!(self.scenario.act, Deed::DeleteByHttp);
            let may_be = !is_request || is_deletion || matches!(answer, None | Some(200));
            ensure!(may_be, "answered {answer:?}, and came to life");
            return Ok(());
        }
        let may_be_as_before = is_request && answer != Some(200);
        if may_be_as_before && normal == lane.normal(before) {
            return Ok(());
        }
        let (sound, normal) = (&self.sound.normal, normal.to_owned());
        let [without, with] = [(sound, &normal), (&normal, sound)].map(|(one, other)| {
            let lines = one.lines().filter(|line| !other.contains(line));
            lines.collect::<Vec<_>>().join("\n")
        });
        bail!(
            "another end, answered {answer:?}.\n--- only without faults\n{without}\n--- only with\n{with}"
        )
    }
}

impl Schedule {
    /// What it is called, by which it is found again.
    pub fn name(&self) -> String {
        format!("{}: {}", self.bench.scenario.name, self.fault)
    }

    /// Judges a run with the fault; `None`: there is such a write only where the machine is slow.
    pub async fn survives(&self, lane: &Lane) -> Result<Option<Outcome>> {
        let bench = &self.bench;
        let is_right = |end: &Snapshot, normal: &str, before: &Snapshot, answer: Option<u16>| {
            bench.is_right(lane, (end, normal), before, answer)
        };
        for _ in 0..TRIES {
            let run = lane.run_broken(bench.scenario, &self.fault, is_right);
            if let Some(outcome) = run.await? {
                bench.holds(&outcome)?;
                return Ok(Some(outcome));
            }
        }
        let is_of_slowness = self.fault.write.may_not_come();
        ensure!(is_of_slowness, "in {TRIES} runs there was no such write");
        Ok(None)
    }
}
