//! JSON in, JSON out.
//!
//! In: not `serde_json`, since clients of the older service (Python's json module) see where a body
//! stops being JSON, and since half a surrogate pair (`"\ud800"`) is a fault of its field there,
//! while `serde_json` takes it for broken JSON. So a scanner of our own (`scan`) reads the one
//! object a body is; it never goes deeper than [`MAX_DEPTH`] and looks at each byte a fixed
//! number of times.

mod object;
mod scan;
#[cfg(test)]
mod tests;
mod text;

use std::error::Error;

use axum::{
    body::{Body, Bytes, HttpBody as _},
    extract::{FromRequest, Request},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
pub use object::{Member, Object};
pub use scan::MAX_DEPTH;
use scan::ScanError;
use serde::Serialize;

use super::error::{ApiError, Detail, Fault};

/// The largest body in bytes: a hundred times the largest honest one.
pub const MAX_BODY: usize = 64 * 1024;

/// Codings that nobody undoes here. Any other value (`utf-8` is a common mistake) is ignored, as
/// it ever was.
const COMPRESSIONS: [&str; 6] = ["gzip", "x-gzip", "deflate", "br", "zstd", "compress"];

/// A request that was read from a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Model> Json<T> {
    /// What a request can be refused with before it is looked at what it asks for; the faults of an
    /// empty object stand for all that fields can have.
    #[must_use]
    pub fn refusals() -> Vec<ApiError> {
        let details = T::read(&Object::default()).err().unwrap_or_default();
        vec![ApiError::UnparsableBody, ApiError::Invalid(details)]
    }
}

/// What can be read from a JSON object.
pub trait Model: Sized {
    /// Reads all fields.
    ///
    /// # Errors
    /// All faulty fields at once, in the model's order; of each its first fault.
    fn read(object: &Object) -> Result<Self, Vec<Detail>>;
}

impl<T: Model, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = receive(body).await?;
        let object = parse(&parts.headers, &bytes)?;
        T::read(&object).map(Self).map_err(ApiError::Invalid)
    }
}

/// A JSON answer: compact, its length stated, no charset (JSON has but one).
pub fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let Ok(bytes) = serde_json::to_vec(body) else {
        return ApiError::Internal.into_response();
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CONTENT_LENGTH, HeaderValue::from(bytes.len())),
    ];
    (status, headers, bytes).into_response()
}

async fn receive(body: Body) -> Result<Bytes, ApiError> {
    // What is announced to be too large isn't waited for.
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(ApiError::PayloadTooLarge);
    }
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if is_too_large(&*error) => Err(ApiError::PayloadTooLarge),
        // The client went away or was too slow.
        Err(_) => Err(ApiError::UnparsableBody),
    }
}

/// Also when a layer further out set the limit, which arrives wrapped.
fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_too_large)
}

/// The order of the checks is part of the contract: an empty body is missing whatever its type,
/// and a body of another type isn't looked at.
fn parse(headers: &HeaderMap, bytes: &[u8]) -> Result<Object, ApiError> {
    if bytes.is_empty() {
        return Err(Detail::of_body(&Fault::Missing).into());
    }
    if !is_json(headers) {
        return Err(Detail::of_body(&Fault::NotAnObject).into());
    }
    if is_compressed(headers) {
        return Err(ApiError::UnparsableBody);
    }
    let text = decode(bytes).ok_or(ApiError::UnparsableBody)?;
    match scan::scan(text) {
        Ok(Some(object)) => Ok(object),
        Ok(None) => Err(Detail::of_body(&Fault::NotAnObject).into()),
        Err(ScanError::Malformed { code_points }) => Err(Detail::not_json(code_points).into()),
        Err(ScanError::TooDeep | ScanError::NumberTooLong) => Err(ApiError::UnparsableBody),
    }
}

/// `application/json` or `application/…+json`. Parameters are ignored, a charset too.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return false;
    };
    let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
    let essence = value.split(';').next().unwrap_or_default().trim();
    let Some(("application", subtype)) = essence.split_once('/') else {
        return false;
    };
    !subtype.contains('/') && (subtype == "json" || subtype.ends_with("+json"))
}

fn is_compressed(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| COMPRESSIONS.contains(&coding.trim().to_ascii_lowercase().as_str()))
}

/// UTF-8, with or without a byte order mark.
fn decode(bytes: &[u8]) -> Option<&str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // UTF-16 and UTF-32 without a mark: what JSON begins with is ASCII, so one of its first two
    // bytes is 0, which is valid UTF-8 but can't begin JSON.
    if bytes.len() > 1 && bytes[..2].contains(&0) {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

/// The object of a text, for tests of what reads objects.
#[cfg(test)]
pub(super) fn object(text: &str) -> Option<Object> {
    scan::scan(text).ok().flatten()
}
