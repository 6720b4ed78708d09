//! The Kubernetes API by kube. Reads are retried by the client; writes are not, since the next pass
//! decides anew.

mod api;
mod definition;
mod failure;
mod secret;

use std::time::Duration;

pub use api::KubeApi;
use async_trait::async_trait;
pub use failure::describe;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Client, Resource, ResourceExt,
    api::{Patch, PatchParams, Preconditions},
    core::DeserializeGuard,
};
use secret::observed;
use serde_json::{Value, json};

use super::{Cluster, ClusterError, NewSecretData, ObjectKey, ObservedSecret, SecretOwner};
use crate::{
    crd::{FIELD_MANAGER, FINALIZER, Organization, OrganizationStatus, change::CHANGE_ANNOTATION},
    domain::credential::SecretName,
    runtime::metrics::Metrics,
};

/// The Kubernetes API by kube.
pub struct KubeCluster(KubeApi);

impl KubeCluster {
    /// As [`KubeApi::new`].
    #[must_use]
    pub fn new(reads: Client, writes: Client, deadline: Duration, metrics: Metrics) -> Self {
        Self(KubeApi::new(
            reads,
            writes,
            deadline,
            FIELD_MANAGER,
            metrics,
        ))
    }

    async fn live(
        &self,
        object: &ObjectKey,
    ) -> Result<DeserializeGuard<Organization>, ClusterError> {
        let live = self
            .get_organization(&object.namespace, &object.name)
            .await?;
        live.filter(|live| live.uid().as_ref() == Some(&object.uid))
            .ok_or(ClusterError::Gone)
    }

    /// A JSON patch that only this very object accepts.
    async fn patch_object(
        &self,
        object: &ObjectKey,
        mut operations: Vec<Value>,
    ) -> Result<(), ClusterError> {
        operations.insert(
            0,
            json!({"op": "test", "path": "/metadata/uid", "value": object.uid}),
        );
        self.0
            .patch_organization(&object.namespace, &object.name, operations)
            .await
    }
}

#[async_trait]
impl Cluster for KubeCluster {
    async fn get_organization(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<DeserializeGuard<Organization>>, ClusterError> {
        let api = self.0.reading::<DeserializeGuard<Organization>>(namespace);
        self.0.within(api.get_opt(name)).await
    }

    async fn get_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<Option<ObservedSecret>, ClusterError> {
        let api = self.0.reading::<Secret>(&object.namespace);
        let found = self.0.within(api.get_opt(&secret.0)).await?;
        Ok(found.map(|found| observed(found, object)))
    }

    async fn add_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let live = self.live(object).await?;
        let operation = match live.finalizers() {
            [] => json!({"op": "add", "path": "/metadata/finalizers", "value": [FINALIZER]}),
            present if present.iter().any(|name| name == FINALIZER) => return Ok(()),
            _ => json!({"op": "add", "path": "/metadata/finalizers/-", "value": FINALIZER}),
        };
        let version = json!({
            "op": "test", "path": "/metadata/resourceVersion", "value": live.resource_version(),
        });
        self.patch_object(object, vec![version, operation]).await
    }

    async fn remove_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let live = match self.live(object).await {
            Err(ClusterError::Gone) => return Ok(()),
            live => live?,
        };
        let Some(place) = live.finalizers().iter().position(|name| name == FINALIZER) else {
            return Ok(());
        };
        let path = format!("/metadata/finalizers/{place}");
        let operations = vec![
            json!({"op": "test", "path": path, "value": FINALIZER}),
            json!({"op": "remove", "path": path}),
        ];
        match self.patch_object(object, operations).await {
            Err(ClusterError::Gone) => Ok(()),
            outcome => outcome,
        }
    }

    async fn create_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
        data: &NewSecretData,
    ) -> Result<ObservedSecret, ClusterError> {
        let made = self.0.create_secret(object, secret, data).await?;
        Ok(observed(made, object))
    }

    async fn delete_own_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<(), ClusterError> {
        let Some(found) = self.get_secret(object, secret).await? else {
            return Ok(());
        };
        if found.owner != SecretOwner::This {
            return Ok(());
        }
        let only_this_one = Preconditions {
            uid: Some(found.uid),
            resource_version: Some(found.resource_version),
        };
        self.0
            .delete::<Secret>(&object.namespace, &secret.0, only_this_one)
            .await
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter is where the library writes"
    )]
    async fn write_status(
        &self,
        object: &ObjectKey,
        status: &OrganizationStatus,
        read: Option<&str>,
    ) -> Result<Option<String>, ClusterError> {
        // The uid makes the API refuse where another object has the name by now.
        let mut body = json!({
            "apiVersion": Organization::api_version(&()),
            "kind": Organization::kind(&()),
            "metadata": {"name": object.name, "uid": object.uid},
            "status": status,
        });
        if let Some(read) = read {
            body["metadata"]["resourceVersion"] = json!(read);
        }
        let api = self
            .0
            .writing::<DeserializeGuard<Organization>>(&object.namespace);
        let params = PatchParams::apply(FIELD_MANAGER).force();
        self.0.metrics.count_write("patch", "organizations/status");
        self.0
            .within(api.patch_status(&object.name, &params, &Patch::Apply(body)))
            .await
            .map(|written| written.meta().resource_version.clone())
    }

    async fn settle_change(
        &self,
        object: &ObjectKey,
        annotation: &str,
        spec: Option<&Value>,
    ) -> Result<(), ClusterError> {
        let path = format!(
            "/metadata/annotations/{}",
            CHANGE_ANNOTATION.replace('/', "~1")
        );
        let mut operations = vec![
            json!({"op": "test", "path": path, "value": annotation}),
            json!({"op": "remove", "path": path}),
        ];
        if let Some(spec) = spec {
            operations.push(json!({"op": "replace", "path": "/spec", "value": spec}));
        }
        self.patch_object(object, operations).await
    }

    async fn delete_organization(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let only_this_one = Preconditions {
            uid: Some(object.uid.clone()),
            resource_version: None,
        };
        let deleted = self
            .0
            .delete::<Organization>(&object.namespace, &object.name, only_this_one)
            .await;
        match deleted {
            // Another object has the name by now: this one is gone.
            Err(ClusterError::Conflict) => Ok(()),
            outcome => outcome,
        }
    }
}
