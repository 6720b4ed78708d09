//! State provisioning: the name is claimed; the admin, then the collection are made.

use std::convert::Infallible;

use super::{Stage, admin, obstacle, seen_at, to_do, update};
use crate::domain::{
    desired::Desired,
    observed::{Observed, ObservedObject},
    record::{OrganizationRecord, State, Tenant},
    step::{RecordChange, Step},
};

pub(super) fn provisioned(
    desired: &Desired,
    object: &ObservedObject,
    tenant: &Tenant,
    seen: &Observed,
) -> Stage<Infallible> {
    let record = &tenant.record;
    let home = record.home();
    active_if_there(record, seen)?;
    if desired.name != record.organization_name {
        return undone(tenant, seen);
    }
    // A tenant made anew after a loss has an admin, whose tokens must not outlive what is lost.
    let token_version = object.known.map_or(0, |known| known.token_version + 1);
    let admin = match admin::present(desired, tenant, token_version, seen) {
        Stage::Break(next) if admin::is_email_conflict(&next) => return undone(tenant, seen),
        settled_or_next => settled_or_next?,
    };
    admin::linked(record, admin)?;
    obstacle::cleared(&home, seen)?;
    to_do(Step::CreateCollection {
        name: home,
        id: record.id,
    })
}

/// A collection with our marker is ours, whichever controller of ours made it.
pub(super) fn active_if_there(record: &OrganizationRecord, seen: &Observed) -> Stage {
    let home = record.home();
    seen_at(seen, [&home])?;
    match seen.at(&home) {
        Some(there) if there.marker == Some(record.id) => {
            to_do(update(RecordChange::Activate, record, |after| {
                after.state = State::Active;
                after.collection_uuid = Some(there.uuid);
            }))
        }
        Some(_) | None => Stage::Continue(()),
    }
}

/// The claim goes again: it holds nothing.
pub(super) fn undone<T>(tenant: &Tenant, seen: &Observed) -> Stage<T> {
    if tenant.admin.is_some() && !seen.done.admins_deleted {
        return to_do(Step::DeleteAdmins(Box::new(tenant.record.clone())));
    }
    to_do(Step::DeleteRecord(Box::new(tenant.record.clone())))
}
