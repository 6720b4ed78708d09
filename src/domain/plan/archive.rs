//! Into the archive: the collection under a private name, the admin in the record, name and e-mail
//! address free for others.

use std::convert::Infallible;

use super::{
    Stage,
    home::{self, Home},
    look, obstacle, rest, seen_at, stray, to_do, update,
};
use crate::domain::{
    archive::{Archive, Retention},
    names::CollectionName,
    observed::{Observed, claimed_collections, names_of_record},
    reason::Reason,
    record::{OrganizationRecord, STRAY_SLOTS, State, Tenant},
    step::{Look, RecordChange, Step},
};

/// The intent, and logins off.
pub(super) fn intended(retention: Retention, record: &OrganizationRecord) -> Stage<Infallible> {
    to_do(update(RecordChange::IntendArchive, record, |after| {
        after.state = State::Archiving {
            archive: Box::new(Archive {
                name: record.organization_name.clone(),
                admin: None,
                retention,
                archived_at: None,
            }),
            committed: false,
        };
        after.disabled = true;
    }))
}

/// Under the private name, then the commit point, if the live object still wants it: from here the record has the admin, so he can be
/// taken out of `admins`.
pub(super) fn committed(
    archive: &Archive,
    retention: Retention,
    tenant: &Tenant,
    seen: &Observed,
) -> Stage<Infallible> {
    let record = &tenant.record;
    let place = CollectionName::archive(record.id);
    seen_at(seen, &names_of_record(record))?;
    home::put_away(record, &place, seen)?;
    seen_at(seen, [&place])?;
    match seen.done.deletion_confirmed {
        None => return look(Look::Deletion),
        Some(false) => return rest(Reason::Archiving),
        Some(true) => {}
    }
    let uuid = seen.at(&place).map(|there| there.uuid);
    to_do(update(RecordChange::CommitArchive, record, |after| {
        after.state = State::Archiving {
            archive: Box::new(Archive {
                admin: tenant.admin.clone(),
                retention,
                ..archive.clone()
            }),
            committed: true,
        };
        after.collection_uuid = uuid.or(record.collection_uuid);
    }))
}

/// Past the commit point: what was written late comes along; then, after one more look, the names,
/// the admin and the owner go.
pub(super) fn finished(archive: &Archive, tenant: &Tenant, seen: &Observed) -> Stage<Infallible> {
    let record = &tenant.record;
    seen_at(seen, &names_of_record(record))?;
    let place = CollectionName::archive(record.id);
    home::put_away_again(record, &place, seen)?;
    for name in claimed_collections(record) {
        if let Some(there) = seen.at(&name)
            && !obstacle::is_held(there, seen)?
        {
            // Kept beside where it can't come along: nothing to come to, or no slot.
            let full = record.strays.len() >= usize::from(STRAY_SLOTS);
            if seen.at(&place).is_none() || full {
                return obstacle::set_aside(&name, there, record.id, STRAY_SLOTS, seen);
            }
            return stray::noted(record, &name, seen);
        }
    }
    if let Some(there) = seen.at(&place) {
        let home = Home {
            name: place,
            uuid: there.uuid,
        };
        stray::merged(record, &home, seen)?;
    }
    if !seen.done.admins_deleted {
        return to_do(Step::DeleteAdmins(Box::new(record.clone())));
    }
    to_do(update(RecordChange::Archive, record, |after| {
        given_up(after, archive);
    }))
}

/// Nobody's, under no name.
pub(super) fn given_up(record: &mut OrganizationRecord, archive: &Archive) {
    record.state = State::Archived(Box::new(archive.clone()));
    record.release();
    record.organization_name = archive.name.clone();
    record.collection_name = record.home();
    record.names.clear();
    record.quarantine.clear();
    record.disabled = true;
}
