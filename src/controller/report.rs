//! What a pass tells: its status, where that differs; Events; figures; a log line where it failed.

use std::{pin::pin, time::Duration};

use kube::{Resource, ResourceExt, core::DeserializeGuard};

use super::{
    change::Change,
    cluster::{ClusterError, ObjectKey},
    context::Context,
    events::{tell, tell_done},
    execute::StepError,
    observe::status_of,
    status::{Outcome, status_after},
    waiting::WaitsFor,
};
use crate::{
    crd::{
        ChangeStatus, Organization, OrganizationStatus, RECONCILE_ANNOTATION, RECREATE_ANNOTATION,
    },
    domain::{
        change::ChangeOutcome,
        desired::{Desired, Disposal, Wish},
        observed::Observed,
        plan::outdated_name,
        reason::{Reason, ReasonKind},
        step::Step,
    },
    store::port::StoreError,
};

/// After that time a pass that is still going says so in status.
const LONG: Duration = Duration::from_secs(2);

/// What a pass has to tell.
pub(super) struct Report<'a> {
    /// The object as it was read.
    pub object: &'a DeserializeGuard<Organization>,
    /// Which one.
    pub key: &'a ObjectKey,
    /// What is known after the pass; `None` where the reads failed.
    pub seen: Option<&'a Observed>,
    /// The confirmed writes.
    pub writes: &'a [Step],
    /// Why the organization is as it is.
    pub reason: &'a Reason,
    /// The change that waits for an answer.
    pub change: Option<&'a Change>,
    /// The object's version once the pass has said something else meanwhile: then status is not as the
    /// object has it.
    pub meanwhile: Option<&'a str>,
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// It is said. The object's version from then on, where that is another one.
    Said(Option<String>),
    /// It is said, and the change is answered.
    Answered(ChangeOutcome),
    /// Somebody has written to the object since it was read: whoever reads that has the word.
    Outrun,
}

/// Status where it differs from what the live object says, and Events where the reason is another
/// one.
pub(super) async fn report(report: Report<'_>, context: &Context) -> Result<Told, ClusterError> {
    let Report {
        object,
        key,
        seen,
        writes,
        reason,
        change,
        meanwhile,
    } = report;
    let former = context.waiting.note(key, reason.kind());
    context
        .metrics
        .move_organization(former, Some(reason.kind()));
    let empty = OrganizationStatus::default();
    let previous = status_of(object).unwrap_or(&empty);
    let annotations = object.annotations();
    let answer = change.and_then(|change| change.answer(reason.kind()));
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
            change: answer
                .as_ref()
                .map(|answer| ChangeStatus::of(answer, Some(reason.kind().to_string()))),
        },
    );
    let ready = previous
        .conditions
        .iter()
        .find(|condition| condition.type_ == "Ready");
    let told = tell(ready.map(|ready| ready.reason.as_str()), writes, reason);
    let mut version = None;
    if meanwhile.is_some() || status != *previous {
        let read = meanwhile.or(object.meta().resource_version.as_deref());
        match context.cluster.write_status(key, &status, read).await {
            Ok(written) => version = written,
            Err(ClusterError::Conflict) => {
                // What was confirmed is told now: no later pass knows of it.
                context.events.put(key, tell_done(writes));
                return Ok(Told::Outrun);
            }
            // Gone before its status: nobody is left to be told.
            Err(ClusterError::Gone) => {}
            Err(error) => return Err(error),
        }
    }
    context.events.put(key, told);
    Ok(match answer {
        Some(answer) => Told::Answered(answer.outcome),
        None => Told::Said(version),
    })
}

/// While the database is away all organizations fail alike, again and again: one line each.
pub(super) fn log_failure(
    key: &ObjectKey,
    reason: ReasonKind,
    error: &StepError,
    context: &Context,
) {
    let (namespace, name) = (&key.namespace, &key.name);
    if context.waiting.has(key, reason) && WaitsFor::of(reason) == Some(WaitsFor::Database) {
        tracing::debug!(namespace, name, %reason, %error, "a pass failed again");
    } else {
        tracing::warn!(namespace, name, %reason, %error, "a pass failed");
    }
}

/// What a person is told of an error; the log has the error itself.
pub(super) fn reason_for(error: &StepError) -> Reason {
    match error {
        StepError::Store(StoreError::Unauthorized(why)) => Reason::MongoUnauthorized(why.clone()),
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

/// What a pass is doing, for a status that is written before it ends.
pub(super) fn reason_under_way(wish: &Wish, seen: &Observed) -> Reason {
    match (wish, seen.tenant()) {
        (Wish::Absent(leaving), _) => match leaving.disposal {
            Disposal::Archive(_) => Reason::Archiving,
            Disposal::Retain | Disposal::Delete => Reason::Dropping,
        },
        (Wish::Present(desired), None) if desired.restore_from.is_some() => Reason::Restoring,
        (Wish::Present(desired), Some(tenant))
            if tenant.record.organization_name != desired.name && !is_outdated(desired, seen) =>
        {
            Reason::Renaming {
                from: tenant.record.organization_name.clone(),
                to: desired.name.clone(),
            }
        }
        _ => Reason::Progressing,
    }
}

/// Whether no rename follows from the spec, being older than the present name.
fn is_outdated(desired: &Desired, seen: &Observed) -> bool {
    let both = seen.object.as_ref().zip(seen.tenant());
    both.is_some_and(|(object, tenant)| outdated_name(desired, object, &tenant.record).is_some())
}

/// Does the work of a pass; where that takes longer than [`LONG`], says meanwhile in status that it
/// is under way. Gives the object's version from then on, where it said so. That is waited for: it must
/// not come after what the pass says in the end.
pub(super) async fn tell_if_long<T>(
    work: impl Future<Output = T>,
    object: &DeserializeGuard<Organization>,
    reason: &Reason,
    key: &ObjectKey,
    context: &Context,
) -> (T, Option<String>) {
    let mut work = pin!(work);
    if let Ok(done) = tokio::time::timeout(LONG, &mut work).await {
        return (done, None);
    }
    let progress = Report {
        object,
        key,
        seen: None,
        writes: &[],
        reason,
        change: None,
        meanwhile: None,
    };
    let (done, told) = tokio::join!(work, Box::pin(report(progress, context)));
    let version = match told {
        Ok(Told::Said(version)) => version,
        Ok(Told::Answered(_) | Told::Outrun) => None,
        Err(error) => {
            tracing::debug!(namespace = key.namespace, name = key.name, %error, "progress was not told");
            // Or it was: then what is told in the end is outrun, and told by the next pass.
            object.resource_version()
        }
    };
    (done, version)
}

pub(super) fn note_gone(key: &ObjectKey, context: &Context) {
    context.backoffs.reset(key);
    let former = context.waiting.forget(key);
    context.metrics.move_organization(former, None);
}
