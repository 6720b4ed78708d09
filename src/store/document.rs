//! Records as documents, and back. What the older service wrote is read as it stands; what this
//! code doesn't understand is named by its field and never guessed at.

mod admin;
mod fields;
mod inventory;
mod operation;
mod organization;
mod refresh;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub(super) use admin::{admin_document, read_login};
pub(super) use fields::{integer as read_integer, uuid as read_collection_uuid};
pub(super) use inventory::Stocktaking;
pub(super) use organization::{ARCHIVED_AT, record_document};
pub(super) use refresh::{family_id, read_refresh, refresh_document, token_digest};
pub(super) use update::{admin_update, must_be_over, record_update};
pub(super) use view::{Row, record_id, stored_tenant, view};

use mongodb::bson::{Binary, oid::ObjectId, spec::BinarySubtype};

use crate::domain::ids::{AdminId, CollectionUuid, OrganizationId};

/// The field that stopped the reading of a document. Never its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Damaged(&'static str);

pub(super) fn organization_id(id: OrganizationId) -> ObjectId {
    ObjectId::from_bytes(id.0)
}

pub(super) fn admin_id(id: AdminId) -> ObjectId {
    ObjectId::from_bytes(id.0)
}

pub(super) fn collection_uuid(uuid: CollectionUuid) -> Binary {
    Binary {
        subtype: BinarySubtype::Uuid,
        bytes: uuid.0.as_bytes().to_vec(),
    }
}
