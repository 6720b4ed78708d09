//! A Kubernetes API in memory, for tests: objects, their Secrets, and the garbage collector.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{ResourceExt, core::DeserializeGuard};
use secrecy::{ExposeSecret, SecretSlice};

use super::{Cluster, ClusterError, NewSecretData, ObjectKey, ObservedSecret, SecretOwner};
use crate::{
    crd::{FINALIZER, Organization, OrganizationSpec, OrganizationStatus},
    domain::credential::SecretName,
};

type Place = (String, String);

#[derive(Debug)]
struct StoredSecret {
    uid: String,
    version: u64,
    owner_uid: Option<String>,
    data: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<Place, Organization>,
    secrets: BTreeMap<Place, StoredSecret>,
    /// Counts whatever is made or written: uids and resource versions.
    clock: u64,
    writes: u64,
}

/// A Kubernetes API in memory.
#[derive(Debug, Default)]
pub struct MemoryCluster(Mutex<State>);

impl MemoryCluster {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is half done when a test panics: each call either changes all or nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `kubectl apply`: makes the object, or changes its spec. One that is going keeps its spec.
    pub fn apply(&self, namespace: &str, name: &str, spec: OrganizationSpec) {
        let mut state = self.state();
        state.clock += 1;
        let uid = format!("uid-{}", state.clock);
        let place = (namespace.to_owned(), name.to_owned());
        let object = state.objects.entry(place).or_insert_with(|| {
            let mut object = Organization::new(name, spec.clone());
            object.metadata.namespace = Some(namespace.to_owned());
            object.metadata.uid = Some(uid);
            object.metadata.generation = Some(1);
            object
        });
        if object.spec != spec {
            object.spec = spec;
            object.metadata.generation =
                object.metadata.generation.map(|generation| generation + 1);
        }
    }

    /// Sets an annotation; nothing where the object is gone.
    pub fn annotate(&self, namespace: &str, name: &str, key: &str, value: &str) {
        if let Some(object) = self
            .state()
            .objects
            .get_mut(&(namespace.to_owned(), name.to_owned()))
        {
            object
                .annotations_mut()
                .insert(key.to_owned(), value.to_owned());
        }
    }

    /// `kubectl delete`: gone at once without a finalizer.
    pub fn delete(&self, namespace: &str, name: &str) {
        let mut state = self.state();
        let place = (namespace.to_owned(), name.to_owned());
        if let Some(object) = state.objects.get_mut(&place) {
            let generation = &mut object.metadata.generation;
            *generation = generation.map(|generation| generation + 1);
            object.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
        }
        state.collect(&place);
    }

    /// Makes or changes a Secret that a person keeps.
    pub fn put_secret(&self, namespace: &str, name: &str, data: &[(&str, &str)]) {
        let mut state = self.state();
        state.clock += 1;
        let version = state.clock;
        let place = (namespace.to_owned(), name.to_owned());
        let secret = state.secrets.entry(place).or_insert_with(|| StoredSecret {
            uid: format!("uid-{version}"),
            version,
            owner_uid: None,
            data: BTreeMap::new(),
        });
        secret.version = version;
        secret.data = data
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
    }

    /// The object as it is.
    #[must_use]
    pub fn object(&self, namespace: &str, name: &str) -> Option<Organization> {
        self.state()
            .objects
            .get(&(namespace.to_owned(), name.to_owned()))
            .cloned()
    }

    /// All objects, ordered by namespace and name.
    #[must_use]
    pub fn objects(&self) -> Vec<Organization> {
        self.state().objects.values().cloned().collect()
    }

    /// What a Secret holds under a key.
    #[must_use]
    pub fn secret_value(&self, namespace: &str, name: &str, key: &str) -> Option<String> {
        let state = self.state();
        state
            .secrets
            .get(&(namespace.to_owned(), name.to_owned()))?
            .data
            .get(key)
            .cloned()
    }

    /// How often the operator has written.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.state().writes
    }
}

impl State {
    fn live(&mut self, key: &ObjectKey) -> Result<&mut Organization, ClusterError> {
        self.writes += 1;
        let object = self
            .objects
            .get_mut(&(key.namespace.clone(), key.name.clone()));
        object
            .filter(|object| object.metadata.uid.as_ref() == Some(&key.uid))
            .ok_or(ClusterError::Gone)
    }

    /// An object that is going and has no finalizer is gone, and its own Secrets with it.
    fn collect(&mut self, place: &Place) {
        let is_over = self.objects.get(place).is_some_and(|object| {
            object.metadata.deletion_timestamp.is_some() && object.finalizers().is_empty()
        });
        if is_over && let Some(object) = self.objects.remove(place) {
            self.secrets
                .retain(|_, secret| secret.owner_uid != object.metadata.uid);
        }
    }
}

fn observed(secret: &StoredSecret, object: &ObjectKey) -> ObservedSecret {
    let data = secret
        .data
        .iter()
        .map(|(key, value)| (key.clone(), SecretSlice::from(value.clone().into_bytes())));
    ObservedSecret {
        uid: secret.uid.clone(),
        resource_version: secret.version.to_string(),
        owner: match &secret.owner_uid {
            Some(uid) if *uid == object.uid => SecretOwner::This,
            Some(_) => SecretOwner::Former,
            None => SecretOwner::Other,
        },
        data: data.collect(),
    }
}

#[async_trait]
impl Cluster for MemoryCluster {
    async fn get_organization(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<DeserializeGuard<Organization>>, ClusterError> {
        Ok(self
            .object(namespace, name)
            .map(|object| DeserializeGuard(Ok(object))))
    }

    async fn get_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<Option<ObservedSecret>, ClusterError> {
        let state = self.state();
        let found = state
            .secrets
            .get(&(object.namespace.clone(), secret.0.clone()));
        Ok(found.map(|found| observed(found, object)))
    }

    async fn add_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let mut state = self.state();
        let live = state.live(object)?;
        if live.metadata.deletion_timestamp.is_some() {
            return Err(ClusterError::Refused("the object is going".to_owned()));
        }
        if !live.finalizers().iter().any(|name| name == FINALIZER) {
            live.finalizers_mut().push(FINALIZER.to_owned());
        }
        Ok(())
    }

    async fn remove_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let mut state = self.state();
        match state.live(object) {
            Ok(live) => live.finalizers_mut().retain(|name| name != FINALIZER),
            Err(_) => return Ok(()),
        }
        state.collect(&(object.namespace.clone(), object.name.clone()));
        Ok(())
    }

    async fn create_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
        data: &NewSecretData,
    ) -> Result<ObservedSecret, ClusterError> {
        let mut state = self.state();
        state.live(object)?;
        state.clock += 1;
        let place = (object.namespace.clone(), secret.0.clone());
        if state.secrets.contains_key(&place) {
            return Err(ClusterError::Conflict);
        }
        let version = state.clock;
        let made = StoredSecret {
            uid: format!("uid-{version}"),
            version,
            owner_uid: Some(object.uid.clone()),
            data: data
                .iter()
                .map(|(key, value)| (key.clone(), value.expose_secret().to_owned()))
                .collect(),
        };
        let seen = observed(&made, object);
        state.secrets.insert(place, made);
        Ok(seen)
    }

    async fn delete_own_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<(), ClusterError> {
        let mut state = self.state();
        state.live(object)?;
        let place = (object.namespace.clone(), secret.0.clone());
        let is_own = |found: &StoredSecret| found.owner_uid.as_ref() == Some(&object.uid);
        if state.secrets.get(&place).is_some_and(is_own) {
            state.secrets.remove(&place);
        }
        Ok(())
    }

    async fn write_status(
        &self,
        object: &ObjectKey,
        status: &OrganizationStatus,
    ) -> Result<(), ClusterError> {
        self.state().live(object)?.status = Some(status.clone());
        Ok(())
    }
}
