//! A document of `admins`.

use mongodb::bson::{Document, doc};

use super::{Damaged, admin_id, fields, organization_id};
use crate::{
    domain::{
        email::Email,
        hash::BcryptHash,
        record::{AdminRecord, CredentialVersion},
    },
    store::login::LoginRecord,
};

/// The whole document, without the revision: whoever writes it counts.
pub(in crate::store) fn admin_document(admin: &AdminRecord) -> Document {
    let AdminRecord {
        id,
        email,
        password,
        organization_id: organization,
        organization_name,
        token_version,
        credential_version,
        created_at,
        revision: _,
    } = admin;
    let mut document = doc! {
        "_id": admin_id(*id),
        "email": email.as_str(),
        "password": password.expose(),
        "organization_name": organization_name.as_str(),
        "created_at": fields::date(*created_at),
        "token_version": token_version,
    };
    if let Some(organization) = organization {
        document.insert("organization_id", organization_id(*organization));
    }
    if let Some(version) = credential_version {
        document.insert("credential_version", version.0.as_str());
    }
    document
}

/// The whole document with its revision: where it is put back, the count goes on, so that no
/// command from before finds the admin that it was meant for.
pub(super) fn kept_document(admin: &AdminRecord) -> Document {
    let mut document = admin_document(admin);
    if let Some(revision) = admin.revision {
        document.insert("revision", revision);
    }
    document
}

/// What a login needs; `None` for a document that no login can be of.
pub(in crate::store) fn read_login(document: &Document) -> Option<LoginRecord> {
    let read = |field| document.get(field);
    Some(LoginRecord {
        admin: read("_id").and_then(fields::admin)?,
        password: BcryptHash::from_record(read("password").and_then(fields::text)?),
        organization: read("organization_id").and_then(fields::organization),
        token_version: read("token_version").and_then(fields::integer).unwrap_or(0),
    })
}

/// The admin, or the first field that is no part of one.
pub(super) fn read(document: &Document) -> Result<AdminRecord, Damaged> {
    Ok(AdminRecord {
        id: fields::required(document, "admins._id", fields::admin)?,
        email: Email::from_record(fields::required(document, "admins.email", fields::text)?),
        password: BcryptHash::from_record(fields::required(
            document,
            "admins.password",
            fields::text,
        )?),
        organization_id: fields::optional(
            document,
            "admins.organization_id",
            fields::organization,
        )?,
        organization_name: fields::required(
            document,
            "admins.organization_name",
            fields::org_name,
        )?,
        token_version: fields::optional(document, "admins.token_version", fields::integer)?
            .unwrap_or(0),
        credential_version: fields::optional(document, "admins.credential_version", fields::text)?
            .map(CredentialVersion),
        created_at: fields::required(document, "admins.created_at", fields::time)?,
        revision: fields::optional(document, "admins.revision", fields::integer)?,
    })
}
