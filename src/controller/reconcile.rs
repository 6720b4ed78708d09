//! One pass over one organization: the diagram.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use kube::{Resource, core::DeserializeGuard, runtime::controller::Action};
use thiserror::Error;

use super::{
    change::{self, Change},
    cluster::{ClusterError, ObjectKey},
    context::Context,
    events::{tell, tell_done},
    execute::{Executed, StepError, Stop, execute, prepare_withdrawal},
    observe::{ObserveError, awaits_finalizer, key_of, observe, observe_object},
    report::{
        Report, Told, log_failure, note_gone, reason_for, reason_under_way, report, tell_if_long,
    },
    requeue,
    validate::validate,
    waiting::WaitsFor,
};
use crate::{
    crd::Organization,
    domain::{desired::Wish, plan::Rest, reason::Reason, step::Step},
    runtime::metrics::{Operation, PassOutcome},
};

/// Why a pass failed. The one log line of a failure is written where it is turned into a delay.
#[derive(Debug, Error)]
pub enum PassError {
    /// A step, or the reads.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The status could not be written.
    #[error("the status was not written: {0}")]
    Status(#[from] ClusterError),
    /// What follows from the answer to a change could not be done.
    #[error("a change was not settled: {0}")]
    Change(#[source] ClusterError),
    /// A fault of ours.
    #[error("the pass panicked: {0}")]
    Panicked(String),
}

impl PassError {
    /// Whether the API server didn't answer: no fault of the object's.
    fn is_silence(&self) -> bool {
        match self {
            Self::Step(error) => error.is_silence(),
            Self::Status(error) | Self::Change(error) => error.is_silence(),
            Self::Panicked(_) => false,
        }
    }
}

/// One pass. Never panics, never fails: what went wrong is logged, counted, told in status where
/// that can be written, and tried again.
pub async fn reconcile(
    object: Arc<DeserializeGuard<Organization>>,
    context: Arc<Context>,
) -> Action {
    let key = key_of(&object);
    let operation = match object.meta().deletion_timestamp {
        Some(_) => Operation::Cleanup,
        None => Operation::Reconcile,
    };
    let started = tokio::time::Instant::now();
    let passed = AssertUnwindSafe(pass(&object, &key, &context))
        .catch_unwind()
        .await;
    let passed = passed.unwrap_or_else(|panic| Err(PassError::Panicked(text_of(panic.as_ref()))));
    let (outcome, action) = match passed {
        Ok(ended) => ended,
        Err(error) => failed(&error, &key, &context),
    };
    context
        .metrics
        .count_pass(operation, outcome, started.elapsed());
    action
}

async fn pass(
    object: &DeserializeGuard<Organization>,
    key: &ObjectKey,
    context: &Context,
) -> Result<(PassOutcome, Action), PassError> {
    let change = change::pending(object, context.clock.now());
    let wish = validate(object, &context.settings.allowances);
    if let Some(closed) = change.as_ref().filter(|change| !change.is_open()) {
        // Before anything else: what came too late is not made.
        return close(closed, object, key, &wish, context).await;
    }
    let observed = if awaits_finalizer(object, &wish) {
        observe_object(object, context).await
    } else {
        observe(object, &wish, context).await
    };
    let (executed, live, meanwhile) = match observed {
        Ok(mut pass) => {
            let live = pass.live.take();
            let reason = reason_under_way(&wish, &pass.seen);
            let executed = Box::pin(execute(&wish, pass, context));
            let (executed, told) = tell_if_long(executed, object, &reason, key, context).await;
            (executed, live, told)
        }
        Err(error) => (unseen(error), None, None),
    };
    if executed.writes.iter().any(Step::concerns_others) {
        context.waiting.wake(WaitsFor::Others);
    }
    let object = live.as_ref().unwrap_or(object);
    let told = meanwhile.as_deref();
    conclude(object, key, executed, told, change.as_ref(), context).await
}

/// Answers a change that is over. A spec is put back only once the record tells it from an older one.
async fn close(
    closed: &Change,
    object: &DeserializeGuard<Organization>,
    key: &ObjectKey,
    wish: &Wish,
    context: &Context,
) -> Result<(PassOutcome, Action), PassError> {
    if closed.is_late_update() {
        let noted = match observe(object, wish, context).await {
            Ok(pass) => Box::pin(prepare_withdrawal(wish, pass, context)).await,
            Err(error) => unseen(error),
        };
        if !matches!(noted.stop, Stop::Rested(_)) {
            return conclude(object, key, noted, None, None, context).await;
        }
    }
    let closed = closed.close(object, key, &*context.cluster).await;
    after_change(closed, key, context)
}

/// Nothing was done, since the reads failed.
fn unseen(error: ObserveError) -> Executed {
    Executed {
        seen: None,
        writes: Vec::new(),
        stop: error.into(),
    }
}

/// Status, Events and the delay, by how the pass ended.
async fn conclude(
    object: &DeserializeGuard<Organization>,
    key: &ObjectKey,
    executed: Executed,
    meanwhile: Option<&str>,
    change: Option<&Change>,
    context: &Context,
) -> Result<(PassOutcome, Action), PassError> {
    let Executed { seen, writes, stop } = executed;
    let (outcome, reason, delay) = match stop {
        Stop::FinalizerAdded => return Ok((PassOutcome::Again, Action::await_change())),
        Stop::Again => {
            // What was confirmed before somebody else wrote is told now: no later pass knows of it.
            context.events.put(key, tell_done(&writes));
            return Ok(again(key, context));
        }
        Stop::Rested(Rest::Gone) => {
            note_gone(key, context);
            context
                .events
                .put(key, tell(Some(""), &writes, &Reason::Dropping));
            return Ok((PassOutcome::Settled, Action::await_change()));
        }
        Stop::Rested(Rest::Settled { reason, due }) => {
            let now = context.clock.now();
            let delay =
                requeue::after_rest(&reason, due, key, &context.backoffs, &context.settings, now);
            (outcome_of(&reason), reason, delay)
        }
        Stop::Failed(error) => {
            let reason = reason_for(&error);
            log_failure(key, reason.kind(), &error, context);
            let delay = if error.is_silence() {
                Some(context.backoffs.delay(key, requeue::SOONER))
            } else {
                requeue::after_reason(&reason, key, &context.backoffs, &context.settings)
            };
            (PassOutcome::Failed, reason, delay)
        }
    };
    let told = Report {
        object,
        key,
        seen: seen.as_ref(),
        writes: &writes,
        reason: &reason,
        change,
        meanwhile,
    };
    match (report(told, context).await?, change) {
        (Told::Outrun, _) => Ok(again(key, context)),
        (Told::Answered(answer), Some(change)) => {
            let settled = change.settle(answer, key, &*context.cluster).await;
            after_change(settled, key, context)
        }
        (Told::Said(_) | Told::Answered(_), change) => {
            let waited_for = change.map(|change| change.recheck(context.clock.now()));
            let delay = delay.into_iter().chain(waited_for).min();
            Ok((
                outcome,
                delay.map_or_else(Action::await_change, Action::requeue),
            ))
        }
    }
}

/// A change was settled, or somebody was faster: either way the object changes, or has.
fn after_change(
    settled: Result<(), ClusterError>,
    key: &ObjectKey,
    context: &Context,
) -> Result<(PassOutcome, Action), PassError> {
    match settled {
        Ok(()) => Ok((PassOutcome::Again, Action::await_change())),
        Err(ClusterError::Conflict | ClusterError::Gone) => Ok(again(key, context)),
        Err(error) => Err(PassError::Change(error)),
    }
}

/// Somebody else wrote: look again, soon.
fn again(key: &ObjectKey, context: &Context) -> (PassOutcome, Action) {
    let delay = requeue::after_race(key, &context.backoffs);
    (PassOutcome::Again, Action::requeue(delay))
}

fn outcome_of(reason: &Reason) -> PassOutcome {
    match reason {
        Reason::Succeeded => PassOutcome::Settled,
        _ => PassOutcome::Waiting,
    }
}

/// The boundary of a pass: one log line, one count, one delay for this object alone.
fn failed(error: &PassError, key: &ObjectKey, context: &Context) -> (PassOutcome, Action) {
    tracing::error!(namespace = key.namespace, name = key.name, %error, "a pass failed");
    let slowest = if error.is_silence() {
        requeue::SOONER
    } else {
        requeue::SLOW
    };
    let delay = context.backoffs.delay(key, slowest);
    let outcome = match error {
        PassError::Panicked(_) => PassOutcome::Panicked,
        PassError::Step(_) | PassError::Status(_) | PassError::Change(_) => PassOutcome::Failed,
    };
    (outcome, Action::requeue(delay))
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests;
