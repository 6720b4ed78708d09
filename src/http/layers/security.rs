//! Headers that keep browsers from making more of an answer than it is.

use axum::{
    http::{
        HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    response::Response,
};

/// The same on every answer.
const FIXED: [(HeaderName, HeaderValue); 3] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// Unless the handler sets its own, as /docs must: its page loads scripts and styles, which may be
/// kept. Tokens and tenants may not.
const DEFAULTS: [(HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
];

pub(super) async fn add_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.extend(FIXED);
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(value);
    }
    response
}
