//! What answers hold.

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    auth::token::Claims,
    service::{Session, tenant::ServedTenant},
};

/// An organization, as clients of the older service know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrgResponse {
    /// Its name.
    #[schema(examples("acme"))]
    pub organization_name: String,
    /// Its collection.
    #[schema(examples("org_acme"))]
    pub collection_name: String,
    /// The address that its admin logs in with.
    #[schema(examples("admin@acme.io"))]
    pub admin_email: String,
    /// UTC without suffix, the stored instant. No date-time of RFC 3339, which has an offset.
    #[schema(
        pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3}000)?$",
        examples("2026-11-23T10:00:00.123000", "2026-11-23T10:00:00")
    )]
    pub created_at: String,
}

impl From<ServedTenant> for OrgResponse {
    fn from(tenant: ServedTenant) -> Self {
        Self {
            organization_name: tenant.name,
            collection_name: tenant.collection,
            admin_email: tenant.admin_email,
            created_at: as_python_prints(tenant.created_at),
        }
    }
}

/// `2026-11-23T10:00:00.123000`; without a fraction where there is none.
fn as_python_prints(time: Timestamp) -> String {
    let milliseconds = time.as_millisecond();
    let format = if milliseconds.rem_euclid(1000) == 0 {
        "%Y-%m-%dT%H:%M:%S"
    } else {
        "%Y-%m-%dT%H:%M:%S%.6f"
    };
    let stored = Timestamp::from_millisecond(milliseconds).unwrap_or(time);
    stored.strftime(format).to_string()
}

/// What a login gives.
#[derive(Serialize, ToSchema)]
pub struct Token {
    /// The JWT.
    pub access_token: String,
    /// Always `bearer`.
    #[schema(pattern = "^bearer$")]
    pub token_type: &'static str,
    /// Seconds that the access token is good for.
    pub expires_in: u64,
    /// What it is renewed with, once.
    pub refresh_token: String,
}

impl From<Session> for Token {
    fn from(session: Session) -> Self {
        Self {
            access_token: session.access.expose_secret().to_owned(),
            token_type: "bearer",
            expires_in: session.expires_in.as_secs(),
            refresh_token: session.refresh.expose().to_owned(),
        }
    }
}

/// What a token says.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimsResponse {
    /// The admin's id.
    pub sub: String,
    /// The admin's address when the token was made.
    pub email: String,
    /// The organization's name when the token was made.
    pub organization_name: String,
    /// The organization's id; null in tokens of the older service that have none.
    #[schema(required)]
    pub org_id: Option<String>,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// Who made it.
    #[schema(required)]
    pub iss: Option<String>,
    /// Which token it is.
    #[schema(required)]
    pub jti: Option<String>,
    /// Tokens of another version are dead.
    pub ver: i64,
}

impl From<Claims> for ClaimsResponse {
    fn from(claims: Claims) -> Self {
        Self {
            sub: claims.admin.to_string(),
            email: claims.email.to_string(),
            organization_name: claims.organization_name.to_string(),
            org_id: claims.organization.map(|id| id.to_string()),
            exp: claims.expires_at,
            iss: claims.issuer,
            jti: claims.id,
            ver: claims.token_version,
        }
    }
}

/// What a deletion is answered with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deleted {
    /// Always true.
    pub deleted: bool,
    /// As it was sent.
    pub organization_name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_printed_as_the_older_service_printed_what_it_had_stored() {
        let printed = |text: &str| as_python_prints(text.parse().unwrap());
        assert_eq!(
            printed("2026-11-23T10:00:00.123Z"),
            "2026-11-23T10:00:00.123000"
        );
        assert_eq!(printed("2026-11-23T10:00:00Z"), "2026-11-23T10:00:00");
        assert_eq!(
            printed("2026-11-23T10:00:00.000999Z"),
            "2026-11-23T10:00:00"
        );
        assert_eq!(
            printed("1969-12-31T23:59:59.5Z"),
            "1969-12-31T23:59:59.500000"
        );
    }
}
