//! What a refusal of the service is on the wire, where that depends on who asked for what.

use std::time::Duration;

use super::error::{Act, ApiError};
use crate::service::Refusal;

/// When to ask again for what can't be done just now.
const SOON: Duration = Duration::from_secs(1);

/// When to ask again while the database or the Kubernetes API is away.
const LATER: Duration = Duration::from_secs(5);

/// The answers of one endpoint that others word otherwise.
#[derive(Debug, Clone)]
pub struct Wording {
    /// No organization has that name.
    pub unknown: ApiError,
    /// The name is taken.
    pub name_taken: ApiError,
    /// What was to be done to an organization that is another's.
    pub act: Act,
}

impl Wording {
    /// The answer. What is nobody's fault out there is logged here, once.
    #[must_use]
    pub fn answer(&self, refusal: Refusal) -> ApiError {
        match refusal {
            Refusal::InvalidToken => ApiError::InvalidToken,
            Refusal::InvalidCredentials => ApiError::InvalidCredentials,
            Refusal::Unknown => self.unknown.clone(),
            Refusal::NotOwn => ApiError::NotYourOrganization(self.act),
            Refusal::Declarative => ApiError::ManagedDeclaratively,
            Refusal::NameTaken => self.name_taken.clone(),
            Refusal::EmailTaken => ApiError::EmailInUse,
            Refusal::Password(fault) => fault.into(),
            Refusal::SelfServiceOff => ApiError::SelfServiceOff,
            Refusal::Throttled(retry_after) => ApiError::TooManyRequests { retry_after },
            Refusal::Busy => ApiError::Unavailable { retry_after: SOON },
            Refusal::Timeout => ApiError::Timeout,
            Refusal::Unavailable(why) => {
                tracing::warn!(why, "a request was not served");
                ApiError::Unavailable { retry_after: LATER }
            }
            Refusal::Internal(why) => {
                tracing::error!(why, "a request failed");
                ApiError::Internal
            }
        }
    }
}

/// Where no organization is named.
pub const PLAIN: Wording = Wording {
    unknown: ApiError::InvalidToken,
    name_taken: ApiError::OrganizationExists,
    act: Act::Read,
};
