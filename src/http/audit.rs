//! Who did what to which organization: a line a login and a mutation, to a target of its own. Ids
//! alone, never an address in clear, a token or a body.

use crate::{
    auth::token::Claims,
    http::{client_address::ClientAddress, layers::RequestId},
    service::{Refusal, tenant::ServedTenant},
};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// POST /org/create.
    Create,
    /// PUT /org/update.
    Update,
    /// DELETE /org/delete.
    Delete,
    /// POST /admin/login.
    LogIn,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "organization.create",
            Self::Update => "organization.update",
            Self::Delete => "organization.delete",
            Self::LogIn => "admin.login",
        }
    }
}

/// Whom a line is about.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    /// The admin's.
    pub admin: Option<String>,
    /// The organization's.
    pub organization: Option<String>,
}

impl From<&ServedTenant> for Ids {
    fn from(tenant: &ServedTenant) -> Self {
        Self {
            admin: Some(tenant.admin.to_string()),
            organization: Some(tenant.id.to_string()),
        }
    }
}

impl From<Claims> for Ids {
    fn from(claims: Claims) -> Self {
        Self {
            admin: Some(claims.admin.to_string()),
            organization: claims.organization.map(|id| id.to_string()),
        }
    }
}

/// Writes the line. `asked` is who asked for what is refused, as far as that is proved.
pub fn record<T>(
    action: Action,
    result: &Result<T, Refusal>,
    ids: impl FnOnce(&T) -> Ids,
    asked: Option<Claims>,
    client: ClientAddress,
    request: &RequestId,
) {
    let (outcome, ids) = match result {
        Ok(done) => ("done".to_owned(), ids(done)),
        Err(refusal) => (
            refusal.to_string(),
            asked.map_or_else(Ids::default, Ids::from),
        ),
    };
    tracing::info!(
        target: "audit",
        action = action.as_str(),
        result = outcome,
        admin = ids.admin,
        organization = ids.organization,
        %client,
        %request,
        "audit"
    );
}
