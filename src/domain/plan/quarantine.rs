//! Names that the tenant left: whatever late writers leave there is brought home, and the claim
//! goes when its time is over.

use std::ops::ControlFlow;

use super::{Stage, seen_at, stray, to_do, update};
use crate::domain::{
    names::{CollectionName, OrgName},
    observed::Observed,
    record::OrganizationRecord,
    step::RecordChange,
};

/// Settled if nothing lies under a quarantined name, and none is held longer than it has to be.
pub(super) fn over(record: &OrganizationRecord, seen: &Observed) -> Stage {
    swept(record, seen)?;
    let is_over = |name: &OrgName| {
        record
            .quarantine
            .iter()
            .any(|left| left.name == *name && left.until <= seen.now)
    };
    if !record.names.iter().any(is_over) {
        return ControlFlow::Continue(());
    }
    to_do(update(RecordChange::ReleaseNames, record, |after| {
        after.names.retain(|name| !is_over(name));
        after.quarantine.retain(|left| left.until > seen.now);
    }))
}

/// Settled if nothing lies under a quarantined name.
pub(super) fn swept(record: &OrganizationRecord, seen: &Observed) -> Stage {
    for left in &record.quarantine {
        let name = CollectionName::of_tenant(&left.name);
        seen_at(seen, [&name])?;
        if seen.at(&name).is_some() {
            return stray::noted(record, &name, seen);
        }
    }
    ControlFlow::Continue(())
}
