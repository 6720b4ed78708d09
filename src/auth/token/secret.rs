//! What a signing secret must be. Whoever knows or guesses it is every admin at once.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

/// The fewest bytes: as many as the digest of HS256 has (RFC 7518, 3.2).
pub const MIN_BYTES: usize = 32;

/// A default has at most this many different letters and digits beside the usual words: what
/// somebody filled it up with until it was long enough.
const MAX_FILLERS: usize = 3;

/// What examples and defaults are put together of (`change-me`, `your-256-bit-secret`,
/// `this-is-a-very-long-secret-key-123`). A random secret holds one by chance, but never consists
/// of them. A word comes before those that are part of it.
const USUAL_WORDS: [&str; 52] = [
    "1234567890",
    "0123456789",
    "123456789",
    "12345678",
    "123456",
    "1234",
    "123",
    "256",
    "512",
    "development",
    "production",
    "placeholder",
    "insecure",
    "password",
    "changeit",
    "replace",
    "default",
    "example",
    "enough",
    "please",
    "signing",
    "testing",
    "letmein",
    "qwerty",
    "random",
    "secret",
    "secure",
    "should",
    "string",
    "change",
    "admin",
    "super",
    "token",
    "local",
    "hs256",
    "this",
    "that",
    "here",
    "long",
    "prod",
    "test",
    "very",
    "with",
    "your",
    "bit",
    "dev",
    "jwt",
    "key",
    "not",
    "for",
    "is",
    "me",
];

/// Why a secret can't sign tokens. Never holds a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretFault {
    /// There is none, or it is empty: an empty key is one that everybody has.
    #[error("JWT_SECRET is missing or empty; set it to {MIN_BYTES} random bytes or more")]
    Missing,
    /// Fewer than [`MIN_BYTES`] bytes, a part that is only repeated counted once.
    #[error(
        "JWT_SECRET is too short (or a short text repeated), so that it can be guessed; set it to \
         {MIN_BYTES} random bytes or more"
    )]
    Short,
    /// A default or an example, as it stands or filled up.
    #[error(
        "JWT_SECRET is a well-known default, with which anybody can sign tokens; set it to \
         {MIN_BYTES} random bytes or more"
    )]
    WellKnown,
}

/// A secret that tokens may be signed with. Its bytes count as they stand.
#[derive(Debug, Clone)]
pub struct SigningSecret(SecretString);

impl SigningSecret {
    /// `insecure_dev` lets short and well-known ones pass; an empty one never.
    ///
    /// # Errors
    /// [`SecretFault`], of which the first that is found.
    pub fn parse(secret: SecretString, insecure_dev: bool) -> Result<Self, SecretFault> {
        let text = secret.expose_secret();
        if text.is_empty() {
            Err(SecretFault::Missing)
        } else if insecure_dev {
            Ok(Self(secret))
        } else if is_default(text) {
            Err(SecretFault::WellKnown)
        } else if once(text.as_bytes()).len() < MIN_BYTES {
            Err(SecretFault::Short)
        } else {
            Ok(Self(secret))
        }
    }

    pub(super) fn expose(&self) -> &SecretString {
        &self.0
    }
}

/// The shortest part whose repetition, the last time perhaps cut short, is the whole.
fn once(secret: &[u8]) -> &[u8] {
    let repeats = |period: &usize| secret[*period..] == secret[..secret.len() - period];
    let period = (1..=secret.len() / 2).find(repeats);
    &secret[..period.unwrap_or(secret.len())]
}

fn is_default(secret: &str) -> bool {
    let mut rest = secret.to_lowercase();
    for word in USUAL_WORDS {
        rest = rest.replace(word, "");
    }
    let letters = rest.chars().filter(|c| c.is_alphanumeric());
    letters.collect::<BTreeSet<_>>().len() <= MAX_FILLERS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(secret: &str) -> Option<SecretFault> {
        SigningSecret::parse(SecretString::from(secret), false).err()
    }

    #[test]
    fn random_secrets_are_good_in_every_usual_spelling() {
        for secret in [
            "b9d1c6f4a7e04c0e8d2f5a3b7c916e08",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
            "correct horse battery staple, with a comma",
            "83650192746510293847561029384756",
            "пароль-которого-никто-не-знает",
        ] {
            assert_eq!(judged(secret), None, "{secret}");
        }
        // By chance, usual words in it.
        assert_eq!(judged("kTestQ8z-secretW1m+Key0b7VgXrLpU2cYh"), None);
    }

    #[test]
    fn fewer_than_32_bytes_are_too_few() {
        assert_eq!(
            judged("b9d1c6f4a7e04c0e8d2f5a3b7c916e0"),
            Some(SecretFault::Short)
        );
        assert_eq!(
            judged("q7"),
            Some(SecretFault::WellKnown),
            "too few letters for a verdict"
        );
    }

    #[test]
    fn a_short_text_gets_no_better_by_repetition() {
        for part in ["b9d1c6f4", "b9d1c6f4a7e04c0e8d2f5a3b7c916e0"] {
            let text = part.repeat(5);
            assert_eq!(judged(&text), Some(SecretFault::Short));
            assert_eq!(judged(&text[..text.len() - 3]), Some(SecretFault::Short));
        }
        let long = "b9d1c6f4a7e04c0e8d2f5a3b7c916e08".repeat(2);
        assert_eq!(judged(&long), None, "one of it is enough already");
    }

    #[test]
    fn defaults_and_examples_are_known_however_they_are_filled_up() {
        let repeated = "supersecret".repeat(4);
        let filled = format!("change-me{}", "0".repeat(30));
        for secret in [
            "change-me",
            "CHANGE_ME",
            "changeme",
            "changeit",
            "secret",
            "supersecret",
            "your-256-bit-secret",
            "your-256-bit-secretyour-256-bit-secret",
            "please-change-me-in-production!!",
            "this-is-a-very-long-secret-key-1234567890",
            "my-super-secret-jwt-signing-key-change-me",
            "test-secret-test-secret-test-secret-0",
            "00000000000000000000000000000000",
            "                                    ",
            &repeated,
            &repeated[..32],
            &filled,
        ] {
            let fault = judged(secret);
            assert!(
                matches!(fault, Some(SecretFault::WellKnown | SecretFault::Short)),
                "{secret}"
            );
        }
        assert_eq!(judged("change-me"), Some(SecretFault::WellKnown));
    }

    #[test]
    fn for_development_everything_passes_but_nothing() {
        let parse = |secret| SigningSecret::parse(SecretString::from(secret), true);
        assert!(parse("change-me").is_ok());
        assert_eq!(parse("").err(), Some(SecretFault::Missing));
        assert_eq!(judged(""), Some(SecretFault::Missing));
    }

    #[test]
    fn a_fault_names_the_setting_in_one_line_and_never_the_value() {
        for secret in ["", "change-me", "b9d1c6f4a7e04c0e"] {
            let fault = judged(secret).unwrap().to_string();
            assert!(fault.starts_with("JWT_SECRET "), "{fault}");
            assert!(!fault.contains('\n'), "{fault}");
            assert!(secret.is_empty() || !fault.contains(secret), "{fault}");
        }
    }
}
