//! Admins whom no organization has.

use std::collections::HashSet;

use super::{Orphan, OrphanKind};
use crate::domain::{
    ids::AdminId,
    inventory::{InventoriedAdmin, InventoriedTenant, Inventory},
};

/// Whom the records name.
pub(super) struct Named {
    admins: HashSet<AdminId>,
    /// A damaged record doesn't say whom it names.
    maybe_anybody: bool,
}

impl Named {
    pub(super) fn by(inventory: &Inventory) -> Self {
        let tenants = || inventory.tenants().iter();
        let live = tenants().filter(|found| !is_archive(found));
        Self {
            admins: live.filter_map(|found| found.admin_id).collect(),
            maybe_anybody: tenants()
                .any(|found| found.readable().is_none() && found.admin_id.is_none()),
        }
    }

    /// Why nobody has the admin, if nobody does.
    pub(super) fn lacks(&self, admin: &InventoriedAdmin, inventory: &Inventory) -> Option<Orphan> {
        let maybe_named = match admin.organization_id {
            Some(id) => inventory.is_damaged(id),
            None => self.maybe_anybody,
        };
        if maybe_named || self.admins.contains(&admin.id) {
            return None;
        }
        let why = match admin.organization_id {
            Some(id) if inventory.tenant(id).is_some() => {
                format!("Organization {id} has another admin, or is in the archive.")
            }
            Some(id) => format!("Organization {id}, which he is of, is not there."),
            None => "No organization names him; the older service may have left him.".to_owned(),
        };
        let id = admin.id;
        Some(Orphan {
            kind: OrphanKind::AdminWithoutOrganization,
            what: match &admin.email {
                Some(email) => format!("admin {email} ({id})"),
                None => format!("admin {id}"),
            },
            why,
            advice: "His address stays taken: an Organization with it gets EmailConflict. If \
                     nobody needs him, delete the document with that _id in admins."
                .to_owned(),
        })
    }
}

/// An archive has its admin in its record: whoever is beside was put back by a late command.
fn is_archive(found: &InventoriedTenant) -> bool {
    let readable = found.readable();
    readable.is_some_and(|tenant| tenant.record.state.is_nameless())
}
