//! Reading an organization, and telling whose a token is.

use super::{Refusal, Service, tenant::ServedTenant};
use crate::{auth::token::Claims, domain::names::OrgName, store::login::TenantKey};

impl Service {
    /// The organization of that name, for its own admin.
    ///
    /// # Errors
    /// [`Refusal::InvalidToken`], [`Refusal::Unknown`], [`Refusal::NotOwn`].
    pub async fn read(&self, name: &str, token: &str) -> Result<ServedTenant, Refusal> {
        let claims = self.check(token)?;
        let tenant = self.tenant_called(name).await?;
        self.own(&claims, &tenant).await?;
        Ok(tenant)
    }

    /// The organization of that name, for whoever asks.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub async fn read_anonymously(&self, name: &str) -> Result<ServedTenant, Refusal> {
        self.tenant_called(name).await
    }

    /// The organization that the token is of.
    ///
    /// # Errors
    /// [`Refusal::InvalidToken`].
    pub async fn read_own(&self, token: &str) -> Result<ServedTenant, Refusal> {
        let claims = self.check(token)?;
        self.identity(&claims).await
    }

    /// What the token says, while what it stands for lives.
    ///
    /// # Errors
    /// [`Refusal::InvalidToken`].
    pub async fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let claims = self.check(token)?;
        self.identity(&claims).await?;
        Ok(claims)
    }

    /// The tenant that is called so: by its watched object, or else by its record.
    pub(super) async fn tenant_called(&self, name: &str) -> Result<ServedTenant, Refusal> {
        if self.directory.is_current()
            && let Some(tenant) = self.directory.tenant_called(name)
        {
            return Ok(tenant);
        }
        let name = OrgName::parse(name).map_err(|_| Refusal::Unknown)?;
        let stored = self.logins.find_tenant(&TenantKey::Name(name)).await?;
        self.of_record(stored.as_ref()).ok_or(Refusal::Unknown)
    }
}
