//! What a pass reads of the records, in one command each.

use futures::TryStreamExt as _;
use mongodb::bson::{Bson, Document, doc};

use super::connection::Connection;
use crate::{
    domain::ids::{CollectionUuid, OrganizationId},
    store::{
        document::{self, Row},
        index::{ADMINS, ORGANIZATIONS},
        port::{StoreError, TenantQuery, TenantView},
    },
};

pub(super) async fn find(
    connection: &Connection,
    query: &TenantQuery,
) -> Result<TenantView, StoreError> {
    let organizations = connection.collection(ORGANIZATIONS);
    let rows: Vec<Document> = connection
        .reading("aggregate on organizations", async {
            organizations
                .aggregate(pipeline(query))
                .await?
                .try_collect()
                .await
        })
        .await?;
    document::view(query, rows.into_iter().filter_map(row))
}

/// Each branch of the `$or` has an index of its own, and so has the `$match` on the e-mail. Whoever
/// holds the address is one more row.
fn pipeline(query: &TenantQuery) -> Vec<Document> {
    let mut either = vec![doc! {"owner.uid": &query.owner_uid}];
    if let Some(name) = &query.name {
        either.push(doc! {"names": name.as_str()});
        either.push(doc! {"organization_name": name.as_str()});
    }
    if let Some(archive) = query.archive {
        either.push(doc! {"_id": document::organization_id(archive)});
    }
    let mut pipeline = with_admins(doc! {"$or": either});
    if let Some(email) = &query.email {
        pipeline.push(doc! {"$unionWith": {"coll": ADMINS, "pipeline": [
            {"$match": {"email": email.as_str()}},
            {"$project": {"_id": 0, "holder": "$_id"}},
        ]}});
    }
    pipeline
}

/// The records that match, each with the admin that it names.
pub(super) fn with_admins(filter: Document) -> Vec<Document> {
    vec![
        doc! {"$match": filter},
        doc! {"$lookup": {
            "from": ADMINS, "localField": "admin_id", "foreignField": "_id", "as": ADMIN,
        }},
        doc! {"$project": {"_id": 0, "record": "$$ROOT"}},
    ]
}

/// The joined admin, inside the record: a name that no document of ours has.
const ADMIN: &str = "_admin";

pub(super) fn row(mut row: Document) -> Option<Row> {
    if let Some(holder) = row.remove("holder") {
        return Some(Row::EmailHolder(holder));
    }
    let Some(Bson::Document(mut record)) = row.remove("record") else {
        return None;
    };
    let admin = match record.remove(ADMIN) {
        Some(Bson::Array(admins)) => admins.into_iter().next(),
        _ => None,
    };
    let admin = match admin {
        Some(Bson::Document(admin)) => Some(admin),
        _ => None,
    };
    Some(Row::Organization { record, admin })
}

pub(super) async fn find_holder(
    connection: &Connection,
    uuid: CollectionUuid,
) -> Result<Option<OrganizationId>, StoreError> {
    let organizations = connection.collection(ORGANIZATIONS);
    let filter = doc! {"collection_uuid": document::collection_uuid(uuid)};
    let holder = connection
        .reading("find on organizations", async {
            organizations
                .find_one(filter)
                .projection(doc! {"_id": 1})
                .await
        })
        .await?;
    holder.as_ref().map(document::record_id).transpose()
}
