//! What people and the HTTP service do to the cluster, and what they see there.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kube::ResourceExt;

use super::{
    MemoryCluster, Seen,
    state::{Backup, StoredSecret, set_spec},
};
use crate::{
    controller::cluster::ClusterError,
    crd::{Organization, OrganizationSpec, change::CHANGE_ANNOTATION},
};

impl MemoryCluster {
    /// `kubectl apply`: makes the object, or changes its spec. One that is going keeps its spec.
    pub fn apply(&self, namespace: &str, name: &str, spec: OrganizationSpec) {
        let mut state = self.state();
        state.clock += 1;
        let uid = format!("uid-{}", state.clock);
        let place = (namespace.to_owned(), name.to_owned());
        let made_at = state.now();
        let object = state.objects.entry(place.clone()).or_insert_with(|| {
            let mut object = Organization::new(name, spec.clone());
            object.metadata.namespace = Some(namespace.to_owned());
            object.metadata.uid = Some(uid);
            object.metadata.generation = Some(1);
            object.metadata.creation_timestamp = Some(made_at);
            object
        });
        set_spec(object, spec);
        state.written(&place);
    }

    /// Sets an annotation; nothing where the object is gone.
    pub fn annotate(&self, namespace: &str, name: &str, key: &str, value: &str) {
        self.edit(namespace, name, |object| {
            let annotations = object.annotations_mut();
            annotations.insert(key.to_owned(), value.to_owned());
        });
    }

    /// Sets a label; nothing where the object is gone.
    pub fn label(&self, namespace: &str, name: &str, key: &str, value: &str) {
        self.edit(namespace, name, |object| {
            object.labels_mut().insert(key.to_owned(), value.to_owned());
        });
    }

    fn edit(&self, namespace: &str, name: &str, edit: impl FnOnce(&mut Organization)) {
        let mut state = self.state();
        let place = (namespace.to_owned(), name.to_owned());
        if let Some(object) = state.objects.get_mut(&place) {
            edit(object);
            state.written(&place);
        }
    }

    /// Tells of every change from now on.
    pub fn watch(&self, told: impl Fn(Seen) + Send + 'static) {
        self.state().watch.0 = Some(Box::new(told));
    }

    /// Does that before the next status that is written only if nobody else has written.
    pub fn interrupt(&self, act: impl FnOnce(&Self) + Send + 'static) {
        *self.interruption() = Some(Box::new(act));
    }

    /// What objects that are made from now on say of the time.
    pub fn set_time(&self, now: Timestamp) {
        self.state().now = Some(now);
    }

    /// `kubectl delete`: gone at once without a finalizer.
    pub fn delete(&self, namespace: &str, name: &str) {
        let mut state = self.state();
        state.delete(&(namespace.to_owned(), name.to_owned()));
    }

    /// Takes a snapshot of etcd.
    pub fn back_up(&self) {
        let mut state = self.state();
        state.backup = Backup {
            objects: state.objects.clone(),
            secrets: state.secrets.clone(),
        };
    }

    /// Puts etcd back to the last snapshot: whoever watches sees what is there again or otherwise, but
    /// for resource versions, which go on (`etcdutl snapshot restore --bump-revision`).
    pub fn restore(&self) {
        let mut state = self.state();
        let Backup { objects, secrets } = state.backup.clone();
        state.objects = objects;
        state.secrets = secrets;
        let places: Vec<_> = state.objects.keys().cloned().collect();
        for place in places {
            state.written(&place);
        }
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

    /// Namespaces and names of all Secrets, ordered.
    #[must_use]
    pub fn secret_names(&self) -> Vec<(String, String)> {
        self.state().secrets.keys().cloned().collect()
    }

    /// How often the operator has written.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.state().writes
    }

    /// Makes an object as it stands.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where one of that name exists.
    pub fn make(&self, organization: &Organization) -> Result<Organization, ClusterError> {
        let mut state = self.state();
        let namespace = organization.namespace().unwrap_or_default();
        let place = (namespace, organization.name_any());
        if state.objects.contains_key(&place) {
            return Err(ClusterError::Conflict);
        }
        state.clock += 1;
        let mut made = organization.clone();
        made.metadata.uid = Some(format!("uid-{}", state.clock));
        made.metadata.generation = Some(1);
        made.metadata.creation_timestamp = Some(state.now());
        state.objects.insert(place.clone(), made);
        state.written(&place);
        state.objects.get(&place).cloned().ok_or(ClusterError::Gone)
    }

    /// Writes the annotation that asks for a change, and the spec, where nobody has written since
    /// `read` was read.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`], [`ClusterError::Gone`].
    pub fn ask_of(
        &self,
        read: &Organization,
        annotation: &str,
        spec: Option<&OrganizationSpec>,
    ) -> Result<(), ClusterError> {
        let mut state = self.state();
        let place = (read.namespace().unwrap_or_default(), read.name_any());
        let live = state.objects.get_mut(&place).ok_or(ClusterError::Gone)?;
        if live.metadata.resource_version != read.metadata.resource_version {
            return Err(ClusterError::Conflict);
        }
        let annotations = live.annotations_mut();
        annotations.insert(CHANGE_ANNOTATION.to_owned(), annotation.to_owned());
        if let Some(spec) = spec {
            set_spec(live, spec.clone());
        }
        state.written(&place);
        Ok(())
    }
}

/// A Secret as it is kept.
#[derive(Debug, Clone)]
pub struct KeptSecret {
    /// metadata.namespace.
    pub namespace: String,
    /// metadata.name.
    pub name: String,
    /// metadata.uid.
    pub uid: String,
    /// metadata.resourceVersion.
    pub version: u64,
    /// What it holds.
    pub data: BTreeMap<String, String>,
}

impl MemoryCluster {
    /// All Secrets, ordered by namespace and name.
    #[must_use]
    pub fn secrets(&self) -> Vec<KeptSecret> {
        let state = self.state();
        let kept = state
            .secrets
            .iter()
            .map(|((namespace, name), secret)| KeptSecret {
                namespace: namespace.clone(),
                name: name.clone(),
                uid: secret.uid.clone(),
                version: secret.version,
                data: secret.data.clone(),
            });
        kept.collect()
    }
}
