//! The Kubernetes API behind a gate, for tests.

use ::kube::core::DeserializeGuard;
use async_trait::async_trait;
use serde_json::Value;

use super::{Cluster, ClusterError, NewSecretData, ObjectKey, ObservedSecret};
use crate::{
    crd::{Organization, OrganizationStatus},
    domain::credential::SecretName,
    faults::{Call, Gate, Gated, Unheard},
};

impl Unheard for ClusterError {
    fn no_reply() -> Self {
        Self::Unreachable("the connection broke".to_owned())
    }

    fn not_sent() -> Self {
        Self::Unreachable("no connection".to_owned())
    }
}

const fn call(method: &'static str) -> Call {
    Call {
        port: "Cluster",
        method,
    }
}

#[async_trait]
impl<C: Cluster, G: Gate> Cluster for Gated<C, G> {
    async fn get_organization(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<DeserializeGuard<Organization>>, ClusterError> {
        let reply = self.inner().get_organization(namespace, name);
        self.read(call("get_organization"), reply).await
    }

    async fn get_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<Option<ObservedSecret>, ClusterError> {
        let reply = self.inner().get_secret(object, secret);
        self.read(call("get_secret"), reply).await
    }

    async fn add_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let object = object.clone();
        self.write(call("add_finalizer"), move |cluster| {
            let object = object.clone();
            Box::pin(async move { cluster.add_finalizer(&object).await })
        })
        .await
    }

    async fn remove_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let object = object.clone();
        self.write(call("remove_finalizer"), move |cluster| {
            let object = object.clone();
            Box::pin(async move { cluster.remove_finalizer(&object).await })
        })
        .await
    }

    async fn create_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
        data: &NewSecretData,
    ) -> Result<ObservedSecret, ClusterError> {
        let (object, secret, data) = (object.clone(), secret.clone(), data.clone());
        self.write(call("create_secret"), move |cluster| {
            let (object, secret, data) = (object.clone(), secret.clone(), data.clone());
            Box::pin(async move { cluster.create_secret(&object, &secret, &data).await })
        })
        .await
    }

    async fn delete_own_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<(), ClusterError> {
        let (object, secret) = (object.clone(), secret.clone());
        self.write(call("delete_own_secret"), move |cluster| {
            let (object, secret) = (object.clone(), secret.clone());
            Box::pin(async move { cluster.delete_own_secret(&object, &secret).await })
        })
        .await
    }

    async fn write_status(
        &self,
        object: &ObjectKey,
        status: &OrganizationStatus,
        read: Option<&str>,
    ) -> Result<Option<String>, ClusterError> {
        let (object, status) = (object.clone(), status.clone());
        let read = read.map(str::to_owned);
        self.write(call("write_status"), move |cluster| {
            let (object, status, read) = (object.clone(), status.clone(), read.clone());
            Box::pin(async move {
                cluster
                    .write_status(&object, &status, read.as_deref())
                    .await
            })
        })
        .await
    }

    async fn settle_change(
        &self,
        object: &ObjectKey,
        annotation: &str,
        spec: Option<&Value>,
    ) -> Result<(), ClusterError> {
        let (object, annotation) = (object.clone(), annotation.to_owned());
        let spec = spec.cloned();
        self.write(call("settle_change"), move |cluster| {
            let (object, annotation, spec) = (object.clone(), annotation.clone(), spec.clone());
            Box::pin(async move {
                let spec = spec.as_ref();
                cluster.settle_change(&object, &annotation, spec).await
            })
        })
        .await
    }

    async fn delete_organization(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let object = object.clone();
        self.write(call("delete_organization"), move |cluster| {
            let object = object.clone();
            Box::pin(async move { cluster.delete_organization(&object).await })
        })
        .await
    }
}
