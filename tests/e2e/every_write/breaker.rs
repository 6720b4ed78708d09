//! Breaks one write of a process on its way to a server, and keeps count of all of them.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use tokio::{sync::Notify, task::block_in_place};

use crate::api_world::ApiWorld;

/// How a write is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The process is killed before the server has it.
    Before,
    /// The process is killed once it took effect.
    After,
    /// It takes effect, and the connection ends instead of a reply.
    Lost,
}

pub const WAYS: [Way; 3] = [Way::Before, Way::After, Way::Lost];

/// A write, so that it is found again in another run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// What is written where, such as `update organizations`.
    pub what: String,
    /// How many of the same came before it.
    pub nth: usize,
}

impl Write {
    /// Whether there may be runs without it. A slow machine's runs have writes that a fast one's do not:
    /// what is under way is told where it takes its time, and a pass that begins before its own writes
    /// were seen writes again what is there. Such a write is never the first of its kind.
    pub fn may_not_come(&self) -> bool {
        self.nth > 0
    }
}

/// A write that is broken.
#[derive(Debug, Clone)]
pub struct Fault {
    pub write: Write,
    pub way: Way,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Write { what, nth } = &self.write;
        write!(f, "{what} #{nth} {:?}", self.way)
    }
}

/// A change of which collections there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Create,
    Rename,
    Drop,
}

#[derive(Default)]
struct State {
    fault: Option<Fault>,
    log: Vec<Write>,
    effects: [u64; 3],
    last: Option<Instant>,
}

/// Between one process and its servers.
#[derive(Default)]
pub struct Breaker {
    state: Mutex<State>,
    came: Notify,
    victim: OnceLock<Arc<ApiWorld>>,
}

impl Breaker {
    /// Who is killed from now on.
    pub fn stand_before(&self, victim: Arc<ApiWorld>) -> Result<()> {
        let already = self.victim.set(victim).err();
        anyhow::ensure!(already.is_none(), "it stands before another");
        Ok(())
    }

    /// Counts from nothing, and breaks that write when it comes.
    pub fn arm(&self, fault: Option<&Fault>) {
        *self.state() = State {
            fault: fault.cloned(),
            ..State::default()
        };
    }

    /// All writes that came.
    pub fn log(&self) -> Vec<Write> {
        self.state().log.clone()
    }

    /// Collections created, renamed, dropped.
    pub fn effects(&self) -> [u64; 3] {
        self.state().effects
    }

    /// How long nothing was written.
    pub fn quiet(&self) -> Duration {
        let last = self.state().last;
        last.map_or(Duration::MAX, |last| last.elapsed())
    }

    /// Whether the fault is still to come.
    pub fn is_armed(&self) -> bool {
        self.state().fault.is_some()
    }

    /// Waits until the write that is broken has come.
    pub async fn broken(&self) {
        self.came.notified().await;
    }

    /// A collection was created, renamed or dropped.
    pub fn count(&self, effect: Effect) {
        if let Some(count) = self.state().effects.get_mut(effect as usize) {
            *count += 1;
        }
    }

    /// A write, sent by `send`; `None` is what a process hears of it that hears nothing.
    pub async fn pass<T>(
        &self,
        what: String,
        send: impl Future<Output = Result<T>>,
    ) -> Result<Option<T>> {
        let way = self.arrive(what);
        if way == Some(Way::Before) {
            self.kill()?;
            return Ok(None);
        }
        let reply = send.await;
        self.state().last = Some(Instant::now());
        match way {
            Some(Way::After) => self.kill()?,
            Some(Way::Lost) => self.came.notify_one(),
            Some(Way::Before) | None => return reply.map(Some),
        }
        Ok(None)
    }

    fn arrive(&self, what: String) -> Option<Way> {
        let mut state = self.state();
        let nth = state.log.iter().filter(|write| write.what == what).count();
        let write = Write { what, nth };
        let fault = state.fault.take_if(|fault| fault.write == write);
        state.log.push(write);
        state.last = Some(Instant::now());
        fault.map(|fault| fault.way)
    }

    fn kill(&self) -> Result<()> {
        let victim = self.victim.get().context("it stands before nobody")?;
        block_in_place(|| victim.world.operator.kill9())?;
        self.came.notify_one();
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
