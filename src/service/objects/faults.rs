//! The objects behind a gate, for tests.

use async_trait::async_trait;

use super::Objects;
use crate::{
    controller::cluster::ClusterError,
    crd::{Organization, OrganizationSpec},
    domain::{credential::SecretName, hash::BcryptHash},
    faults::{Call, Gate, Gated},
};

const fn call(method: &'static str) -> Call {
    Call {
        port: "Objects",
        method,
    }
}

#[async_trait]
impl<O: Objects, G: Gate> Objects for Gated<O, G> {
    async fn get(&self, namespace: &str, name: &str) -> Result<Option<Organization>, ClusterError> {
        let reply = self.inner().get(namespace, name);
        self.read(call("get"), reply).await
    }

    async fn create(&self, organization: &Organization) -> Result<Organization, ClusterError> {
        let organization = organization.clone();
        self.write(call("create"), move |objects| {
            let organization = organization.clone();
            Box::pin(async move { objects.create(&organization).await })
        })
        .await
    }

    async fn create_secret(
        &self,
        owner: &Organization,
        secret: &SecretName,
        hash: &BcryptHash,
    ) -> Result<(), ClusterError> {
        let (owner, secret, hash) = (owner.clone(), secret.clone(), hash.clone());
        self.write(call("create_secret"), move |objects| {
            let (owner, secret, hash) = (owner.clone(), secret.clone(), hash.clone());
            Box::pin(async move { objects.create_secret(&owner, &secret, &hash).await })
        })
        .await
    }

    async fn ask(
        &self,
        read: &Organization,
        annotation: &str,
        spec: Option<&OrganizationSpec>,
    ) -> Result<(), ClusterError> {
        let (read, annotation) = (read.clone(), annotation.to_owned());
        let spec = spec.cloned();
        self.write(call("ask"), move |objects| {
            let (read, annotation, spec) = (read.clone(), annotation.clone(), spec.clone());
            Box::pin(async move { objects.ask(&read, &annotation, spec.as_ref()).await })
        })
        .await
    }

    async fn delete(&self, read: &Organization) -> Result<(), ClusterError> {
        let read = read.clone();
        self.write(call("delete"), move |objects| {
            let read = read.clone();
            Box::pin(async move { objects.delete(&read).await })
        })
        .await
    }
}
