//! A document of `_refresh_tokens`.

use mongodb::bson::{Binary, Bson, Document, doc, spec::BinarySubtype};

use super::{Damaged, admin_id, fields, organization_id};
use crate::store::{
    port::StoreError,
    refresh::{FamilyId, RefreshOwner, RefreshRecord, TokenDigest},
};

/// The whole document.
pub(in crate::store) fn refresh_document(record: &RefreshRecord) -> Document {
    let RefreshRecord {
        token,
        family,
        owner,
        expires_at,
        used,
    } = record;
    let RefreshOwner {
        organization,
        admin,
        token_version,
    } = owner;
    let mut document = doc! {
        "_id": token_digest(token),
        "family": family_id(*family),
        "organization_id": organization_id(*organization),
        "admin_id": admin_id(*admin),
        "ver": token_version,
        "expires_at": fields::date(*expires_at),
    };
    if *used {
        document.insert("used", true);
    }
    document
}

pub(in crate::store) fn token_digest(token: &TokenDigest) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: token.0.to_vec(),
    }
}

pub(in crate::store) fn family_id(family: FamilyId) -> Binary {
    Binary {
        subtype: BinarySubtype::Uuid,
        bytes: family.0.as_bytes().to_vec(),
    }
}

/// The record.
///
/// # Errors
/// [`StoreError::Other`] with the first field that is no part of one.
pub(in crate::store) fn read_refresh(document: &Document) -> Result<RefreshRecord, StoreError> {
    read(document).map_err(|Damaged(field)| {
        StoreError::Other(format!("a document of _refresh_tokens is damaged: {field}"))
    })
}

fn read(document: &Document) -> Result<RefreshRecord, Damaged> {
    let family = |value: &Bson| fields::uuid(value).map(|uuid| FamilyId(uuid.0));
    Ok(RefreshRecord {
        token: fields::required(document, "_id", digest)?,
        family: fields::required(document, "family", family)?,
        owner: RefreshOwner {
            organization: fields::required(document, "organization_id", fields::organization)?,
            admin: fields::required(document, "admin_id", fields::admin)?,
            token_version: fields::required(document, "ver", fields::integer)?,
        },
        expires_at: fields::required(document, "expires_at", fields::time)?,
        used: fields::optional(document, "used", Bson::as_bool)?.unwrap_or(false),
    })
}

fn digest(value: &Bson) -> Option<TokenDigest> {
    let Bson::Binary(binary) = value else {
        return None;
    };
    Some(TokenDigest(binary.bytes.as_slice().try_into().ok()?))
}
