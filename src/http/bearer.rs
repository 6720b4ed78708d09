//! The token of a request, out of its Authorization header. Whether it is good is `auth`'s to say.
//! It is no extractor: those of headers run before the one of the body, and the contract has the
//! body's faults first.

use axum::http::{HeaderMap, header::AUTHORIZATION};
use secrecy::{ExposeSecret as _, SecretString};

use super::error::ApiError;

/// What follows `Bearer`. Redacted, since whoever has it is the admin.
#[derive(Debug, Clone)]
pub struct BearerToken(SecretString);

impl BearerToken {
    /// What a request is refused with whose token is none, or isn't good.
    pub const REFUSALS: [ApiError; 2] = [ApiError::MissingToken, ApiError::InvalidToken];

    /// Reads the header.
    ///
    /// # Errors
    /// [`ApiError::MissingToken`] where there is nothing, [`ApiError::InvalidToken`] where there
    /// is anything but one `Bearer` with one token. Two headers are refused: a proxy and this
    /// service could each believe another one.
    pub fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(ApiError::MissingToken)?;
        if values.next().is_some() {
            return Err(ApiError::InvalidToken);
        }
        let text = value.to_str().map_err(|_| ApiError::InvalidToken)?;
        let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        match (words.next(), words.next(), words.next()) {
            (None, _, _) => Err(ApiError::MissingToken),
            (Some(scheme), Some(token), None) if scheme.eq_ignore_ascii_case("bearer") => {
                Ok(Self(SecretString::from(token)))
            }
            _ => Err(ApiError::InvalidToken),
        }
    }

    /// The token. Only for who checks it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<String, ApiError> {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(AUTHORIZATION, value);
        }
        BearerToken::read(&headers).map(|token| token.expose().to_owned())
    }

    #[test]
    fn one_token_after_bearer_in_any_case_is_read() {
        for value in [
            "Bearer a.b.c",
            "bearer a.b.c",
            "BEARER a.b.c",
            "  bEaReR   a.b.c  ",
            "Bearer\ta.b.c",
        ] {
            assert_eq!(read(&[value]), Ok("a.b.c".to_owned()), "{value:?}");
        }
    }

    #[test]
    fn nothing_at_all_is_a_missing_token() {
        assert_eq!(read(&[]), Err(ApiError::MissingToken));
        for value in ["", " ", " \t "] {
            assert_eq!(read(&[value]), Err(ApiError::MissingToken), "{value:?}");
        }
    }

    #[test]
    fn anything_else_is_an_invalid_token() {
        for value in [
            "a.b.c",
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer Bearer a.b.c",
            "Basic a.b.c",
            "Bearer: a.b.c",
            "Bearera.b.c",
            "Token Bearer a.b.c",
            "Bearer é",
            "Bearer\u{a0}a.b.c",
        ] {
            assert_eq!(read(&[value]), Err(ApiError::InvalidToken), "{value:?}");
        }
    }

    #[test]
    fn two_headers_are_an_invalid_token_even_when_they_agree() {
        for values in [
            ["Bearer a", "Bearer a"],
            ["", "Bearer a"],
            ["Bearer a", ""],
            ["", ""],
        ] {
            assert_eq!(read(&values), Err(ApiError::InvalidToken), "{values:?}");
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer secret"));
        let token = BearerToken::read(&headers).unwrap();
        assert!(!format!("{token:?}").contains("secret"));
    }
}
