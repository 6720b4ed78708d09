//! The claims as JSON: what is written, and what is taken.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};
use serde_json::Number;
use uuid::Uuid;

use super::{Claims, ISSUER, Identity, TokenError};
use crate::domain::{
    email::Email,
    ids::{AdminId, OrganizationId},
    names::OrgName,
};

/// What a token of ours holds. No `aud`, which python-jose and `PyJWT` refuse when they expect none;
/// no `nbf` and no `iat`, which `PyJWT` refuses by a clock one second behind.
#[derive(Serialize)]
pub(super) struct WrittenClaims<'a> {
    sub: String,
    email: &'a str,
    organization_name: &'a str,
    org_id: String,
    exp: i64,
    iss: &'static str,
    jti: String,
    ver: i64,
}

impl<'a> WrittenClaims<'a> {
    pub(super) fn of(identity: &'a Identity, expires_at: Timestamp, id: Uuid) -> Self {
        let Identity {
            admin,
            organization,
            email,
            organization_name,
            token_version,
        } = identity;
        Self {
            sub: admin.to_string(),
            email: email.as_str(),
            organization_name: organization_name.as_str(),
            org_id: organization.to_string(),
            exp: expires_at.as_second(),
            iss: ISSUER,
            jti: id.to_string(),
            ver: *token_version,
        }
    }
}

/// What is taken: what isn't an `Option` or has a default must be there, whatever the library's own
/// list of required claims says. Other claims are ignored.
#[derive(Clone, Deserialize)]
pub(super) struct ReadClaims {
    sub: String,
    email: String,
    organization_name: String,
    org_id: Option<String>,
    exp: Number,
    iss: Option<String>,
    jti: Option<String>,
    #[serde(default)]
    ver: i64,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<Number>,
    #[serde(default, deserialize_with = "present")]
    aud: Option<IgnoredAny>,
}

/// A claim that is there, null being no way to leave it out.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    claim: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(claim).map(Some)
}

impl ReadClaims {
    /// The typed claims, if they are good in this second.
    pub(super) fn judge(self, now: Timestamp) -> Result<Claims, TokenError> {
        let now = now.as_second();
        if self.aud.is_some() {
            return Err(TokenError::Audience);
        }
        let expires_at = whole_seconds(&self.exp)?;
        if expires_at < now {
            return Err(TokenError::Expired);
        }
        let begins_at = self.nbf.as_ref().map(whole_seconds).transpose()?;
        if begins_at.is_some_and(|begins_at| begins_at > now) {
            return Err(TokenError::NotYetValid);
        }
        self.typed(expires_at).ok_or(TokenError::Claims)
    }

    fn typed(self, expires_at: i64) -> Option<Claims> {
        let organization = self.org_id.as_deref().map(OrganizationId::parse);
        Some(Claims {
            admin: AdminId::parse(&self.sub).ok()?,
            organization: organization.transpose().ok()?,
            token_version: self.ver,
            email: Email::from_record(self.email),
            organization_name: OrgName::parse(&self.organization_name).ok()?,
            expires_at,
            issuer: self.iss,
            id: self.jti,
        })
    }
}

/// A time as the older service took it: the fraction is cut off, not rounded.
fn whole_seconds(time: &Number) -> Result<i64, TokenError> {
    let whole = time.as_i64().or_else(|| {
        // By way of its text: a cast would wrap what no second has ever been.
        time.as_f64()?.trunc().to_string().parse().ok()
    });
    whole.ok_or(TokenError::Claims)
}
