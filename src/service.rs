//! The use cases behind the HTTP endpoints. Reads are answered from the watched objects; a change is
//! asked of the controller, by way of the object, and answered as the controller answers it.

mod adopt;
pub mod change;
mod create;
mod delete;
pub mod directory;
mod identity;
mod login;
pub mod objects;
mod read;
mod session;
pub(crate) mod slug;
pub mod tenant;
mod update;
pub mod watch;

use std::{sync::Arc, time::Duration};

use thiserror::Error;

pub use create::NewOrganization;
pub use login::LoginAttempt;
pub use session::Session;
pub use update::OrganizationUpdate;

use self::{directory::Directory, objects::Objects};
use crate::{
    auth::{
        limiter::Limiter,
        pool::{HashError, HashPool},
        refresh::RefreshTokens,
        token::{NoKeys, Tokens},
    },
    clock::Clock,
    controller::cluster::ClusterError,
    crd::DeletionPolicy,
    domain::password::PasswordFault,
    store::{
        login::LoginStore,
        port::{StoreError, TenantStore},
    },
};

/// The settings of the use cases.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Where organizations that are asked for through HTTP are made.
    pub namespace: String,
    /// Strangers may make organizations.
    pub self_service: bool,
    /// How many organizations strangers may make in all.
    pub max_organizations: usize,
    /// What becomes of the data of an organization that was made through HTTP.
    pub deletion_policy: DeletionPolicy,
    /// Everyone may read every organization, as in the older service.
    pub anonymous_read: bool,
    /// bcrypt's cost for passwords.
    pub bcrypt_cost: u32,
}

/// The use cases.
pub struct Service {
    /// The organizations, as watched.
    pub directory: Arc<Directory>,
    /// The objects, to be changed.
    pub objects: Arc<dyn Objects>,
    /// The records, as the controller reads them.
    pub tenants: Arc<dyn TenantStore>,
    /// The records, as logins need them.
    pub logins: Arc<dyn LoginStore>,
    /// The refresh tokens.
    pub refreshes: RefreshTokens,
    /// The access tokens.
    pub tokens: Arc<Tokens>,
    /// Who tried too often.
    pub limiter: Limiter,
    /// Where passwords are hashed.
    pub pool: Arc<HashPool>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Settings.
    pub settings: ServiceSettings,
}

/// Why a use case came to nothing. What each means on the wire is for the endpoint to say.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The token is none of ours, or what it stands for lives no more.
    #[error("the token is not valid")]
    InvalidToken,
    /// E-mail address and password don't open anything.
    #[error("the credentials are not valid")]
    InvalidCredentials,
    /// No organization has that name, or it is damaged.
    #[error("no such organization")]
    Unknown,
    /// The token is of another organization.
    #[error("the organization is another's")]
    NotOwn,
    /// A person, or Git, looks after the organization's object.
    #[error("the organization is managed declaratively")]
    Declarative,
    /// The name is another organization's, or a collection is in its way.
    #[error("the name is taken")]
    NameTaken,
    /// The e-mail address is another admin's.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// The password can't be set.
    #[error("the password {0}")]
    Password(PasswordFault),
    /// Strangers may not make organizations here.
    #[error("self-service is off")]
    SelfServiceOff,
    /// Too many attempts; again after that time.
    #[error("too many attempts")]
    Throttled(Duration),
    /// More is asked for than can be done now; again in a moment.
    #[error("busy")]
    Busy,
    /// The database or the Kubernetes API is away, or the key of the tokens is still to come.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// It was not done in time, and is taken back.
    #[error("not done in time")]
    Timeout,
    /// A fault of ours.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unauthorized(_)
            | StoreError::Unreachable(_)
            | StoreError::OutcomeUnknown(_) => Self::Unavailable(error.to_string()),
            StoreError::Exists
            | StoreError::Gone
            | StoreError::Stale
            | StoreError::Duplicate(_)
            | StoreError::Other(_) => Self::Internal(error.to_string()),
        }
    }
}

impl From<NoKeys> for Refusal {
    fn from(none: NoKeys) -> Self {
        Self::Unavailable(none.to_string())
    }
}

impl From<HashError> for Refusal {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::TooLong | HashError::Bcrypt(_) | HashError::Lost => {
                Self::Internal(error.to_string())
            }
        }
    }
}

impl From<ClusterError> for Refusal {
    fn from(error: ClusterError) -> Self {
        match error {
            // A right, a quota, a namespace or a definition that is going or gone: a person mends it, and
            // then it goes on. Where it was the object that went, whoever asks again is told.
            ClusterError::Unreachable(_) | ClusterError::Refused(_) | ClusterError::Gone => {
                Self::Unavailable(error.to_string())
            }
            // Somebody else is at it all the time.
            ClusterError::Conflict => Self::Busy,
        }
    }
}
