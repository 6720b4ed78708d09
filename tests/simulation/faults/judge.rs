//! Runs with faults, held against the run without.

mod expected;

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use organization_operator::{domain::observed::Capability, faults::Call};

use super::{
    REPLAY,
    gate::{Fault, Way},
    http::Request,
    place::{Place, Whose},
    run::{Outcome, Run, run},
    scenarios::Scenario,
};
use crate::oracle::Snapshot;

/// A scenario, ready to be broken: what is given, and how it ends without faults.
pub struct Bench {
    scenario: &'static Scenario,
    capability: Capability,
    seed: u64,
    base: Place,
    before: Snapshot,
    sound: Outcome,
    /// How it ends without faults, and how it rests before.
    ends: String,
    rests: String,
    /// Ends at which there was something for the sweep to do.
    left_to_sweep: AtomicUsize,
}

impl Bench {
    /// Judges the run without faults, too.
    pub async fn new(
        scenario: &'static Scenario,
        capability: Capability,
        seed: u64,
    ) -> Result<Self> {
        let named = || format!("{} {capability:?} {seed}, without faults", scenario.name);
        let base = given(scenario, capability).await.with_context(named)?;
        let before = base.snapshot().await?;
        let sound = run(scenario, &base, seed, &[]).await.with_context(named)?;
        let (ends, rests) = (sound.end.normal(), sound.rested.normal());
        let bench = Self {
            ends,
            rests,
            scenario,
            capability,
            seed,
            base,
            before,
            sound,
            left_to_sweep: AtomicUsize::new(0),
        };
        bench.is_expected().with_context(named)?;
        bench.holds(&bench.sound).with_context(named)?;
        Ok(bench)
    }

    /// How many writes there are to be broken.
    pub fn points(&self) -> usize {
        self.sound.log.len()
    }

    /// The writes of the run without faults.
    pub fn log(&self) -> &[Call] {
        &self.sound.log
    }

    /// Whether another end is known there.
    pub fn is_window(&self, at: usize, way: Way) -> bool {
        let method = self.log().get(at).map(|call| call.method);
        self.scenario
            .window
            .is_some_and(|window| Some(window) == method.map(|method| (method, way)))
    }

    /// All that the Secrets hold once it is done.
    pub fn secrets(&self) -> Vec<String> {
        let kept = self.sound.place.cluster.secrets().into_iter();
        let told = ["email"];
        let values = kept
            .flat_map(|secret| secret.data)
            .filter(|(key, _)| !told.contains(&key.as_str()));
        values.map(|(_, value)| value).collect()
    }

    /// All that the objects say once it is done.
    pub fn told(&self) -> Result<String> {
        Ok(serde_json::to_string(&self.sound.place.cluster.objects())?)
    }

    /// Ends at which there was something for the sweep to do.
    pub fn left_to_sweep(&self) -> usize {
        self.left_to_sweep.load(Ordering::Relaxed)
    }

    pub fn print(&self) {
        for (at, call) in self.sound.log.iter().enumerate() {
            println!("{at:>3} {}::{}", call.port, call.method);
        }
    }

    /// Judges a run with these faults; gives whether all of them came.
    pub async fn survives(&self, faults: &[Fault]) -> Result<bool> {
        let (name, capability, seed) = (self.scenario.name, self.capability, self.seed);
        let words: Vec<_> = faults.iter().map(ToString::to_string).collect();
        let replay = || {
            format!(
                "replay it: {REPLAY}='{name} {capability:?} {seed} {}' cargo test --locked -p \
                 organization-operator --all-features --test simulation replayed -- --nocapture",
                words.join(" ")
            )
        };
        let outcome = run(self.scenario, &self.base, seed, faults);
        let mut outcome = outcome.await.with_context(replay)?;
        let is_late = |(_, way): &(_, Way)| matches!(way, Way::Late | Way::Woken | Way::Deaf);
        if outcome.broken.iter().any(is_late) {
            for snapshot in [&mut outcome.rested, &mut outcome.end] {
                let (swept, left) = snapshot.swept();
                *snapshot = swept;
                self.left_to_sweep.fetch_add(left.min(1), Ordering::Relaxed);
            }
        }
        let judged = self
            .is_same_end(&outcome)
            .and_then(|()| self.holds(&outcome));
        judged
            .with_context(|| format!("broken were {:?}", outcome.broken))
            .with_context(replay)?;
        Ok(outcome.left == 0)
    }

    /// What holds of any run, with or without faults.
    fn holds(&self, outcome: &Outcome) -> Result<()> {
        if self.scenario.request.is_none() {
            // A change through HTTP may wait until its time is over.
            outcome.rested.judge().context("at rest")?;
        }
        outcome.end.judge().context("in the end")?;
        outcome.end.keeps(&outcome.place.acknowledged())
    }

    /// Collections created, renamed, dropped; those that strays of clients cost left out.
    fn done(&self, outcome: &Outcome) -> [u64; 3] {
        let (before, after) = (self.base.effects(), outcome.place.effects());
        let strays = outcome.place.strays();
        [
            after.creates - before.creates,
            (after.renames - before.renames).saturating_sub(strays),
            (after.drops - before.drops).saturating_sub(strays),
        ]
    }

    fn is_same_end(&self, outcome: &Outcome) -> Result<()> {
        if self.scenario.request.is_some() && !self.scenario.refused && !self.is_done(outcome)? {
            return Ok(());
        }
        same(&outcome.end, &self.ends)?;
        ensure!(
            !self.scenario.refused || outcome.answer != Some(Ok(())),
            "it was answered as done"
        );
        outcome.end.tokens_are(self.scenario.tokens, &self.before)?;
        let (done, expected) = (self.done(outcome), self.scenario.effects);
        let is_more = |number: usize| done[number] > expected[number] + self.late(outcome, number);
        let is_less = |number: usize| done[number] < expected[number];
        // How far it had come by then is the fault's choice, and so is what was left to be undone.
        let may_be_less = self.scenario.interference.is_some();
        let differs =
            (0..done.len()).any(|number| is_more(number) || (!may_be_less && is_less(number)));
        ensure!(
            !differs,
            "collections were created, renamed, dropped {done:?}, not {expected:?}"
        );
        if self.scenario.request.is_none() && self.scenario.interference.is_none() {
            same(&outcome.rested, &self.rests).context("at rest")?;
        }
        Ok(())
    }

    /// How many more there may be of collections created, renamed, dropped: a rename that arrives when
    /// another process has taken it back already is the very same command, of the very same
    /// collection. It is found by its UUID, and brought home.
    fn late(&self, outcome: &Outcome, number: usize) -> u64 {
        let is_late_move = |(call, way): &(Call, Way)| {
            call.method == "move_collection" && matches!(way, Way::Late | Way::Woken)
        };
        let may_be = self.capability == Capability::Fenced && number == RENAMED;
        if may_be && outcome.broken.iter().any(is_late_move) {
            2
        } else {
            0
        }
    }

    /// Whether a change through HTTP came to life; where it didn't, nothing of it is left.
    fn is_done(&self, outcome: &Outcome) -> Result<bool> {
        let whole = same(&outcome.end, &self.ends);
        match &outcome.answer {
            Some(Ok(())) => whole.map(|()| true),
            // A deletion goes on, whatever was answered; and nobody knows of what was not answered.
            Some(Err(_)) | None if whole.is_ok() => {
                let may_be =
                    outcome.answer.is_none() || self.scenario.request == Some(Request::Delete);
                ensure!(may_be, "answered {:?}, and came to life", outcome.answer);
                Ok(true)
            }
            Some(Err(refusal)) if refusal.starts_with("Internal") => bail!("answered {refusal}"),
            // That an older tenant has an object from now on is the first half of its change.
            Some(Err(_)) | None if self.scenario.request == Some(Request::Adopt) => {
                outcome.end.serves_as(&self.before).map(|()| false)
            }
            Some(Err(_)) | None => same(&outcome.end, &self.before.normal()).map(|()| false),
        }
    }
}

/// Where [`Bench::done`] counts renames.
const RENAMED: usize = 1;

fn same(end: &Snapshot, sound: &str) -> Result<()> {
    let end = end.normal();
    ensure!(
        end == sound,
        "another end.\n--- without faults\n{sound}\n--- with faults\n{end}"
    );
    Ok(())
}

/// The world before the person acts.
async fn given(scenario: &'static Scenario, capability: Capability) -> Result<Place> {
    let mut place = Place::new(capability);
    let kept = scenario
        .collections
        .iter()
        .any(|(_, documents)| documents.contains(&1));
    for (number, deed) in scenario.given.iter().enumerate() {
        let run = Run::calm(place, scenario);
        deed(&run.place)?;
        place = run.rested().await?;
        if number == 0 && !place.store.documents("organizations").is_empty() {
            place.write(1, "org_acme", Whose::Tenants, !kept);
        }
    }
    Ok(place)
}
