//! A collection that lies where a tenant wants to live: somebody's, or the empty leftover of a
//! dead controller's late create.

use std::ops::ControlFlow;

use super::{Stage, look, rest, seen_at, to_do};
use crate::domain::{
    ids::OrganizationId,
    names::CollectionName,
    observed::{Observed, ObservedCollection},
    reason::Reason,
    step::{Look, Step},
};

/// How many names are tried for what is set aside.
const SLOTS: u8 = 16;

/// Settled if nothing lies under `name`; resting with the conflict if something does that is not an
/// empty leftover.
pub(super) fn absent_or_leftover(name: &CollectionName, seen: &Observed) -> Stage {
    seen_at(seen, [name])?;
    match seen.at(name) {
        None => ControlFlow::Continue(()),
        Some(there) => leftover_of(name, there, seen).map_continue(|_| ()),
    }
}

/// Settled if nothing lies under `name`; an empty leftover is moved out of the way.
pub(super) fn cleared(name: &CollectionName, seen: &Observed) -> Stage {
    seen_at(seen, [name])?;
    let Some(there) = seen.at(name) else {
        return ControlFlow::Continue(());
    };
    let former = leftover_of(name, there, seen)?;
    set_aside(name, there, former, 0, seen)
}

/// Whose leftover it is: its marker's organization has no record with this UUID, and it is empty.
fn leftover_of(
    name: &CollectionName,
    there: &ObservedCollection,
    seen: &Observed,
) -> Stage<OrganizationId> {
    let Some(former) = there.marker else {
        return rest(Reason::CollectionConflict(name.clone()));
    };
    if is_held(there, seen)? {
        return rest(Reason::CollectionConflict(name.clone()));
    }
    match seen.particulars(there.uuid).empty {
        None => look(Look::Emptiness(name.clone(), there.uuid)),
        Some(false) => rest(Reason::CollectionConflict(name.clone())),
        Some(true) => ControlFlow::Continue(former),
    }
}

/// Whether some record says that this collection is its home.
pub(super) fn is_held(there: &ObservedCollection, seen: &Observed) -> Stage<bool> {
    match seen.particulars(there.uuid).holder {
        None => look(Look::Holder(there.uuid)),
        Some(holder) => ControlFlow::Continue(holder.is_some()),
    }
}

/// Moves what lies under `name` to the first free `_stray.<of>.<slot>`, from `first` on.
pub(super) fn set_aside<T>(
    name: &CollectionName,
    there: &ObservedCollection,
    of: OrganizationId,
    first: u8,
    seen: &Observed,
) -> Stage<T> {
    for slot in first..SLOTS {
        let to = CollectionName::stray(of, slot);
        seen_at(seen, [&to])?;
        if seen.at(&to).is_none() {
            return to_do(Step::MoveCollection {
                from: name.clone(),
                to,
                uuid: there.uuid,
            });
        }
    }
    rest(Reason::CollectionConflict(name.clone()))
}
