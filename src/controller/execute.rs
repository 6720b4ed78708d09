//! The only place that writes: one step at a time, each believed only when it was confirmed.
//! Whatever else happens ends the pass, and the next one observes afresh. No step is retried blindly.

mod take;

use thiserror::Error;

pub(super) use take::Taking;

use super::{
    cluster::{ClusterError, ObjectKey},
    context::Context,
    observe::{ObserveError, Pass},
};
use crate::{
    auth::pool::HashError,
    domain::{
        desired::Wish,
        observed::Observed,
        plan::{Next, Rest, next, next_before_withdrawal},
        step::Step,
    },
    store::port::StoreError,
};

/// More steps than any pass takes: a plan that has no end is a fault of ours.
const STEPS_AT_MOST: usize = 100;

/// Why a step was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StepError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The Kubernetes API.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The hash pool.
    #[error("the password can't be hashed: {0}")]
    Hash(String),
    /// The plan asks for what this pass doesn't have: a fault of ours.
    #[error("the step needs a credential that was not observed")]
    NoMaterial,
    /// The plan has no end: a fault of ours.
    #[error("the plan has no end")]
    Endless,
}

impl StepError {
    /// Whether the API server didn't answer: no fault of what was asked for.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Cluster(error) if error.is_silence())
    }
}

impl From<HashError> for StepError {
    fn from(error: HashError) -> Self {
        Self::Hash(error.to_string())
    }
}

impl From<ObserveError> for Stop {
    fn from(error: ObserveError) -> Self {
        match error {
            ObserveError::Outdated => Self::Again,
            ObserveError::Store(error) => Self::Failed(error.into()),
            ObserveError::Cluster(error) => Self::Failed(error.into()),
        }
    }
}

/// How a pass ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Nothing more to do, for that reason.
    Rested(Rest),
    /// Somebody else wrote, or the world is not as it was seen: look again.
    Again,
    /// The finalizer was put on: its event begins the next pass. Going on in this one would make
    /// that one act on what is outdated by then.
    FinalizerAdded,
    /// A step failed.
    Failed(StepError),
}

/// What was done: the confirmed steps, what is known after them, and how it ended.
#[derive(Debug)]
pub struct Executed {
    /// What is known now; `None` where the reads failed.
    pub seen: Option<Observed>,
    /// The confirmed writes, in order.
    pub writes: Vec<Step>,
    /// How it ended.
    pub stop: Stop,
}

/// Carries out what the wish needs.
pub async fn execute(wish: &Wish, pass: Pass, context: &Context) -> Executed {
    carry_out(|seen| next(wish, seen), wish, pass, context).await
}

/// Notes what has to be noted before the spec is put back that a late change has replaced.
pub(super) async fn prepare_withdrawal(wish: &Wish, pass: Pass, context: &Context) -> Executed {
    let decide = |seen: &Observed| next_before_withdrawal(wish, seen);
    carry_out(decide, wish, pass, context).await
}

/// Carries out what `decide` says, until it says nothing more.
pub(super) async fn carry_out(
    decide: impl Fn(&Observed) -> Next,
    wish: &Wish,
    pass: Pass,
    context: &Context,
) -> Executed {
    let Pass {
        key,
        mut seen,
        mut credential,
        live: _,
    } = pass;
    let mut writes = Vec::new();
    for _ in 0..STEPS_AT_MOST {
        // Of each decision, not of the pass, which may have been held up for longer than a quarantine
        // lasts: one that is begun by it must not be over by then.
        seen.now = context.clock.now();
        let step = match decide(&seen) {
            Next::Rest(rest) => {
                return Executed {
                    seen: Some(seen),
                    writes,
                    stop: Stop::Rested(rest),
                };
            }
            Next::Do(step) => step,
        };
        let taken = Taking {
            key: &key,
            seen: &seen,
            wish,
            context,
        };
        match taken.take(&step, &mut credential).await {
            Ok(learned) => {
                tracing::debug!(%step, "confirmed");
                seen = seen.after(&step, learned);
                let is_finalizer = step == Step::AddFinalizer;
                let is_claim = step.is_claim();
                if !step.is_read() {
                    writes.push(step);
                }
                if is_finalizer {
                    return Executed {
                        seen: Some(seen),
                        writes,
                        stop: Stop::FinalizerAdded,
                    };
                }
                // Every other decision is a compare-and-set on a record that was read before the
                // object, and that the object's deletion changes. Before this one there was no
                // record of the object's: without another look a process that was paused would go on
                // for one that is gone by now.
                if is_claim && let Some(stop) = outlived(wish, &key, context).await {
                    return Executed {
                        seen: Some(seen),
                        writes,
                        stop,
                    };
                }
            }
            Err(error) => {
                tracing::debug!(%step, %error, "not confirmed");
                return Executed {
                    seen: Some(seen),
                    writes,
                    stop: stop_for(error),
                };
            }
        }
    }
    Executed {
        seen: Some(seen),
        writes,
        stop: Stop::Failed(StepError::Endless),
    }
}

/// Why a pass ends whose wish is no longer the live object's.
async fn outlived(wish: &Wish, key: &ObjectKey, context: &Context) -> Option<Stop> {
    match take::live_wish(key, context).await {
        Ok(live) if live.as_ref() == Some(wish) => None,
        Ok(_) => Some(Stop::Again),
        Err(error) => Some(stop_for(error.into())),
    }
}

/// What somebody else's write explains is no failure.
fn stop_for(error: StepError) -> Stop {
    match error {
        StepError::Store(
            StoreError::Stale | StoreError::Duplicate(_) | StoreError::Exists | StoreError::Gone,
        )
        | StepError::Cluster(ClusterError::Conflict | ClusterError::Gone) => Stop::Again,
        StepError::Store(
            StoreError::Unauthorized(_)
            | StoreError::Unreachable(_)
            | StoreError::OutcomeUnknown(_)
            | StoreError::Other(_),
        )
        | StepError::Cluster(ClusterError::Refused(_) | ClusterError::Unreachable(_))
        | StepError::Hash(_)
        | StepError::NoMaterial
        | StepError::Endless => Stop::Failed(error),
    }
}
