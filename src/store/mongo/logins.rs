//! What the HTTP service reads of the records, in one command each.

use futures::TryStreamExt as _;
use mongodb::bson::{Bson, Document, doc};

use super::{connection::Connection, tenants};
use crate::{
    domain::{email::Email, ids::AdminId, record::StoredTenant},
    store::{
        document::{self, Row},
        index::{ADMINS, ORGANIZATIONS},
        login::{FoundLogin, TenantKey},
        port::StoreError,
    },
};

pub(super) async fn find_login(
    connection: &Connection,
    email: &Email,
) -> Result<Option<FoundLogin>, StoreError> {
    let pipeline = vec![
        doc! {"$match": {"email": email.as_str()}},
        join("organization_id", "_id", LINKED),
        join_by_name(),
    ];
    let Some(mut admin) = aggregate(connection, ADMINS, pipeline).await? else {
        return Ok(None);
    };
    let (linked, named) = (joined(&mut admin, LINKED), joined(&mut admin, NAMED));
    let Some(login) = document::read_login(&admin) else {
        return Ok(None);
    };
    let record = if login.organization.is_some() {
        linked
    } else {
        named
    };
    let tenant = record.and_then(|record| document::stored_tenant(&record, Some(&admin)).ok());
    Ok(Some(FoundLogin { login, tenant }))
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

/// The records that are joined, inside the admin: names that no document has.
const LINKED: &str = "_linked";
const NAMED: &str = "_named";

fn join(local: &str, foreign: &str, name: &str) -> Document {
    doc! {"$lookup": {
        "from": ORGANIZATIONS, "localField": local, "foreignField": foreign, "as": name,
    }}
}

fn join_by_name() -> Document {
    join("organization_name", "organization_name", NAMED)
}

fn joined(admin: &mut Document, name: &str) -> Option<Document> {
    match admin.remove(name)? {
        Bson::Array(records) => match records.into_iter().next()? {
            Bson::Document(record) => Some(record),
            _ => None,
        },
        _ => None,
    }
}

async fn find_by_admin(
    connection: &Connection,
    admin: AdminId,
) -> Result<Option<StoredTenant>, StoreError> {
    let pipeline = vec![
        doc! {"$match": {"_id": document::admin_id(admin)}},
        join_by_name(),
    ];
    let Some(mut admin) = aggregate(connection, ADMINS, pipeline).await? else {
        return Ok(None);
    };
    let record = joined(&mut admin, NAMED);
    record
        .map(|record| document::stored_tenant(&record, Some(&admin)))
        .transpose()
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
