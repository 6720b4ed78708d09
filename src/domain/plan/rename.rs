//! Rename: intent, a look at the claimed name, the one renameCollection, the record. Forward only
//! once the intent stands, but for two roll-backs.

use std::ops::ControlFlow;

use super::{
    Next, Stage, admin, claimants, home, obstacle, outdated, rest, seen_at, stray, to_do, update,
};
use crate::domain::{
    desired::Desired,
    ids::CollectionUuid,
    names::{CollectionName, OrgName},
    observed::{Capability, Observed, ObservedObject},
    reason::{Missing, Reason},
    record::{AdminRecord, Naming, OrganizationRecord, Quarantine, Renaming, State, Tenant},
    step::{RecordChange, Step},
};

/// Settled if the tenant is called as wished; else the intent, once nothing stands against it.
pub(super) fn begun(
    desired: &Desired,
    object: &ObservedObject,
    tenant: &Tenant,
    seen: &Observed,
) -> Stage {
    let record = &tenant.record;
    let to = &desired.name;
    if let Some(outdated) = outdated::outdated_name(desired, object, record) {
        return rest(Reason::SpecOutdated {
            name: record.organization_name.clone(),
            outdated: outdated.clone(),
        });
    }
    if record.organization_name == *to {
        return ControlFlow::Continue(());
    }
    if desired.name_is_default {
        // The name that it has was set once. Taking it out is no wish for another; the definition
        // refuses that, and a skipped admission step is no hole.
        return rest(Reason::InvalidSpec(format!(
            "spec.organizationName can't be unset once it was set. Set it to {}, or to the name \
             that the organization shall have.",
            record.organization_name
        )));
    }
    if !claimants(to, seen)?.is_empty() {
        return rest(Reason::NameConflict(to.clone()));
    }
    // In our own quarantine whatever lies there is a stray, and was dealt with before this.
    let own_quarantine = record.names.contains(to);
    if !own_quarantine {
        obstacle::cleared(&CollectionName::of_tenant(to), seen)?;
    }
    // A wish is taken as a whole: what would be refused later is refused before anything moves.
    if let Some(admin) = &tenant.admin {
        admin::wished_update(desired, admin, seen)?;
    }
    to_do(update(RecordChange::IntendRename, record, |after| {
        after.state = State::Renaming(Renaming {
            from: record.organization_name.clone(),
            to: to.clone(),
            clear: own_quarantine,
            started_at: seen.now,
            generation: object.generation,
        });
        if !own_quarantine {
            after.names.push(to.clone());
        }
        after.quarantine.retain(|left| left.name != *to);
    }))
}

/// Settled if no rename is under way; else its next step. `desired` is what is wished now, if it
/// makes sense.
pub(super) fn finished(desired: Option<&Desired>, tenant: &Tenant, seen: &Observed) -> Stage {
    let record = &tenant.record;
    let State::Renaming(renaming) = &record.state else {
        return ControlFlow::Continue(());
    };
    let target = CollectionName::of_tenant(&renaming.to);
    if !renaming.clear {
        return cleared(record, renaming, &target, seen);
    }
    if let Some(desired) = desired.filter(|desired| desired.name == renaming.to)
        && let Some(admin) = &tenant.admin
    {
        admin_updated(desired, admin, record, renaming, seen)?;
    }
    moved(record, renaming, &target, seen)
}

/// The look after the claim: what is there by now was there before our clients knew the name.
fn cleared(
    record: &OrganizationRecord,
    renaming: &Renaming,
    target: &CollectionName,
    seen: &Observed,
) -> Stage {
    seen_at(seen, [target])?;
    if seen.at(target).is_some() {
        return to_do(rolled_back(record, renaming, record.collection_uuid, seen));
    }
    to_do(update(RecordChange::ClearRename, record, |after| {
        after.state = State::Renaming(Renaming {
            clear: true,
            ..renaming.clone()
        });
    }))
}

/// E-mail address and password of the same wish, before the commit point. Only an address that was
/// taken meanwhile turns the rename back; anything else is told once it is done.
fn admin_updated(
    desired: &Desired,
    admin: &AdminRecord,
    record: &OrganizationRecord,
    renaming: &Renaming,
    seen: &Observed,
) -> Stage {
    match admin::as_wished(desired, admin, seen) {
        ControlFlow::Break(next) if admin::is_email_conflict(&next) => {
            let uuid = back_home(record, renaming, seen)?;
            to_do(rolled_back(record, renaming, uuid, seen))
        }
        ControlFlow::Break(Next::Do(step)) => to_do(step),
        ControlFlow::Break(Next::Rest(_)) | ControlFlow::Continue(()) => ControlFlow::Continue(()),
    }
}

/// The commit point, and the record after it.
fn moved(
    record: &OrganizationRecord,
    renaming: &Renaming,
    target: &CollectionName,
    seen: &Observed,
) -> Stage {
    if !claimants(&renaming.to, seen)?.is_empty() {
        // The older service, which knows no claims, took the name after our intent.
        let uuid = back_home(record, renaming, seen)?;
        return to_do(rolled_back(record, renaming, uuid, seen));
    }
    let Some(home) = whereabouts(record, renaming, seen)? else {
        return rest(Reason::DataMissing(Missing::Collection(record.home())));
    };
    if home.name == *target {
        return to_do(finish(record, renaming, home.uuid, seen));
    }
    stray_moved_off(record, target, seen)?;
    to_do(Step::MoveCollection {
        from: home.name,
        to: target.clone(),
        uuid: home.uuid,
    })
}

/// Where the collection is while its record says renaming.
fn whereabouts(
    record: &OrganizationRecord,
    renaming: &Renaming,
    seen: &Observed,
) -> Stage<Option<home::Home>> {
    let target = CollectionName::of_tenant(&renaming.to);
    let source = CollectionName::of_tenant(&renaming.from);
    seen_at(seen, [&source, &target])?;
    let Some(uuid) = record.collection_uuid else {
        return ControlFlow::Continue(None);
    };
    let found = home::located(record, uuid, seen)?;
    if found.is_none()
        && seen.capability == Capability::Unfenced
        && let Some(there) = seen.at(&target)
        && !obstacle::is_held(there, seen)?
    {
        // The old name no longer carries the recorded UUID, and the target, which was seen absent,
        // exists and is no other's home: the rename went through.
        return ControlFlow::Continue(Some(home::Home {
            name: target,
            uuid: there.uuid,
        }));
    }
    ControlFlow::Continue(found)
}

/// Settled with the collection's UUID once it is under its former name again.
fn back_home(
    record: &OrganizationRecord,
    renaming: &Renaming,
    seen: &Observed,
) -> Stage<Option<CollectionUuid>> {
    let source = CollectionName::of_tenant(&renaming.from);
    match whereabouts(record, renaming, seen)? {
        Some(home) if home.name == source => ControlFlow::Continue(Some(home.uuid)),
        Some(home) => {
            stray_moved_off(record, &source, seen)?;
            to_do(Step::MoveCollection {
                from: home.name,
                to: source,
                uuid: home.uuid,
            })
        }
        // Moved back where UUIDs don't last: nothing is under the new name, and this is the old.
        None => match seen.at(&source) {
            Some(there) if !obstacle::is_held(there, seen)? => {
                ControlFlow::Continue(Some(there.uuid))
            }
            Some(_) | None => ControlFlow::Continue(None),
        },
    }
}

/// Settled if nothing lies under `name`; a stray there is noted, then moved.
fn stray_moved_off(record: &OrganizationRecord, name: &CollectionName, seen: &Observed) -> Stage {
    if let Some(noted) = record.strays.iter().find(|noted| noted.from == *name) {
        stray::moved(record, noted, seen)?;
    }
    match seen.at(name) {
        Some(_) => stray::noted(record, name, seen),
        None => ControlFlow::Continue(()),
    }
}

fn finish(
    record: &OrganizationRecord,
    renaming: &Renaming,
    uuid: CollectionUuid,
    seen: &Observed,
) -> Step {
    update(RecordChange::FinishRename, record, |after| {
        after.organization_name = renaming.to.clone();
        after.collection_name = CollectionName::of_tenant(&renaming.to);
        after.collection_uuid = Some(uuid);
        after.state = State::Active;
        // Of the wish that began it: a later one may ask for another name by now.
        after.naming = Naming {
            generation: renaming.generation,
            outdated: None,
        };
        after.names.retain(|name| *name != renaming.to);
        after.names.insert(0, renaming.to.clone());
        quarantined(after, &renaming.from, seen);
    })
}

/// The new name is given up: at once if nobody can have written to it, else after its quarantine.
fn rolled_back(
    record: &OrganizationRecord,
    renaming: &Renaming,
    uuid: Option<CollectionUuid>,
    seen: &Observed,
) -> Step {
    update(RecordChange::RollBackRename, record, |after| {
        after.state = State::Active;
        after.collection_uuid = uuid.or(record.collection_uuid);
        if renaming.clear {
            quarantined(after, &renaming.to, seen);
        } else {
            after.names.retain(|name| *name != renaming.to);
        }
    })
}

fn quarantined(record: &mut OrganizationRecord, name: &OrgName, seen: &Observed) {
    let until = seen
        .now
        .saturating_add(seen.rules.name_quarantine)
        .unwrap_or(seen.now);
    record.quarantine.retain(|left| left.name != *name);
    record.quarantine.push(Quarantine {
        name: name.clone(),
        until,
    });
}
