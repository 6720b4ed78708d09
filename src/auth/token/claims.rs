//! Who a token speaks for, and whether that is still somebody.

use crate::domain::{
    email::Email,
    ids::{AdminId, OrganizationId},
    names::OrgName,
};

/// For whom a token is minted: an admin who has just shown a password or a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `sub`.
    pub admin: AdminId,
    /// `org_id`.
    pub organization: OrganizationId,
    /// `email`: for clients to show, no authority.
    pub email: Email,
    /// `organization_name`: for clients to show, no authority.
    pub organization_name: OrgName,
    /// `ver`.
    pub token_version: i64,
}

/// What a token that was checked says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `sub`.
    pub admin: AdminId,
    /// `org_id`; the older service left it out, or wrote null, where it knew none.
    pub organization: Option<OrganizationId>,
    /// `ver`; 0 for the older service's tokens, which have none.
    pub token_version: i64,
    /// `email`, as it was when the token was minted.
    pub email: Email,
    /// `organization_name`, as it was when the token was minted.
    pub organization_name: OrgName,
    /// `exp`: the last second it is good in, counted from 1970.
    pub expires_at: i64,
    /// `iss`.
    pub issuer: Option<String>,
    /// `jti`.
    pub id: Option<String>,
}

/// Whom an organization answers to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveIdentity {
    /// The admin.
    pub admin: AdminId,
    /// The organization.
    pub organization: OrganizationId,
    /// Counted up by each change of password, e-mail or access.
    pub token_version: i64,
    /// Logins and tokens are refused.
    pub disabled: bool,
}

impl Claims {
    /// Whether the token is of this identity as it lives now: by `sub`, `org_id` and `ver`, never by
    /// name or e-mail, which another may have tomorrow. Without an `org_id` the `sub` decides.
    #[must_use]
    pub fn is_of(&self, live: &LiveIdentity) -> bool {
        let organization = self.organization.unwrap_or(live.organization);
        live.answers_to(self.admin, organization, self.token_version)
    }
}

impl LiveIdentity {
    /// Whether what was given to that admin, of that organization, at that version, is still good.
    #[must_use]
    pub fn answers_to(
        &self,
        admin: AdminId,
        organization: OrganizationId,
        token_version: i64,
    ) -> bool {
        let Self {
            admin: live_admin,
            organization: live_organization,
            token_version: live_version,
            disabled,
        } = *self;
        !disabled
            && admin == live_admin
            && organization == live_organization
            && token_version == live_version
    }
}
