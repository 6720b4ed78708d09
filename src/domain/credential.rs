//! Where an admin's credential comes from, and what was found there.

use std::fmt;

use super::{password::PasswordFault, record::CredentialVersion};

/// A Secret of the organization's own namespace, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(pub String);

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the admin's credential comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSource {
    /// A password that a person keeps in a Secret.
    Password {
        /// metadata.name of the Secret.
        secret: SecretName,
        /// The key in its data.
        key: String,
    },
    /// A bcrypt hash made elsewhere, kept in a Secret.
    Hash {
        /// metadata.name of the Secret.
        secret: SecretName,
        /// The key in its data.
        key: String,
    },
    /// A password that the operator makes and keeps in a Secret of the organization's own.
    Generated {
        /// `<metadata.name>-admin`.
        secret: SecretName,
    },
}

impl CredentialSource {
    /// The Secret that holds it.
    #[must_use]
    pub fn secret(&self) -> &SecretName {
        match self {
            Self::Password { secret, .. }
            | Self::Hash { secret, .. }
            | Self::Generated { secret } => secret,
        }
    }

    /// Whether the operator makes the password.
    #[must_use]
    pub fn is_generated(&self) -> bool {
        matches!(self, Self::Generated { .. })
    }
}

/// Why a credential in a Secret can't be used. Names Secret and key, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialFault {
    /// The key is missing, or what it holds is no credential at all.
    Invalid {
        /// metadata.name of the Secret.
        secret: SecretName,
        /// The key in its data.
        key: String,
        /// What is wrong, to be read after "Key k of Secret s".
        why: String,
    },
    /// The password is too weak, or bcrypt can't take it.
    Weak {
        /// metadata.name of the Secret.
        secret: SecretName,
        /// The key in its data.
        key: String,
        /// Which rule it breaks.
        fault: PasswordFault,
    },
}

impl fmt::Display for CredentialFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { secret, key, why } => {
                write!(f, "Key {key} of Secret {secret} {why}. Correct the Secret.")
            }
            Self::Weak { secret, key, fault } => write!(
                f,
                "The password under key {key} of Secret {secret} can't be used: it {fault}. Choose \
                 another."
            ),
        }
    }
}

/// What was found where the credential should come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObservedCredential {
    /// Nobody looked: this pass doesn't need it.
    Unseen,
    /// The Secret that the spec refers to is not there.
    Missing(SecretName),
    /// The generated Secret is not there.
    NotGenerated(SecretName),
    /// A Secret of the generated one's name isn't ours.
    Foreign(SecretName),
    /// The generated Secret of a former object of this name is about to be collected.
    Leaving(SecretName),
    /// It is there and can't be used.
    Faulty(CredentialFault),
    /// It is there.
    Present {
        /// Which version of which Secret.
        version: CredentialVersion,
        /// Whether the admin's stored hash is of this credential; `None` until it was compared.
        stored: Option<bool>,
    },
}
