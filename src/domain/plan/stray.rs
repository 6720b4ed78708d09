//! Documents written late, under a name that is ours but no longer, or not yet, the home. Noted
//! first, moved where nobody writes, then copied into the home.

use std::ops::ControlFlow;

use super::{Stage, home::Home, obstacle, rest, seen_at, to_do, update};
use crate::domain::{
    names::CollectionName,
    observed::Observed,
    reason::Reason,
    record::{OrganizationRecord, STRAY_SLOTS, Stray},
    step::{RecordChange, Step},
};

/// What lies under a claimed name and is not the home: another's by its record, or a stray, which
/// is noted.
pub(super) fn noted<T>(
    record: &OrganizationRecord,
    name: &CollectionName,
    seen: &Observed,
) -> Stage<T> {
    let conflict = || rest(Reason::CollectionConflict(name.clone()));
    let Some(there) = seen.at(name) else {
        return conflict();
    };
    if obstacle::is_held(there, seen)? {
        return conflict();
    }
    if let Some(noted) = record.strays.iter().find(|noted| noted.uuid == there.uuid) {
        moved(record, noted, seen)?;
        return conflict();
    }
    let taken = |slot: &u8| record.strays.iter().any(|stray| stray.slot == *slot);
    let Some(slot) = (0..STRAY_SLOTS).find(|slot| !taken(slot)) else {
        return conflict();
    };
    let stray = Stray {
        slot,
        uuid: there.uuid,
        from: name.clone(),
        kept: false,
    };
    to_do(update(RecordChange::NoteStray, record, |after| {
        after.strays.push(stray);
    }))
}

/// Settled once every noted stray is merged, or kept for a person to decide on.
pub(super) fn merged(record: &OrganizationRecord, home: &Home, seen: &Observed) -> Stage {
    for stray in &record.strays {
        if stray.kept {
            undecided(record, stray, seen)?;
        } else {
            brought_home(record, stray, home, seen)?;
        }
    }
    ControlFlow::Continue(())
}

/// Settled while a person has still to decide: once the stray is dropped, its slot is free again.
fn undecided(record: &OrganizationRecord, stray: &Stray, seen: &Observed) -> Stage {
    let place = CollectionName::stray(record.id, stray.slot);
    seen_at(seen, [&place])?;
    match seen.at(&place) {
        Some(_) => ControlFlow::Continue(()),
        None => to_do(cleared(record, stray)),
    }
}

fn cleared(record: &OrganizationRecord, stray: &Stray) -> Step {
    update(RecordChange::ClearStray, record, |after| {
        after.strays.retain(|noted| noted.slot != stray.slot);
    })
}

fn brought_home(record: &OrganizationRecord, stray: &Stray, home: &Home, seen: &Observed) -> Stage {
    moved(record, stray, seen)?;
    let place = CollectionName::stray(record.id, stray.slot);
    let Some(there) = seen.at(&place) else {
        return to_do(cleared(record, stray));
    };
    to_do(match seen.done.merged.get(&place) {
        None => Step::MergeStray {
            from: place,
            into: home.name.clone(),
            uuid: home.uuid,
        },
        Some(0) => Step::DropCollection {
            name: place,
            uuid: there.uuid,
        },
        Some(_) => update(RecordChange::KeepStray, record, |after| {
            for noted in after
                .strays
                .iter_mut()
                .filter(|noted| noted.slot == stray.slot)
            {
                noted.kept = true;
            }
        }),
    })
}

/// Settled once the stray is under its private name, or gone.
pub(super) fn moved(record: &OrganizationRecord, stray: &Stray, seen: &Observed) -> Stage {
    let place = CollectionName::stray(record.id, stray.slot);
    seen_at(seen, [&place, &stray.from])?;
    match seen.at(&stray.from) {
        Some(there) if there.uuid == stray.uuid && seen.at(&place).is_none() => {
            to_do(Step::MoveCollection {
                from: stray.from.clone(),
                to: place,
                uuid: stray.uuid,
            })
        }
        Some(_) | None => ControlFlow::Continue(()),
    }
}
