//! Secrets as the API has them, and as a pass sees them.

use std::collections::BTreeMap;

use k8s_openapi::{
    ByteString,
    api::core::v1::Secret,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use kube::{Resource, ResourceExt};
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::{
    controller::cluster::{NewSecretData, ObjectKey, ObservedSecret, SecretOwner},
    crd::Organization,
    domain::credential::SecretName,
};

/// Kubernetes' own label of what made an object.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

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

pub(super) fn observed(secret: Secret, object: &ObjectKey) -> ObservedSecret {
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

pub(super) fn new_secret(object: &ObjectKey, name: &SecretName, data: &NewSecretData) -> Secret {
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
        data: Some(values(data)),
        ..Secret::default()
    }
}

pub(super) fn unowned_secret(name: &str, data: &NewSecretData) -> Secret {
    let managed_by = (MANAGED_BY.to_owned(), env!("CARGO_PKG_NAME").to_owned());
    Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(BTreeMap::from([managed_by])),
            ..ObjectMeta::default()
        },
        data: Some(values(data)),
        ..Secret::default()
    }
}

fn values(data: &NewSecretData) -> BTreeMap<String, ByteString> {
    let bytes = |value: &SecretString| ByteString(value.expose_secret().as_bytes().to_vec());
    let values = data.iter().map(|(key, value)| (key.clone(), bytes(value)));
    values.collect()
}
