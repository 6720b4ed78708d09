//! Collections that no organization has.

use std::collections::HashSet;

use super::{Orphan, OrphanKind};
use crate::domain::{
    ids::OrganizationId,
    inventory::Inventory,
    names::{CollectionName, PrivateKind},
    observed::ObservedCollection,
};

/// Why no object speaks for the collection, if none does.
pub(super) fn lone(
    name: &CollectionName,
    there: &ObservedCollection,
    owned: &HashSet<CollectionName>,
    inventory: &Inventory,
) -> Option<Orphan> {
    let (kind, why, advice) = match name.private() {
        Some((PrivateKind::Stray, id)) => stray(name, id, inventory)?,
        _ if owned.contains(name) || inventory.holder(there.uuid).is_some() => return None,
        // What that record says of it, if anything, nobody knows.
        _ if there.marker.is_some_and(|id| inventory.is_damaged(id)) => return None,
        Some((kind @ (PrivateKind::Trash | PrivateKind::Archive), id)) => {
            if inventory.tenant(id).is_some() {
                return None;
            }
            let kind = match kind {
                PrivateKind::Archive => OrphanKind::ArchiveOfNobody,
                PrivateKind::Trash | PrivateKind::Stray => OrphanKind::TrashOfNobody,
            };
            (
                kind,
                format!("Organization {id}, whose it was, is not there."),
                "Look at its documents, and drop it if nobody needs them.".to_owned(),
            )
        }
        None if name.is_of_a_tenant() => (
            OrphanKind::CollectionWithoutRecord,
            match there.marker {
                Some(id) => format!(
                    "The operator made it for organization {id}, which is not there or has another."
                ),
                None => "The operator didn't make it, and no record has it.".to_owned(),
            },
            "An Organization of that name gets CollectionConflict. Look at its documents: rename it \
             if somebody needs them, drop it if nobody does."
                .to_owned(),
        ),
        None => return None,
    };
    Some(Orphan {
        kind,
        what: format!("collection {name}"),
        why,
        advice,
    })
}

fn stray(
    name: &CollectionName,
    id: OrganizationId,
    inventory: &Inventory,
) -> Option<(OrphanKind, String, String)> {
    let Some(found) = inventory.tenant(id) else {
        return Some((
            OrphanKind::StrayOfNobody,
            format!("Written late to a name of organization {id}, which is gone."),
            "Look at its documents: copy out what somebody needs, then drop it.".to_owned(),
        ));
    };
    let record = &found.readable()?.record;
    let noted = record
        .strays
        .iter()
        .find(|stray| CollectionName::stray(id, stray.slot) == *name);
    // One that is on its way into the home is nobody's business.
    if noted.is_some_and(|stray| !stray.kept) {
        return None;
    }
    Some((
        OrphanKind::KeptStray,
        format!(
            "Written late to a former name of organization {}{}.",
            record.organization_name,
            if noted.is_some() {
                "; some of its documents clash with those there"
            } else {
                ""
            }
        ),
        format!(
            "Compare its documents with those in {}, decide which are right, and drop it.",
            record.home()
        ),
    ))
}
