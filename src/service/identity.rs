//! Whether what a token stands for still lives: by the watched object, or by the live record.

use super::{
    Refusal, Service,
    tenant::{Keeper, ServedTenant},
};
use crate::{
    auth::token::{Claims, TokenError},
    domain::record::StoredTenant,
    store::login::TenantKey,
};

impl Service {
    /// Whose token it is, whether he still lives or not; nobody's where it is not good.
    #[must_use]
    pub fn bearer(&self, token: &str) -> Option<Claims> {
        self.check(token).ok()
    }

    /// Signature and times.
    pub(super) fn check(&self, token: &str) -> Result<Claims, Refusal> {
        let claims = self.tokens.check(token, self.clock.now());
        claims.map_err(|error| match error {
            TokenError::NoKeys(none) => none.into(),
            TokenError::Malformed
            | TokenError::Header
            | TokenError::UnknownKey
            | TokenError::Signature
            | TokenError::Claims
            | TokenError::Audience
            | TokenError::Expired
            | TokenError::NotYetValid => Refusal::InvalidToken,
        })
    }

    /// The tenant that the token is of, if it still is.
    pub(super) async fn identity(&self, claims: &Claims) -> Result<ServedTenant, Refusal> {
        if self.directory.is_current()
            && let Some(id) = claims.organization
            && let Some(tenant) = self.directory.tenant(id)
        {
            return is_of(claims, &tenant)
                .then_some(tenant)
                .ok_or(Refusal::InvalidToken);
        }
        self.live_identity(claims).await
    }

    /// As [`Self::identity`], by the record: what a write depends on is never of the past.
    pub(super) async fn live_identity(&self, claims: &Claims) -> Result<ServedTenant, Refusal> {
        let key = claims
            .organization
            .map_or(TenantKey::Admin(claims.admin), TenantKey::Organization);
        let stored = self.logins.find_tenant(&key).await?;
        self.of_record(stored.as_ref())
            .filter(|tenant| is_of(claims, tenant))
            .ok_or(Refusal::InvalidToken)
    }

    /// Whether the token, which is good, is that tenant's own.
    pub(super) async fn own(&self, claims: &Claims, tenant: &ServedTenant) -> Result<(), Refusal> {
        if is_of(claims, tenant) {
            return Ok(());
        }
        let own = self.identity(claims).await?;
        if own.id == tenant.id {
            // The one of both that was read later holds.
            Ok(())
        } else {
            Err(Refusal::NotOwn)
        }
    }

    /// The tenant of a record. Who looks after it is told by its object, where that is watched.
    pub(super) fn of_record(&self, stored: Option<&StoredTenant>) -> Option<ServedTenant> {
        let mut tenant = ServedTenant::of_record(stored?)?;
        if matches!(tenant.keeper, Keeper::Unseen(_))
            && let Some(keeper) = self.directory.keeper(tenant.id)
        {
            tenant.keeper = keeper;
        }
        Some(tenant)
    }
}

fn is_of(claims: &Claims, tenant: &ServedTenant) -> bool {
    claims.is_of(&tenant.live())
}
