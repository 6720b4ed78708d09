mod progress;

use std::{num::NonZeroUsize, time::Duration};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::{
    auth::pool::HashPool,
    clock::SystemClock,
    controller::{
        backoff::Backoffs,
        cluster::{Cluster, NewSecretData, ObservedSecret, memory::MemoryCluster},
        context::PassSettings,
        events::{self, EventSink},
        validate::Allowances,
        waiting::{Waiting, Waker},
    },
    crd::OrganizationStatus,
    domain::{
        archive::Retention,
        credential::SecretName,
        observed::{Capability, Rules},
    },
    runtime::{database::IndexGate, metrics::Metrics},
    store::{memory::MemoryStore, port::StoreError},
};

/// What a cluster can't do.
enum Fault {
    /// Its Secrets can't be read without a panic.
    Poison,
    /// Somebody else always writes before the finalizer is taken off.
    Race,
}

struct Faulty(MemoryCluster, Fault);

#[async_trait]
impl Cluster for Faulty {
    async fn get_organization(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<DeserializeGuard<Organization>>, ClusterError> {
        self.0.get_organization(namespace, name).await
    }

    async fn get_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<Option<ObservedSecret>, ClusterError> {
        match self.1 {
            Fault::Poison => panic!("poisoned"),
            Fault::Race => self.0.get_secret(object, secret).await,
        }
    }

    async fn add_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        self.0.add_finalizer(object).await
    }

    async fn remove_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        match self.1 {
            Fault::Poison => self.0.remove_finalizer(object).await,
            Fault::Race => Err(ClusterError::Conflict),
        }
    }

    async fn create_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
        data: &NewSecretData,
    ) -> Result<ObservedSecret, ClusterError> {
        self.0.create_secret(object, secret, data).await
    }

    async fn delete_own_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<(), ClusterError> {
        self.0.delete_own_secret(object, secret).await
    }

    async fn write_status(
        &self,
        object: &ObjectKey,
        status: &OrganizationStatus,
        read: Option<&str>,
    ) -> Result<Option<String>, ClusterError> {
        self.0.write_status(object, status, read).await
    }

    async fn settle_change(
        &self,
        object: &ObjectKey,
        annotation: &str,
        spec: Option<&Value>,
    ) -> Result<(), ClusterError> {
        self.0.settle_change(object, annotation, spec).await
    }

    async fn delete_organization(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        self.0.delete_organization(object).await
    }
}

fn context(cluster: Arc<dyn Cluster>, indexes: IndexGate) -> Arc<Context> {
    context_telling(cluster, indexes, events::channel().0)
}

fn context_telling(
    cluster: Arc<dyn Cluster>,
    indexes: IndexGate,
    events: EventSink,
) -> Arc<Context> {
    let pool = Arc::new(HashPool::start(NonZeroUsize::MIN, 1).unwrap());
    Arc::new(Context {
        store: Arc::new(MemoryStore::new(Capability::Fenced, 1)),
        cluster,
        metrics: Metrics::new(Arc::clone(&pool)),
        pool,
        clock: Arc::new(SystemClock),
        events,
        settings: PassSettings {
            cluster_id: "here".to_owned(),
            database: "master_db".to_owned(),
            rules: Rules {
                name_quarantine: jiff::SignedDuration::ZERO,
            },
            allowances: Allowances {
                adoption_namespaces: Vec::new(),
                archive_retention: Retention::default(),
            },
            bcrypt_cost: 4,
            unwatched_secrets: Some(Duration::from_secs(2)),
            secret_recheck: Duration::from_secs(2),
        },
        backoffs: Backoffs::default(),
        waiting: Waiting::new(Waker::default()),
        indexes,
    })
}

fn cluster_with_acme() -> MemoryCluster {
    let cluster = MemoryCluster::default();
    let spec = json!({"admin": {"email": "admin@acme.example"}});
    cluster.apply("team", "acme", serde_json::from_value(spec).unwrap());
    cluster
}

fn acme(cluster: &MemoryCluster) -> Arc<DeserializeGuard<Organization>> {
    Arc::new(DeserializeGuard(Ok(cluster
        .object("team", "acme")
        .unwrap())))
}

#[tokio::test]
async fn a_panic_is_caught_counted_and_holds_up_that_object_alone() {
    let poisoned = Arc::new(Faulty(cluster_with_acme(), Fault::Poison));
    let context = context(Arc::clone(&poisoned) as _, IndexGate::default());
    // The first pass puts on the finalizer, and needs no Secret for that.
    reconcile(acme(&poisoned.0), Arc::clone(&context)).await;
    let action = reconcile(acme(&poisoned.0), Arc::clone(&context)).await;
    assert_ne!(action, Action::await_change());
    let text = context.metrics.encode().unwrap();
    assert!(text.contains(r#"outcome="Panicked"} 1"#), "{text}");
}

#[tokio::test]
async fn what_was_done_before_somebody_else_wrote_is_told_all_the_same() {
    let cluster = Arc::new(Faulty(cluster_with_acme(), Fault::Race));
    let indexes = IndexGate::default();
    indexes.open();
    let (sink, mut told) = events::channel();
    let context = context_telling(Arc::clone(&cluster) as _, indexes, sink);
    for _ in 0..2 {
        reconcile(acme(&cluster.0), Arc::clone(&context)).await;
    }
    cluster.0.delete("team", "acme");
    reconcile(acme(&cluster.0), Arc::clone(&context)).await;
    let mut reasons = Vec::new();
    while let Ok((_, telling)) = told.try_recv() {
        reasons.push(telling.reason);
    }
    assert_eq!(reasons, ["Created", "Released"]);
}

#[tokio::test]
async fn nothing_is_claimed_before_the_unique_indexes_are_known_to_hold() {
    let cluster = Arc::new(cluster_with_acme());
    let indexes = IndexGate::default();
    let context = context(Arc::clone(&cluster) as _, indexes.clone());
    let passes = || async {
        for _ in 0..3 {
            reconcile(acme(&cluster), Arc::clone(&context)).await;
        }
        let status = cluster.object("team", "acme").unwrap().status.unwrap();
        status.conditions[0].reason.clone()
    };
    assert_eq!(passes().await, "MongoUnavailable");
    indexes.fail(&StoreError::Unauthorized(
        "not allowed to createIndex".to_owned(),
    ));
    assert_eq!(passes().await, "MongoUnauthorized");
    indexes.fail(&StoreError::Unreachable("no answer".to_owned()));
    assert_eq!(passes().await, "MongoUnavailable");
    indexes.open();
    assert_eq!(passes().await, "Succeeded");
}
