//! Collections: seen by name or UUID, made with a marker, moved and dropped by UUID.

use std::collections::BTreeSet;

use mongodb::bson::{Bson, Document, doc};
use uuid::Uuid;

use super::connection::Connection;
use crate::{
    domain::{
        ids::{CollectionUuid, OrganizationId},
        names::CollectionName,
        observed::{Capability, ObservedCollection},
    },
    store::{
        document,
        port::{StoreError, refuse_public_drop, refuse_sharded},
    },
};

/// Before the organization's id, in the title of a collection's validator.
const MARKER: &str = "organization-operator:";

pub(super) async fn find(
    connection: &Connection,
    names: &BTreeSet<CollectionName>,
) -> Result<Vec<(CollectionName, ObservedCollection)>, StoreError> {
    let listed: Vec<_> = names.iter().map(CollectionName::as_str).collect();
    let found = list(connection, doc! {"name": {"$in": listed}}).await?;
    let mut found: Vec<_> = found.iter().filter_map(observed).collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

pub(super) async fn locate(
    connection: &Connection,
    uuid: CollectionUuid,
) -> Result<Option<CollectionName>, StoreError> {
    let filter = doc! {"info.uuid": document::collection_uuid(uuid)};
    let found = list(connection, filter).await?;
    Ok(found
        .iter()
        .filter_map(observed)
        .map(|(name, _)| name)
        .next())
}

/// What `listCollections` says of those that match; by hand, since the driver's own type refuses
/// options of others that it doesn't know.
async fn list(connection: &Connection, filter: Document) -> Result<Vec<Document>, StoreError> {
    use futures::TryStreamExt as _;

    let command = doc! {"listCollections": 1, "filter": filter};
    connection
        .reading("listCollections", async {
            let cursor = connection.cursor(command).await?;
            cursor.try_collect().await
        })
        .await
}

/// What a listing says of one of them; `None` for one that no organization could have.
pub(super) fn observed(listed: &Document) -> Option<(CollectionName, ObservedCollection)> {
    let name = CollectionName::recorded(listed.get_str("name").ok()?).ok()?;
    let uuid = at(listed, &["info", "uuid"]).and_then(document::read_collection_uuid);
    let title = at(listed, &["options", "validator", "$jsonSchema", "title"]);
    let seen = ObservedCollection {
        // A view has none. It is in the way all the same, and nobody's home.
        uuid: uuid.unwrap_or(CollectionUuid(Uuid::nil())),
        marker: title.and_then(Bson::as_str).and_then(read_marker),
    };
    Some((name, seen))
}

fn at<'a>(document: &'a Document, path: &[&str]) -> Option<&'a Bson> {
    let (last, parents) = path.split_last()?;
    let parent = parents.iter().try_fold(document, |document, key| {
        document.get(key).and_then(Bson::as_document)
    })?;
    parent.get(last)
}

fn read_marker(title: &str) -> Option<OrganizationId> {
    OrganizationId::parse(title.strip_prefix(MARKER)?).ok()
}

pub(super) async fn is_empty(
    connection: &Connection,
    capability: Capability,
    name: &CollectionName,
    uuid: CollectionUuid,
) -> Result<bool, StoreError> {
    let command = doc! {
        "find": name.as_str(), "limit": 1, "projection": {"_id": 1},
        "readConcern": {"level": "majority"},
    };
    let command = fenced(command, capability, uuid);
    let reply = connection
        .read("find on a tenant's collection", command)
        .await?;
    let cursor = reply.get_document("cursor");
    let batch = cursor.and_then(|cursor| cursor.get_array("firstBatch"));
    batch
        .map(Vec::is_empty)
        .map_err(|_| StoreError::Other("find: a reply without a batch".to_owned()))
}

/// A validator that validates nothing: its title is the marker. With it, creation is exclusive (a
/// collection with other options is in the way), and it tells later whose creation it was.
pub(super) async fn create(
    connection: &Connection,
    name: &CollectionName,
    id: OrganizationId,
) -> Result<(), StoreError> {
    let command = doc! {
        "create": name.as_str(),
        "validator": {"$jsonSchema": {"title": format!("{MARKER}{id}")}},
        "validationLevel": "off",
    };
    connection.write("create", command).await.map(drop)
}

/// Without `dropTarget`, always.
pub(super) async fn rename(
    connection: &Connection,
    capability: Capability,
    from: &CollectionName,
    to: &CollectionName,
    uuid: CollectionUuid,
) -> Result<(), StoreError> {
    match capability {
        Capability::Fenced => {}
        Capability::Unfenced if look(connection, from).await? == Some(uuid) => {}
        Capability::Unfenced => return Err(StoreError::Gone),
        Capability::Sharded => return Err(refuse_sharded()),
    }
    let database = connection.database.name();
    let command = doc! {
        "renameCollection": format!("{database}.{from}"),
        "to": format!("{database}.{to}"),
    };
    let command = fenced(command, capability, uuid);
    connection
        .write_to_admin("renameCollection", command)
        .await
        .map(drop)
}

pub(super) async fn drop_private(
    connection: &Connection,
    capability: Capability,
    name: &CollectionName,
    uuid: CollectionUuid,
) -> Result<(), StoreError> {
    if !name.is_private() {
        return Err(refuse_public_drop());
    }
    let command = fenced(doc! {"drop": name.as_str()}, capability, uuid);
    match capability {
        Capability::Sharded => Err(refuse_sharded()),
        Capability::Unfenced => match look(connection, name).await? {
            None => Ok(()),
            Some(there) if there == uuid => connection.write("drop", command).await.map(drop),
            Some(_) => Err(StoreError::Gone),
        },
        // The refusal is the same for "gone already" and for "another one".
        Capability::Fenced => match connection.write("drop", command).await {
            Err(StoreError::Gone) if look(connection, name).await?.is_none() => Ok(()),
            answer => answer.map(drop),
        },
    }
}

/// The look that stands in for the fence.
pub(super) async fn look(
    connection: &Connection,
    name: &CollectionName,
) -> Result<Option<CollectionUuid>, StoreError> {
    let found = find(connection, &BTreeSet::from([name.clone()])).await?;
    Ok(found.first().map(|(_, seen)| seen.uuid))
}

/// The command, for that very collection where the server can tell.
pub(super) fn fenced(
    mut command: Document,
    capability: Capability,
    uuid: CollectionUuid,
) -> Document {
    if capability == Capability::Fenced {
        command.insert("collectionUUID", document::collection_uuid(uuid));
    }
    command
}
