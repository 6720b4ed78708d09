//! What makes a write a compare-and-set.

use mongodb::bson::Document;

use crate::store::{document, port::StoreError};

pub(super) fn by_revision(found: &Document, id: &Document, revision: Option<i64>) -> bool {
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

pub(super) fn with_revision(mut document: Document) -> Document {
    document.insert("revision", 1_i64);
    document
}
