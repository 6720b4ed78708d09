//! Records to begin with: small numbers stand for ids, short words for names.

use anyhow::Result;
use jiff::Timestamp;
use mongodb::bson::{Bson, DateTime, Document, doc, oid::ObjectId};
use organization_operator::{
    domain::{
        email::Email,
        hash::BcryptHash,
        ids::{AdminId, CollectionUuid, OrganizationId},
        names::{CollectionName, OrgName},
        record::StoredTenant,
        record::{
            AdminRecord, CredentialVersion, Naming, OrganizationRecord, Owner, State, Tenant,
        },
        step::NewAdmin,
    },
    store::port::{StoreError, TenantQuery, TenantView},
};
use uuid::Uuid;

use crate::world::World;

/// A word that must be found in no error.
pub const CANARY: &str = "canary-7c3e";

pub fn name(text: &str) -> Result<OrgName> {
    Ok(OrgName::parse(text)?)
}

pub fn tenant_collection(text: &str) -> Result<CollectionName> {
    Ok(CollectionName::of_tenant(&name(text)?))
}

pub fn organization(number: u8) -> OrganizationId {
    OrganizationId([number; 12])
}

pub fn object_id(number: u8) -> Bson {
    ObjectId::from_bytes([number; 12]).into()
}

pub fn admin_id(number: u8) -> AdminId {
    AdminId([number; 12])
}

pub fn uuid(number: u128) -> CollectionUuid {
    CollectionUuid(Uuid::from_u128(number))
}

pub fn email(text: &str) -> Email {
    Email::from_record(format!("{text}-{CANARY}@acme.example"))
}

pub fn hash(text: &str) -> BcryptHash {
    BcryptHash::from_record(format!("{text}-{CANARY}"))
}

pub fn owner(uid: &str) -> Owner {
    Owner {
        cluster: "cluster".to_owned(),
        namespace: "default".to_owned(),
        name: format!("object-{uid}"),
        uid: uid.to_owned(),
    }
}

/// What the operator inserts first: organization `number`, called `text`, of object `u<number>`,
/// with admin `number`.
pub fn record(number: u8, text: &str) -> Result<OrganizationRecord> {
    Ok(OrganizationRecord {
        id: organization(number),
        organization_name: name(text)?,
        collection_name: tenant_collection(text)?,
        admin_id: admin_id(number),
        created_at: Timestamp::from_millisecond(1_700_000_000_123)?,
        names: vec![name(text)?],
        owner: Some(owner(&format!("u{number}"))),
        naming: Naming {
            generation: Some(1),
            outdated: None,
        },
        released: None,
        state: State::Provisioning,
        quarantine: vec![],
        strays: vec![],
        collection_uuid: None,
        disabled: false,
        revision: Some(1),
    })
}

/// As the older service wrote it.
pub fn older_record(number: u8, text: &str) -> Document {
    doc! {
        "_id": object_id(number),
        "organization_name": text,
        "collection_name": format!("org_{text}"),
        "admin_id": object_id(number),
        "created_at": DateTime::from_millis(1_700_000_000_123),
    }
}

pub fn older_admin(number: u8, organization: &str) -> Document {
    doc! {
        "_id": object_id(number),
        "email": email(&number.to_string()).as_str(),
        "password": hash("older").expose(),
        "organization_name": organization,
        "created_at": DateTime::from_millis(1_700_000_000_123),
    }
}

/// Admin `number`, of organization `number`.
pub fn new_admin(number: u8, organization_name: &str) -> Result<NewAdmin> {
    Ok(NewAdmin {
        id: admin_id(number),
        email: email(&number.to_string()),
        organization_id: organization(number),
        organization_name: name(organization_name)?,
        token_version: 0,
        credential_version: CredentialVersion("referenced/s/1/password".to_owned()),
        created_at: Timestamp::from_millisecond(1_700_000_000_123)?,
    })
}

/// What [`new_admin`] is once it was inserted with that hash.
pub fn inserted(admin: &NewAdmin, password: &BcryptHash) -> AdminRecord {
    AdminRecord {
        id: admin.id,
        email: admin.email.clone(),
        password: password.clone(),
        organization_id: Some(admin.organization_id),
        organization_name: admin.organization_name.clone(),
        token_version: admin.token_version,
        credential_version: Some(admin.credential_version.sealed(password)),
        created_at: admin.created_at,
        revision: Some(1),
    }
}

/// A query for all that may be asked.
pub fn query(uid: &str, name_asked: &str, email_asked: Email) -> Result<TenantQuery> {
    Ok(TenantQuery {
        owner_uid: uid.to_owned(),
        name: Some(name(name_asked)?),
        email: Some(email_asked),
        archive: None,
    })
}

/// A query by the owner alone.
pub fn query_owner(uid: &str) -> TenantQuery {
    TenantQuery {
        owner_uid: uid.to_owned(),
        name: None,
        email: None,
        archive: None,
    }
}

/// The one tenant that object `uid` owns.
pub async fn own(world: &World, uid: &str) -> Result<Tenant> {
    let view = world.store.find_tenants(&query_owner(uid)).await?;
    match view {
        TenantView {
            own: Some(StoredTenant::Readable(tenant)),
            ..
        } => Ok(*tenant),
        other => anyhow::bail!("{uid} owns no tenant that can be read: {other:?}"),
    }
}

/// An error must hold no value of a document.
pub fn assert_discreet(error: &StoreError) {
    let text = format!("{error} {error:?}");
    assert!(!text.contains(CANARY), "{text}");
}

/// Asserts the error, and that it is discreet.
pub fn assert_refused<T: std::fmt::Debug>(outcome: &Result<T, StoreError>, error: &StoreError) {
    if let Err(found) = outcome {
        assert_discreet(found);
    }
    assert_eq!(outcome.as_ref().err(), Some(error), "{outcome:?}");
}
