//! What queries and indexes see of a document.

use mongodb::bson::{Bson, Document};

use crate::store::index::Index;

/// The values at a path, those of an array one by one, as queries and indexes see them.
pub(super) fn values(document: &Document, path: &str) -> Vec<Bson> {
    let mut value = None;
    let mut inner = Some(document);
    for key in path.split('.') {
        value = inner.and_then(|document| document.get(key));
        inner = value.and_then(Bson::as_document);
    }
    match value {
        None => Vec::new(),
        Some(Bson::Array(elements)) if !elements.is_empty() => elements.clone(),
        Some(Bson::Array(_)) => vec![Bson::Undefined],
        Some(value) => vec![value.clone()],
    }
}

pub(super) fn index_keys(index: &Index, document: &Document) -> Vec<Bson> {
    let keys = values(document, index.field);
    if keys.is_empty() && !index.sparse {
        return vec![Bson::Null];
    }
    keys
}
