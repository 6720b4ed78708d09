//! One pass over one organization: the diagram.

use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use kube::{Resource, ResourceExt, core::DeserializeGuard, runtime::controller::Action};
use thiserror::Error;

use super::{
    cluster::{ClusterError, ObjectKey},
    context::Context,
    events::{tell, tell_done},
    execute::{Executed, StepError, Stop, execute},
    observe::{awaits_finalizer, key_of, observe, observe_object, status_of},
    requeue,
    status::{Outcome, status_after},
    validate::validate,
    waiting::WaitsFor,
};
use crate::{
    crd::{Organization, OrganizationStatus, RECONCILE_ANNOTATION, RECREATE_ANNOTATION},
    domain::{
        desired::Wish,
        observed::Observed,
        plan::Rest,
        reason::{Reason, ReasonKind},
        step::Step,
    },
    runtime::metrics::{Operation, PassOutcome},
    store::port::StoreError,
};

/// After that time a pass that is still going says so in status.
const LONG: Duration = Duration::from_secs(2);

/// Why a pass failed. The one log line of a failure is written where it is turned into a delay.
#[derive(Debug, Error)]
pub enum PassError {
    /// A step, or the reads.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The status could not be written.
    #[error("the status was not written: {0}")]
    Status(#[source] ClusterError),
    /// A fault of ours.
    #[error("the pass panicked: {0}")]
    Panicked(String),
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
    let wish = validate(object, &context.settings.allowances);
    let observed = if awaits_finalizer(object, &wish) {
        observe_object(object, context).await
    } else {
        observe(object, &wish, context).await
    };
    let (executed, live) = match observed {
        Ok(mut pass) => {
            let live = pass.live.take();
            let reason = reason_under_way(&wish, &pass.seen);
            let told = tell_if_long(object, &reason, key, context);
            let executed = tokio::select! {
                biased;
                executed = execute(&wish, pass, context) => executed,
                never = told => match never {},
            };
            (executed, live)
        }
        Err(error) => (
            Executed {
                seen: None,
                writes: Vec::new(),
                stop: error.into(),
            },
            None,
        ),
    };
    if executed.writes.iter().any(Step::concerns_others) {
        context.waiting.wake(WaitsFor::Others);
    }
    conclude(live.as_ref().unwrap_or(object), key, executed, context).await
}

/// Status, Events and the delay, by how the pass ended.
async fn conclude(
    object: &DeserializeGuard<Organization>,
    key: &ObjectKey,
    executed: Executed,
    context: &Context,
) -> Result<(PassOutcome, Action), PassError> {
    let Executed { seen, writes, stop } = executed;
    let now = context.clock.now();
    match stop {
        Stop::FinalizerAdded => Ok((PassOutcome::Again, Action::await_change())),
        Stop::Again => {
            // What was confirmed before somebody else wrote is told now: no later pass knows of it.
            context.events.put(key, tell_done(&writes));
            let delay = context.backoffs.delay(key, requeue::SLOW);
            Ok((PassOutcome::Again, Action::requeue(delay)))
        }
        Stop::Rested(Rest::Gone) => {
            note_gone(key, context);
            context
                .events
                .put(key, tell(Some(""), &writes, &Reason::Dropping));
            Ok((PassOutcome::Settled, Action::await_change()))
        }
        Stop::Rested(rest @ Rest::Settled { .. }) => {
            if let Rest::Settled { reason, .. } = &rest {
                write_status(object, key, seen.as_ref(), &writes, reason, context).await?;
            }
            let action = requeue::after_rest(&rest, key, &context.backoffs, &context.settings, now);
            Ok((outcome_of(&rest), action))
        }
        Stop::Failed(error) => {
            let reason = reason_for(&error);
            log_failure(key, reason.kind(), &error, context);
            write_status(object, key, seen.as_ref(), &writes, &reason, context).await?;
            let delay = requeue::after_reason(&reason, key, &context.backoffs, &context.settings);
            Ok((
                PassOutcome::Failed,
                delay.map_or_else(Action::await_change, Action::requeue),
            ))
        }
    }
}

/// While the database is away all organizations fail alike, again and again: one line each.
fn log_failure(key: &ObjectKey, reason: ReasonKind, error: &StepError, context: &Context) {
    let (namespace, name) = (&key.namespace, &key.name);
    if context.waiting.has(key, reason) && WaitsFor::of(reason) == Some(WaitsFor::Database) {
        tracing::debug!(namespace, name, %reason, %error, "a pass failed again");
    } else {
        tracing::warn!(namespace, name, %reason, %error, "a pass failed");
    }
}

fn outcome_of(rest: &Rest) -> PassOutcome {
    match rest {
        Rest::Gone
        | Rest::Settled {
            reason: Reason::Succeeded,
            ..
        } => PassOutcome::Settled,
        Rest::Settled { .. } => PassOutcome::Waiting,
    }
}

/// What a person is told of an error; the log has the error itself.
fn reason_for(error: &StepError) -> Reason {
    match error {
        StepError::Store(StoreError::Unauthorized(_)) => Reason::MongoUnauthorized,
        StepError::Store(StoreError::Unreachable(_) | StoreError::OutcomeUnknown(_)) => {
            Reason::MongoUnavailable
        }
        StepError::Store(
            StoreError::Exists
            | StoreError::Gone
            | StoreError::Stale
            | StoreError::Duplicate(_)
            | StoreError::Other(_),
        )
        | StepError::Cluster(_)
        | StepError::Hash(_)
        | StepError::NoMaterial
        | StepError::Endless => Reason::InternalError,
    }
}

/// Written where it differs from what the live object says; told where the reason is another one.
async fn write_status(
    object: &DeserializeGuard<Organization>,
    key: &ObjectKey,
    seen: Option<&Observed>,
    writes: &[Step],
    reason: &Reason,
    context: &Context,
) -> Result<(), PassError> {
    let former = context.waiting.note(key, reason.kind());
    context
        .metrics
        .move_organization(former, Some(reason.kind()));
    let empty = OrganizationStatus::default();
    let previous = status_of(object).unwrap_or(&empty);
    let annotations = object.annotations();
    let status = status_after(
        previous,
        &Outcome {
            generation: object.meta().generation,
            seen,
            reason,
            database: &context.settings.database,
            now: context.clock.now(),
            reconcile_at: annotations.get(RECONCILE_ANNOTATION),
            recreate_at: annotations.get(RECREATE_ANNOTATION),
        },
    );
    let ready = previous
        .conditions
        .iter()
        .find(|condition| condition.type_ == "Ready");
    let told = tell(ready.map(|ready| ready.reason.as_str()), writes, reason);
    if status != *previous {
        match context.cluster.write_status(key, &status).await {
            // Gone before its status: nobody is left to be told.
            Ok(()) | Err(ClusterError::Gone | ClusterError::Conflict) => {}
            Err(error) => return Err(PassError::Status(error)),
        }
    }
    context.events.put(key, told);
    Ok(())
}

/// What a pass is doing, for a status that is written before it ends.
fn reason_under_way(wish: &Wish, seen: &Observed) -> Reason {
    match (wish, seen.tenant()) {
        (Wish::Absent(_), _) => Reason::Dropping,
        (Wish::Present(desired), Some(tenant))
            if tenant.record.organization_name != desired.name =>
        {
            Reason::Renaming {
                from: tenant.record.organization_name.clone(),
                to: desired.name.clone(),
            }
        }
        _ => Reason::Progressing,
    }
}

/// Says in status that the pass is under way, if it is after [`LONG`]; never ends.
async fn tell_if_long(
    object: &DeserializeGuard<Organization>,
    reason: &Reason,
    key: &ObjectKey,
    context: &Context,
) -> Infallible {
    tokio::time::sleep(LONG).await;
    if let Err(error) = write_status(object, key, None, &[], reason, context).await {
        tracing::debug!(namespace = key.namespace, name = key.name, %error, "progress was not told");
    }
    std::future::pending().await
}

fn note_gone(key: &ObjectKey, context: &Context) {
    context.backoffs.reset(key);
    let former = context.waiting.forget(key);
    context.metrics.move_organization(former, None);
}

/// The boundary of a pass: one log line, one count, one delay for this object alone.
fn failed(error: &PassError, key: &ObjectKey, context: &Context) -> (PassOutcome, Action) {
    tracing::error!(namespace = key.namespace, name = key.name, %error, "a pass failed");
    let delay = context.backoffs.delay(key, requeue::SLOW);
    let outcome = match error {
        PassError::Panicked(_) => PassOutcome::Panicked,
        PassError::Step(_) | PassError::Status(_) => PassOutcome::Failed,
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
