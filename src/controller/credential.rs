//! The credential that a spec speaks of: found in its Secret, judged, compared, hashed.

use secrecy::{ExposeSecret, SecretString};

use super::cluster::{ObservedSecret, SecretOwner};
use crate::{
    auth::pool::{HashError, HashPool},
    domain::{
        credential::{CredentialFault, CredentialSource, ObservedCredential, SecretName},
        hash::BcryptHash,
        password::check_strength,
        record::CredentialVersion,
    },
};

/// The key under which a generated Secret keeps the password.
pub const PASSWORD_KEY: &str = "password";

/// The key under which a generated Secret keeps the e-mail address.
pub const EMAIL_KEY: &str = "email";

/// What a Secret gave.
#[derive(Debug, Clone)]
pub enum Material {
    /// A password that satisfies the rules.
    Password(SecretString),
    /// A hash made elsewhere.
    Hash(BcryptHash),
}

impl Material {
    /// Whether the stored hash is of this credential. A password costs one bcrypt computation.
    ///
    /// # Errors
    /// [`HashError`] where the pool can't say.
    pub async fn is_stored_as(
        &self,
        stored: &BcryptHash,
        pool: &HashPool,
    ) -> Result<bool, HashError> {
        match self {
            Self::Password(password) => {
                pool.reserve()
                    .await
                    .verify(password.clone(), stored.clone())
                    .await
            }
            Self::Hash(hash) => Ok(hash == stored),
        }
    }

    /// The hash to be stored. A password costs one bcrypt computation.
    ///
    /// # Errors
    /// [`HashError`] where the pool can't make it.
    pub async fn hash(&self, cost: u32, pool: &HashPool) -> Result<BcryptHash, HashError> {
        match self {
            Self::Password(password) => pool.reserve().await.hash(password.clone(), cost).await,
            Self::Hash(hash) => Ok(hash.clone()),
        }
    }
}

/// What a pass has found of the credential: what may be printed, and what may not.
#[derive(Debug)]
pub struct Credential {
    /// What plans depend on.
    pub observed: ObservedCredential,
    /// The password or hash itself, where it is usable.
    pub material: Option<Material>,
}

impl Credential {
    fn without_material(observed: ObservedCredential) -> Self {
        Self {
            observed,
            material: None,
        }
    }

    /// Nobody looked.
    #[must_use]
    pub fn unseen() -> Self {
        Self::without_material(ObservedCredential::Unseen)
    }
}

/// Judges what was found where the credential should come from. Pure.
#[must_use]
pub fn judge(source: &CredentialSource, found: Option<&ObservedSecret>) -> Credential {
    let secret = source.secret();
    let Some(found) = found else {
        return Credential::without_material(if source.is_generated() {
            ObservedCredential::NotGenerated(secret.clone())
        } else {
            ObservedCredential::Missing(secret.clone())
        });
    };
    let (key, version) = match source {
        CredentialSource::Password { key, .. } | CredentialSource::Hash { key, .. } => (
            key.as_str(),
            CredentialVersion::referenced(&found.uid, &found.resource_version, key),
        ),
        CredentialSource::Generated { .. } => match found.owner {
            SecretOwner::This => (
                PASSWORD_KEY,
                CredentialVersion::generated(&found.uid, &found.resource_version),
            ),
            SecretOwner::Former => {
                return Credential::without_material(ObservedCredential::Leaving(secret.clone()));
            }
            SecretOwner::Other => {
                return Credential::without_material(ObservedCredential::Foreign(secret.clone()));
            }
        },
    };
    match read_material(source, secret, key, found) {
        Err(fault) => Credential::without_material(ObservedCredential::Faulty(fault)),
        Ok(material) => Credential {
            observed: ObservedCredential::Present {
                version,
                stored: None,
            },
            material: Some(material),
        },
    }
}

fn read_material(
    source: &CredentialSource,
    secret: &SecretName,
    key: &str,
    found: &ObservedSecret,
) -> Result<Material, CredentialFault> {
    let invalid = |why: &str| CredentialFault::Invalid {
        secret: secret.clone(),
        key: key.to_owned(),
        why: why.to_owned(),
    };
    let value = found.data.get(key).ok_or_else(|| invalid("is missing"))?;
    let text = std::str::from_utf8(value.expose_secret()).map_err(|_| invalid("is not UTF-8"))?;
    if text.is_empty() {
        return Err(invalid("is empty"));
    }
    match source {
        CredentialSource::Hash { .. } => match BcryptHash::parse(text) {
            Ok(hash) => Ok(Material::Hash(hash)),
            Err(fault) => Err(invalid(&format!("holds no usable bcrypt hash: it {fault}"))),
        },
        CredentialSource::Password { .. } | CredentialSource::Generated { .. } => {
            match check_strength(text) {
                Ok(()) => Ok(Material::Password(SecretString::from(text))),
                Err(fault) => Err(CredentialFault::Weak {
                    secret: secret.clone(),
                    key: key.to_owned(),
                    fault,
                }),
            }
        }
    }
}

#[cfg(test)]
mod tests;
