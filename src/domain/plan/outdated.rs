//! A spec that is older than the present name: etcd was put back to an older state. No rename follows
//! from it, and that is noted, since any later edit of that spec raises its generation past the one that
//! told it.

use std::ops::ControlFlow;

use super::{Next, Rest, Stage, to_do, update};
use crate::domain::{
    desired::{Desired, Wish},
    names::OrgName,
    observed::{Observed, ObservedObject},
    reason::Reason,
    record::{Naming, OrganizationRecord, State},
    step::RecordChange,
};

/// The name that is no wish although the spec says it, if there is one.
#[must_use]
pub fn outdated_name<'a>(
    desired: &'a Desired,
    object: &'a ObservedObject,
    record: &OrganizationRecord,
) -> Option<&'a OrgName> {
    if desired.name == record.organization_name {
        return None;
    }
    // First what a change through HTTP has put its own spec in the place of: the way back from the
    // change leads there, so nothing is begun where that is no wish.
    let before = object.generation.map(|generation| generation - 1);
    let former = object.former_name.as_ref().map(|name| (name, before));
    let mut said = former
        .into_iter()
        .chain([(&desired.name, object.generation)]);
    let outdated = said.find(|(name, generation)| {
        *name != &record.organization_name
            && object.confirmed_name.as_ref() != Some(name)
            && is_older(name, *generation, &record.naming)
    });
    outdated.map(|(name, _)| name)
}

fn is_older(name: &OrgName, generation: Option<i64>, naming: &Naming) -> bool {
    let is_noted = naming.outdated.as_ref() == Some(name);
    let taken = generation.zip(naming.generation);
    is_noted || taken.is_some_and(|(generation, taken)| generation <= taken)
}

/// What has to be done before the spec is put back that a change through HTTP, which came too late, has
/// replaced: both edits count its generation up, and no pass may have seen it before.
#[must_use]
pub fn next_before_withdrawal(wish: &Wish, seen: &Observed) -> Next {
    if let (Some(desired), Some(object), Some(tenant)) =
        (wish.desired(), &seen.object, seen.tenant())
        && tenant.record.state == State::Active
        && let ControlFlow::Break(next) = noted(desired, object, &tenant.record)
    {
        return next;
    }
    Next::Rest(Rest::because(Reason::Progressing))
}

/// Settled once the record says of the spec whether it is of the present.
pub(super) fn noted(
    desired: &Desired,
    object: &ObservedObject,
    record: &OrganizationRecord,
) -> Stage {
    let former = &record.naming;
    let (change, naming) = match outdated_name(desired, object, record) {
        Some(name) => {
            let outdated = Some(name.clone());
            let noted = Naming {
                outdated,
                ..former.clone()
            };
            (RecordChange::NoteOutdatedSpec, noted)
        }
        // The way back from a pending change may lead to an older spec yet.
        None if object.former_name.is_some() => return ControlFlow::Continue(()),
        None => {
            // Asked for at a generation before the noted one: etcd was put back, and a person has set
            // the name right since. The object counts from there, and so do his next wishes.
            let is_present = desired.name == record.organization_name;
            let asked = object.generation.filter(|_| is_present);
            let heeded = Naming {
                generation: former
                    .generation
                    .map(|taken| asked.unwrap_or(taken).min(taken)),
                outdated: None,
            };
            (RecordChange::HeedSpec, heeded)
        }
    };
    if naming == *former {
        return ControlFlow::Continue(());
    }
    to_do(update(change, record, |after| after.naming = naming))
}
