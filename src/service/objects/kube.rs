//! The objects by kube.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kube::{ResourceExt, api::Preconditions};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{HASH_KEY, Objects, key_of};
use crate::{
    controller::cluster::{ClusterError, KubeApi},
    crd::{Organization, OrganizationSpec, change::CHANGE_ANNOTATION},
    domain::{credential::SecretName, hash::BcryptHash},
};

/// Who the service is to the API server.
pub const FIELD_MANAGER: &str = "organization-operator-api";

/// The objects by kube.
pub struct KubeObjects(KubeApi);

impl KubeObjects {
    /// By that API, whose manager should be [`FIELD_MANAGER`].
    #[must_use]
    pub fn new(api: KubeApi) -> Self {
        Self(api)
    }
}

#[async_trait]
impl Objects for KubeObjects {
    async fn get(&self, namespace: &str, name: &str) -> Result<Option<Organization>, ClusterError> {
        let api = self.0.reading::<Organization>(namespace);
        self.0.within(api.get_opt(name)).await
    }

    async fn create(&self, organization: &Organization) -> Result<Organization, ClusterError> {
        let namespace = organization.namespace().unwrap_or_default();
        self.0.create_organization(&namespace, organization).await
    }

    async fn create_secret(
        &self,
        owner: &Organization,
        secret: &SecretName,
        hash: &BcryptHash,
    ) -> Result<(), ClusterError> {
        let data = BTreeMap::from([(HASH_KEY.to_owned(), SecretString::from(hash.expose()))]);
        match self.0.create_secret(&key_of(owner), secret, &data).await {
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
        let mut operations = vec![json!({
            "op": "test", "path": "/metadata/resourceVersion", "value": read.resource_version(),
        })];
        operations.push(annotated(read, annotation));
        if let Some(spec) = spec {
            operations.push(json!({"op": "replace", "path": "/spec", "value": spec}));
        }
        let key = key_of(read);
        self.0
            .patch_organization(&key.namespace, &key.name, operations)
            .await
    }

    async fn delete(&self, read: &Organization) -> Result<(), ClusterError> {
        let key = key_of(read);
        let only_this_one = Preconditions {
            uid: Some(key.uid),
            resource_version: None,
        };
        let deleted = self
            .0
            .delete::<Organization>(&key.namespace, &key.name, only_this_one)
            .await;
        match deleted {
            // Another object has the name by now: this one is gone.
            Err(ClusterError::Conflict) => Ok(()),
            outcome => outcome,
        }
    }
}

fn annotated(read: &Organization, annotation: &str) -> Value {
    if read.annotations().is_empty() {
        return json!({
            "op": "add", "path": "/metadata/annotations", "value": {CHANGE_ANNOTATION: annotation},
        });
    }
    let path = format!(
        "/metadata/annotations/{}",
        CHANGE_ANNOTATION.replace('/', "~1")
    );
    json!({"op": "add", "path": path, "value": annotation})
}
