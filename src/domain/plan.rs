//! From what is wished and what was seen to the one next step. Pure, total, deterministic: the
//! state table of the protocol, a file for each of its parts.
//!
//! A stage either has something to do or a reason to rest ([`ControlFlow::Break`]), or it is
//! settled and the next one is asked. So `?` reads "once that is settled".

mod abandoned;
mod admin;
mod archive;
mod claim;
mod delete;
mod home;
mod obstacle;
mod outdated;
mod provision;
mod purge;
mod quarantine;
mod rename;
mod repair;
mod restore;
mod serve;
mod stray;
mod unfold;

use std::{convert::Infallible, fmt, ops::ControlFlow};

use jiff::Timestamp;

pub use abandoned::next_for_abandoned;
pub use outdated::{next_before_withdrawal, outdated_name};
pub use purge::next_for_archive;
pub use unfold::{Plan, predict, unfold};

use super::{
    desired::Wish,
    names::{CollectionName, OrgName},
    observed::{Capability, Observed},
    reason::{Feature, Reason},
    record::{OrganizationRecord, StoredTenant},
    step::{Look, RecordChange, Step},
};

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This step; then decide again.
    Do(Step),
    /// Nothing more in this pass.
    Rest(Rest),
}

/// Why a pass ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// The object is gone, or no longer ours to care for: there is no status to write.
    Gone,
    /// The organization is as it is, for that reason.
    Settled {
        /// The reason.
        reason: Reason,
        /// Something is due then, whatever the reason's own period.
        due: Option<Timestamp>,
    },
}

impl Rest {
    fn because(reason: Reason) -> Self {
        Self::Settled { reason, due: None }
    }
}

impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("Gone"),
            Self::Settled { reason, .. } => write!(f, "{}: {reason}", reason.kind()),
        }
    }
}

/// A stage's answer: go on with `T`, or that is what comes next.
type Stage<T = ()> = ControlFlow<Next, T>;

fn to_do<T>(step: Step) -> Stage<T> {
    ControlFlow::Break(Next::Do(step))
}

fn rest<T>(reason: Reason) -> Stage<T> {
    ControlFlow::Break(Next::Rest(Rest::because(reason)))
}

fn look<T>(look: Look) -> Stage<T> {
    to_do(Step::Look(look))
}

/// Who else holds that name, once that was asked.
fn claimants<'a>(name: &OrgName, seen: &'a Observed) -> Stage<&'a [StoredTenant]> {
    if seen.asked_name.as_ref() == Some(name) {
        ControlFlow::Continue(&seen.claimants)
    } else {
        look(Look::Claimants(name.clone()))
    }
}

/// Settled once all these names were looked at.
fn seen_at<'a>(seen: &Observed, names: impl IntoIterator<Item = &'a CollectionName>) -> Stage {
    let unseen: std::collections::BTreeSet<_> = names
        .into_iter()
        .filter(|name| !seen.looked_at(name))
        .cloned()
        .collect();
    if unseen.is_empty() {
        ControlFlow::Continue(())
    } else {
        look(Look::Collections(unseen))
    }
}

/// The compare-and-set that makes `before` what `edit` makes of it.
fn update(
    change: RecordChange,
    before: &OrganizationRecord,
    edit: impl FnOnce(&mut OrganizationRecord),
) -> Step {
    let mut after = before.clone();
    edit(&mut after);
    Step::UpdateRecord {
        change,
        before: Box::new(before.clone()),
        after: Box::new(after),
    }
}

/// The one next step.
#[must_use]
pub fn next(wish: &Wish, seen: &Observed) -> Next {
    guarded(decide(wish, seen), seen)
}

/// What is decided, if it can be done on that server.
fn guarded(decided: Stage<Infallible>, seen: &Observed) -> Next {
    let ControlFlow::Break(next) = decided;
    match next {
        // Nothing is begun that could not be finished there.
        Next::Do(step) if seen.capability == Capability::Sharded && step.leads_to_a_move() => {
            Next::Rest(Rest::because(Reason::Unsupported(Feature::Sharded)))
        }
        next => next,
    }
}

fn decide(wish: &Wish, seen: &Observed) -> Stage<Infallible> {
    let Some(object) = &seen.object else {
        return ControlFlow::Break(Next::Rest(Rest::Gone));
    };
    match wish {
        Wish::Absent(leaving) => delete::leave(*leaving, object, seen),
        Wish::Suspended => rest(Reason::Suspended),
        Wish::Refused(reason) => {
            // An intent that stands is finished whatever is wished now.
            if let Some(tenant) = seen.tenant() {
                rename::finished(None, tenant, seen)?;
            }
            rest(reason.clone())
        }
        Wish::Present(_) if !object.finalizer => to_do(Step::AddFinalizer),
        Wish::Present(desired) => match &seen.own {
            None => claim::claimed(desired, object, seen),
            Some(StoredTenant::Unreadable { id, field, .. }) => {
                rest(Reason::OperationUnknown { id: *id, field })
            }
            Some(StoredTenant::Readable(tenant)) => serve::served(desired, object, tenant, seen),
        },
    }
}

#[cfg(test)]
mod tests;
