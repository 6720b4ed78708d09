//! A model test: two controllers that both believe to lead (the Lease is ignored on purpose), three
//! organizations that want the same names and addresses, and a scheduler that holds every call of a
//! port until it is chosen. Calls are lost, come late or twice; controllers die. The passes are the
//! controller's own. Whatever is chosen, everything comes to rest, and the oracle finds no fault.

mod people;
mod scheduler;

use std::{sync::Arc, task::Poll};

use anyhow::{Context as _, Result};
use futures::{FutureExt as _, future::BoxFuture};
use jiff::SignedDuration;
use kube::core::DeserializeGuard;
use organization_operator::{
    controller::reconcile::reconcile, domain::observed::Capability, faults::Again,
};

use self::{
    people::People,
    scheduler::{Dice, HeldGate, Verdict},
};
use super::{block_on, place::Place, run::Run, scenarios::PLAIN};

/// Lives of `make test`, in each mode.
pub const LIVES: u64 = 250;

/// Choices of a life. An organization takes about twenty calls to be made, ten to be renamed.
const CHOICES: usize = 250;

/// Names the life to be lived again.
const REPLAY: &str = "LIFE";

#[derive(Debug, Default)]
struct Figures {
    lives: u64,
    calls: u64,
    crashes: u64,
    lost: u64,
    late: u64,
}

/// A controller at work: on at most one pass.
struct Controller {
    gate: Arc<HeldGate>,
    pass: Option<BoxFuture<'static, ()>>,
}

/// All that is going on.
struct Life {
    capability: Capability,
    place: Place,
    people: People,
    dice: Dice,
    controllers: [Controller; 2],
    /// Calls of the past, still on their way.
    underway: Vec<Again>,
    figures: Figures,
}

impl Life {
    fn begin(capability: Capability, seed: u64) -> Self {
        let place = Place::new(capability);
        let controller = || Controller {
            gate: Arc::default(),
            pass: None,
        };
        Self {
            capability,
            place,
            people: People::default(),
            dice: Dice::of(seed),
            controllers: [controller(), controller()],
            underway: Vec::new(),
            figures: Figures::default(),
        }
    }

    async fn choose(&mut self) -> Result<()> {
        match self.dice.roll(20) {
            0..=1 => self.people.act(&self.place, &mut self.dice)?,
            2 => people::clients_write(&self.place),
            3 if !self.underway.is_empty() => {
                let chosen = self.dice.roll(self.underway.len());
                self.underway.swap_remove(chosen)().await;
            }
            4 => people::wait(&self.place, &mut self.dice),
            _ => self.go_on()?,
        }
        Ok(())
    }

    /// One of the controllers gets its next call through, or not.
    fn go_on(&mut self) -> Result<()> {
        let chosen = self.dice.roll(2);
        let controller = &mut self.controllers[chosen];
        let Some(pass) = &mut controller.pass else {
            let mut objects = self.place.cluster.objects();
            if self.dice.roll(8) == 0 {
                objects = self.place.outdated();
            }
            if objects.is_empty() {
                return Ok(());
            }
            let object = objects.swap_remove(self.dice.roll(objects.len()));
            let process = self.place.process(Arc::clone(&controller.gate))?;
            let object = Arc::new(DeserializeGuard(Ok(object)));
            let pass = reconcile(object, process.context());
            controller.pass = Some(Box::pin(pass.map(|_| ())));
            return Ok(());
        };
        let verdict = if controller.gate.is_read() {
            Verdict::Through
        } else {
            self.dice.verdict()
        };
        let dies = matches!(
            verdict,
            Verdict::DieBefore | Verdict::DieAfter | Verdict::Late
        );
        match verdict {
            Verdict::Late | Verdict::Twice => {
                self.figures.late += 1;
                self.underway.extend(controller.gate.take());
            }
            Verdict::Lost => self.figures.lost += 1,
            Verdict::Through | Verdict::DieBefore | Verdict::DieAfter => {}
        }
        self.figures.calls += 1;
        tracing::debug!(
            chosen,
            ?verdict,
            is_read = controller.gate.is_read(),
            "a call"
        );
        let is_sent = !matches!(verdict, Verdict::DieBefore | Verdict::Late);
        if is_sent {
            controller.gate.decide(verdict);
            if step(pass) {
                controller.pass = None;
            }
        }
        if dies {
            self.figures.crashes += 1;
            *controller = Controller {
                gate: Arc::default(),
                pass: None,
            };
        }
        Ok(())
    }

    /// What is under way arrives, in any order; then one controller is left, and all time passes.
    async fn end(mut self) -> Result<Figures> {
        for controller in &mut self.controllers {
            controller.pass = None;
        }
        while !self.underway.is_empty() {
            let chosen = self.dice.roll(self.underway.len());
            self.underway.swap_remove(chosen)().await;
        }
        let mut place = self.place;
        for _ in 0..2 {
            place = Run::calm(place, &PLAIN).rested().await?;
            place.sweep(|_| true).await?;
            place = Run::calm(place, &PLAIN).rested().await?;
            let (snapshot, _) = place.snapshot().await?.swept();
            snapshot.judge().with_context(|| snapshot.normal())?;
            let written = self.people.acknowledged(&place);
            let kept = match self.capability {
                Capability::Unfenced => snapshot.keeps_unfenced(&written),
                Capability::Fenced | Capability::Sharded => snapshot.keeps(&written),
            };
            kept.with_context(|| snapshot.normal())?;
            place.advance(SignedDuration::from_secs(90));
        }
        Ok(self.figures)
    }
}

/// Whether the pass came to its end, up to its next call.
fn step(pass: &mut BoxFuture<'static, ()>) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    matches!(pass.as_mut().poll(&mut context), Poll::Ready(()))
}

async fn live(capability: Capability, seed: u64) -> Result<Figures> {
    let mut life = Life::begin(capability, seed);
    for _ in 0..CHOICES {
        life.choose().await?;
    }
    life.end().await
}

pub fn lives(capability: Capability, seeds: impl Iterator<Item = u64>) -> Result<()> {
    block_on(async {
        let mut all = Figures::default();
        for seed in seeds {
            let lived = live(capability, seed).await.with_context(|| {
                format!(
                    "live it again: {REPLAY}='{capability:?} {seed}' cargo test --locked -p \
                     organization-operator --all-features --test simulation lived_again"
                )
            })?;
            all.lives += 1;
            all.calls += lived.calls;
            all.crashes += lived.crashes;
            all.lost += lived.lost;
            all.late += lived.late;
        }
        println!("two controllers, three organizations, {capability:?}: {all:?}, divergences: 0");
        Ok(())
    })
}

#[test]
fn two_controllers_that_both_lead_do_no_damage_where_uuids_last() -> Result<()> {
    lives(Capability::Fenced, 0..LIVES)
}

#[test]
fn two_controllers_that_both_lead_do_no_damage_where_uuids_change() -> Result<()> {
    lives(Capability::Unfenced, 0..LIVES)
}

/// One life: `LIFE='<mode> <seed>'`, as a failure prints it.
#[test]
fn lived_again() -> Result<()> {
    let Ok(life) = std::env::var(REPLAY) else {
        return Ok(());
    };
    tracing_subscriber::fmt()
        .without_time()
        .with_max_level(tracing::Level::DEBUG)
        .init();
    let (mode, seed) = life
        .split_once(' ')
        .context("LIFE is not '<mode> <seed>'")?;
    let modes = [Capability::Fenced, Capability::Unfenced];
    let mode = modes.into_iter().find(|known| format!("{known:?}") == mode);
    lives(
        mode.context("no such mode")?,
        std::iter::once(seed.parse()?),
    )
}
