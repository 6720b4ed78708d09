//! What the HTTP service reads of the records. One command each, by an index.

use async_trait::async_trait;

use super::port::StoreError;
use crate::domain::{
    email::Email,
    hash::BcryptHash,
    ids::{AdminId, OrganizationId},
    names::OrgName,
    record::StoredTenant,
};

/// What a login needs of an admin. Read field by field, so that damage to any other doesn't keep him
/// out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRecord {
    /// `_id`.
    pub admin: AdminId,
    /// `password`.
    pub password: BcryptHash,
    /// `organization_id`; absent in the older service's.
    pub organization: Option<OrganizationId>,
    /// `token_version`; 0 where absent.
    pub token_version: i64,
}

/// What an e-mail address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLogin {
    /// Its admin.
    pub login: LoginRecord,
    /// The record that he links to: by `organization_id`, or, in the older service's, by
    /// `organization_name`.
    pub tenant: Option<StoredTenant>,
}

/// Which tenant is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantKey {
    /// By `_id` of its record.
    Organization(OrganizationId),
    /// By `organization_name`: what it is called, not what it claims.
    Name(OrgName),
    /// By its admin's `_id` and the name that the admin's document links to: the older service's
    /// tokens and admins know no more.
    Admin(AdminId),
}

/// Reads of the primary with majority, within the deadline of a read.
#[async_trait]
pub trait LoginStore: Send + Sync + 'static {
    /// The admin who has that e-mail address, with his tenant. Known or not, it costs the same.
    async fn find_login(&self, email: &Email) -> Result<Option<FoundLogin>, StoreError>;

    /// The tenant, with the admin that its record names.
    async fn find_tenant(&self, key: &TenantKey) -> Result<Option<StoredTenant>, StoreError>;
}
