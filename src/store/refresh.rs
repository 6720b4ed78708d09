//! The port to where refresh tokens are kept: the one thing that the HTTP service writes itself.
//!
//! A document a token, under the digest of it, so that whoever reads the database can't log in with
//! what is there. A used token stays until it would have expired: it is how its reuse is noticed.

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::port::StoreError;
use crate::domain::ids::{AdminId, OrganizationId};

/// SHA-256 of a refresh token's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest(pub [u8; 32]);

/// A login, and every token that came of it by rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FamilyId(pub Uuid);

/// To whom a refresh token was given. Ids and a version: names and addresses change hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshOwner {
    /// `organization_id`.
    pub organization: OrganizationId,
    /// `admin_id`.
    pub admin: AdminId,
    /// `ver`: `token_version` at the login.
    pub token_version: i64,
}

/// A document of `_refresh_tokens`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshRecord {
    /// `_id`.
    pub token: TokenDigest,
    /// `family`.
    pub family: FamilyId,
    /// `organization_id`, `admin_id`, `ver`.
    pub owner: RefreshOwner,
    /// `expires_at`, to the millisecond. The server deletes the document within a minute or so
    /// after: whoever reads it compares.
    pub expires_at: Timestamp,
    /// `used`, absent until it is: exchanged for its successor.
    pub used: bool,
}

/// Where refresh tokens are kept. What is promised of
/// [`TenantStore`](super::port::TenantStore) is promised here too: majority, primary, deadlines.
/// Each call is one command.
#[async_trait]
pub trait RefreshStore: Send + Sync + 'static {
    /// Inserts a token.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`].
    async fn insert_refresh(&self, record: &RefreshRecord) -> Result<(), StoreError>;

    /// The token, used or not.
    async fn find_refresh(&self, token: &TokenDigest) -> Result<Option<RefreshRecord>, StoreError>;

    /// Compare-and-set: marks the token used. Of any number of calls for one token, one succeeds.
    ///
    /// # Errors
    /// [`StoreError::Stale`] where it was used already, or is gone.
    async fn use_refresh(&self, token: &TokenDigest) -> Result<(), StoreError>;

    /// Deletes the tokens of a family that are there, and says how many there were. One that is
    /// inserted meanwhile may be missed: 0 means that there was a moment without any.
    async fn delete_refresh_family(&self, family: FamilyId) -> Result<u64, StoreError>;

    /// Makes sure of the indexes: by family, and the one by which the server deletes what has
    /// expired. Idempotent.
    async fn ensure_refresh_index(&self) -> Result<(), StoreError>;
}
