//! The name of a request, by which its answer is found in the logs.

use std::{fmt, sync::Arc};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer than any format in use, and short enough for each line of a log.
const MAX_LENGTH: usize = 128;

/// The name of a request: the client's own, or made. In the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The client's own if it sent exactly one, of characters that can't do harm in a log.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut sent = headers.get_all(X_REQUEST_ID).iter();
        match (sent.next().and_then(parse), sent.next()) {
            (Some(id), None) => Self(id.into()),
            _ => Self(Uuid::new_v4().to_string().into()),
        }
    }

    /// As it is answered.
    pub(super) fn to_header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

fn parse(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte);
    let fits = (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(safe);
    fits.then_some(text)
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(sent: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for value in sent {
            headers.append(X_REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        }
        RequestId::of(&headers).to_string()
    }

    #[test]
    fn a_safe_id_of_the_client_is_kept() {
        let longest = "x".repeat(128);
        for id in ["a", "0af7651916cd43dd-8448:eb/21.1+c8=_@", &longest] {
            assert_eq!(id_of(&[id.as_bytes()]), id);
        }
    }

    #[test]
    fn any_other_is_replaced_by_one_of_ours() {
        let too_long = "x".repeat(129);
        let made = |sent: &[&[u8]]| Uuid::parse_str(&id_of(sent)).is_ok();
        for id in ["", "a b", "a\tb", "a\"b", "a{b}", "a\\nb", &too_long] {
            assert!(made(&[id.as_bytes()]), "{id:?}");
        }
        assert!(made(&[b"\xc3\xa9"]));
        assert!(made(&[b"a", b"b"]), "two are none");
        assert!(made(&[]));
        assert_ne!(id_of(&[]), id_of(&[]));
    }
}
