//! The objects in memory, for tests: the cluster of the controller's own.

use std::collections::BTreeMap;

use async_trait::async_trait;
use secrecy::SecretString;

use super::{HASH_KEY, Objects, key_of};
use crate::{
    controller::cluster::{Cluster, ClusterError, memory::MemoryCluster},
    crd::{Organization, OrganizationSpec},
    domain::{credential::SecretName, hash::BcryptHash},
};

#[async_trait]
impl Objects for MemoryCluster {
    async fn get(&self, namespace: &str, name: &str) -> Result<Option<Organization>, ClusterError> {
        Ok(self.object(namespace, name))
    }

    async fn create(&self, organization: &Organization) -> Result<Organization, ClusterError> {
        self.make(organization)
    }

    async fn create_secret(
        &self,
        owner: &Organization,
        secret: &SecretName,
        hash: &BcryptHash,
    ) -> Result<(), ClusterError> {
        let data = BTreeMap::from([(HASH_KEY.to_owned(), SecretString::from(hash.expose()))]);
        let owner = key_of(owner);
        let made = Cluster::create_secret(self, &owner, secret, &data);
        match made.await {
            Ok(_) | Err(ClusterError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn ask(
        &self,
        read: &Organization,
        annotation: &str,
        spec: Option<&OrganizationSpec>,
    ) -> Result<(), ClusterError> {
        self.ask_of(read, annotation, spec)
    }

    async fn delete(&self, read: &Organization) -> Result<(), ClusterError> {
        self.delete_organization(&key_of(read)).await
    }
}
