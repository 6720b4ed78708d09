//! A stray's documents into the home: by `_id`, overwriting none, comparing those that are there.
//! As bytes throughout, so that what arrives is what was written, to the order of its fields.

use std::collections::HashSet;

use futures::TryStreamExt as _;
use mongodb::{
    Collection, Cursor,
    bson::{Bson, Document, RawArrayBuf, RawDocumentBuf, doc, raw::cstr, rawdoc},
};

use super::{collections::look, connection::Connection, failure};
use crate::{
    domain::{ids::CollectionUuid, names::CollectionName, observed::Capability},
    store::{
        document,
        port::{StoreError, refuse_sharded},
    },
};

/// Documents in a batch, and bytes after which it is closed: with one more document of 16 MiB it is
/// well below the 48 MB of a message.
const BATCH_DOCUMENTS: usize = 500;
const BATCH_BYTES: usize = 8 * 1024 * 1024;

pub(super) async fn merge(
    connection: &Connection,
    capability: Capability,
    from: &CollectionName,
    into: &CollectionName,
    uuid: CollectionUuid,
) -> Result<u64, StoreError> {
    if capability == Capability::Sharded {
        return Err(refuse_sharded());
    }
    let stray: Collection<RawDocumentBuf> = connection.database.collection(from.as_str());
    let mut cursor = connection
        .reading("find on a stray", async { stray.find(doc! {}).await })
        .await?;
    let mut clashes = 0;
    loop {
        let batch = connection
            .reading("find on a stray", next_batch(&mut cursor))
            .await?;
        if batch.is_empty() {
            return Ok(clashes);
        }
        if capability == Capability::Unfenced && look(connection, into).await? != Some(uuid) {
            return Err(StoreError::Gone);
        }
        let fence = (capability == Capability::Fenced).then_some(uuid);
        clashes += merge_batch(connection, into, fence, &batch).await?;
    }
}

async fn next_batch(
    cursor: &mut Cursor<RawDocumentBuf>,
) -> mongodb::error::Result<Vec<RawDocumentBuf>> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while batch.len() < BATCH_DOCUMENTS && bytes < BATCH_BYTES {
        let Some(document) = cursor.try_next().await? else {
            break;
        };
        bytes += document.as_bytes().len();
        batch.push(document);
    }
    Ok(batch)
}

/// Gives how many of the batch are not in the home afterwards.
async fn merge_batch(
    connection: &Connection,
    into: &CollectionName,
    fence: Option<CollectionUuid>,
    batch: &[RawDocumentBuf],
) -> Result<u64, StoreError> {
    const ACTION: &str = "insert of a stray's documents";
    let command = insertion(into, fence, batch);
    let reply = connection.send(ACTION, command).await?;
    let mut refused = Vec::new();
    for error in failure::write_errors(&reply) {
        if !failure::is_of_the_document(error) {
            return Err(failure::of_write_error(ACTION, error));
        }
        let index = error.get("index").and_then(document::read_integer);
        let index = index.and_then(|index| usize::try_from(index).ok());
        refused.extend(index.and_then(|index| batch.get(index)));
    }
    if refused.is_empty() {
        return Ok(0);
    }
    let there = those_at_home(connection, into, &refused).await?;
    let clashing = refused
        .iter()
        .filter(|document| !there.contains(document.as_bytes()));
    Ok(clashing.map(|_| 1).sum())
}

/// Unordered: one that is there already must not stop the others.
fn insertion(
    into: &CollectionName,
    fence: Option<CollectionUuid>,
    batch: &[RawDocumentBuf],
) -> RawDocumentBuf {
    let mut documents = RawArrayBuf::new();
    for document in batch {
        documents.push(document.clone());
    }
    let mut command = rawdoc! {"insert": into.as_str(), "ordered": false, "documents": documents};
    if let Some(uuid) = fence {
        command.append(cstr!("collectionUUID"), document::collection_uuid(uuid));
    }
    command
}

async fn those_at_home(
    connection: &Connection,
    into: &CollectionName,
    refused: &[&RawDocumentBuf],
) -> Result<HashSet<Vec<u8>>, StoreError> {
    let ids: Vec<Bson> = refused
        .iter()
        .filter_map(|document| Document::try_from(document.as_ref()).ok()?.remove("_id"))
        .collect();
    let home: Collection<RawDocumentBuf> = connection.database.collection(into.as_str());
    let filter = doc! {"_id": {"$in": ids}};
    let there: Vec<RawDocumentBuf> = connection
        .reading("find on a tenant's collection", async {
            home.find(filter).await?.try_collect().await
        })
        .await?;
    Ok(there.into_iter().map(RawDocumentBuf::into_bytes).collect())
}
