//! The port to the objects that the service makes and changes. Each write says what became of it, and
//! is of the very object that was read.

#[cfg(any(test, feature = "testing"))]
mod faults;
mod kube;
#[cfg(any(test, feature = "testing"))]
mod memory;

use ::kube::ResourceExt;
use async_trait::async_trait;

pub use self::kube::{FIELD_MANAGER, KubeObjects};
use crate::{
    controller::cluster::{ClusterError, ObjectKey},
    crd::{Organization, OrganizationSpec},
    domain::{credential::SecretName, hash::BcryptHash},
};

/// The key under which a Secret of the service's keeps the bcrypt hash.
pub const HASH_KEY: &str = "passwordHash";

/// The Kubernetes API, as far as the service needs it.
#[async_trait]
pub trait Objects: Send + Sync + 'static {
    /// The live object; `None` where it is gone.
    async fn get(&self, namespace: &str, name: &str) -> Result<Option<Organization>, ClusterError>;

    /// Makes the object; gives it back as stored.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where one of that name exists.
    async fn create(&self, organization: &Organization) -> Result<Organization, ClusterError>;

    /// Makes a Secret that holds the hash, and that the garbage collector takes with `owner`. There
    /// already is no error: its name is the change's own.
    async fn create_secret(
        &self,
        owner: &Organization,
        secret: &SecretName,
        hash: &BcryptHash,
    ) -> Result<(), ClusterError>;

    /// Asks for a change: the annotation, and the spec where it is another one, in one write.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where somebody has written since `read` was read.
    async fn ask(
        &self,
        read: &Organization,
        annotation: &str,
        spec: Option<&OrganizationSpec>,
    ) -> Result<(), ClusterError>;

    /// Deletes that very object. Gone already is no error.
    async fn delete(&self, read: &Organization) -> Result<(), ClusterError>;
}

fn key_of(object: &Organization) -> ObjectKey {
    ObjectKey {
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
    }
}
