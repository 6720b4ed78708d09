//! What a cluster in memory keeps, and what happens to it with every write.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

use crate::{
    controller::cluster::{ClusterError, ObjectKey},
    crd::{Organization, OrganizationSpec},
};

pub(super) type Place = (String, String);

#[derive(Debug, Clone)]
pub(super) struct StoredSecret {
    pub(super) uid: String,
    pub(super) version: u64,
    pub(super) owner_uid: Option<String>,
    pub(super) data: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) objects: BTreeMap<Place, Organization>,
    pub(super) secrets: BTreeMap<Place, StoredSecret>,
    /// Counts whatever is made or written: uids and resource versions.
    pub(super) clock: u64,
    pub(super) writes: u64,
    pub(super) now: Option<Timestamp>,
    pub(super) watch: Watch,
    pub(super) backup: Backup,
}

/// Objects and Secrets as a snapshot of etcd has them.
#[derive(Debug, Clone, Default)]
pub(super) struct Backup {
    pub(super) objects: BTreeMap<Place, Organization>,
    pub(super) secrets: BTreeMap<Place, StoredSecret>,
}

/// Who is told of every change, in its order.
#[derive(Default)]
pub(super) struct Watch(pub(super) Option<Box<dyn Fn(Seen) + Send>>);

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

/// What a watch tells: the object as it is, or as it last was.
#[derive(Debug, Clone)]
pub enum Seen {
    /// It was made, or has changed.
    There(Box<Organization>),
    /// It is gone.
    Gone(Box<Organization>),
}

impl State {
    pub(super) fn live(&mut self, key: &ObjectKey) -> Result<&mut Organization, ClusterError> {
        self.writes += 1;
        let object = self
            .objects
            .get_mut(&(key.namespace.clone(), key.name.clone()));
        object
            .filter(|object| object.metadata.uid.as_ref() == Some(&key.uid))
            .ok_or(ClusterError::Gone)
    }

    pub(super) fn now(&self) -> Time {
        Time(self.now.unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// Whoever read the object before has not read this.
    pub(super) fn written(&mut self, place: &Place) {
        self.clock += 1;
        let version = self.clock.to_string();
        if let Some(object) = self.objects.get_mut(place) {
            object.metadata.resource_version = Some(version);
            self.watch.tell(Seen::There(Box::new(object.clone())));
        }
    }

    pub(super) fn delete(&mut self, place: &Place) {
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
    pub(super) fn collect(&mut self, place: &Place) {
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

pub(super) fn place_of(key: &ObjectKey) -> Place {
    (key.namespace.clone(), key.name.clone())
}

pub(super) fn set_spec(object: &mut Organization, spec: OrganizationSpec) {
    if object.spec != spec {
        object.spec = spec;
        let generation = &mut object.metadata.generation;
        *generation = generation.map(|generation| generation + 1);
    }
}
