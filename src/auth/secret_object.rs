//! The signing secret in a Secret of the cluster: made where there is none, and never written again.
//! All replicas read the same one, so a token of one is good at every other.

use std::collections::BTreeMap;

use k8s_openapi::{ByteString, api::core::v1::Secret};
use rand::distr::{Alphanumeric, SampleString as _};
use secrecy::SecretString;
use thiserror::Error;
use zeroize::Zeroizing;

use super::{
    secret_files::first_line,
    token::{MIN_BYTES, SecretFault, SigningSecret},
};
use crate::controller::cluster::{ClusterError, KubeApi, NewSecretData};

/// The key of the Secret that tokens are signed with.
pub const CURRENT: &str = "jwt-secret";

/// The key of another one whose tokens are accepted; there may be none.
pub const PREVIOUS: &str = "jwt-secret-previous";

/// Why the Secret gives no keys. Names it, never what it holds.
#[derive(Debug, Error)]
pub enum ObjectError {
    /// It can't be read.
    #[error("Secret {secret} can't be read: {source}")]
    Read {
        /// Namespace and name.
        secret: String,
        /// Why.
        source: ClusterError,
    },
    /// There is none, and none can be made.
    #[error("there is no Secret {secret}, and it can't be made: {source}")]
    Make {
        /// Namespace and name.
        secret: String,
        /// Why.
        source: ClusterError,
    },
    /// What it holds is no text.
    #[error("Secret {secret}, key {key} holds no text (UTF-8)")]
    NoText {
        /// Namespace and name.
        secret: String,
        /// Which key of it.
        key: &'static str,
    },
    /// What it holds can't be used.
    #[error("Secret {secret}, key {key}: {fault}")]
    Value {
        /// Namespace and name.
        secret: String,
        /// Which key of it.
        key: &'static str,
        /// What is wrong with its value.
        fault: SecretFault,
    },
}

/// What the Secret holds.
#[derive(Debug)]
pub struct StoredSecrets {
    /// Signs.
    pub current: SigningSecret,
    /// Is accepted.
    pub previous: Option<SigningSecret>,
}

/// The Secret, by name.
#[derive(Clone)]
pub struct SecretObject {
    api: KubeApi,
    namespace: String,
    name: String,
    insecure_dev: bool,
}

impl SecretObject {
    /// `insecure_dev` lets short and well-known secrets pass.
    #[must_use]
    pub fn new(api: KubeApi, namespace: String, name: String, insecure_dev: bool) -> Self {
        Self {
            api,
            namespace,
            name,
            insecure_dev,
        }
    }

    /// Reads it; makes it where there is none. What is there is never changed, however bad it is:
    /// somebody put it there.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn load(&self) -> Result<StoredSecrets, ObjectError> {
        let secret = match self.read().await? {
            Some(secret) => secret,
            None => self.make().await?,
        };
        let mut data = secret.data.unwrap_or_default();
        Ok(StoredSecrets {
            current: self
                .parse(&mut data, CURRENT)?
                .ok_or_else(|| self.fault(CURRENT, SecretFault::Missing))?,
            previous: self.parse(&mut data, PREVIOUS)?,
        })
    }

    async fn read(&self) -> Result<Option<Secret>, ObjectError> {
        let secrets = self.api.reading::<Secret>(&self.namespace);
        let found = self.api.within(secrets.get_opt(&self.name)).await;
        found.map_err(|source| ObjectError::Read {
            secret: self.place(),
            source,
        })
    }

    async fn make(&self) -> Result<Secret, ObjectError> {
        let data = NewSecretData::from([(CURRENT.to_owned(), random_secret())]);
        let made = self
            .api
            .create_unowned_secret(&self.namespace, &self.name, &data);
        let source = match made.await {
            Ok(made) => {
                tracing::info!(secret = self.place(), "a key for the tokens was made");
                return Ok(made);
            }
            // Another replica was faster: its key is everybody's.
            Err(ClusterError::Conflict) => match self.read().await? {
                Some(found) => return Ok(found),
                None => ClusterError::Gone,
            },
            Err(source) => source,
        };
        Err(ObjectError::Make {
            secret: self.place(),
            source,
        })
    }

    /// `None`: it has no such key, or nothing under it.
    fn parse(
        &self,
        data: &mut BTreeMap<String, ByteString>,
        key: &'static str,
    ) -> Result<Option<SigningSecret>, ObjectError> {
        let Some(ByteString(bytes)) = data.remove(key) else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes).map(Zeroizing::new);
        let text = text.map_err(|_| ObjectError::NoText {
            secret: self.place(),
            key,
        })?;
        let text = first_line(&text);
        if text.is_empty() {
            return Ok(None);
        }
        let parsed = SigningSecret::parse(SecretString::from(text), self.insecure_dev);
        parsed.map(Some).map_err(|fault| self.fault(key, fault))
    }

    fn fault(&self, key: &'static str, fault: SecretFault) -> ObjectError {
        ObjectError::Value {
            secret: self.place(),
            key,
            fault,
        }
    }

    fn place(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// Letters and digits, twice as many as are asked of others: 381 bits of chance, of which HS256 has
/// use for 256.
fn random_secret() -> SecretString {
    SecretString::from(Alphanumeric.sample_string(&mut rand::rng(), 2 * MIN_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::token::Keys;

    #[test]
    fn every_secret_that_is_made_is_a_good_one_and_another() {
        let made = || SigningSecret::parse(random_secret(), false);
        let (one, other) = (made().unwrap(), made().unwrap());
        assert_ne!(Keys::new(&one, &[]), Keys::new(&other, &[]));
    }
}
