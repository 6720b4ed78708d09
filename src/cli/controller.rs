//! `organization-operator controller`: starts what the controller is made of, and ends it.

use std::{num::NonZeroUsize, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::future;
use kube::Client;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    connect::{Clients, clients, cluster_id},
    exit,
};
use crate::{
    auth::pool::HashPool,
    clock::SystemClock,
    config::{ControllerArgs, SecretsWatch},
    controller::{
        backoff::Backoffs,
        cluster::KubeCluster,
        context::{Context, PassSettings},
        events,
        waiting::{Waiting, WaitsFor, Waker},
        watch::{self, Organizations, Scope, Slots, WatchEnded},
    },
    runtime::{
        database::{self, DatabaseSigns},
        health::{self, HealthState},
        lifecycle::{Ending, Lifecycle},
        metrics::Metrics,
        readiness::Readiness,
    },
    store::mongo::MongoStore,
};

/// Hash jobs that may wait; passes beyond wait for a place.
const HASH_QUEUE: usize = 64;

/// How soon a change of a Secret is found without a watch: within a minute, with the variation.
const UNWATCHED_SECRETS: Duration = Duration::from_secs(45);

/// Runs the controller until it is told to stop.
pub async fn run(args: ControllerArgs) -> anyhow::Result<ExitCode> {
    let lifecycle = Lifecycle::default();
    let readiness = Readiness::default();
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let pool = Arc::new(HashPool::start(threads, HASH_QUEUE).context("the hash pool can't start")?);
    let metrics = Metrics::new(Arc::clone(&pool));

    let listener = health::bind(args.health_address)
        .await
        .with_context(|| format!("--health-address {} can't be had", args.health_address))?;
    let state = HealthState {
        readiness: readiness.clone(),
        metrics: metrics.clone(),
    };
    lifecycle.start("health", health::serve(listener, state, lifecycle.stop()));

    let store = Arc::new(database::open(&args.mongo, &metrics).await?);
    let clients = clients().await?;
    let signs = DatabaseSigns::default();
    let kept = database::keep(
        Arc::clone(&store),
        args.mongo.mongo_url_file.clone(),
        readiness.clone(),
        signs.clone(),
    );
    let stop = lifecycle.stop();
    lifecycle.start("database", async move {
        // It has no end of its own, and would be waited for as long as work under way may take.
        stop.run_until_cancelled(kept).await.unwrap_or(Ok(()))
    });
    let grace = args.shutdown_grace;
    let parts = Parts {
        args,
        clients,
        store: Arc::clone(&store),
        signs,
        pool,
        metrics,
        readiness,
    };
    lifecycle.start("controller", control(parts, lifecycle.stop()));
    let ending = lifecycle.run(grace).await;
    store.close().await;
    Ok(match ending {
        Ending::Asked => ExitCode::from(exit::OK),
        Ending::TaskLost { .. } | Ending::Signals(_) => ExitCode::from(exit::TASK_LOST),
    })
}

/// What the controller is made of.
struct Parts {
    args: ControllerArgs,
    clients: Clients,
    store: Arc<MongoStore>,
    signs: DatabaseSigns,
    pool: Arc<HashPool>,
    metrics: Metrics,
    readiness: Readiness,
}

/// The controller, from the first answer of the API server to `stop`.
async fn control(parts: Parts, stop: CancellationToken) -> Result<(), WatchEnded> {
    let Parts {
        args,
        clients,
        store,
        signs,
        pool,
        metrics,
        readiness,
    } = parts;
    let namespaces = namespaces(&args);
    let begun = async {
        let cluster_id = cluster_id(&args.cluster, &clients.reads).await;
        watch::await_definition(&clients.reads, namespaces[0].as_deref(), &readiness).await;
        cluster_id
    };
    let Some(cluster_id) = stop.run_until_cancelled(begun).await else {
        return Ok(());
    };
    let mut waker = Waker::default();
    let scopes: Vec<_> = namespaces
        .into_iter()
        .map(|namespace| Scope::new(namespace, &mut waker))
        .collect();
    let organizations: Vec<_> = scopes.iter().map(Scope::organizations).collect();
    let (events, told) = events::channel();
    let context = Arc::new(Context {
        cluster: Arc::new(KubeCluster::new(
            clients.reads.clone(),
            clients.writes.clone(),
            args.cluster.kube_timeout,
            metrics.clone(),
        )),
        clock: Arc::new(SystemClock),
        events,
        pool,
        settings: pass_settings(&args, cluster_id),
        backoffs: Backoffs::default(),
        waiting: Waiting::new(waker.clone()),
        indexes: signs.indexes,
        metrics,
        store,
    });
    let slots = Slots::new(args.concurrency);
    let passes = future::try_join_all(scopes.into_iter().map(|scope| {
        let context = Arc::clone(&context);
        watch::run(
            clients.reads.clone(),
            scope,
            context,
            slots.clone(),
            stop.clone(),
        )
    }));
    let beside = future::join4(
        events::publish(clients.writes.clone(), instance(), told),
        watch_secrets(&args, &clients.reads, &organizations, &waker),
        watch::await_first_lists(&organizations, &readiness),
        wake_on_return(&context, &signs.returned),
    );
    tokio::select! {
        ended = passes => ended.map(drop),
        _ = beside => Err(WatchEnded),
    }
}

/// A scope for each namespace; `None`: all of them.
fn namespaces(args: &ControllerArgs) -> Vec<Option<String>> {
    if args.watch_namespaces.is_empty() {
        vec![None]
    } else {
        args.watch_namespaces.iter().cloned().map(Some).collect()
    }
}

fn pass_settings(args: &ControllerArgs, cluster_id: String) -> PassSettings {
    let is_watched = args.secrets_watch != SecretsWatch::Off;
    PassSettings {
        cluster_id,
        database: args.mongo.master_db_name.clone(),
        rules: args.cluster.rules(),
        allowances: args.cluster.allowances(),
        bcrypt_cost: args.bcrypt_cost,
        resync: if is_watched {
            args.resync
        } else {
            args.resync.min(UNWATCHED_SECRETS)
        },
        secret_recheck: if is_watched {
            args.resync
        } else {
            UNWATCHED_SECRETS
        },
    }
}

/// As the settings say; without a watch it waits for ever.
async fn watch_secrets(
    args: &ControllerArgs,
    client: &Client,
    organizations: &[Organizations],
    waker: &Waker,
) {
    match args.secrets_watch {
        SecretsWatch::Cluster => watch::watch_secrets(client, None, organizations, waker).await,
        SecretsWatch::Namespaces => {
            let watches = namespaces(args).into_iter().map(|namespace| async move {
                watch::watch_secrets(client, namespace.as_deref(), organizations, waker).await;
            });
            future::join_all(watches).await;
        }
        SecretsWatch::Off => future::pending().await,
    }
}

async fn wake_on_return(context: &Context, returned: &Notify) {
    loop {
        returned.notified().await;
        context.waiting.wake(WaitsFor::Database);
    }
}

/// Who reports Events: the pod's name, or the process.
fn instance() -> String {
    std::env::var("HOSTNAME").unwrap_or_else(|_| format!("process-{}", std::process::id()))
}
