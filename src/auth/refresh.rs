//! Refresh tokens: opaque texts that are exchanged, once each, for a new access token and a
//! successor.
//!
//! A used one that comes back is in two hands, and nobody can say which is the thief's: all that
//! came of that login (its family) dies, and the admin logs in again. The same happens to a client
//! that presents one token twice at a time: one wins, the other counts as reuse, and then the
//! winner's successor is dead too.

#[cfg(test)]
mod tests;
mod text;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use thiserror::Error;

pub use self::text::RefreshToken;
use super::token::{Identity, LiveIdentity};
use crate::store::{
    port::StoreError,
    refresh::{FamilyId, RefreshOwner, RefreshRecord, RefreshStore, TokenDigest},
};

/// Why a refresh token is not exchanged. The messages hold nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RefreshError {
    /// No such token, or not any more.
    #[error("the refresh token is unknown or has expired")]
    Unknown,
    /// It was used before. Its family is dead now.
    #[error("the refresh token was used before, so its login is ended")]
    Reused,
    /// The database didn't play along. Nothing was exchanged, unless it says that the outcome is
    /// unknown: then it may have been, and presenting the token again may count as reuse.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Issues, exchanges and revokes.
pub struct RefreshTokens {
    store: Arc<dyn RefreshStore>,
    lifetime: Duration,
}

/// A good token that was presented and not exchanged yet. See to it that its owner still lives
/// before [`RefreshTokens::rotate`]: a look that fails then costs nobody the login.
#[derive(Debug)]
pub struct Presented {
    token: TokenDigest,
    family: FamilyId,
    owner: RefreshOwner,
}

impl Presented {
    /// To whom the token was given.
    #[must_use]
    pub fn owner(&self) -> RefreshOwner {
        self.owner
    }

    /// Whether the token is of this identity as it lives now.
    #[must_use]
    pub fn is_of(&self, live: &LiveIdentity) -> bool {
        let RefreshOwner {
            organization,
            admin,
            token_version,
        } = self.owner;
        live.answers_to(admin, organization, token_version)
    }
}

impl RefreshTokens {
    /// `lifetime` is what each token gets, counted from its own issue: who comes back in time never
    /// has to log in again.
    #[must_use]
    pub fn new(store: Arc<dyn RefreshStore>, lifetime: Duration) -> Self {
        Self { store, lifetime }
    }

    /// The first token of a login.
    ///
    /// # Errors
    /// [`StoreError`]: there is no token then.
    pub async fn issue(
        &self,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<RefreshToken, StoreError> {
        let owner = RefreshOwner {
            organization: identity.organization,
            admin: identity.admin,
            token_version: identity.token_version,
        };
        let family = FamilyId(uuid::Builder::from_random_bytes(rand::random()).into_uuid());
        self.insert(family, owner, now).await
    }

    /// Looks a token up, and ends its login if it was used before.
    ///
    /// # Errors
    /// [`RefreshError`].
    pub async fn present(&self, text: &str, now: Timestamp) -> Result<Presented, RefreshError> {
        let token = text::digest(text).ok_or(RefreshError::Unknown)?;
        let found = self.store.find_refresh(&token).await?;
        let RefreshRecord {
            token,
            family,
            owner,
            expires_at,
            used,
        } = found.ok_or(RefreshError::Unknown)?;
        // Before the time: an expired one that was stolen is stolen.
        if used {
            self.kill(family).await?;
            return Err(RefreshError::Reused);
        }
        if expires_at <= now {
            return Err(RefreshError::Unknown);
        }
        Ok(Presented {
            token,
            family,
            owner,
        })
    }

    /// Exchanges a token for its successor.
    ///
    /// The successor is written first, then the token marked used, in one compare-and-set. So a
    /// process that dies between the two leaves the token as good as it was (and a successor that
    /// nobody knows, until it expires); and whoever kills the family finds the successor there, or
    /// the token is gone before it can be marked.
    ///
    /// # Errors
    /// [`RefreshError`].
    pub async fn rotate(
        &self,
        presented: Presented,
        now: Timestamp,
    ) -> Result<RefreshToken, RefreshError> {
        let Presented {
            token,
            family,
            owner,
        } = presented;
        let successor = self.insert(family, owner, now).await?;
        match self.store.use_refresh(&token).await {
            Ok(()) => Ok(successor),
            // Another one was faster: by using it, or by killing the family.
            Err(StoreError::Stale) => {
                self.kill(family).await?;
                Err(RefreshError::Reused)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Ends the login that the token came of. One that is unknown, used or expired is no error:
    /// what was asked for holds.
    ///
    /// # Errors
    /// [`StoreError`]: the login may live on.
    pub async fn logout(&self, text: &str) -> Result<(), StoreError> {
        let Some(token) = text::digest(text) else {
            return Ok(());
        };
        match self.store.find_refresh(&token).await? {
            Some(found) => self.kill(found.family).await,
            None => Ok(()),
        }
    }

    async fn insert(
        &self,
        family: FamilyId,
        owner: RefreshOwner,
        now: Timestamp,
    ) -> Result<RefreshToken, StoreError> {
        let issued = RefreshToken::generate(&mut rand::rng());
        let record = RefreshRecord {
            token: issued.digest(),
            family,
            owner,
            expires_at: now.checked_add(self.lifetime).unwrap_or(Timestamp::MAX),
            used: false,
        };
        self.store.insert_refresh(&record).await?;
        Ok(issued)
    }

    /// Deletes until nothing is found: a token inserted while a deletion runs may escape it, but not
    /// the next. After a moment without any, none can be exchanged for one that lives: each
    /// successor's predecessor is gone.
    async fn kill(&self, family: FamilyId) -> Result<(), StoreError> {
        while self.store.delete_refresh_family(family).await? > 0 {}
        Ok(())
    }
}
