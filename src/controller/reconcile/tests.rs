use std::num::NonZeroUsize;

use async_trait::async_trait;
use serde_json::json;

use super::*;
use crate::{
    auth::pool::HashPool,
    clock::SystemClock,
    controller::{
        backoff::Backoffs,
        cluster::{Cluster, NewSecretData, ObservedSecret, memory::MemoryCluster},
        context::PassSettings,
        events,
        validate::Allowances,
        waiting::{Waiting, Waker},
    },
    domain::{
        credential::SecretName,
        observed::{Capability, Rules},
    },
    runtime::{database::IndexGate, metrics::Metrics},
    store::memory::MemoryStore,
};

/// A cluster whose Secrets can't be read without a panic.
struct Poisoned(MemoryCluster);

#[async_trait]
impl Cluster for Poisoned {
    async fn get_organization(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<DeserializeGuard<Organization>>, ClusterError> {
        self.0.get_organization(namespace, name).await
    }

    async fn get_secret(
        &self,
        _: &ObjectKey,
        _: &SecretName,
    ) -> Result<Option<ObservedSecret>, ClusterError> {
        panic!("poisoned")
    }

    async fn add_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        self.0.add_finalizer(object).await
    }

    async fn remove_finalizer(&self, object: &ObjectKey) -> Result<(), ClusterError> {
        self.0.remove_finalizer(object).await
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
    ) -> Result<(), ClusterError> {
        self.0.write_status(object, status).await
    }
}

fn context(cluster: Arc<dyn Cluster>, indexes: IndexGate) -> Arc<Context> {
    let pool = Arc::new(HashPool::start(NonZeroUsize::MIN, 1).unwrap());
    Arc::new(Context {
        store: Arc::new(MemoryStore::new(Capability::Fenced, 1)),
        cluster,
        metrics: Metrics::new(Arc::clone(&pool)),
        pool,
        clock: Arc::new(SystemClock),
        events: events::channel().0,
        settings: PassSettings {
            cluster_id: "here".to_owned(),
            database: "master_db".to_owned(),
            rules: Rules {
                name_quarantine: jiff::SignedDuration::ZERO,
            },
            allowances: Allowances {
                adoption_namespaces: Vec::new(),
            },
            bcrypt_cost: 4,
            resync: LONG,
            secret_recheck: LONG,
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
    let poisoned = Arc::new(Poisoned(cluster_with_acme()));
    let context = context(Arc::clone(&poisoned) as _, IndexGate::default());
    // The first pass puts on the finalizer, and needs no Secret for that.
    reconcile(acme(&poisoned.0), Arc::clone(&context)).await;
    let action = reconcile(acme(&poisoned.0), Arc::clone(&context)).await;
    assert_ne!(action, Action::await_change());
    let text = context.metrics.encode().unwrap();
    assert!(text.contains(r#"outcome="Panicked"} 1"#), "{text}");
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
    indexes.open();
    assert_eq!(passes().await, "Succeeded");
}
