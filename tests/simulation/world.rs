//! The controller with everything around it in memory.

use std::{
    collections::BTreeMap,
    io,
    num::NonZeroUsize,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use kube::{ResourceExt, core::DeserializeGuard};
use mongodb::bson::{DateTime, Document, doc};
use organization_operator::{
    auth::pool::HashPool,
    clock::Clock,
    controller::{
        backoff::Backoffs,
        cluster::{Cluster, memory::MemoryCluster},
        context::{Context, PassSettings},
        events,
        reconcile::reconcile,
        validate::Allowances,
        waiting::{Waiting, Waker},
    },
    crd::{
        OrganizationSpec, RestoreFrom,
        change::{
            Asked, CHANGE_ANNOTATION, ChangeNote, MANAGED_BY_API, MANAGED_BY_LABEL,
            is_managed_by_api,
        },
    },
    domain::{
        archive::Retention,
        observed::{Capability, Rules},
    },
    runtime::{database::IndexGate, metrics::Metrics},
    store::{
        memory::{MemoryStore, OlderTenant},
        port::TenantStore,
    },
};
use proptest::test_runner::TestCaseError;

/// More rounds than any act needs: a rename with strays takes two passes, a conflict one.
const ROUNDS_AT_MOST: usize = 12;

/// A field of a document, if it is text.
pub fn text<'a>(document: &'a Document, field: &str) -> Option<&'a str> {
    document.get_str(field).ok()
}

pub struct TestClock(Mutex<Timestamp>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TestClock {
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by).unwrap_or(*now);
    }
}

pub struct World {
    pub cluster: Arc<MemoryCluster>,
    pub store: Arc<MemoryStore>,
    pub clock: Arc<TestClock>,
    /// The next document's `_id`: all are told apart.
    pub next_document: i32,
    /// How many changes were asked for.
    pub changes: u32,
    context: Arc<Context>,
}

/// The hash pool of all worlds of this process.
pub fn pool() -> io::Result<Arc<HashPool>> {
    static POOL: OnceLock<Arc<HashPool>> = OnceLock::new();
    if let Some(pool) = POOL.get() {
        return Ok(Arc::clone(pool));
    }
    let pool = Arc::new(HashPool::start(NonZeroUsize::MIN, 64)?);
    Ok(Arc::clone(POOL.get_or_init(|| pool)))
}

/// What the passes of a process that has just begun are given.
pub fn context_of(
    cluster: Arc<dyn Cluster>,
    store: Arc<dyn TenantStore>,
    clock: Arc<dyn Clock>,
) -> io::Result<Arc<Context>> {
    // Figures of a process are no part of what it knows, and to make them takes long.
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    let pool = pool()?;
    let metrics = METRICS
        .get_or_init(|| Metrics::new(Arc::clone(&pool)))
        .clone();
    let indexes = IndexGate::default();
    indexes.open();
    Ok(Arc::new(Context {
        store,
        cluster,
        metrics,
        pool,
        clock,
        events: events::channel().0,
        settings: PassSettings {
            cluster_id: "here".to_owned(),
            database: "master_db".to_owned(),
            rules: Rules {
                name_quarantine: SignedDuration::from_secs(60),
            },
            allowances: Allowances {
                adoption_namespaces: vec!["one".to_owned()],
                archive_retention: Retention::default(),
            },
            bcrypt_cost: 4,
            unwatched_secrets: Some(Duration::from_secs(1)),
            secret_recheck: Duration::from_secs(1),
        },
        backoffs: Backoffs::default(),
        waiting: Waiting::new(Waker::default()),
        indexes,
    }))
}

impl World {
    pub fn new(capability: Capability) -> Result<Self, TestCaseError> {
        let cluster = Arc::new(MemoryCluster::default());
        let store = Arc::new(MemoryStore::new(capability, 7));
        let clock = Arc::new(TestClock::at(Timestamp::UNIX_EPOCH));
        let context = context_of(
            Arc::clone(&cluster) as _,
            Arc::clone(&store) as _,
            Arc::clone(&clock) as _,
        )?;
        Ok(Self {
            cluster,
            store,
            clock,
            next_document: 0,
            changes: 0,
            context,
        })
    }

    /// The archive that was made first.
    pub fn oldest_archive(&self) -> Option<RestoreFrom> {
        let records = self.store.documents("organizations");
        let mut archived = records
            .iter()
            .filter(|record| text(record, "state") == Some("archived"));
        let id = archived.next()?.get_object_id("_id").ok()?;
        Some(RestoreFrom {
            organization_id: id.to_hex(),
        })
    }

    /// Passes over everything until a round writes nothing.
    pub async fn settle(&self) -> Result<(), TestCaseError> {
        for _ in 0..ROUNDS_AT_MOST {
            let before = self.writes();
            for object in self.cluster.objects() {
                reconcile(
                    Arc::new(DeserializeGuard(Ok(object))),
                    Arc::clone(&self.context),
                )
                .await;
            }
            if self.writes() == before {
                return Ok(());
            }
        }
        Err(TestCaseError::fail(format!(
            "no rest after {ROUNDS_AT_MOST} rounds:\n{}",
            self.describe()
        )))
    }

    fn writes(&self) -> u64 {
        let commands = self.store.commands();
        let read = ["aggregate", "listCollections", "find"];
        let written: u64 = commands
            .iter()
            .filter(|(name, _)| !read.contains(name))
            .map(|(_, count)| count)
            .sum();
        written + self.cluster.writes()
    }

    /// Every tenant document, by `_id`, with the collections that it is in.
    pub fn contents(&self) -> BTreeMap<i32, Vec<String>> {
        let mut contents = BTreeMap::<_, Vec<_>>::new();
        for name in self.store.collection_names() {
            if ["organizations", "admins"].contains(&name.as_str()) {
                continue;
            }
            for document in self.store.documents(&name) {
                if let Ok(id) = document.get_i32("_id") {
                    contents.entry(id).or_default().push(name.clone());
                }
            }
        }
        contents
    }

    /// The specs of the service's own objects, by name.
    pub fn specs(&self) -> BTreeMap<String, OrganizationSpec> {
        let objects = self.cluster.objects().into_iter();
        let own = objects.filter(is_managed_by_api);
        own.map(|object| (object.name_any(), object.spec.clone()))
            .collect()
    }

    pub fn describe(&self) -> String {
        let objects = self.cluster.objects();
        let objects = objects.iter().map(|object| {
            let meta = &object.metadata;
            let status = object.status.as_ref();
            let ready = status.and_then(|status| status.conditions.first());
            format!(
                "  {:?}/{:?} {:?} {:?}\n",
                meta.namespace, meta.name, object.spec, ready
            )
        });
        let records = self.store.documents("organizations").into_iter();
        let records = records
            .chain(self.store.documents("admins"))
            .map(|document| format!("  {document}\n"));
        let collections = self.store.collection_names();
        format!(
            "{}{}  {collections:?}",
            objects.collect::<String>(),
            records.collect::<String>()
        )
    }
}

/// As long as the service waits.
pub const WAIT: SignedDuration = SignedDuration::from_secs(8);

impl World {
    /// The id of the change that was asked for last.
    pub fn last_change(&self) -> String {
        format!("change-{}", self.changes)
    }

    /// Asks for a change as the HTTP service does; gives the change's id.
    pub fn ask(
        &mut self,
        namespace: &str,
        object: &str,
        asked: Asked,
        wished: &OrganizationSpec,
    ) -> String {
        self.changes += 1;
        let id = self.last_change();
        let last = self.cluster.object(namespace, object).and_then(|object| {
            let status = object.status?;
            Some(status.last_change?.id)
        });
        let now = self.clock.now();
        let note = ChangeNote {
            id: id.clone(),
            asked,
            deadline: now.saturating_add(WAIT).unwrap_or(now),
            previous: last,
            revoked: false,
        };
        let cluster = &self.cluster;
        cluster.set_time(now);
        cluster.apply(namespace, object, wished.clone());
        cluster.label(namespace, object, MANAGED_BY_LABEL, MANAGED_BY_API);
        let note = serde_json::to_string(&note).unwrap_or_default();
        cluster.annotate(namespace, object, CHANGE_ANNOTATION, &note);
        id
    }

    /// As a person with a shell would.
    pub fn edit_record(&self, name: &str, update: &Document) {
        let store = &self.store;
        let _ = store.edit_where("organizations", "organization_name", name, update);
    }

    /// As a person with a shell would.
    pub fn edit_admin(&self, email: &str, update: &Document) {
        let _ = self.store.edit_where("admins", "email", email, update);
    }

    /// A tenant as the older service makes it, unless its name, e-mail or collection is taken.
    pub fn plant_legacy(&mut self, name: &str, email: &str) {
        let collection = format!("org_{name}");
        if self.store.collection_names().contains(&collection) {
            return;
        }
        let planted = self.store.plant_older(&OlderTenant {
            name,
            email,
            password: "$2b$12$legacy",
            created_at: DateTime::from_millis(0),
        });
        if planted.is_ok() {
            self.next_document += 1;
            let document = doc! {"_id": self.next_document};
            let _ = self.store.plant(&collection, document);
        }
    }
}
