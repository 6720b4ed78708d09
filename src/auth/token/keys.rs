//! The keys that tokens are signed and checked with.

use std::{fmt, fmt::Write as _};

use aws_lc_rs::hmac;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, errors::ErrorKind,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, de::DeserializeOwned};

use super::{TokenError, secret::SigningSecret};

/// What the name of a key is computed of. No token's first two parts read so (a `/` is no letter of
/// base64url), so no signature is ever given away as a name.
const NAME_CONTEXT: &[u8] = b"organization-operator.dev/name-of-a-token-key/1";

/// Bytes of that digest in a name: enough to tell keys apart, too few to be of any use otherwise.
const NAME_BYTES: usize = 8;

/// The key that signs, and those that are accepted beside it: previous ones whose tokens still
/// live, or the next one, where several replicas are to know it before the first signs with it.
///
/// Two are equal when they have the same keys in the same order.
#[derive(PartialEq, Eq)]
pub struct Keys {
    current: Key,
    previous: Vec<Key>,
}

impl Keys {
    /// Secrets named twice count once.
    #[must_use]
    pub fn new(current: &SigningSecret, previous: &[SigningSecret]) -> Self {
        let current = Key::of(current);
        let mut others: Vec<Key> = Vec::new();
        for key in previous.iter().map(Key::of) {
            if key != current && !others.contains(&key) {
                others.push(key);
            }
        }
        Self {
            current,
            previous: others,
        }
    }

    /// The names of the keys, that of the current one first. They reveal nothing: they are in the
    /// header of each token.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all().map(|key| key.name.as_str())
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// A token with these claims, signed with the current key.
    pub(super) fn sign(&self, claims: &impl Serialize) -> SecretString {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(self.current.name.clone());
        #[expect(
            clippy::expect_used,
            reason = "texts and numbers are JSON, and an HMAC takes every key and message"
        )]
        let text = encode(&header, claims, &self.current.encoding).expect("a signed token");
        SecretString::from(text)
    }

    /// The claims of a token that one of the keys signed: that of the name, or, without a name (the
    /// older service writes none), whichever it was.
    pub(super) fn open<C: DeserializeOwned + Clone>(
        &self,
        token: &str,
        name: Option<&str>,
    ) -> Result<C, TokenError> {
        if let Some(name) = name {
            let named = self.all().find(|key| key.name == name);
            return named.ok_or(TokenError::UnknownKey)?.open(token);
        }
        let mut opened = self.all().map(|key| key.open(token));
        let decided = opened.find(|opened| !matches!(opened, Err(TokenError::Signature)));
        decided.unwrap_or(Err(TokenError::Signature))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

struct Key {
    name: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Key {}

impl Key {
    fn of(secret: &SigningSecret) -> Self {
        let bytes = secret.expose().expose_secret().as_bytes();
        let digest = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), NAME_CONTEXT);
        let mut name = String::with_capacity(2 * NAME_BYTES);
        for byte in digest.as_ref().iter().take(NAME_BYTES) {
            // Into a String, which takes everything.
            let _ = write!(name, "{byte:02x}");
        }
        Self {
            name,
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
        }
    }

    fn open<C: DeserializeOwned + Clone>(&self, token: &str) -> Result<C, TokenError> {
        let opened = decode(token, &self.decoding, &signature_only());
        opened
            .map(|token| token.claims)
            // The library's own text may hold a claim's value.
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature => TokenError::Signature,
                ErrorKind::Json(_) => TokenError::Claims,
                _ => TokenError::Malformed,
            })
    }
}

/// Algorithm and signature. The claims are judged by us: by an injected clock, without leeway.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
