//! The one file that owns all error bodies. Clients of the older service compare them byte by
//! byte, so an answer has its words here and nowhere else: a `Display` is the text on the wire.
//!
//! Three shapes, which the older service mixed and clients know apart:
//!
//! - A: `{"error":{"code":…,"message":…}}`; the code decides the status. D is A for the unforeseen.
//! - B: `{"detail":…}`, what its framework answered by itself.
//! - C: 422, A with a detail for each faulty field.
//!
//! E is what /health says, which is an error only sometimes.

mod body;
mod detail;
pub mod documented;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

use axum::{
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use body::{AnyBody, HealthWord};
pub use body::{
    CodedError, DetailBody, ErrorBody, ErrorCode, HealthBody, ValidationBody, ValidationError,
};
pub use detail::{Detail, Fault, Place};

use super::json;
use crate::domain::password::PasswordFault;

/// Every answer that is no success. Grouped by shape and status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    // C, 422.
    /// All faulty fields at once, in the model's order.
    #[error("request validation failed")]
    Invalid(Vec<Detail>),

    // B.
    /// 400: bytes that can't be read as text, or JSON that is too much to read.
    #[error("There was an error parsing the body")]
    UnparsableBody,
    /// 401: no Authorization, or nothing in it.
    #[error("missing auth token")]
    MissingToken,
    /// 401: a token that is none, or isn't good any more.
    #[error("invalid token")]
    InvalidToken,
    /// 401: a login refused, for whatever reason.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// 404 of GET.
    #[error("organization not found")]
    OrganizationNotFound,
    /// 404: no such path.
    #[error("Not Found")]
    UnknownRoute,
    /// 405.
    #[error("Method Not Allowed")]
    MethodNotAllowed {
        /// The one method of the path.
        allow: Method,
    },

    // A, 400.
    /// No digit or no letter.
    #[error("password does not meet strength requirements")]
    WeakPassword,
    /// More bytes than bcrypt looks at.
    #[error("password too long for bcrypt (max 72 bytes); please use a shorter password")]
    PasswordTooLong,
    /// U+0000 in a new password.
    #[error("password must not contain NUL")]
    PasswordHasNul,
    // A, 403.
    /// Create, without `--self-service`.
    #[error("self-service is off")]
    SelfServiceOff,
    /// The token is another organization's.
    #[error("only the org admin can {0} the organization")]
    NotYourOrganization(Act),
    // A, 404.
    /// 404 of PUT and DELETE.
    #[error("organization does not exist")]
    OrganizationUnknown,
    // A, 409.
    /// Create: the name, or a collection of that name, is somebody's.
    #[error("organization already exists")]
    OrganizationExists,
    /// The e-mail is another admin's.
    #[error("admin email already in use")]
    EmailInUse,
    /// Update: the new name is somebody's.
    #[error("new organization name already exists")]
    NewNameExists,
    /// A write to an object that is kept by kubectl or a repository, not by this service.
    #[error("organization is managed declaratively")]
    ManagedDeclaratively,
    // A, others.
    /// 413.
    #[error("request body too large")]
    PayloadTooLarge,
    /// 429.
    #[error("too many requests; try again later")]
    TooManyRequests {
        /// When to try again; sent in whole seconds, rounded up.
        retry_after: Duration,
    },
    /// 503: `MongoDB`, the Kubernetes API or the hash pool can't take the request now.
    #[error("service unavailable; try again later")]
    Unavailable {
        /// When to try again; sent in whole seconds, rounded up.
        retry_after: Duration,
    },
    /// 504: a change that is neither done nor surely withdrawn within the clients' patience.
    #[error("the operation is still being withdrawn; ask again")]
    Timeout,

    // D, 500.
    /// Anything unforeseen. Holds nothing on purpose: what happened goes to the log.
    #[error("internal server error")]
    Internal,
}

/// What somebody wanted to do to an organization that isn't theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// GET.
    Read,
    /// PUT.
    Update,
    /// DELETE.
    Delete,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

enum Shape {
    A(ErrorCode),
    B(StatusCode),
    C(Vec<Detail>),
}

impl ApiError {
    fn shape(&self) -> Shape {
        match self {
            Self::Invalid(details) => Shape::C(details.clone()),
            Self::UnparsableBody => Shape::B(StatusCode::BAD_REQUEST),
            Self::MissingToken | Self::InvalidToken | Self::InvalidCredentials => {
                Shape::B(StatusCode::UNAUTHORIZED)
            }
            Self::OrganizationNotFound | Self::UnknownRoute => Shape::B(StatusCode::NOT_FOUND),
            Self::MethodNotAllowed { .. } => Shape::B(StatusCode::METHOD_NOT_ALLOWED),
            Self::WeakPassword | Self::PasswordTooLong | Self::PasswordHasNul => {
                Shape::A(ErrorCode::BadRequest)
            }
            Self::SelfServiceOff | Self::NotYourOrganization(_) => Shape::A(ErrorCode::Forbidden),
            Self::OrganizationUnknown => Shape::A(ErrorCode::NotFound),
            Self::OrganizationExists
            | Self::EmailInUse
            | Self::NewNameExists
            | Self::ManagedDeclaratively => Shape::A(ErrorCode::Conflict),
            Self::PayloadTooLarge => Shape::A(ErrorCode::PayloadTooLarge),
            Self::TooManyRequests { .. } => Shape::A(ErrorCode::TooManyRequests),
            Self::Unavailable { .. } => Shape::A(ErrorCode::Unavailable),
            Self::Timeout => Shape::A(ErrorCode::Timeout),
            Self::Internal => Shape::A(ErrorCode::InternalError),
        }
    }

    /// Status and body: what is answered, and what the API's description shows.
    fn content(&self) -> (StatusCode, AnyBody) {
        let message = self.to_string();
        match self.shape() {
            Shape::A(code) => {
                let error = CodedError { code, message };
                (code.status(), AnyBody::A(ErrorBody { error }))
            }
            Shape::B(status) => (status, AnyBody::B(DetailBody { detail: message })),
            Shape::C(details) => {
                let error = ValidationError {
                    code: "validation_error",
                    message,
                    details,
                };
                let body = AnyBody::C(ValidationBody { error });
                (StatusCode::UNPROCESSABLE_ENTITY, body)
            }
        }
    }

    /// What goes with the status.
    fn add_headers(&self, headers: &mut HeaderMap, status: StatusCode) {
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::MethodNotAllowed { allow } = self
            && let Ok(allow) = HeaderValue::from_str(allow.as_str())
        {
            headers.insert(ALLOW, allow);
        }
        if let Self::TooManyRequests { retry_after } | Self::Unavailable { retry_after } = self {
            headers.insert(RETRY_AFTER, whole_seconds(*retry_after).into());
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, body) = self.content();
        let mut response = json::answer(status, &body);
        self.add_headers(response.headers_mut(), status);
        response
    }
}

impl From<Detail> for ApiError {
    fn from(detail: Detail) -> Self {
        Self::Invalid(vec![detail])
    }
}

/// What a new password is refused with, once its request was valid.
impl From<PasswordFault> for ApiError {
    fn from(fault: PasswordFault) -> Self {
        match fault {
            PasswordFault::TooShort => Detail::in_body("password", &Fault::short_password()).into(),
            PasswordFault::NeedsLetterAndDigit => Self::WeakPassword,
            PasswordFault::TooLong => Self::PasswordTooLong,
            PasswordFault::ContainsNul => Self::PasswordHasNul,
        }
    }
}

/// What /health says: shape E.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The database answers.
    Ok,
    /// It doesn't.
    Unavailable,
}

impl Health {
    fn content(self) -> (StatusCode, HealthBody) {
        let (status, word) = match self {
            Self::Ok => (StatusCode::OK, HealthWord::Ok),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, HealthWord::Unavailable),
        };
        let body = HealthBody {
            status: word,
            db: word,
        };
        (status, body)
    }
}

impl IntoResponse for Health {
    fn into_response(self) -> Response {
        let (status, body) = self.content();
        let mut response = json::answer(status, &body);
        if self == Self::Unavailable {
            // A look at the database may take as long; asking more often only queues up.
            let seconds = whole_seconds(Duration::from_secs(2));
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Rounded up, and never 0, which clients take for "at once".
fn whole_seconds(duration: Duration) -> u64 {
    let seconds = duration.as_secs();
    seconds
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
        .max(1)
}
