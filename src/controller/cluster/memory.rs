//! A Kubernetes API in memory, for tests: objects, their Secrets, and the garbage collector.

mod hand;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{ResourceExt, core::DeserializeGuard};
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::Value;

use super::{Cluster, ClusterError, NewSecretData, ObjectKey, ObservedSecret, SecretOwner};
use crate::{
    crd::{
        FINALIZER, Organization, OrganizationSpec, OrganizationStatus, change::CHANGE_ANNOTATION,
    },
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
    now: Option<Timestamp>,
    watch: Watch,
}

/// Who is told of every change, in its order.
#[derive(Default)]
struct Watch(Option<Box<dyn Fn(Seen) + Send>>);

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

impl Watch {
    fn tell(&self, seen: Seen) {
        if let Some(told) = &self.0 {
            told(seen);
        }
    }
}

/// What somebody else does in between.
type Interruption = Box<dyn FnOnce(&MemoryCluster) + Send>;

/// A Kubernetes API in memory.
#[derive(Default)]
pub struct MemoryCluster {
    state: Mutex<State>,
    /// Done before the next status that is written only if nobody else has written.
    interruption: Mutex<Option<Interruption>>,
}

/// What a watch tells: the object as it is, or as it last was.
#[derive(Debug, Clone)]
pub enum Seen {
    /// It was made, or has changed.
    There(Box<Organization>),
    /// It is gone.
    Gone(Box<Organization>),
}

impl fmt::Debug for MemoryCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f)
    }
}

impl MemoryCluster {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is half done when a test panics: each call either changes all or nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn interruption(&self) -> MutexGuard<'_, Option<Interruption>> {
        let interruption = self.interruption.lock();
        interruption.unwrap_or_else(PoisonError::into_inner)
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

    fn now(&self) -> Time {
        Time(self.now.unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// Whoever read the object before has not read this.
    fn written(&mut self, place: &Place) {
        self.clock += 1;
        let version = self.clock.to_string();
        if let Some(object) = self.objects.get_mut(place) {
            object.metadata.resource_version = Some(version);
            self.watch.tell(Seen::There(Box::new(object.clone())));
        }
    }

    fn delete(&mut self, place: &Place) {
        let now = self.now();
        if let Some(object) = self.objects.get_mut(place)
            && object.metadata.deletion_timestamp.is_none()
        {
            let generation = &mut object.metadata.generation;
            *generation = generation.map(|generation| generation + 1);
            object.metadata.deletion_timestamp = Some(now);
        }
        self.written(place);
        self.collect(place);
    }

    /// An object that is going and has no finalizer is gone, and its own Secrets with it.
    fn collect(&mut self, place: &Place) {
        let is_over = self.objects.get(place).is_some_and(|object| {
            object.metadata.deletion_timestamp.is_some() && object.finalizers().is_empty()
        });
        if is_over && let Some(object) = self.objects.remove(place) {
            self.secrets
                .retain(|_, secret| secret.owner_uid != object.metadata.uid);
            self.watch.tell(Seen::Gone(Box::new(object)));
        }
    }
}

fn place_of(key: &ObjectKey) -> Place {
    (key.namespace.clone(), key.name.clone())
}

fn set_spec(object: &mut Organization, spec: OrganizationSpec) {
    if object.spec != spec {
        object.spec = spec;
        let generation = &mut object.metadata.generation;
        *generation = generation.map(|generation| generation + 1);
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
        state.written(&place_of(object));
        Ok(())
    }

    async fn remove_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let mut state = self.state();
        match state.live(object) {
            Ok(live) => live.finalizers_mut().retain(|name| name != FINALIZER),
            Err(_) => return Ok(()),
        }
        state.written(&place_of(object));
        state.collect(&place_of(object));
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
        read: Option<&str>,
    ) -> Result<(), ClusterError> {
        let interruption = read.and_then(|_| self.interruption().take());
        if let Some(interruption) = interruption {
            interruption(self);
        }
        let mut state = self.state();
        let live = state.live(object)?;
        if read.is_some() && read != live.metadata.resource_version.as_deref() {
            return Err(ClusterError::Conflict);
        }
        live.status = Some(status.clone());
        state.written(&place_of(object));
        Ok(())
    }

    async fn settle_change(
        &self,
        object: &ObjectKey,
        annotation: &str,
        spec: Option<&Value>,
    ) -> Result<(), ClusterError> {
        let spec = spec
            .map(|spec| serde_json::from_value(spec.clone()))
            .transpose();
        let spec = spec.map_err(|error| ClusterError::Refused(error.to_string()))?;
        let mut state = self.state();
        let live = state.live(object)?;
        if live
            .annotations()
            .get(CHANGE_ANNOTATION)
            .map(String::as_str)
            != Some(annotation)
        {
            return Err(ClusterError::Conflict);
        }
        live.annotations_mut().remove(CHANGE_ANNOTATION);
        if let Some(spec) = spec {
            set_spec(live, spec);
        }
        state.written(&place_of(object));
        Ok(())
    }

    async fn delete_organization(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        let mut state = self.state();
        if state.live(object).is_ok() {
            state.delete(&place_of(object));
        }
        Ok(())
    }
}
