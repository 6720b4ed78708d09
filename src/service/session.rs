//! What a login gives: a token that reads are checked with, and one to come back with.

use std::time::Duration;

use secrecy::SecretString;

use super::{Refusal, Service};
use crate::{
    auth::{
        refresh::{RefreshError, RefreshToken},
        token::{AccessToken, Identity},
    },
    domain::{
        email::Email,
        ids::{AdminId, OrganizationId},
        names::OrgName,
    },
    store::login::TenantKey,
};

/// A login that goes on.
#[derive(Debug)]
pub struct Session {
    /// Whose it is.
    pub admin: AdminId,
    /// Of which organization.
    pub organization: OrganizationId,
    /// The access token.
    pub access: SecretString,
    /// How long it is good.
    pub expires_in: Duration,
    /// What it is renewed with, once.
    pub refresh: RefreshToken,
}

impl Service {
    /// The first tokens of a login.
    pub(super) async fn begin(&self, identity: &Identity) -> Result<Session, Refusal> {
        let now = self.clock.now();
        // Before anything is written: there may be no key yet.
        let access = self.tokens.mint(identity, now)?;
        let refresh = self.refreshes.issue(identity, now).await?;
        Ok(session(identity, access, refresh))
    }

    /// Exchanges a refresh token, while the one it was given to lives, by the live record.
    ///
    /// # Errors
    /// [`Refusal::InvalidToken`], [`Refusal::Unavailable`].
    pub async fn refresh(&self, token: &str) -> Result<Session, Refusal> {
        let now = self.clock.now();
        let presented = self.refreshes.present(token, now).await.map_err(refusal)?;
        let key = TenantKey::Organization(presented.owner().organization);
        let stored = self.logins.find_tenant(&key).await?;
        let tenant = self
            .of_record(stored.as_ref())
            .filter(|tenant| presented.is_of(&tenant.live()))
            .ok_or(Refusal::InvalidToken)?;
        let identity = Identity {
            admin: tenant.admin,
            organization: tenant.id,
            organization_name: OrgName::parse(&tenant.name).map_err(|_| Refusal::InvalidToken)?,
            email: Email::from_record(tenant.admin_email),
            token_version: tenant.token_version,
        };
        let access = self.tokens.mint(&identity, now)?;
        let refresh = self
            .refreshes
            .rotate(presented, now)
            .await
            .map_err(refusal)?;
        Ok(session(&identity, access, refresh))
    }

    /// Ends the login that the refresh token came of.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    pub async fn log_out(&self, token: &str) -> Result<(), Refusal> {
        Ok(self.refreshes.logout(token).await?)
    }
}

fn session(identity: &Identity, access: AccessToken, refresh: RefreshToken) -> Session {
    Session {
        admin: identity.admin,
        organization: identity.organization,
        access: access.text,
        expires_in: access.expires_in,
        refresh,
    }
}

fn refusal(error: RefreshError) -> Refusal {
    match error {
        RefreshError::Unknown | RefreshError::Reused => Refusal::InvalidToken,
        RefreshError::Store(error) => error.into(),
    }
}
