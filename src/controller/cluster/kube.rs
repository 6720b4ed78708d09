//! The Kubernetes API by kube. Reads are retried by the client; writes are not, since the next pass
//! decides anew.

mod failure;
mod secret;

use std::time::Duration;

use async_trait::async_trait;
use failure::classify;
pub use failure::describe;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions},
    core::DeserializeGuard,
};
use secret::{new_secret, observed};
use serde_json::{Value, json};

use super::{Cluster, ClusterError, NewSecretData, ObjectKey, ObservedSecret, SecretOwner};
use crate::{
    crd::{FIELD_MANAGER, FINALIZER, Organization, OrganizationStatus},
    domain::credential::SecretName,
    runtime::metrics::Metrics,
};

/// The Kubernetes API by kube.
pub struct KubeCluster {
    reads: Client,
    writes: Client,
    /// For each call, retries included.
    deadline: Duration,
    metrics: Metrics,
}

impl KubeCluster {
    /// `writes` must be a client that doesn't retry; `deadline` holds for each call.
    #[must_use]
    pub fn new(reads: Client, writes: Client, deadline: Duration, metrics: Metrics) -> Self {
        Self {
            reads,
            writes,
            deadline,
            metrics,
        }
    }

    async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, ClusterError> {
        match tokio::time::timeout(self.deadline, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(classify(&error)),
            Err(_) => Err(ClusterError::Unreachable(format!(
                "no answer within {:?}",
                self.deadline
            ))),
        }
    }

    fn writable(&self, object: &ObjectKey) -> Api<DeserializeGuard<Organization>> {
        Api::namespaced(self.writes.clone(), &object.namespace)
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
    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter is where the library writes"
    )]
    async fn patch_object(
        &self,
        object: &ObjectKey,
        mut operations: Vec<Value>,
    ) -> Result<(), ClusterError> {
        operations.insert(
            0,
            json!({"op": "test", "path": "/metadata/uid", "value": object.uid}),
        );
        let patch: json_patch::Patch = serde_json::from_value(Value::Array(operations))
            .map_err(|error| ClusterError::Refused(error.to_string()))?;
        let params = PatchParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let api = self.writable(object);
        self.metrics.count_write("patch", "organizations");
        self.within(api.patch(&object.name, &params, &Patch::<()>::Json(patch)))
            .await
            .map(drop)
    }
}

#[async_trait]
impl Cluster for KubeCluster {
    async fn get_organization(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<DeserializeGuard<Organization>>, ClusterError> {
        let api = Api::<DeserializeGuard<Organization>>::namespaced(self.reads.clone(), namespace);
        self.within(api.get_opt(name)).await
    }

    async fn get_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<Option<ObservedSecret>, ClusterError> {
        let api = Api::<Secret>::namespaced(self.reads.clone(), &object.namespace);
        let found = self.within(api.get_opt(&secret.0)).await?;
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

    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter is where the library writes"
    )]
    async fn create_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
        data: &NewSecretData,
    ) -> Result<ObservedSecret, ClusterError> {
        let api = Api::<Secret>::namespaced(self.writes.clone(), &object.namespace);
        let params = PostParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PostParams::default()
        };
        self.metrics.count_write("create", "secrets");
        let made = self
            .within(api.create(&params, &new_secret(object, secret, data)))
            .await?;
        Ok(observed(made, object))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter is where the library writes"
    )]
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
        let only_this_one = DeleteParams::default().preconditions(Preconditions {
            uid: Some(found.uid),
            resource_version: Some(found.resource_version),
        });
        let api = Api::<Secret>::namespaced(self.writes.clone(), &object.namespace);
        self.metrics.count_write("delete", "secrets");
        match self.within(api.delete(&secret.0, &only_this_one)).await {
            Ok(_) | Err(ClusterError::Gone) => Ok(()),
            Err(error) => Err(error),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter is where the library writes"
    )]
    async fn write_status(
        &self,
        object: &ObjectKey,
        status: &OrganizationStatus,
    ) -> Result<(), ClusterError> {
        // The uid makes the API refuse where another object has the name by now.
        let body = json!({
            "apiVersion": Organization::api_version(&()),
            "kind": Organization::kind(&()),
            "metadata": {"name": object.name, "uid": object.uid},
            "status": status,
        });
        let api = self.writable(object);
        let params = PatchParams::apply(FIELD_MANAGER).force();
        self.metrics.count_write("patch", "organizations/status");
        self.within(api.patch_status(&object.name, &params, &Patch::Apply(body)))
            .await
            .map(drop)
    }
}
