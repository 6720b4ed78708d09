//! The indexes of [`INDEXES`](crate::store::index::INDEXES), made and complained about.

use futures::TryStreamExt as _;
use mongodb::bson::{Document, doc, oid::ObjectId};

use super::connection::Connection;
use crate::store::{
    index::{INDEXES, Index},
    port::{DUPLICATES_NAMED, StoreError, UniqueKey},
};

/// One by one, so that a refused one doesn't keep the others from being there.
pub(super) async fn ensure(connection: &Connection) -> Result<(), StoreError> {
    let mut refused = Ok(());
    for index in &INDEXES {
        let made = connection.write("createIndexes", creation(index)).await;
        let made = made.map(drop).map_err(|error| match (error, index.unique) {
            // Not every server says which key it was, but it was this command's.
            (StoreError::Duplicate(_), Some(key)) => StoreError::Duplicate(key),
            (error, _) => error,
        });
        refused = refused.and(made);
    }
    refused
}

fn creation(index: &Index) -> Document {
    let mut specification = doc! {"key": {index.field: 1}, "name": index.name()};
    if index.unique.is_some() {
        specification.insert("unique", true);
    }
    if index.sparse {
        specification.insert("sparse", true);
    }
    doc! {"createIndexes": index.collection, "indexes": [specification]}
}

pub(super) async fn find_duplicates(
    connection: &Connection,
    key: UniqueKey,
) -> Result<Vec<String>, StoreError> {
    let Some(index) = Index::keeping(key) else {
        return Ok(Vec::new());
    };
    let collection = connection.collection(index.collection);
    let found: Vec<Document> = connection
        .reading("aggregate for duplicates", async {
            collection
                .aggregate(sharing(index))
                .await?
                .try_collect()
                .await
        })
        .await?;
    let ids = found
        .iter()
        .filter_map(|row| row.get("_id")?.as_object_id());
    Ok(ids.map(ObjectId::to_hex).collect())
}

/// `_id` of those that share a value, as the index would see it.
fn sharing(index: &Index) -> Vec<Document> {
    let field = format!("${}", index.field);
    // An element that is in one document twice is no duplicate: hence the set.
    vec![
        doc! {"$unwind": {"path": &field, "preserveNullAndEmptyArrays": !index.sparse}},
        doc! {"$group": {"_id": &field, "ids": {"$addToSet": "$_id"}}},
        doc! {"$match": {"ids.1": {"$exists": true}}},
        doc! {"$unwind": "$ids"},
        doc! {"$group": {"_id": "$ids"}},
        doc! {"$sort": {"_id": 1}},
        doc! {"$limit": i64::try_from(DUPLICATES_NAMED).unwrap_or(i64::MAX)},
    ]
}
