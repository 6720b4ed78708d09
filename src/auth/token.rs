//! Access tokens: JWTs that existing clients read with python-jose or `PyJWT`, signed with HS256 and
//! the older service's own secret, so that its tokens are good here and ours there.
//!
//! jsonwebtoken takes the text apart and compares the signature. Everything else is judged here: it
//! looks at the system's clock, lets a missing claim pass, and reads a float as another second.

mod claims;
mod header;
mod keys;
mod secret;
#[cfg(test)]
mod tests;
mod wire;

use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use jsonwebtoken::decode_header;
use secrecy::SecretString;
use thiserror::Error;

use self::wire::{ReadClaims, WrittenClaims};
pub use self::{
    claims::{Claims, Identity, LiveIdentity},
    keys::Keys,
    secret::{MIN_BYTES, SecretFault, SigningSecret},
};

/// `iss` of the tokens minted here. It isn't checked: the older service's have none, and whoever
/// can sign with the secret can write what it likes there.
pub const ISSUER: &str = "organization-operator";

/// Why a token is refused. Every one of them but the last is a 401; the words are for the log, and
/// hold nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Not three parts of base64url with JSON in the first two, or an algorithm that nobody knows.
    #[error("it is no JWT")]
    Malformed,
    /// Another algorithm than HS256, or a header that brings a key, or extensions that must be
    /// understood.
    #[error("its header asks for what is not done here")]
    Header,
    /// It names a key that is neither the current nor a previous one.
    #[error("it names an unknown key")]
    UnknownKey,
    /// The signature is by no key of ours.
    #[error("its signature is not ours")]
    Signature,
    /// A claim is missing, or isn't what it has to be.
    #[error("a claim is missing or malformed")]
    Claims,
    /// It is for somebody: no token of ours is.
    #[error("it is for another audience")]
    Audience,
    /// Its last second is over.
    #[error("it has expired")]
    Expired,
    /// Its first second has not come.
    #[error("it is not valid yet")]
    NotYetValid,
    /// Whether it is good can't be said yet. The one that is no 401.
    #[error(transparent)]
    NoKeys(#[from] NoKeys),
}

/// There is no key yet to sign or to check with: no fault of any token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("there is no key for tokens yet")]
pub struct NoKeys;

/// A signed token, and how long it is good.
pub struct AccessToken {
    /// What the client gets. Whoever has it is the admin.
    pub text: SecretString,
    /// From the moment that it was minted at.
    pub expires_in: Duration,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// Mints and checks tokens. The keys may be replaced under it at any moment.
pub struct Tokens {
    /// `None`: they are still to come.
    keys: ArcSwapOption<Keys>,
    lifetime: Duration,
}

impl Tokens {
    /// `lifetime` is what each token gets; whole seconds of it count.
    #[must_use]
    pub fn new(keys: Keys, lifetime: Duration) -> Self {
        Self {
            keys: ArcSwapOption::from_pointee(keys),
            lifetime,
        }
    }

    /// As [`Self::new`], with the keys still to come.
    #[must_use]
    pub fn without_keys(lifetime: Duration) -> Self {
        Self {
            keys: ArcSwapOption::empty(),
            lifetime,
        }
    }

    /// From here on signs with the new current key. A request under way ends with the keys that it
    /// began with.
    pub fn replace_keys(&self, keys: Keys) {
        self.keys.store(Some(Arc::new(keys)));
    }

    /// The keys in use.
    ///
    /// # Errors
    /// [`NoKeys`].
    pub fn keys(&self) -> Result<Arc<Keys>, NoKeys> {
        self.keys.load_full().ok_or(NoKeys)
    }

    /// Signs a token for a login that was just checked.
    ///
    /// # Errors
    /// [`NoKeys`].
    pub fn mint(&self, identity: &Identity, now: Timestamp) -> Result<AccessToken, NoKeys> {
        let keys = self.keys()?;
        let expires_at = now.checked_add(self.lifetime).unwrap_or(Timestamp::MAX);
        let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        let claims = WrittenClaims::of(identity, expires_at, id);
        Ok(AccessToken {
            text: keys.sign(&claims),
            expires_in: self.lifetime,
        })
    }

    /// Judges signature, times and form. Whether its identity still lives is another question:
    /// [`Claims::is_of`].
    ///
    /// # Errors
    /// [`TokenError`], the first that is found.
    pub fn check(&self, text: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let keys = self.keys()?;
        let header = decode_header(text).map_err(|_| TokenError::Malformed)?;
        let kid = header::judge(header)?;
        let claims: ReadClaims = keys.open(text, kid.as_deref())?;
        claims.judge(now)
    }
}
