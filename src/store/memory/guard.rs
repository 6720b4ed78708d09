//! What makes a write a compare-and-set.

use mongodb::bson::Document;

use crate::{
    domain::record::Revision,
    store::{document, port::StoreError},
};

pub(super) fn by_revision(found: &Document, id: &Document, revision: Revision) -> bool {
    found.get("_id") == id.get("_id")
        && found.get("revision").map(document::read_integer) == revision.map(Some)
}

pub(super) fn expect_one(documents: usize) -> Result<(), StoreError> {
    if documents == 0 {
        Err(StoreError::Stale)
    } else {
        Ok(())
    }
}

pub(super) fn with_revision(mut document: Document, before: Revision) -> Document {
    document.insert("revision", before.unwrap_or(0) + 1);
    document
}
