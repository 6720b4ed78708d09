//! A run: what a person does, what breaks, and everything until it rests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result, bail, ensure};
use jiff::SignedDuration;
use kube::core::DeserializeGuard;
use organization_operator::{
    controller::reconcile::reconcile, crd::Organization, domain::record::State, faults::Call,
};

use super::{
    chance::Chance,
    gate::{Event, Fault, Plan, ProcessGate, Way, Witness},
    http,
    place::{Place, Process},
    scenarios::Scenario,
};
use crate::oracle::Snapshot;

/// More rounds than anything takes.
const ROUNDS_AT_MOST: usize = 24;

/// Longer than any quarantine, and than anybody waits for a change.
const LONG: SignedDuration = SignedDuration::from_secs(90);

/// What came of a run.
pub struct Outcome {
    /// Once it rested, before anything else takes its time.
    pub rested: Snapshot,
    /// Once all time was over.
    pub end: Snapshot,
    /// All writes, in order.
    pub log: Vec<Call>,
    /// The writes that were broken.
    pub broken: Vec<(Call, Way)>,
    /// Faults for which there was no write any more.
    pub left: usize,
    /// What the client of the HTTP service was told, if he was told anything.
    pub answer: Option<Result<(), String>>,
    pub place: Place,
}

/// A run under way.
pub struct Run<'a> {
    pub place: Arc<Place>,
    pub plan: Arc<Mutex<Plan>>,
    pub witness: Witness,
    pub chance: Chance,
    scenario: &'a Scenario,
    /// The person has done what he does while nobody is there.
    interfered: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From `base`, where all is given.
pub async fn run(
    scenario: &Scenario,
    base: &Place,
    seed: u64,
    faults: &[Fault],
) -> Result<Outcome> {
    let place = Arc::new(base.copy());
    let mut run = Run {
        witness: witness_of(scenario, &place),
        plan: Plan::of(faults),
        chance: Chance::of(seed),
        place,
        scenario,
        interfered: scenario.interference.is_none(),
    };
    (scenario.act)(&run.place)?;
    let answer = match scenario.request {
        Some(request) => Box::pin(http::served(&mut run, request)).await?,
        None => None,
    };
    run.settle().await?;
    run.interfere()?;
    run.settle().await?;
    let is_restoring = |state: &State| matches!(state, State::Restoring(_));
    run.place.sweep(is_restoring).await?;
    let rested = run.place.snapshot().await?;
    run.place.advance(LONG);
    run.settle().await?;
    let end = run.place.snapshot().await?;
    run.rests().await?;
    let Run {
        place,
        plan,
        witness,
        ..
    } = run;
    drop(witness);
    let plan = Arc::try_unwrap(plan)
        .ok()
        .map(|plan| plan.into_inner().unwrap_or_else(PoisonError::into_inner));
    let (Some(plan), Some(place)) = (plan, Arc::into_inner(place)) else {
        bail!("something of the run is still under way");
    };
    Ok(Outcome {
        rested,
        end,
        left: plan.left(),
        log: plan.log,
        broken: plan.broken,
        answer,
        place,
    })
}

/// What happens by itself once the writes have come so far: at most once.
fn witness_of(scenario: &Scenario, place: &Arc<Place>) -> Witness {
    let Some(meanwhile) = scenario.meanwhile else {
        return Arc::new(|| {});
    };
    let (place, happened) = (Arc::downgrade(place), Mutex::new(false));
    Arc::new(move || {
        let mut happened = lock(&happened);
        if let Some(place) = place.upgrade().filter(|_| !*happened) {
            *happened = meanwhile(&place);
        }
    })
}

impl<'a> Run<'a> {
    /// In that world, without faults.
    pub fn calm(place: Place, scenario: &'a Scenario) -> Self {
        Self {
            place: Arc::new(place),
            plan: Plan::of(&[]),
            witness: Arc::new(|| {}),
            chance: Chance::none(),
            scenario,
            interfered: true,
        }
    }

    /// The world, once it rests, and whoever begins then finds nothing to do.
    pub async fn rested(mut self) -> Result<Place> {
        self.settle().await?;
        self.rests().await?;
        Arc::into_inner(self.place).context("something is still under way")
    }

    /// A process that is broken as the plan says.
    pub fn begin(&self) -> Result<Process<ProcessGate>> {
        self.place
            .process(ProcessGate::mortal(&self.plan, &self.witness))
    }

    /// What happens while nobody is there.
    pub fn while_away(&mut self) -> Result<()> {
        if self.scenario.clients && self.chance.clients_write() {
            self.place.clients_write();
        }
        self.interfere()
    }

    fn interfere(&mut self) -> Result<()> {
        if let Some(interference) = self.scenario.interference.filter(|_| !self.interfered) {
            interference(&self.place)?;
            self.interfered = true;
        }
        Ok(())
    }

    /// Passes over everything until a round writes nothing.
    pub async fn settle(&mut self) -> Result<()> {
        let mut process = self.begin()?;
        let mut is_behind = false;
        for _ in 0..ROUNDS_AT_MOST {
            if std::mem::take(&mut is_behind) {
                let outdated = self.place.outdated();
                if self.round(&process, outdated).await? {
                    process = self.begin()?;
                    continue;
                }
            }
            let before = lock(&self.plan).log.len();
            let objects = self.place.cluster.objects();
            let died = self.round(&process, objects).await?;
            self.place.advance(self.chance.step());
            if died {
                process = self.begin()?;
                is_behind = self.chance.is_behind();
                continue;
            }
            if lock(&self.plan).log.len() == before {
                return Ok(());
            }
        }
        bail!(
            "no rest after {ROUNDS_AT_MOST} rounds: {:?}",
            lock(&self.plan).log
        );
    }

    /// A pass over each; whether the process died of it.
    pub async fn round(
        &mut self,
        process: &Process<ProcessGate>,
        mut objects: Vec<Organization>,
    ) -> Result<bool> {
        if self.chance.reversed() {
            objects.reverse();
        }
        for object in objects {
            if self.pass(process, object).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A pass; whether the process died of it.
    async fn pass(&mut self, process: &Process<ProcessGate>, object: Organization) -> Result<bool> {
        let object = Arc::new(DeserializeGuard(Ok(object)));
        let mut pass = Box::pin(reconcile(object, process.context()));
        loop {
            let event = tokio::select! {
                biased;
                _ = &mut pass => return Ok(false),
                event = process.gate.event() => event,
            };
            self.while_away()?;
            match event {
                Event::Killed => {
                    self.take_over_before_late().await?;
                    return Ok(true);
                }
                Event::Paused => self.take_over(|| process.gate.resume()).await?,
            }
        }
    }

    /// What the dead process sent arrives once another has taken over.
    pub async fn take_over_before_late(&mut self) -> Result<()> {
        let late = lock(&self.plan).late.take();
        if let Some(late) = late {
            self.take_over(|| ()).await?;
            late().await;
            (self.witness)();
        }
        Ok(())
    }

    /// Another process works until it rests, or for so many writes; `comes_back` then.
    pub async fn take_over(&mut self, comes_back: impl FnOnce()) -> Result<()> {
        let gate = ProcessGate::pausing(&self.plan, &self.witness, self.chance.comes_back_after());
        let other = self.place.process(gate)?;
        for _ in 0..ROUNDS_AT_MOST {
            let before = lock(&self.plan).log.len();
            for object in self.place.cluster.objects() {
                let object = Arc::new(DeserializeGuard(Ok(object)));
                let mut pass = Box::pin(reconcile(object, other.context()));
                tokio::select! {
                    biased;
                    _ = &mut pass => {}
                    _ = other.gate.event() => {
                        // It dies here, and what it had begun is left to the one that comes back.
                        comes_back();
                        return Ok(());
                    }
                }
            }
            if lock(&self.plan).log.len() == before {
                comes_back();
                return Ok(());
            }
        }
        bail!("the one who took over does not rest");
    }

    /// A process that has just begun finds nothing to do.
    async fn rests(&mut self) -> Result<()> {
        let before = lock(&self.plan).log.len();
        let process = self.begin()?;
        let objects = self.place.cluster.objects();
        self.round(&process, objects).await?;
        let plan = lock(&self.plan);
        ensure!(
            plan.log.len() == before,
            "it goes on writing: {:?}",
            plan.log.get(before..)
        );
        Ok(())
    }
}
