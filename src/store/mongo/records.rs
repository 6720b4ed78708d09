//! Writes to `organizations` and `admins`: inserts, and compare-and-sets on the revision.

use mongodb::bson::{Bson, DateTime, Document, doc, oid::ObjectId};

use super::connection::Connection;
use crate::{
    domain::record::{AdminRecord, OrganizationRecord, Revision},
    store::{
        document::{self, ARCHIVED_AT},
        index::{ADMINS, ORGANIZATIONS},
        port::StoreError,
    },
};

pub(super) async fn insert_record(
    connection: &Connection,
    record: &OrganizationRecord,
) -> Result<(), StoreError> {
    let mut document = document::record_document(record);
    document.insert("revision", 1_i64);
    insert(
        connection,
        "insert into organizations",
        ORGANIZATIONS,
        document,
    )
    .await
}

pub(super) async fn insert_admin(
    connection: &Connection,
    admin: &AdminRecord,
) -> Result<(), StoreError> {
    let mut document = document::admin_document(admin);
    document.insert("revision", admin.revision.unwrap_or(0) + 1);
    insert(connection, "insert into admins", ADMINS, document).await
}

pub(super) async fn update_record(
    connection: &Connection,
    before: &OrganizationRecord,
    after: &OrganizationRecord,
) -> Result<(), StoreError> {
    let mut filter = unchanged(document::organization_id(before.id), before.revision);
    if let Some(retention) = document::must_be_over(before, after) {
        // Asked for just before, which can only make it earlier: not every server that speaks the
        // protocol knows $$NOW in a filter, and one that doesn't must not let an archive go.
        let since = server_time(connection).await? - retention.seconds() * 1000;
        filter.insert(ARCHIVED_AT, doc! {"$lte": DateTime::from_millis(since)});
    }
    let update = document::record_update(before, after);
    update_one(
        connection,
        "update of organizations",
        ORGANIZATIONS,
        filter,
        update,
    )
    .await
}

pub(super) async fn update_admin(
    connection: &Connection,
    before: &AdminRecord,
    after: &AdminRecord,
) -> Result<(), StoreError> {
    let filter = unchanged(document::admin_id(before.id), before.revision);
    let update = document::admin_update(before, after);
    update_one(connection, "update of admins", ADMINS, filter, update).await
}

pub(super) async fn delete_record(
    connection: &Connection,
    record: &OrganizationRecord,
) -> Result<(), StoreError> {
    let filter = unchanged(document::organization_id(record.id), record.revision);
    let command = doc! {"delete": ORGANIZATIONS, "deletes": [{"q": filter, "limit": 1}]};
    let reply = connection
        .write("delete from organizations", command)
        .await?;
    expect_one(&reply)
}

pub(super) async fn delete_admins(
    connection: &Connection,
    record: &OrganizationRecord,
) -> Result<(), StoreError> {
    let filter = doc! {"$or": [
        {"organization_id": document::organization_id(record.id)},
        // The older service's admins have no link.
        {"_id": document::admin_id(record.admin_id), "organization_id": {"$exists": false}},
    ]};
    let command = doc! {"delete": ADMINS, "deletes": [{"q": filter, "limit": 0}]};
    connection.write("delete from admins", command).await?;
    Ok(())
}

/// The server's clock, in milliseconds since the epoch: the one that `$currentDate` writes.
async fn server_time(connection: &Connection) -> Result<i64, StoreError> {
    let hello = connection.read("hello", doc! {"hello": 1}).await?;
    let time = hello.get_datetime("localTime");
    time.map(|time| time.timestamp_millis())
        .map_err(|_| StoreError::Other("the server doesn't tell its time".to_owned()))
}

/// Still the document that was read.
fn unchanged(id: ObjectId, revision: Revision) -> Document {
    let revision = revision.map_or_else(|| doc! {"$exists": false}.into(), Bson::Int64);
    doc! {"_id": id, "revision": revision}
}

async fn insert(
    connection: &Connection,
    action: &'static str,
    collection: &str,
    document: Document,
) -> Result<(), StoreError> {
    let command = doc! {"insert": collection, "documents": [document]};
    connection.write(action, command).await.map(drop)
}

pub(super) async fn update_one(
    connection: &Connection,
    action: &'static str,
    collection: &str,
    filter: Document,
    update: Document,
) -> Result<(), StoreError> {
    let command = doc! {"update": collection, "updates": [{"q": filter, "u": update}]};
    let reply = connection.write(action, command).await?;
    expect_one(&reply)
}

fn expect_one(reply: &Document) -> Result<(), StoreError> {
    match affected(reply) {
        0 => Err(StoreError::Stale),
        _ => Ok(()),
    }
}

/// `n`: how many documents the filter found.
pub(super) fn affected(reply: &Document) -> u64 {
    let affected = reply.get("n").and_then(document::read_integer);
    affected.and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
}
