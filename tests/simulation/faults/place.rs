//! The world around the processes of a run, and the processes in it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;
use mongodb::bson::{DateTime, doc, oid::ObjectId};
use organization_operator::{
    clock::Clock as _,
    controller::{
        abandoned,
        cluster::memory::{MemoryCluster, Seen},
        context::Context,
    },
    crd::Organization,
    domain::{observed::Capability, orphans::KnownObjects, record::State},
    faults::{Gate, Gated},
    service::directory::Directory,
    store::memory::{Effects, MemoryStore, OlderTenant},
};
use serde_json::{Value, json};

use crate::{
    look::snapshot,
    oracle::{Acknowledged, Snapshot, normal::BY_CLIENTS},
    world::{TestClock, context_of},
};

pub const HASHES: [&str; 2] = [
    "$2b$10$abcdefghijklmnopqrstuuC6qtbz1Wm3e5TqzVq0Jm1rIYbR8oqYy",
    "$2b$10$zyxwvutsrqponmlkjihgfeC6qtbz1Wm3e5TqzVq0Jm1rIYbR8oqYy",
];

/// In every Secret of these worlds, and nowhere else.
pub const CANARY: &str = "Canary-pa55word";

pub const NAMESPACE: &str = "one";

/// Whose document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Tenants,
    Strangers,
}

/// Every state of each object, by namespace and name.
type History = BTreeMap<(String, String), Vec<Organization>>;

/// The world around the processes: servers, clients, people.
pub struct Place {
    pub cluster: Arc<MemoryCluster>,
    pub store: Arc<MemoryStore>,
    pub clock: Arc<TestClock>,
    /// Former states of objects: what a cache that is behind still has.
    history: Arc<Mutex<History>>,
    /// The services that are told of changes.
    directories: Arc<Mutex<Vec<Weak<Directory>>>>,
    acknowledged: Mutex<Vec<Acknowledged>>,
    strays: Mutex<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn place_of(object: &Organization) -> (String, String) {
    (object.namespace().unwrap_or_default(), object.name_any())
}

impl Place {
    pub fn new(capability: Capability) -> Self {
        let store = Arc::new(MemoryStore::new(capability, 7));
        let place = Self::around(Arc::default(), store, Timestamp::UNIX_EPOCH);
        for (secret, hash) in ["login", "other"].into_iter().zip(HASHES) {
            place
                .cluster
                .put_secret(NAMESPACE, secret, &[("hash", hash), ("password", CANARY)]);
        }
        place
    }

    fn around(cluster: Arc<MemoryCluster>, store: Arc<MemoryStore>, now: Timestamp) -> Self {
        let history = Arc::<Mutex<History>>::default();
        let directories = Arc::new(Mutex::new(Vec::<Weak<Directory>>::new()));
        let (noted, told) = (Arc::clone(&history), Arc::clone(&directories));
        cluster.watch(move |seen| {
            for directory in lock(&told).iter().filter_map(Weak::upgrade) {
                match seen.clone() {
                    Seen::There(object) => directory.apply(*object),
                    Seen::Gone(object) => directory.remove(*object),
                }
            }
            let (Seen::There(object) | Seen::Gone(object)) = seen;
            lock(&noted)
                .entry(place_of(&object))
                .or_default()
                .push(*object);
        });
        Self {
            cluster,
            store,
            clock: Arc::new(TestClock::at(now)),
            history,
            directories,
            acknowledged: Mutex::default(),
            strays: Mutex::default(),
        }
    }

    /// The same world, that goes its own way from here on.
    pub fn copy(&self) -> Self {
        let cluster = Arc::new(self.cluster.copy());
        let place = Self::around(cluster, Arc::new(self.store.copy()), self.clock.now());
        lock(&place.acknowledged).extend(lock(&self.acknowledged).iter().cloned());
        for object in place.cluster.objects() {
            lock(&place.history).insert(place_of(&object), vec![object]);
        }
        place
    }

    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        lock(&self.acknowledged).clone()
    }

    /// Collections that clients made by writing late: each is one rename and one drop more.
    pub fn strays(&self) -> u64 {
        *lock(&self.strays)
    }

    pub fn effects(&self) -> Effects {
        self.store.effects()
    }

    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
        self.cluster.set_time(self.clock.now());
    }

    /// The object as a cache that is behind has it, gone ones too.
    pub fn outdated(&self) -> Vec<Organization> {
        let history = lock(&self.history);
        history
            .values()
            .filter_map(|states| states.iter().rev().nth(1).cloned())
            .collect()
    }

    /// `kubectl apply`, of the defaults with these changes.
    pub fn apply(&self, object: &str, changes: &Value) -> Result<()> {
        let mut spec = json!({
            "organizationName": object,
            "admin": {
                "email": format!("admin@{object}.io"),
                "passwordHashSecretRef": {"name": "login", "key": "hash"},
            },
            "deletionPolicy": "Delete",
        });
        json_patch::merge(&mut spec, changes);
        self.cluster
            .apply(NAMESPACE, object, serde_json::from_value(spec)?);
        Ok(())
    }

    /// `kubectl patch --type merge` of the spec.
    pub fn patch(&self, object: &str, changes: &Value) -> Result<()> {
        let there = self.cluster.object(NAMESPACE, object);
        let Some(there) = there else { return Ok(()) };
        let mut spec = serde_json::to_value(&there.spec)?;
        json_patch::merge(&mut spec, changes);
        self.cluster
            .apply(NAMESPACE, object, serde_json::from_value(spec)?);
        Ok(())
    }

    pub fn older(&self, name: &str) -> Result<()> {
        self.store.plant_older(&OlderTenant {
            name,
            email: &format!("admin@{name}.io"),
            password: HASHES[0],
            created_at: DateTime::from_millis(0),
        })?;
        Ok(())
    }

    /// A client of the first tenant, or a stranger, is told that his document is written.
    pub fn write(&self, id: i32, collection: &str, whose: Whose, doomed: bool) {
        let owner = match whose {
            Whose::Strangers => None,
            Whose::Tenants => {
                let records = self.store.documents("organizations");
                let id = records
                    .first()
                    .and_then(|record| record.get_object_id("_id").ok());
                Some(id.map(ObjectId::to_hex).unwrap_or_default())
            }
        };
        self.write_of(owner, id, collection, doomed);
    }

    fn write_of(&self, owner: Option<String>, id: i32, collection: &str, doomed: bool) {
        if self.store.plant(collection, doc! {"_id": id}).is_ok() {
            lock(&self.acknowledged).push(Acknowledged {
                id,
                owner,
                written_to: collection.to_owned(),
                doomed,
            });
        }
    }

    /// The clients of every tenant write by the name that its status shows.
    pub fn clients_write(&self) {
        for object in self.cluster.objects() {
            let is_going = object.metadata.deletion_timestamp.is_some();
            let Some(status) = object.status.filter(|_| !is_going) else {
                continue;
            };
            if let Some(collection) = &status.collection_name {
                let is_stray = !self.store.collection_names().contains(collection);
                *lock(&self.strays) += u64::from(is_stray);
                let next = BY_CLIENTS + i32::try_from(lock(&self.acknowledged).len()).unwrap_or(0);
                self.write_of(status.organization_id, next, collection, false);
            }
        }
    }

    pub async fn snapshot(&self) -> Result<Snapshot> {
        snapshot(&self.cluster, &self.store).await
    }

    /// What a service that begins now knows of the objects, and hears of them.
    pub fn directory(&self) -> Arc<Directory> {
        let directory = Arc::new(Directory::of([None]));
        directory.replace(&None, self.cluster.objects());
        lock(&self.directories).push(Arc::downgrade(&directory));
        directory
    }
}

/// A process of the operator: its caches and counts are its own, and go with it.
pub struct Process<G> {
    pub gate: Arc<G>,
    context: Arc<Context>,
}

impl<G> Process<G> {
    pub fn context(&self) -> Arc<Context> {
        Arc::clone(&self.context)
    }
}

impl Place {
    /// What the sweep does about records in such a state whose object is gone. (Claims that hold nothing
    /// may be left to [`Snapshot::swept`], which sets them aside.)
    pub async fn sweep(&self, is_swept: fn(&State) -> bool) -> Result<()> {
        let (cluster, store) = (Arc::clone(&self.cluster), Arc::clone(&self.store));
        let context = context_of(cluster as _, store as _, Arc::clone(&self.clock) as _)?;
        let inventory = context.store.take_inventory().await?;
        let known = KnownObjects {
            cluster: context.settings.cluster_id.clone(),
            namespaces: vec![None],
            uids: self
                .cluster
                .objects()
                .iter()
                .filter_map(kube::ResourceExt::uid)
                .collect(),
        };
        let swept = inventory.records().filter(|record| is_swept(&record.state));
        for owner in swept.filter_map(|record| record.owner.as_ref()) {
            if known.lack(owner) {
                abandoned::settle(owner, &context).await;
            }
        }
        Ok(())
    }

    pub fn process<G: Gate>(&self, gate: Arc<G>) -> Result<Process<G>> {
        let cluster = Gated::new(Arc::clone(&self.cluster), Arc::clone(&gate));
        let store = Gated::new(Arc::clone(&self.store), Arc::clone(&gate));
        let context = context_of(
            Arc::new(cluster),
            Arc::new(store),
            Arc::clone(&self.clock) as _,
        )?;
        Ok(Process { gate, context })
    }
}
