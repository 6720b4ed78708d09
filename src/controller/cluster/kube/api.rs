//! What every writer to the Kubernetes API shares: two clients, a deadline, a name, and a count.

use std::{fmt::Debug, time::Duration};

use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client, Resource,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions},
    core::{DeserializeGuard, NamespaceResourceScope},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    failure::classify,
    secret::{new_secret, unowned_secret},
};
use crate::{
    controller::cluster::{ClusterError, NewSecretData, ObjectKey},
    crd::Organization,
    domain::credential::SecretName,
    runtime::metrics::Metrics,
};

/// The Kubernetes API, for one writer.
#[derive(Clone)]
pub struct KubeApi {
    pub(super) reads: Client,
    pub(super) writes: Client,
    /// For each call, retries included.
    deadline: Duration,
    pub(super) manager: &'static str,
    pub(super) metrics: Metrics,
}

impl KubeApi {
    /// `writes` must be a client that doesn't retry; `deadline` holds for each call; `manager` is who
    /// the writer is to the API server.
    #[must_use]
    pub fn new(
        reads: Client,
        writes: Client,
        deadline: Duration,
        manager: &'static str,
        metrics: Metrics,
    ) -> Self {
        Self {
            reads,
            writes,
            deadline,
            manager,
            metrics,
        }
    }

    /// Objects, to be read.
    #[must_use]
    pub fn reading<K>(&self, namespace: &str) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.reads.clone(), namespace)
    }

    /// Objects of a namespace, or of all, to be listed: each call is sent once.
    #[must_use]
    pub fn listing<K>(&self, namespace: Option<&str>) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        match namespace {
            Some(namespace) => Api::namespaced(self.writes.clone(), namespace),
            None => Api::all(self.writes.clone()),
        }
    }

    /// Objects, to be written.
    pub(super) fn writing<K>(&self, namespace: &str) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.writes.clone(), namespace)
    }

    /// One call, within the deadline.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn within<T>(
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

    /// A JSON patch of an organization.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where a `test` of it fails.
    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter is where the library writes"
    )]
    pub async fn patch_organization(
        &self,
        namespace: &str,
        name: &str,
        operations: Vec<Value>,
    ) -> Result<(), ClusterError> {
        let patch: json_patch::Patch = serde_json::from_value(Value::Array(operations))
            .map_err(|error| ClusterError::Refused(error.to_string()))?;
        let params = PatchParams {
            field_manager: Some(self.manager.to_owned()),
            ..PatchParams::default()
        };
        let api = self.writing::<DeserializeGuard<Organization>>(namespace);
        self.metrics.count_write("patch", "organizations");
        self.within(api.patch(name, &params, &Patch::<()>::Json(patch)))
            .await
            .map(drop)
    }

    /// Makes an organization's object.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where one of that name exists.
    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter is where the library writes"
    )]
    pub async fn create_organization(
        &self,
        namespace: &str,
        object: &Organization,
    ) -> Result<Organization, ClusterError> {
        let api = self.writing::<Organization>(namespace);
        self.metrics.count_write("create", "organizations");
        self.within(api.create(&self.creation(), object)).await
    }

    /// Applies an organization's object, as `kubectl apply --server-side` does.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where somebody else applied it, and says otherwise.
    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter is where the library writes"
    )]
    pub async fn apply_organization(
        &self,
        namespace: &str,
        name: &str,
        manifest: &Value,
    ) -> Result<(), ClusterError> {
        let params = PatchParams::apply(self.manager);
        let api = self.writing::<DeserializeGuard<Organization>>(namespace);
        self.metrics.count_write("patch", "organizations");
        self.within(api.patch(name, &params, &Patch::Apply(manifest)))
            .await
            .map(drop)
    }

    /// Makes a Secret that the garbage collector takes with its owner.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where one of that name exists.
    pub async fn create_secret(
        &self,
        owner: &ObjectKey,
        secret: &SecretName,
        data: &NewSecretData,
    ) -> Result<Secret, ClusterError> {
        self.create_this(&owner.namespace, &new_secret(owner, secret, data))
            .await
    }

    /// Makes a Secret that is of no organization, and that nobody takes away but a person.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where one of that name exists.
    pub async fn create_unowned_secret(
        &self,
        namespace: &str,
        name: &str,
        data: &NewSecretData,
    ) -> Result<Secret, ClusterError> {
        self.create_this(namespace, &unowned_secret(name, data))
            .await
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter is where the library writes"
    )]
    async fn create_this(&self, namespace: &str, secret: &Secret) -> Result<Secret, ClusterError> {
        let api = self.writing::<Secret>(namespace);
        self.metrics.count_write("create", "secrets");
        self.within(api.create(&self.creation(), secret)).await
    }

    /// Deletes that very object. Gone already is no error.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where it is another one by now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter is where the library writes"
    )]
    pub async fn delete<K>(
        &self,
        namespace: &str,
        name: &str,
        only: Preconditions,
    ) -> Result<(), ClusterError>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let params = DeleteParams::default().preconditions(only);
        let resource: &'static str = match &*K::kind(&()) {
            "Secret" => "secrets",
            _ => "organizations",
        };
        self.metrics.count_write("delete", resource);
        match self
            .within(self.writing::<K>(namespace).delete(name, &params))
            .await
        {
            Ok(_) | Err(ClusterError::Gone) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn creation(&self) -> PostParams {
        PostParams {
            field_manager: Some(self.manager.to_owned()),
            ..PostParams::default()
        }
    }
}
