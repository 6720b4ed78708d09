//! What the HTTP service reads of the records, in one command each.

use futures::TryStreamExt as _;
use mongodb::bson::{Bson, Document, doc};

use super::{connection::Connection, tenants};
use crate::{
    domain::{email::Email, ids::AdminId, record::StoredTenant},
    store::{
        document::{self, Row},
        index::{ADMINS, ORGANIZATIONS},
        login::{LoginRecord, TenantKey},
        port::StoreError,
    },
};

pub(super) async fn find_login(
    connection: &Connection,
    email: &Email,
) -> Result<Option<LoginRecord>, StoreError> {
    let admins = connection.collection(ADMINS);
    let filter = doc! {"email": email.as_str()};
    let found = connection
        .reading("find on admins", async { admins.find_one(filter).await })
        .await?;
    Ok(found.as_ref().and_then(document::read_login))
}

pub(super) async fn find_tenant(
    connection: &Connection,
    key: &TenantKey,
) -> Result<Option<StoredTenant>, StoreError> {
    let filter = match key {
        TenantKey::Organization(id) => doc! {"_id": document::organization_id(*id)},
        TenantKey::Name(name) => doc! {"organization_name": name.as_str()},
        TenantKey::Admin(admin) => return find_by_admin(connection, *admin).await,
    };
    let pipeline = tenants::with_admins(filter);
    let found = aggregate(connection, ORGANIZATIONS, pipeline).await?;
    match found.and_then(tenants::row) {
        Some(Row::Organization { record, admin }) => {
            document::stored_tenant(&record, admin.as_ref()).map(Some)
        }
        Some(Row::EmailHolder(_)) | None => Ok(None),
    }
}

/// The joined record, inside the admin: a name that no document has.
const ORGANIZATION: &str = "_organization";

async fn find_by_admin(
    connection: &Connection,
    admin: AdminId,
) -> Result<Option<StoredTenant>, StoreError> {
    let pipeline = vec![
        doc! {"$match": {"_id": document::admin_id(admin)}},
        doc! {"$lookup": {
            "from": ORGANIZATIONS, "localField": "organization_name",
            "foreignField": "organization_name", "as": ORGANIZATION,
        }},
    ];
    let Some(mut admin) = aggregate(connection, ADMINS, pipeline).await? else {
        return Ok(None);
    };
    let Some(Bson::Array(joined)) = admin.remove(ORGANIZATION) else {
        return Ok(None);
    };
    match joined.first() {
        Some(Bson::Document(record)) => document::stored_tenant(record, Some(&admin)).map(Some),
        _ => Ok(None),
    }
}

async fn aggregate(
    connection: &Connection,
    collection: &str,
    pipeline: Vec<Document>,
) -> Result<Option<Document>, StoreError> {
    let collection = connection.collection(collection);
    connection
        .reading("aggregate for a tenant", async {
            collection.aggregate(pipeline).await?.try_next().await
        })
        .await
}
