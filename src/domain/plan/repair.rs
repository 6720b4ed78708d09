//! A record that somebody edited: put back by what it says of itself.

use std::ops::ControlFlow;

use super::{Stage, to_do, update};
use crate::domain::{record::OrganizationRecord, step::RecordChange};

/// Settled if the record agrees with itself. The claims decide: the present name is their first,
/// and their index is the one that nobody else writes to.
pub(super) fn consistent(record: &OrganizationRecord) -> Stage {
    let mut sound = record.clone();
    if sound.names.is_empty() {
        sound.names.push(record.organization_name.clone());
    }
    // A quarantined name whose claim was lost may be another's by now.
    sound
        .quarantine
        .retain(|left| sound.names.contains(&left.name));
    if let Some(first) = sound.names.first() {
        sound.organization_name = first.clone();
    }
    sound.collection_name = sound.home();
    if sound == *record {
        return ControlFlow::Continue(());
    }
    to_do(update(RecordChange::Repair, record, |after| *after = sound))
}
