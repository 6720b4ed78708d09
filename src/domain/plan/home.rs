//! Where a tenant's collection is, and bringing it home.

use std::ops::ControlFlow;

use super::{Stage, look, obstacle, rest, seen_at, stray, to_do, update};
use crate::domain::{
    ids::CollectionUuid,
    names::CollectionName,
    observed::{Capability, Observed, claimed_collections, names_of_record},
    reason::{Missing, Reason},
    record::{OrganizationRecord, State},
    step::{Look, RecordChange, Step},
};

/// A tenant's collection, found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) name: CollectionName,
    pub(super) uuid: CollectionUuid,
}

/// Settled once the collection is under the name that the record gives it.
pub(super) fn settled(record: &OrganizationRecord, recreate: bool, seen: &Observed) -> Stage<Home> {
    let name = record.home();
    let Some(uuid) = record.collection_uuid else {
        return identified(record, recreate, seen);
    };
    match located(record, uuid, seen)? {
        None => missing(record, recreate, seen),
        Some(there) if there.name == name => ControlFlow::Continue(there),
        Some(elsewhere) => {
            if seen.at(&name).is_some() {
                return stray::noted(record, &name, seen);
            }
            to_do(Step::MoveCollection {
                from: elsewhere.name,
                to: name,
                uuid: elsewhere.uuid,
            })
        }
    }
}

/// Settled once the collection is under that private name, or nowhere.
pub(super) fn put_away(
    record: &OrganizationRecord,
    place: &CollectionName,
    seen: &Observed,
) -> Stage {
    if seen.at(place).is_none()
        && let Some(uuid) = record.collection_uuid
        && let Some(there) = located(record, uuid, seen)?
    {
        return to_do(Step::MoveCollection {
            from: there.name,
            to: place.clone(),
            uuid: there.uuid,
        });
    }
    ControlFlow::Continue(())
}

/// Settled unless the collection is under a claimed name once more, past the commit point: a process
/// that read the record before the intent, and looked after the move, took it for one that was moved
/// by hand. No fence refuses that: the collection is the right one.
pub(super) fn put_away_again(
    record: &OrganizationRecord,
    place: &CollectionName,
    seen: &Observed,
) -> Stage {
    let is_own = |name: &CollectionName| {
        let there = seen.at(name).map(|there| there.uuid);
        there.is_some() && there == record.collection_uuid
    };
    let back = claimed_collections(record).into_iter().find(is_own);
    match (back, record.collection_uuid) {
        (Some(from), Some(uuid)) if seen.at(place).is_none() => to_do(Step::MoveCollection {
            from,
            to: place.clone(),
            uuid,
        }),
        _ => ControlFlow::Continue(()),
    }
}

/// Where the recorded collection is, by its UUID; where UUIDs don't last, by private name or under
/// a name that still carries the recorded one.
pub(super) fn located(
    record: &OrganizationRecord,
    uuid: CollectionUuid,
    seen: &Observed,
) -> Stage<Option<Home>> {
    let names = names_of_record(record);
    let carries = |name: &&CollectionName| seen.at(name).is_some_and(|there| there.uuid == uuid);
    if let Some(name) = names.iter().find(carries) {
        let name = name.clone();
        return ControlFlow::Continue(Some(Home { name, uuid }));
    }
    seen_at(seen, &names)?;
    match seen.capability {
        Capability::Unfenced => ControlFlow::Continue(hidden(record, seen)),
        Capability::Fenced | Capability::Sharded => match seen.found.get(&uuid) {
            None => look(Look::Whereabouts(uuid)),
            Some(found) => ControlFlow::Continue(found.clone().map(|name| Home { name, uuid })),
        },
    }
}

/// The private names under which a whole tenant may be.
pub(super) fn hiding_places(record: &OrganizationRecord) -> [CollectionName; 2] {
    [
        CollectionName::trash(record.id),
        CollectionName::archive(record.id),
    ]
}

/// What is under one of them, whatever its UUID.
fn hidden(record: &OrganizationRecord, seen: &Observed) -> Option<Home> {
    hiding_places(record).into_iter().find_map(|name| {
        let uuid = seen.at(&name)?.uuid;
        Some(Home { name, uuid })
    })
}

/// The UUID is not known yet: adopted without one, or moved where UUIDs don't last. What lies under
/// the claimed name is ours unless its marker or a record says otherwise.
fn identified<T>(record: &OrganizationRecord, recreate: bool, seen: &Observed) -> Stage<T> {
    let name = record.home();
    let [trash, archive] = hiding_places(record);
    seen_at(seen, [&name, &trash, &archive])?;
    match (seen.at(&name), hidden(record, seen)) {
        (None, None) => missing(record, recreate, seen),
        (None, Some(there)) => to_do(Step::MoveCollection {
            from: there.name,
            to: name,
            uuid: there.uuid,
        }),
        (Some(_), Some(_)) => rest(Reason::CollectionConflict(name)),
        (Some(there), None) => {
            let anothers = there.marker.is_some_and(|marker| marker != record.id);
            if anothers || obstacle::is_held(there, seen)? {
                return rest(Reason::CollectionConflict(name));
            }
            let uuid = there.uuid;
            to_do(update(RecordChange::Identify, record, |after| {
                after.collection_uuid = Some(uuid);
            }))
        }
    }
}

/// Nothing is made anew unless a person asks for it.
fn missing<T>(record: &OrganizationRecord, recreate: bool, seen: &Observed) -> Stage<T> {
    if !recreate {
        return rest(Reason::DataMissing(Missing::Collection(record.home())));
    }
    obstacle::absent_or_leftover(&record.home(), seen)?;
    to_do(update(RecordChange::Recreate, record, |after| {
        after.state = State::Provisioning;
        after.collection_uuid = None;
    }))
}
