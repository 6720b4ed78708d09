//! What every process that goes on running is made of: the health port, the database, the cluster.

use std::{num::NonZeroUsize, process::ExitCode, sync::Arc};

use anyhow::Context as _;

use super::{
    connect::{Clients, clients},
    exit,
};
use crate::{
    auth::pool::HashPool,
    config::ProcessArgs,
    controller::{cluster::KubeApi, watch::Definition},
    crd::FIELD_MANAGER,
    runtime::{
        database::{self, DatabaseSigns, Indexed},
        health::{self, HealthState},
        lifecycle::{Ending, Lifecycle},
        metrics::Metrics,
        readiness::{Need, Readiness},
    },
    store::mongo::MongoStore,
};

/// Hash jobs that may wait for each thread; passes and logins beyond wait, or are told to come again.
/// At a quarter of a second each, nobody waits longer than 2 s: clients give up after 10.
const HASH_QUEUE_PER_THREAD: usize = 8;

/// What is there before controller and service begin. Cheap to clone.
#[derive(Clone)]
pub struct Parts {
    pub args: ProcessArgs,
    pub clients: Clients,
    pub store: Arc<MongoStore>,
    pub signs: DatabaseSigns,
    pub pool: Arc<HashPool>,
    pub metrics: Metrics,
    pub readiness: Readiness,
}

impl Parts {
    /// The Kubernetes API for a writer of that name.
    pub fn kube_api(&self, manager: &'static str) -> KubeApi {
        KubeApi::new(
            self.clients.reads.clone(),
            self.clients.writes.clone(),
            self.args.cluster.kube_timeout,
            manager,
            self.metrics.clone(),
        )
    }

    /// The definition of organizations; whether this program's own is put in place first.
    pub fn definition(&self, installs: bool) -> Definition {
        Definition {
            api: self.kube_api(FIELD_MANAGER),
            namespace: self.args.namespaces().swap_remove(0),
            installs,
        }
    }
}

/// A process that has begun.
pub struct Process {
    pub lifecycle: Lifecycle,
    pub parts: Parts,
}

impl Process {
    /// Begins what all processes do.
    pub async fn begin(
        args: ProcessArgs,
        needs: impl IntoIterator<Item = Need>,
        indexed: Indexed,
    ) -> anyhow::Result<Self> {
        let lifecycle = Lifecycle::default();
        let readiness = Readiness::of(needs);
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let queue = threads.get() * HASH_QUEUE_PER_THREAD;
        let pool = HashPool::start(threads, queue).context("the hash pool can't start")?;
        let pool = Arc::new(pool);
        let metrics = Metrics::new(Arc::clone(&pool));

        let listener = health::bind(args.health_address)
            .await
            .with_context(|| format!("--health-address {} can't be had", args.health_address))?;
        let state = HealthState {
            readiness: readiness.clone(),
            metrics: metrics.clone(),
        };
        lifecycle.start("health", health::serve(listener, state, lifecycle.stop()));

        let (store, url_file) = database::open_or_wait(&args.mongo, &metrics).await?;
        let store = Arc::new(store);
        let clients = clients().await?;
        let signs = DatabaseSigns::default();
        let kept = database::keep(
            Arc::clone(&store),
            url_file,
            indexed,
            readiness.clone(),
            signs.clone(),
        );
        let stop = lifecycle.stop();
        lifecycle.start("database", async move {
            // It has no end of its own, and would be waited for as long as work under way may take.
            stop.run_until_cancelled(kept).await.unwrap_or(Ok(()))
        });
        let parts = Parts {
            args,
            clients,
            store,
            signs,
            pool,
            metrics,
            readiness,
        };
        Ok(Self { lifecycle, parts })
    }

    /// Goes on until it is told to stop, or loses a task.
    pub async fn run(self) -> ExitCode {
        let Self { lifecycle, parts } = self;
        let ending = lifecycle.run(parts.args.shutdown_grace).await;
        parts.store.close().await;
        match ending {
            Ending::Asked => ExitCode::from(exit::OK),
            Ending::LeaseLost(_) => ExitCode::from(exit::LEASE_LOST),
            Ending::TaskLost { .. } | Ending::Signals(_) => ExitCode::from(exit::TASK_LOST),
        }
    }
}
