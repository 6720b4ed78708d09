//! Logging in: one look, one hash computation, whatever comes of it. An unknown address costs as much
//! as a wrong password, so that time tells nobody who is known.

use secrecy::SecretString;
use tokio::time::Instant;

use super::{Refusal, Service, Session, tenant::ServedTenant};
use crate::{
    auth::token::Identity,
    domain::{email::Email, hash::BcryptHash, names::OrgName},
    http::client_address::ClientAddress,
    store::login::{FoundLogin, LoginRecord},
};

/// Who wants in.
#[derive(Debug)]
pub struct LoginAttempt {
    /// His address.
    pub email: Email,
    /// What he says is his password.
    pub password: SecretString,
}

impl Service {
    /// Logs an admin in.
    ///
    /// # Errors
    /// [`Refusal::Throttled`], [`Refusal::InvalidCredentials`], [`Refusal::Busy`],
    /// [`Refusal::Unavailable`].
    pub async fn log_in(
        &self,
        attempt: LoginAttempt,
        client: ClientAddress,
    ) -> Result<Session, Refusal> {
        let LoginAttempt { email, password } = attempt;
        let cost = self.settings.bcrypt_cost;
        let nobodys = BcryptHash::nobodys(cost);
        let now = || Instant::now().into_std();
        let admission = match self.limiter.admit_login(&email, client, now).await {
            Ok(admission) => admission,
            Err(throttled) => {
                // What is refused unheard costs what is refused.
                self.pool.verify(password, nobodys, cost).await?;
                return Err(Refusal::Throttled(throttled.retry_after));
            }
        };
        let known = match self.find(&email).await {
            Ok(known) => known,
            Err(error) => {
                admission.not_tried();
                return Err(error);
            }
        };
        let stored = known.as_ref().map(|(login, _)| &login.password);
        let usable = stored.filter(|hash| hash.cost().is_some());
        let hash = usable.unwrap_or(&nobodys).clone();
        let matches = match self.pool.verify(password, hash, cost).await {
            Ok(matches) => matches && usable.is_some(),
            Err(error) => {
                admission.not_tried();
                return Err(error.into());
            }
        };
        let identity = known.filter(|_| matches).and_then(identity_of);
        let identity = identity.ok_or(Refusal::InvalidCredentials)?;
        admission.succeeded();
        self.begin(&identity).await
    }

    /// The admin of that address, with the organization that he is of, if it is served.
    async fn find(
        &self,
        email: &Email,
    ) -> Result<Option<(LoginRecord, Option<ServedTenant>)>, Refusal> {
        let found = self.logins.find_login(email).await?;
        Ok(found.map(|FoundLogin { login, tenant }| {
            let watched = login.organization.filter(|_| self.directory.is_current());
            let watched = watched.and_then(|id| self.directory.tenant(id));
            (login, watched.or_else(|| self.of_record(tenant.as_ref())))
        }))
    }
}

/// Whom the login is for: the admin of a served organization that refuses nobody.
fn identity_of((login, tenant): (LoginRecord, Option<ServedTenant>)) -> Option<Identity> {
    let tenant = tenant.filter(|tenant| !tenant.disabled && tenant.admin == login.admin)?;
    Some(Identity {
        admin: login.admin,
        organization: tenant.id,
        email: Email::from_record(tenant.admin_email),
        organization_name: OrgName::parse(&tenant.name).ok()?,
        // As it was read with the hash: the watched one may be behind.
        token_version: login.token_version,
    })
}
