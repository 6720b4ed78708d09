//! The gate of a process in the simulation: breaks the writes that a plan says, and tells of it.

use std::{
    collections::VecDeque,
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context as _, bail};
use async_trait::async_trait;
use organization_operator::faults::{Again, Call, Gate, Hearing};
use tokio::sync::Notify;

/// How a write is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The process is killed before it is sent.
    Before,
    /// The process is killed after it took effect.
    After,
    /// Its reply is lost.
    Lost,
    /// The process is killed, another one takes over, and only then it arrives.
    Late,
    /// The process is paused, another one takes over, and then the process wakes and sends it.
    Woken,
    /// It takes effect, another process takes over, and then this one hears that its reply is lost.
    Deaf,
}

pub const WAYS: [Way; 6] = [
    Way::Before,
    Way::After,
    Way::Lost,
    Way::Late,
    Way::Woken,
    Way::Deaf,
];

/// The ways in which a process dies of a write.
pub const CRASHES: [Way; 2] = [Way::Before, Way::After];

/// A write that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// How many writes go through before it, counted from the fault before.
    pub at: usize,
    pub way: Way,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", self.at, self.way)
    }
}

impl FromStr for Fault {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let (at, way) = text.split_at(text.len() - digits.len());
        let way = WAYS.into_iter().find(|known| format!("{known:?}") == way);
        let Some(way) = way else {
            bail!("{text} is no fault, such as 3Lost");
        };
        Ok(Self {
            at: at.parse().context("how many writes before it")?,
            way,
        })
    }
}

/// What happened to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It is dead.
    Killed,
    /// It stands still, until it is told to go on.
    Paused,
}

/// What all processes of a run have in common.
#[derive(Default)]
pub struct Plan {
    faults: VecDeque<Fault>,
    /// Writes since the last fault.
    since: usize,
    /// All writes.
    pub log: Vec<Call>,
    /// The writes that were broken.
    pub broken: Vec<(Call, Way)>,
    /// What arrives once another process has taken over.
    pub late: Option<Again>,
}

/// Called after every write that took effect.
pub type Witness = Arc<dyn Fn() + Send + Sync>;

/// The gate of one process.
pub struct ProcessGate {
    plan: Arc<Mutex<Plan>>,
    witness: Witness,
    /// Pauses after so many writes; a process that breaks nothing otherwise.
    pause: Mutex<Option<usize>>,
    breaks: bool,
    event: Mutex<Option<Event>>,
    told: Notify,
    resumed: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Plan {
    pub fn of(faults: &[Fault]) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            faults: faults.iter().copied().collect(),
            ..Self::default()
        }))
    }

    /// Faults whose writes never came.
    pub fn left(&self) -> usize {
        self.faults.len()
    }

    fn arrive(&mut self, call: Call, breaks: bool) -> Option<Way> {
        self.log.push(call);
        if !breaks {
            return None;
        }
        let due = self
            .faults
            .front()
            .filter(|fault| fault.at == self.since)
            .copied();
        let Some(fault) = due else {
            self.since += 1;
            return None;
        };
        self.faults.pop_front();
        self.since = 0;
        self.broken.push((call, fault.way));
        Some(fault.way)
    }
}

impl ProcessGate {
    /// The gate of a process that is broken as the plan says.
    pub fn mortal(plan: &Arc<Mutex<Plan>>, witness: &Witness) -> Arc<Self> {
        Self::new(plan, witness, true, None)
    }

    /// The gate of a process that lives, and stands still after so many writes.
    pub fn pausing(plan: &Arc<Mutex<Plan>>, witness: &Witness, after: Option<usize>) -> Arc<Self> {
        Self::new(plan, witness, false, after)
    }

    fn new(
        plan: &Arc<Mutex<Plan>>,
        witness: &Witness,
        breaks: bool,
        pause: Option<usize>,
    ) -> Arc<Self> {
        Arc::new(Self {
            plan: Arc::clone(plan),
            witness: Arc::clone(witness),
            pause: Mutex::new(pause),
            breaks,
            event: Mutex::default(),
            told: Notify::new(),
            resumed: Notify::new(),
        })
    }

    /// What happens to the process next.
    pub async fn event(&self) -> Event {
        loop {
            if let Some(event) = lock(&self.event).take() {
                return event;
            }
            self.told.notified().await;
        }
    }

    /// A process that stands still goes on.
    pub fn resume(&self) {
        self.resumed.notify_one();
    }

    fn tell(&self, event: Event) {
        *lock(&self.event) = Some(event);
        self.told.notify_one();
    }

    async fn die<T>(&self) -> T {
        self.tell(Event::Killed);
        std::future::pending().await
    }

    async fn stand_still(&self) {
        self.tell(Event::Paused);
        self.resumed.notified().await;
    }
}

#[async_trait]
impl Gate for ProcessGate {
    async fn read(&self, _call: Call) {}

    async fn write(&self, call: Call, again: Again) -> Hearing {
        let way = lock(&self.plan).arrive(call, self.breaks);
        match way {
            None | Some(Way::After) => Hearing::Reply,
            Some(Way::Lost | Way::Deaf) => Hearing::Nothing,
            Some(Way::Before) => self.die().await,
            Some(Way::Late) => {
                lock(&self.plan).late = Some(again);
                self.die().await
            }
            Some(Way::Woken) => {
                self.stand_still().await;
                Hearing::Reply
            }
        }
    }

    async fn written(&self, call: Call, succeeded: bool) {
        if succeeded {
            (self.witness)();
        }
        let broken = {
            let plan = lock(&self.plan);
            // The write that was broken last is this one only while nothing came after it.
            let last = plan
                .broken
                .last()
                .filter(|_| plan.since == 0 && self.breaks);
            last.and_then(|(broken, way)| (*broken == call).then_some(*way))
        };
        match broken {
            Some(Way::After) => self.die().await,
            Some(Way::Deaf) => self.stand_still().await,
            _ => {}
        }
        let is_due = {
            let mut pause = lock(&self.pause);
            *pause = pause.map(|left| left.saturating_sub(1));
            let is_due = *pause == Some(0);
            if is_due {
                *pause = None;
            }
            is_due
        };
        if is_due {
            self.stand_still().await;
        }
    }
}
