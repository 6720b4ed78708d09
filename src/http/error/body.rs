//! The shapes of the bodies, as they are written and as the API's description shows them, comments
//! and all. Only the file above fills them in.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Detail;

/// An error with a code.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    pub(super) error: CodedError,
}

/// What went wrong; the code decides the status.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodedError {
    pub(super) code: ErrorCode,
    pub(super) message: String,
}

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 400.
    BadRequest,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 409.
    Conflict,
    /// 413.
    PayloadTooLarge,
    /// 429.
    TooManyRequests,
    /// 500.
    InternalError,
    /// 503.
    Unavailable,
    /// 504.
    Timeout,
}

impl ErrorCode {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

/// An error that is told by its status and its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct DetailBody {
    pub(super) detail: String,
}

/// A request whose fields are faulty.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValidationBody {
    pub(super) error: ValidationError,
}

/// What is faulty, field by field.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValidationError {
    #[schema(pattern = "^validation_error$")]
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Each faulty field once, in the order of the fields.
    pub(super) details: Vec<Detail>,
}

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthBody {
    pub(super) status: HealthWord,
    pub(super) db: HealthWord,
}

/// What is said of the service and of its database.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthWord {
    /// It answers.
    Ok,
    /// It doesn't.
    Unavailable,
}

/// The body of an error, whatever its shape.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum AnyBody {
    A(ErrorBody),
    B(DetailBody),
    C(ValidationBody),
}
