//! A Kubernetes API in memory, for tests: objects, their Secrets, and the garbage collector.

mod hand;
mod state;

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use kube::{ResourceExt, core::DeserializeGuard};
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::Value;

use self::state::{State, StoredSecret, place_of, set_spec};
pub use self::{hand::KeptSecret, state::Seen};
use super::{Cluster, ClusterError, NewSecretData, ObjectKey, ObservedSecret, SecretOwner};
use crate::{
    crd::{FINALIZER, Organization, OrganizationStatus, change::CHANGE_ANNOTATION},
    domain::credential::SecretName,
};

/// What somebody else does in between.
type Interruption = Box<dyn FnOnce(&MemoryCluster) + Send>;

/// A Kubernetes API in memory.
#[derive(Default)]
pub struct MemoryCluster {
    state: Mutex<State>,
    /// Done before the next status that is written only if nobody else has written.
    interruption: Mutex<Option<Interruption>>,
}

impl fmt::Debug for MemoryCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f)
    }
}

impl MemoryCluster {
    /// Another cluster in the same state, that goes its own way from here on and is watched by nobody.
    #[must_use]
    pub fn copy(&self) -> Self {
        let state = self.state();
        Self {
            state: Mutex::new(State {
                objects: state.objects.clone(),
                secrets: state.secrets.clone(),
                clock: state.clock,
                writes: state.writes,
                now: state.now,
                watch: state::Watch::default(),
                backup: state.backup.clone(),
            }),
            interruption: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is half done when a test panics: each call either changes all or nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn interruption(&self) -> MutexGuard<'_, Option<Interruption>> {
        let interruption = self.interruption.lock();
        interruption.unwrap_or_else(PoisonError::into_inner)
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
    ) -> Result<Option<String>, ClusterError> {
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
        Ok(state.live(object)?.resource_version())
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
