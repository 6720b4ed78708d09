//! The way out: released with all data, or deleted by way of the trash. Names come from the record,
//! never from the object.

use std::{convert::Infallible, ops::ControlFlow};

use super::{
    Next, Rest, Stage, admin, archive,
    home::{self, Home},
    look, obstacle, provision, quarantine, rename, repair, rest, restore, seen_at, stray, to_do,
    update,
};
use crate::domain::{
    desired::{Disposal, Leaving},
    names::CollectionName,
    observed::{Capability, Observed, ObservedObject, claimed_collections, names_of_record},
    reason::Reason,
    record::{OrganizationRecord, STRAY_SLOTS, State, StoredTenant, Tenant},
    step::{Look, RecordChange, Step},
};

/// What is left to do for an object that is going.
pub(super) fn leave(
    leaving: Leaving,
    object: &ObservedObject,
    seen: &Observed,
) -> Stage<Infallible> {
    if !object.finalizer {
        return ControlFlow::Break(Next::Rest(Rest::Gone));
    }
    let tenant = match &seen.own {
        None => return to_do(Step::RemoveFinalizer),
        Some(StoredTenant::Unreadable { id, field, .. }) => {
            return rest(Reason::OperationUnknown { id: *id, field });
        }
        Some(StoredTenant::Readable(tenant)) => tenant,
    };
    if leaving.is_protected {
        return rest(Reason::DeletionProtected);
    }
    left(leaving, tenant, seen)
}

/// What is left to do with the tenant of an object that goes, or has gone.
pub(super) fn left(leaving: Leaving, tenant: &Tenant, seen: &Observed) -> Stage<Infallible> {
    match (&tenant.record.state, leaving.disposal) {
        (State::Provisioning, _) => {
            provision::active_if_there(&tenant.record, seen)?;
            provision::undone(tenant, seen)
        }
        (State::Renaming(_) | State::Active, disposal) => {
            repair::consistent(&tenant.record)?;
            steps_only(rename::finished(None, tenant, seen))?;
            let home = steps_only(home::settled(&tenant.record, false, seen))?;
            match disposal {
                Disposal::Retain => released(home.as_ref(), tenant, seen),
                Disposal::Archive(retention) => archive::intended(retention, &tenant.record),
                Disposal::Delete => intended(&tenant.record),
            }
        }
        (State::Restoring(_), _) => {
            // Back first, or rolled back: then as its policy says.
            restore::finished(None, leaving.disabled, tenant, seen)?;
            rest(Reason::Restoring)
        }
        (
            State::Archiving {
                archive,
                committed: false,
            },
            Disposal::Archive(retention),
        ) => archive::committed(archive, retention, tenant, seen),
        (
            State::Archiving {
                archive,
                committed: true,
            },
            _,
        ) => archive::finished(archive, tenant, seen),
        (
            State::Archiving {
                committed: false, ..
            },
            Disposal::Retain | Disposal::Delete,
        )
        | (State::Deleting { committed: false }, Disposal::Retain | Disposal::Archive(_)) => {
            undone(leaving.disabled, tenant, seen)
        }
        (State::Deleting { committed: false }, Disposal::Delete) => committed(tenant, seen),
        (State::Deleting { committed: true }, _) => destroyed(tenant, seen),
        // Nobody owns one of these.
        (State::Archived(_) | State::Purging(_), _) => to_do(Step::RemoveFinalizer),
    }
}

/// What a stage has to do is done; what it would rest for doesn't keep an object that is going.
fn steps_only<T>(stage: Stage<T>) -> Stage<Option<T>> {
    match stage {
        ControlFlow::Break(Next::Do(step)) => to_do(step),
        ControlFlow::Break(Next::Rest(_)) => ControlFlow::Continue(None),
        ControlFlow::Continue(settled) => ControlFlow::Continue(Some(settled)),
    }
}

/// Retain: data, login and name stay, and the record remembers whose they were. Quarantined names
/// go with the object, since nobody would be left to release them: each was looked at just before,
/// and what lay there is home, if there is one.
fn released(home: Option<&Home>, tenant: &Tenant, seen: &Observed) -> Stage<Infallible> {
    let record = &tenant.record;
    if let Some(home) = home {
        steps_only(quarantine::swept(record, seen))?;
        steps_only(stray::merged(record, home, seen))?;
    }
    to_do(update(RecordChange::Release, record, |after| {
        after.release();
        after.names = vec![record.organization_name.clone()];
        after.quarantine.clear();
    }))
}

/// Delete: the intent, and logins off.
fn intended(record: &OrganizationRecord) -> Stage<Infallible> {
    to_do(update(RecordChange::IntendDeletion, record, |after| {
        after.state = State::Deleting { committed: false };
        after.disabled = true;
    }))
}

/// The object no longer asks for deletion: all tokens end (they were refused meanwhile), then the
/// record is active again, and upkeep brings the collection home.
pub(super) fn undone<T>(disabled: bool, tenant: &Tenant, seen: &Observed) -> Stage<T> {
    admin::tokens_ended(tenant, seen)?;
    to_do(update(
        RecordChange::UndoDeletion,
        &tenant.record,
        |after| {
            after.state = State::Active;
            after.disabled = disabled;
            if seen.capability == Capability::Unfenced {
                // The way back gives another UUID, which is found and noted on arrival.
                after.collection_uuid = None;
            }
        },
    ))
}

/// Into the trash, then the commit point, if the live object still wants it.
fn committed(tenant: &Tenant, seen: &Observed) -> Stage<Infallible> {
    let record = &tenant.record;
    let trash = CollectionName::trash(record.id);
    seen_at(seen, &names_of_record(record))?;
    home::put_away(record, &trash, seen)?;
    match seen.done.deletion_confirmed {
        None => look(Look::Deletion),
        Some(false) => rest(Reason::Dropping),
        Some(true) => to_do(update(RecordChange::CommitDeletion, record, |after| {
            after.state = State::Deleting { committed: true };
        })),
    }
}

/// Past the commit point: the trash goes, then (after one more look) the names, the admin and the
/// record. What lies under a claimed name by then was written late: it is set aside and kept.
pub(super) fn destroyed(tenant: &Tenant, seen: &Observed) -> Stage<Infallible> {
    let record = &tenant.record;
    seen_at(seen, &names_of_record(record))?;
    home::put_away_again(record, &CollectionName::trash(record.id), seen)?;
    dropped(record, seen)?;
    for name in claimed_collections(record) {
        if let Some(there) = seen.at(&name)
            && !obstacle::is_held(there, seen)?
        {
            return obstacle::set_aside(&name, there, record.id, STRAY_SLOTS, seen);
        }
    }
    if !seen.done.admins_deleted {
        return to_do(Step::DeleteAdmins(Box::new(record.clone())));
    }
    to_do(Step::DeleteRecord(Box::new(record.clone())))
}

/// Settled once nothing of the tenant's is under a private name.
pub(super) fn dropped(record: &OrganizationRecord, seen: &Observed) -> Stage {
    let strays = record.strays.iter();
    let strays = strays.map(|stray| CollectionName::stray(record.id, stray.slot));
    let [trash, archive] = home::hiding_places(record);
    let names: Vec<_> = strays.chain([trash, archive]).collect();
    seen_at(seen, &names)?;
    for name in names {
        if let Some(there) = seen.at(&name) {
            return to_do(Step::DropCollection {
                name,
                uuid: there.uuid,
            });
        }
    }
    ControlFlow::Continue(())
}
