//! Which of several replicas acts: the one that holds the Lease.
//!
//! An own lease, since none of the kept libraries will do. `kube-lease-manager` (0.13.1, tried) is
//! unsafe: a leader that is cut off from the API server goes on calling itself the leader for 30 s
//! and more while another leads, and a Lease that was deleted is never made again.
//! `kube-leader-election` is behind: it needs kube 4, and this is built on kube 5.
//!
//! No tenant's safety rests on this: every write to a record is a compare-and-set, whoever sends it.
//! The Lease keeps two controllers from doing each other's work, and from telling everything twice.

mod election;
pub mod fence;
mod lease;
mod timing;

use std::{sync::Arc, time::Duration};

use election::{Election, Loss, Next, Term};
use fence::Tenure;
use jiff::Timestamp;
use kube::Client;
use lease::{LeaseApi, LeaseError};
use thiserror::Error;
use tokio::time::{Instant, sleep_until, timeout_at};

pub use self::timing::Timing;
use crate::clock::Clock;

/// The name of the Lease.
pub const LEASE: &str = "organization-operator";

/// The Lease was lost: what this process was about to do is another's by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LeaseLost {
    /// For too long, no renewal was confirmed.
    #[error("the Lease was lost: the API server confirmed no renewal in time")]
    Silence,
    /// It says so.
    #[error("the Lease was lost: somebody else has taken it")]
    Taken,
}

/// Who takes part, and in what.
#[derive(Debug, Clone)]
pub struct Candidacy {
    /// Who this process is, among its replicas.
    pub identity: String,
    /// Where the Lease is.
    pub namespace: String,
    /// How long it holds.
    pub duration: Duration,
    /// Which installation this process is of; `None`: it isn't told from others.
    pub installation: Option<String>,
}

/// What a candidate knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Somebody leads.
    Led(String),
    /// Somebody of another installation leads: two are at work on the same objects.
    LedByAnother {
        /// Which installation.
        installation: String,
        /// Who.
        leader: String,
    },
    /// The Lease can't be read, and never could be: why.
    Blind(String),
}

/// A process that leads, or would.
pub struct Candidate {
    identity: String,
    installation: Option<String>,
    /// Which installation the Lease was of when it was seen last.
    seen: Option<String>,
    timing: Timing,
    lease: LeaseApi,
    clock: Arc<dyn Clock>,
    election: Election,
    tenure: Tenure,
    /// Why the last request failed; told once.
    trouble: Option<String>,
}

impl Candidate {
    /// A candidate that has seen nothing yet. `client` must be one that doesn't retry.
    #[must_use]
    pub fn new(candidacy: Candidacy, client: Client, clock: Arc<dyn Clock>) -> Self {
        let timing = Timing::of(candidacy.duration);
        Self {
            lease: LeaseApi::new(
                client,
                &candidacy.namespace,
                LEASE,
                timing.request,
                candidacy.installation.clone(),
            ),
            identity: candidacy.identity,
            installation: candidacy.installation,
            seen: None,
            election: Election::new(timing, Instant::now()),
            timing,
            clock,
            tenure: Tenure::default(),
            trouble: None,
        }
    }

    /// Until when it leads, at any time.
    #[must_use]
    pub fn tenure(&self) -> Tenure {
        self.tenure.clone()
    }

    /// Takes part until it leads; tells what it sees meanwhile, whenever that is another. May be cut
    /// off at any await.
    pub async fn win(&mut self, mut tell: impl FnMut(Sight)) {
        let mut told = None;
        while self.election.leads_until().is_none() {
            if self.step().await.is_err() {
                // Nothing was held that could be lost.
                self.election.stand_by(Instant::now());
            }
            let sight = self.sight();
            if sight != told {
                sight.iter().cloned().for_each(&mut tell);
                told = sight;
            }
        }
    }

    fn sight(&self) -> Option<Sight> {
        if let Some(leader) = self.election.leader() {
            let leader = leader.holder.clone();
            let own = self.installation.as_ref();
            let another = self
                .seen
                .clone()
                .filter(|seen| own.is_some_and(|own| own != seen));
            return Some(match another {
                Some(installation) => Sight::LedByAnother {
                    installation,
                    leader,
                },
                None => Sight::Led(leader),
            });
        }
        let trouble = self.trouble.clone().filter(|_| self.election.is_blind());
        trouble.map(Sight::Blind)
    }

    /// Keeps the Lease until it is lost: to be waited for beside what is done under it, and that is to
    /// be dropped at once. May be cut off at any await.
    pub async fn hold(&mut self) -> LeaseLost {
        let lost = loop {
            let Some(until) = self.election.leads_until() else {
                break LeaseLost::Taken;
            };
            match timeout_at(until, self.step()).await {
                Ok(Ok(())) => {}
                Ok(Err(lost)) => break lost,
                Err(_) => break LeaseLost::Silence,
            }
        };
        self.tenure.set(None);
        lost
    }

    /// Is a candidate again, after `pause`.
    pub fn stand_by(&mut self, pause: Duration) {
        self.election.stand_by(Instant::now() + pause);
    }

    /// Gives the Lease up, if it is still this process's. Where that fails, it expires.
    pub async fn release(&mut self) {
        self.tenure.set(None);
        let released = async {
            let Some(sighting) = self.lease.look().await? else {
                return Ok(());
            };
            if sighting.term.as_ref() == self.election.term() {
                self.lease.release(&sighting.version, &*self.clock).await?;
            }
            Ok::<_, LeaseError>(())
        };
        if let Err(error) = released.await {
            tracing::warn!(%error, "the Lease was not released");
        }
    }

    async fn step(&mut self) -> Result<(), LeaseLost> {
        match self.election.next(Instant::now()) {
            Next::Wait(until) => sleep_until(until).await,
            Next::Look => match self.lease.look().await {
                Ok(sighting) => {
                    self.trouble = None;
                    if let Some(sighting) = &sighting {
                        self.seen.clone_from(&sighting.installation);
                    }
                    self.election.saw(sighting, Instant::now());
                }
                Err(error) => self.failed(&error),
            },
            Next::Take(over) => {
                let term = Term {
                    holder: self.identity.clone(),
                    acquired: Some(micros(self.clock.now())),
                };
                self.election.tries(term.clone());
                self.write(over.as_deref(), &term).await;
            }
            Next::Renew(over) => {
                if let Some(term) = self.election.term().cloned() {
                    self.write(over.as_deref(), &term).await;
                }
            }
            Next::End(Loss::Silence) => return Err(LeaseLost::Silence),
            Next::End(Loss::Taken) => return Err(LeaseLost::Taken),
        }
        Ok(())
    }

    async fn write(&mut self, over: Option<&str>, term: &Term) {
        let sent = Instant::now();
        let clock = Arc::clone(&self.clock);
        let written = self.lease.write(over, term, self.timing.duration, &*clock);
        match written.await {
            Ok(version) => {
                self.trouble = None;
                self.election.wrote(sent, version);
                self.tenure.set(self.election.leads_until());
            }
            Err(error) => self.failed(&error),
        }
    }

    /// Told once for each trouble, not once a second.
    fn failed(&mut self, error: &LeaseError) {
        self.election.failed(Instant::now());
        let why = error.to_string();
        if self.trouble.as_ref() != Some(&why) {
            match error {
                LeaseError::Conflict => tracing::debug!(why, "the Lease was not written"),
                LeaseError::Failed(_) => tracing::warn!(why, "the Lease can't be had"),
            }
        }
        self.trouble = Some(why);
    }
}

/// As the Lease keeps it, so that a term is known again.
fn micros(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}
