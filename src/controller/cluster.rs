//! The port to the Kubernetes API: what the controller reads and writes there. Each write says what
//! became of it, and none touches an object that was made anew under the same name.

#[cfg(any(test, feature = "testing"))]
mod faults;
mod kube;
#[cfg(any(test, feature = "testing"))]
pub mod memory;

use std::collections::BTreeMap;

use ::kube::core::DeserializeGuard;
use async_trait::async_trait;
use secrecy::SecretSlice;
use serde_json::Value;
use thiserror::Error;

pub use self::kube::{KubeApi, KubeCluster, describe};
use crate::{
    crd::{Organization, OrganizationStatus},
    domain::credential::SecretName,
};

/// An object: where it is, and which one it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// metadata.namespace.
    pub namespace: String,
    /// metadata.name.
    pub name: String,
    /// metadata.uid.
    pub uid: String,
}

/// Whose a Secret is, by its owner references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretOwner {
    /// The organization's own.
    This,
    /// That of a former organization of the same name: it is about to be collected.
    Former,
    /// Somebody else's, or nobody's.
    Other,
}

/// A Secret as a pass sees it.
#[derive(Debug)]
pub struct ObservedSecret {
    /// metadata.uid.
    pub uid: String,
    /// metadata.resourceVersion.
    pub resource_version: String,
    /// Whose it is.
    pub owner: SecretOwner,
    /// Its data; bytes that nothing prints.
    pub data: BTreeMap<String, SecretSlice<u8>>,
}

/// A Secret to be made: keys and values as text.
pub type NewSecretData = BTreeMap<String, secrecy::SecretString>;

/// What became of a call. Holds the API's reason and message, never a body.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClusterError {
    /// The object is gone, or another one has its name by now.
    #[error("the object is gone, or another one by now")]
    Gone,
    /// Somebody else wrote meanwhile, or it exists already.
    #[error("somebody else wrote meanwhile")]
    Conflict,
    /// The API refuses: rights, quota, admission, a namespace that is going.
    #[error("the Kubernetes API refuses: {0}")]
    Refused(String),
    /// No answer that says what happened.
    #[error("the Kubernetes API gives no answer: {0}")]
    Unreachable(String),
}

impl ClusterError {
    /// Whether the API server didn't answer: no fault of what was asked for.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}

/// The Kubernetes API, as far as the controller needs it.
#[async_trait]
pub trait Cluster: Send + Sync + 'static {
    /// The live object; `None` where it is gone.
    async fn get_organization(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<DeserializeGuard<Organization>>, ClusterError>;

    /// The Secret of that name beside the object; `None` where there is none.
    async fn get_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<Option<ObservedSecret>, ClusterError>;

    /// Puts our finalizer on the object. There already is no error.
    async fn add_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError>;

    /// Takes our finalizer off the object. Gone already is no error.
    async fn remove_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError>;

    /// Makes a Secret that the garbage collector takes with the object; gives it back as stored.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where one of that name exists.
    async fn create_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
        data: &NewSecretData,
    ) -> Result<ObservedSecret, ClusterError>;

    /// Deletes the Secret if it is the object's own. Gone already, or not its own, is no error.
    async fn delete_own_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<(), ClusterError>;

    /// Writes the whole status, only where nobody has written to the object since it was read with
    /// that `resourceVersion`: whoever slept meanwhile would undo what another has answered. Without
    /// one over whatever is there. Gives the `resourceVersion` from now on.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`].
    async fn write_status(
        &self,
        object: &ObjectKey,
        status: &OrganizationStatus,
        read: Option<&str>,
    ) -> Result<Option<String>, ClusterError>;

    /// Ends a change that was asked for: takes its annotation off, if it is still that one, and puts
    /// `spec` in place where one is given.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where it is another one by now.
    async fn settle_change(
        &self,
        object: &ObjectKey,
        annotation: &str,
        spec: Option<&Value>,
    ) -> Result<(), ClusterError>;

    /// Deletes that very object. Gone already is no error.
    async fn delete_organization(&self, object: &ObjectKey) -> Result<(), ClusterError>;
}
