//! A compare-and-set as an update: only what differs is written, so that fields of the older
//! service, of a newer version or of a hand stay as they are.

use mongodb::bson::{Document, doc};

use super::{admin_document, organization::ARCHIVED_AT, record_document};
use crate::domain::{
    archive::Retention,
    record::{AdminRecord, OrganizationRecord, Revision, State},
};

/// What makes `before` into `after`, and counts.
pub(in crate::store) fn record_update(
    before: &OrganizationRecord,
    after: &OrganizationRecord,
) -> Document {
    let mut update = update(
        &record_document(before),
        record_document(after),
        before.revision,
    );
    if matches!(&after.state, State::Archived(archive) if archive.archived_at.is_none()) {
        // By the clock that the purge asks, too.
        update.insert("$currentDate", doc! {ARCHIVED_AT: true});
    }
    update
}

/// How long the record must have been in the archive, by the server's clock, for that update: an
/// archive is not begun to be dropped by a clock of ours alone.
pub(in crate::store) fn must_be_over(
    before: &OrganizationRecord,
    after: &OrganizationRecord,
) -> Option<Retention> {
    match (&before.state, &after.state) {
        (State::Archived(archive), State::Purging(_)) => Some(archive.retention),
        _ => None,
    }
}

/// As [`record_update`].
pub(in crate::store) fn admin_update(before: &AdminRecord, after: &AdminRecord) -> Document {
    update(
        &admin_document(before),
        admin_document(after),
        before.revision,
    )
}

fn update(before: &Document, after: Document, revision: Revision) -> Document {
    let unset: Document = before
        .keys()
        .filter(|field| !after.contains_key(field))
        .map(|field| (field.clone(), "".into()))
        .collect();
    let mut set: Document = after
        .into_iter()
        .filter(|(field, value)| before.get(field) != Some(value))
        .collect();
    set.insert("revision", revision.unwrap_or(0) + 1);
    let mut update = doc! {"$set": set};
    // MongoDB before 5.0 refuses an empty modifier.
    if !unset.is_empty() {
        update.insert("$unset", unset);
    }
    update
}
