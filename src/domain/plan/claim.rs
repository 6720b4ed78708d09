//! Finding and claiming: an organization without a record of its own finds one that is free for it,
//! or writes one.

use std::convert::Infallible;

use super::{Stage, admin, claimants, obstacle, rest, restore, seen_at, to_do, update};
use crate::domain::{
    desired::{Adoption, Desired},
    names::CollectionName,
    observed::{Observed, ObservedObject},
    reason::{Missing, Reason},
    record::{Naming, OrganizationRecord, State, StoredTenant, Tenant},
    step::{RecordChange, Step},
};

pub(super) fn claimed(
    desired: &Desired,
    object: &ObservedObject,
    seen: &Observed,
) -> Stage<Infallible> {
    match desired.restore_from {
        Some(id) => restore::begun(id, desired, object, seen),
        None => by_name(desired, object, seen),
    }
}

/// What has the name, if anything has.
pub(super) fn by_name(
    desired: &Desired,
    object: &ObservedObject,
    seen: &Observed,
) -> Stage<Infallible> {
    // Held by somebody outweighs free for the taking: two records may stand for one name where the
    // older service wrote one of them.
    let mut free = None;
    for claimant in claimants(&desired.name, seen)? {
        match claimant {
            StoredTenant::Unreadable { .. } => {
                return rest(Reason::NameConflict(desired.name.clone()));
            }
            StoredTenant::Readable(tenant) => match &tenant.record.owner {
                Some(owner) if !owner.same_place(&object.owner) => {
                    return rest(Reason::NameConflict(desired.name.clone()));
                }
                Some(_) | None => free = Some(tenant),
            },
        }
    }
    match free {
        Some(tenant) => taken_over(desired, object, tenant, seen),
        None => claimed_anew(desired, object, seen),
    }
}

/// A record that nobody holds, or that the former object of this very place held: there can't be
/// two in one place, and ours was read live.
fn taken_over(
    desired: &Desired,
    object: &ObservedObject,
    tenant: &Tenant,
    seen: &Observed,
) -> Stage<Infallible> {
    let record = &tenant.record;
    let own = |after: &mut OrganizationRecord| {
        after.give_to(
            object.owner.clone(),
            naming_of_taken(desired, object, record),
        );
    };
    if desired.may_adopt == Adoption::Nothing {
        return rest(Reason::AdoptionRequired(desired.name.clone()));
    }
    if record.owner.is_some() {
        return to_do(update(RecordChange::TakeBack, record, own));
    }
    match &record.released {
        Some(former) if former.same_place(&object.owner) => {
            to_do(update(RecordChange::TakeBack, record, own))
        }
        Some(former)
            if former.same_namespace(&object.owner) && desired.may_adopt != Adoption::Never =>
        {
            to_do(update(RecordChange::TakeBack, record, own))
        }
        None if desired.may_adopt == Adoption::Unowned => adopted(desired, object, record, seen),
        Some(_) | None => rest(Reason::AdoptionRequired(desired.name.clone())),
    }
}

/// What is known of the new owner's wishes for a name.
fn naming_of_taken(
    desired: &Desired,
    object: &ObservedObject,
    record: &OrganizationRecord,
) -> Naming {
    // Found by a name that it has left, and still claims. An object that never had it wishes that name;
    // one that had it, by its status, is from before it left.
    let is_called_so = desired.name == record.organization_name;
    let had_it = object.known.is_some_and(|known| known.id == record.id);
    Naming {
        generation: object.generation.filter(|_| is_called_so || had_it),
        outdated: None,
    }
}

/// A record of the older service: its collection is the one under its name, unless that one is
/// known to be another's.
fn adopted(
    desired: &Desired,
    object: &ObservedObject,
    record: &OrganizationRecord,
    seen: &Observed,
) -> Stage<Infallible> {
    let home = record.home();
    seen_at(seen, [&home])?;
    let uuid = match seen.at(&home) {
        Some(there) if there.marker.is_some_and(|marker| marker != record.id) => {
            return rest(Reason::CollectionConflict(home));
        }
        Some(there) if obstacle::is_held(there, seen)? => {
            return rest(Reason::CollectionConflict(home));
        }
        Some(there) => Some(there.uuid),
        None => None,
    };
    to_do(update(RecordChange::Adopt, record, |after| {
        after.give_to(
            object.owner.clone(),
            naming_of_taken(desired, object, record),
        );
        after.names = vec![after.organization_name.clone()];
        after.collection_uuid = uuid;
    }))
}

/// Everything is checked before anything is claimed.
fn claimed_anew(desired: &Desired, object: &ObservedObject, seen: &Observed) -> Stage<Infallible> {
    if let Some(known) = &object.known
        && !object.recreate
    {
        return rest(Reason::DataMissing(Missing::Record(known.id)));
    }
    obstacle::absent_or_leftover(&CollectionName::of_tenant(&desired.name), seen)?;
    admin::email_free(None, seen)?;
    admin::credential_usable(seen)?;
    to_do(Step::InsertRecord(Box::new(OrganizationRecord {
        id: seen.fresh.organization,
        organization_name: desired.name.clone(),
        collection_name: CollectionName::of_tenant(&desired.name),
        admin_id: seen.fresh.admin,
        created_at: seen.now,
        names: vec![desired.name.clone()],
        owner: Some(object.owner.clone()),
        naming: Naming {
            generation: object.generation,
            outdated: None,
        },
        released: None,
        state: State::Provisioning,
        quarantine: Vec::new(),
        strays: Vec::new(),
        collection_uuid: None,
        disabled: desired.disabled,
        revision: None,
    })))
}
