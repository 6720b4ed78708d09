//! The Kubernetes API by kube. Reads are retried by the client; writes are not, since the next pass
//! decides anew.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use k8s_openapi::{
    ByteString,
    api::core::v1::Secret,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions},
    core::DeserializeGuard,
};
use secrecy::{ExposeSecret, SecretSlice};
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

/// A `test` of a JSON patch that failed is a 422: somebody was faster.
fn classify(error: &kube::Error) -> ClusterError {
    match error {
        kube::Error::Api(status) => match status.code {
            404 => ClusterError::Gone,
            409 | 412 | 422 if status.code != 422 || is_failed_test(&status.message) => {
                ClusterError::Conflict
            }
            code @ (408 | 429 | 500..=599) => {
                ClusterError::Unreachable(format!("{code} {}: {}", status.reason, status.message))
            }
            code => ClusterError::Refused(format!("{code} {}: {}", status.reason, status.message)),
        },
        other => ClusterError::Unreachable(describe(other)),
    }
}

fn is_failed_test(message: &str) -> bool {
    message.contains("the server rejected our request due to an error in our request")
        || message.contains("testing path")
        || message.contains("testing value")
}

/// An error in one line that holds no body: some of kube's print whole answers.
#[must_use]
pub fn describe(error: &kube::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match error {
        kube::Error::Api(status) => {
            format!("{} {}: {}", status.code, status.reason, status.message)
        }
        kube::Error::SerdeError(_) => "an answer that can't be read".to_owned(),
        _ => cause.to_string(),
    }
}

fn secret_owner(secret: &Secret, object: &ObjectKey) -> SecretOwner {
    let mut owner = SecretOwner::Other;
    for reference in secret.owner_references() {
        if reference.uid == object.uid {
            return SecretOwner::This;
        }
        let is_former = reference.kind == Organization::kind(&()) && reference.name == object.name;
        if is_former
            && reference
                .api_version
                .starts_with(&*Organization::group(&()))
        {
            owner = SecretOwner::Former;
        }
    }
    owner
}

fn observed(secret: Secret, object: &ObjectKey) -> ObservedSecret {
    let owner = secret_owner(&secret, object);
    let data = secret.data.unwrap_or_default();
    ObservedSecret {
        uid: secret.metadata.uid.unwrap_or_default(),
        resource_version: secret.metadata.resource_version.unwrap_or_default(),
        owner,
        data: data
            .into_iter()
            .map(|(key, ByteString(value))| (key, SecretSlice::from(value)))
            .collect(),
    }
}

fn new_secret(object: &ObjectKey, name: &SecretName, data: &NewSecretData) -> Secret {
    let values = data
        .iter()
        .map(|(key, value)| {
            (
                key.clone(),
                ByteString(value.expose_secret().as_bytes().to_vec()),
            )
        })
        .collect::<BTreeMap<_, _>>();
    Secret {
        metadata: ObjectMeta {
            name: Some(name.0.clone()),
            namespace: Some(object.namespace.clone()),
            owner_references: Some(vec![OwnerReference {
                api_version: Organization::api_version(&()).into_owned(),
                kind: Organization::kind(&()).into_owned(),
                name: object.name.clone(),
                uid: object.uid.clone(),
                controller: Some(true),
                // Would need a right on finalizers, and holds nothing up that is worth it.
                block_owner_deletion: Some(false),
            }]),
            ..ObjectMeta::default()
        },
        data: Some(values),
        ..Secret::default()
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
