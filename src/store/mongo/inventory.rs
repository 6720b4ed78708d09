//! All of a database, by three cursors: admins, records, collections.

use mongodb::{
    Cursor,
    bson::{Document, doc},
};

use super::{collections, connection::Connection};
use crate::{
    domain::inventory::Inventory,
    store::{
        document::Stocktaking,
        index::{ADMINS, ORGANIZATIONS},
        port::StoreError,
    },
};

/// Documents a batch: a thousand tenants in two commands a cursor, and within a megabyte.
const BATCH: u32 = 1000;

pub(super) async fn take(connection: &Connection) -> Result<Inventory, StoreError> {
    let mut taken = Stocktaking::default();
    each(connection, "find on admins", ADMINS, |admin| {
        taken.note_admin(admin);
    })
    .await?;
    each(
        connection,
        "find on organizations",
        ORGANIZATIONS,
        |record| {
            taken.note_record(record);
        },
    )
    .await?;
    let command = doc! {"listCollections": 1, "cursor": {"batchSize": BATCH}};
    let cursor = connection
        .reading("listCollections", connection.cursor(command))
        .await?;
    let mut there = Vec::new();
    drain(connection, "listCollections", cursor, |listed| {
        there.extend(collections::observed(listed));
    })
    .await?;
    Ok(taken.finish(there))
}

async fn each(
    connection: &Connection,
    action: &'static str,
    collection: &str,
    note: impl FnMut(&Document),
) -> Result<(), StoreError> {
    let find = connection.collection(collection);
    let cursor = connection
        .reading(action, async { find.find(doc! {}).batch_size(BATCH).await })
        .await?;
    drain(connection, action, cursor, note).await
}

/// Each batch within the deadline of a read: there is no saying how long all of them may take.
async fn drain(
    connection: &Connection,
    action: &'static str,
    mut cursor: Cursor<Document>,
    mut note: impl FnMut(&Document),
) -> Result<(), StoreError> {
    while connection.reading(action, cursor.advance()).await? {
        let document = cursor.deserialize_current();
        let document = document
            .map_err(|_| StoreError::Other(format!("{action}: a document that can't be read")))?;
        note(&document);
    }
    Ok(())
}
