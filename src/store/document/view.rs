//! The answer to a query for tenants, from the documents that match it.

use std::collections::{BTreeMap, BTreeSet};

use mongodb::bson::{Bson, Document, oid::ObjectId};

use super::{Damaged, admin, organization};
use crate::{
    domain::{
        ids::{AdminId, OrganizationId},
        names::OrgName,
        observed::EmailHolder,
        record::{AdminRecord, OrganizationRecord, OwnerSeen, StoredTenant, Tenant},
    },
    store::port::{StoreError, TenantQuery, TenantView},
};

/// A document that matches a query for tenants.
pub(in crate::store) enum Row {
    /// Of `organizations`, with the admin whose `_id` is its `admin_id`.
    Organization {
        record: Document,
        admin: Option<Document>,
    },
    /// `_id` of the document of `admins` that has the e-mail address.
    EmailHolder(Bson),
}

/// Sorts the rows into a view.
///
/// # Errors
/// [`StoreError::Other`] for a document whose `_id` is no `ObjectId`: there is no way to speak of
/// it.
pub(in crate::store) fn view(
    query: &TenantQuery,
    rows: impl IntoIterator<Item = Row>,
) -> Result<TenantView, StoreError> {
    let mut own = BTreeMap::new();
    let mut claimants = BTreeMap::new();
    let mut archive = None;
    let mut holders = BTreeSet::new();
    for row in rows {
        match row {
            Row::Organization { record, admin } => {
                let id = record_id(&record)?;
                let owner = organization::owner_seen(&record);
                let is_own = owner.uid() == Some(&query.owner_uid);
                let holds_name = query.name.as_ref().is_some_and(|name| holds(&record, name));
                let admin = admin.as_ref().map(admin::read);
                let found = tenant(id, owner, organization::read(&record), admin);
                if is_own {
                    own.insert(id, found);
                    continue;
                }
                if query.archive == Some(id) {
                    archive = Some(found.clone());
                }
                if holds_name {
                    claimants.insert(id, found);
                }
            }
            Row::EmailHolder(id) => {
                let admin = AdminId(object_id(Some(&id))?);
                holders.insert(admin);
            }
        }
    }
    // More than one only where the unique index is missing: the eldest, by every read alike.
    let email_holder = holders.into_iter().next();
    Ok(TenantView {
        own: own.into_values().next(),
        claimants: claimants.into_values().collect(),
        email_holder: email_holder.map(|admin| EmailHolder { admin }),
        archive,
    })
}

/// Whether the name is the record's, as a claim or by being called so; however damaged the rest.
fn holds(record: &Document, name: &OrgName) -> bool {
    let claims = record.get_array("names").map(Vec::as_slice);
    let called = record.get("organization_name");
    let mut held = claims.unwrap_or_default().iter().chain(called);
    held.any(|held| held.as_str() == Some(name.as_str()))
}

/// The tenant, or the first field that stopped the reading.
pub(super) fn tenant(
    id: OrganizationId,
    owner: OwnerSeen,
    record: Result<OrganizationRecord, Damaged>,
    admin: Option<Result<AdminRecord, Damaged>>,
) -> StoredTenant {
    let read = || {
        Ok(Tenant {
            record: record?,
            admin: admin.transpose()?,
        })
    };
    match read() {
        Ok(tenant) => StoredTenant::Readable(Box::new(tenant)),
        Err(Damaged(field)) => StoredTenant::Unreadable { id, owner, field },
    }
}

/// One record, with the admin of that `_id`.
///
/// # Errors
/// As [`view`].
pub(in crate::store) fn stored_tenant(
    record: &Document,
    admin: Option<&Document>,
) -> Result<StoredTenant, StoreError> {
    let owner = organization::owner_seen(record);
    let named = admin.filter(|admin| admin.get("_id") == record.get("admin_id"));
    let id = record_id(record)?;
    let record = organization::read(record);
    Ok(tenant(id, owner, record, named.map(admin::read)))
}

/// Whose record it is.
///
/// # Errors
/// As [`view`].
pub(in crate::store) fn record_id(record: &Document) -> Result<OrganizationId, StoreError> {
    object_id(record.get("_id")).map(OrganizationId)
}

fn object_id(id: Option<&Bson>) -> Result<[u8; 12], StoreError> {
    id.and_then(Bson::as_object_id)
        .map(|id: ObjectId| id.bytes())
        .ok_or_else(|| StoreError::Other("a document whose _id is no ObjectId".to_owned()))
}
