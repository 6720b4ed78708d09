//! What is in the archive, and whose time is over.

use jiff::Timestamp;

use super::{KnownObjects, Orphan, OrphanKind};
use crate::domain::{
    archive::Archive,
    ids::OrganizationId,
    inventory::Inventory,
    record::{OrganizationRecord, Owner, State},
};

pub(super) fn archived(
    id: OrganizationId,
    what: String,
    archive: &Archive,
    former: Option<&Owner>,
) -> Orphan {
    let place = former.map_or_else(String::new, |former| {
        format!(" in namespace {}", former.namespace)
    });
    Orphan {
        kind: OrphanKind::Archived,
        what,
        why: match archive.end() {
            Some(end) => format!("It was archived, and is kept until {end:.0}."),
            None => "It was archived, but since when is not to be read.".to_owned(),
        },
        advice: format!(
            "To have it back, create an Organization{place} with restoreFrom.organizationId {id}."
        ),
    }
}

/// The archives whose time is over by this clock, of objects that would be among these; and those
/// whose dropping was begun. To be looked at one by one before anything is done about them.
pub fn expired<'a>(
    inventory: &'a Inventory,
    objects: &'a KnownObjects,
    now: Timestamp,
) -> impl Iterator<Item = OrganizationId> + 'a {
    let is_over = move |record: &&OrganizationRecord| match &record.state {
        State::Archived(archive) => archive.end().is_some_and(|end| end <= now),
        State::Purging(_) => true,
        State::Provisioning
        | State::Active
        | State::Renaming(_)
        | State::Deleting { .. }
        | State::Archiving { .. }
        | State::Restoring(_) => false,
    };
    let is_ours = |record: &&OrganizationRecord| {
        let former = record.released.as_ref();
        former.is_some_and(|former| objects.covers(former))
    };
    let over = inventory.records().filter(is_over).filter(is_ours);
    over.map(|record| record.id)
}
