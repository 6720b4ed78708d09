//! The one query parameter: which organization. Read as Python's `parse_qsl` does, since that is
//! how the older service understood what clients escape, and fail to.

use axum::{extract::FromRequestParts, http::request::Parts};
use utoipa::{
    IntoParams, PartialSchema as _,
    openapi::{
        Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use super::error::{ApiError, Detail, Fault};
use crate::domain::names::OrgName;

const PARAMETER: &str = "organization_name";

/// The organization that a query names, as it stands: neither trimmed nor validated, and given
/// back to the client just so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueriedName(String);

impl QueriedName {
    /// The text as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, where it can be any organization's.
    #[must_use]
    pub fn name(&self) -> Option<OrgName> {
        OrgName::parse(&self.0).ok()
    }
}

impl QueriedName {
    /// What a request without it is refused with.
    #[must_use]
    pub fn missing() -> ApiError {
        Detail::in_query(PARAMETER, &Fault::Missing).into()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for QueriedName {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        last(query, PARAMETER).map(Self).ok_or_else(Self::missing)
    }
}

impl IntoParams for QueriedName {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = ParameterBuilder::new()
            .name(PARAMETER)
            .parameter_in(ParameterIn::Query)
            .required(Required::True)
            .description(Some(
                "The organization's name, as it stands; of several the last.",
            ))
            .schema(Some(String::schema()));
        vec![parameter.build()]
    }
}

fn last(query: &str, parameter: &str) -> Option<String> {
    query.rsplit('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (unescape(key) == parameter).then(|| unescape(value))
    })
}

/// An escape that is none stays as it is; bytes that are no UTF-8 become U+FFFD.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match (first, escaped(tail)) {
            (b'%', Some((byte, tail))) => (byte, tail),
            (b'+', _) => (b' ', tail),
            (byte, _) => (*byte, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What two digits stand for, and what follows them.
fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, tail) = text.split_first_chunk::<2>()?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(digits[0])? * 16 + digit(digits[1])?;
    Some((u8::try_from(value).ok()?, tail))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn read(query: &str) -> Result<String, ApiError> {
        let request = Request::get(format!("/org/get{query}")).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        let queried = QueriedName::from_request_parts(&mut parts, &()).await?;
        Ok(queried.as_str().to_owned())
    }

    #[tokio::test]
    async fn a_query_is_read_as_the_older_service_read_it() {
        for (query, name) in [
            ("?organization_name=acme", "acme"),
            ("?organization_name=a&organization_name=b", "b"),
            ("?organization_name=a&organization_name=", ""),
            ("?organization_name=", ""),
            ("?organization_name", ""),
            ("?organization_name=a+b%20c", "a b c"),
            ("?organization_name=a%2Bb", "a+b"),
            ("?organization_name=%zz%4%", "%zz%4%"),
            ("?organization_name=%%41", "%A"),
            ("?organization_name=%+1", "% 1"),
            ("?organization%5fname=a", "a"),
            ("?organization_name=a=b", "a=b"),
            ("?&&organization_name=a&", "a"),
            ("?x=1&organization_name=a%26b", "a&b"),
            (
                "?organization_name=a;organization_name=b",
                "a;organization_name=b",
            ),
            ("?organization_name=%00", "\0"),
            ("?organization_name=..%2f%2e%2e", "../.."),
            ("?organization_name=%20acme%20", " acme "),
            ("?organization_name=%C3%A9%f0%9f%98%80", "é😀"),
            // A byte that begins nothing, a sequence cut short, half a surrogate pair, one cut at the end.
            (
                "?organization_name=%ff%c3%28%ed%a0%80%f0%9f%98",
                "\u{fffd}\u{fffd}(\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
            ),
        ] {
            assert_eq!(read(query).await, Ok(name.to_owned()), "{query}");
        }
    }

    #[tokio::test]
    async fn without_the_very_parameter_the_field_is_missing() {
        for query in [
            "",
            "?",
            "?Organization_name=a",
            "?ORGANIZATION_NAME=a",
            "?organization_name%20=a",
            "?organization_name[$ne]=a",
            "?organization_name%5B%24ne%5D=a",
            "?a;organization_name=x",
            "?name=organization_name",
        ] {
            let missing = Detail::in_query("organization_name", &Fault::Missing);
            assert_eq!(read(query).await, Err(missing.into()), "{query}");
        }
    }

    #[test]
    fn what_can_be_no_organizations_name_is_none() {
        let name = |text: &str| QueriedName(text.to_owned()).name();
        assert_eq!(name("acme"), OrgName::parse("acme").ok());
        for text in ["", "a", " acme", "acme ", "..", "ac%00me", "\0", "асme"] {
            assert_eq!(name(text), None, "{text:?}");
        }
    }
}
