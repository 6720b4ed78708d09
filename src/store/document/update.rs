//! A compare-and-set as an update: only what differs is written, so that fields of the older
//! service, of a newer version or of a hand stay as they are.

use mongodb::bson::{Document, doc};

use super::{admin_document, record_document};
use crate::domain::record::{AdminRecord, OrganizationRecord, Revision};

/// What makes `before` into `after`, and counts.
pub(in crate::store) fn record_update(
    before: &OrganizationRecord,
    after: &OrganizationRecord,
) -> Document {
    update(
        &record_document(before),
        record_document(after),
        before.revision,
    )
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
