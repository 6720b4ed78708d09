//! `organization-operator controller`: starts what the controller is made of, and ends it.

use std::{process::ExitCode, sync::Arc, time::Duration};

use futures::future;
use kube::Client;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    connect::cluster_id,
    elected::{self, Ends, Losing},
    process::{Parts, Process},
};
use crate::{
    clock::SystemClock,
    config::{ControllerArgs, ControllerCommand, ProcessArgs, SecretsWatch},
    controller::{
        backoff::Backoffs,
        cluster::KubeCluster,
        context::{Context, PassSettings},
        events,
        waiting::{Waiting, WaitsFor, Waker},
        watch::{self, Organizations, Scope, Slots, WatchEnded},
    },
    runtime::{database::Indexed, readiness::Need},
    sweep::Sweep,
};

/// How soon a change of a Secret is found without a watch: within a minute, with the variation.
const UNWATCHED_SECRETS: Duration = Duration::from_secs(45);

/// How soon a Secret whose arrival its watch didn't tell of is found.
const WATCHED_SECRETS: Duration = Duration::from_mins(5);

/// Runs the controller until it is told to stop.
pub async fn run(command: ControllerCommand) -> anyhow::Result<ExitCode> {
    let ControllerCommand {
        process,
        controller,
    } = command;
    let process = Process::begin(process, Need::OF_CONTROLLER, Indexed::Tenants).await?;
    let ends = Ends {
        handover: process.lifecycle.stop(),
        stop: process.lifecycle.stop(),
    };
    let controlled = elected::control(process.parts.clone(), controller, ends, Losing::Ends);
    process.lifecycle.start("controller", controlled);
    Ok(process.run().await)
}

/// The controller, from the first answer of the API server to `stop`.
pub async fn control(
    parts: Parts,
    args: ControllerArgs,
    stop: CancellationToken,
) -> Result<(), WatchEnded> {
    // It may have gone, or been put back, since this process became a candidate.
    let definition = parts.definition(false);
    let Parts {
        args: process,
        clients,
        store,
        signs,
        pool,
        metrics,
        readiness,
    } = parts;
    let namespaces = process.namespaces();
    let begun = async {
        let cluster_id = cluster_id(args.tenancy.cluster_id.as_deref(), &clients.writes).await;
        definition.served(&readiness).await;
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
            process.cluster.kube_timeout,
            metrics.clone(),
        )),
        clock: Arc::new(SystemClock),
        events,
        pool,
        settings: pass_settings(&process, &args, cluster_id),
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
            clients.writes.clone(),
            scope,
            context,
            slots.clone(),
            readiness.clone(),
            stop.clone(),
        )
    }));
    let sweep = Sweep {
        context: Arc::clone(&context),
        organizations: organizations.clone(),
        namespaces: process.namespaces(),
        waker: waker.clone(),
    };
    let beside = future::join5(
        events::publish(clients.writes.clone(), instance(), told),
        watch_secrets(&process, &args, &clients.writes, &organizations, &waker),
        watch::await_first_lists(&organizations, &readiness),
        wake_on_return(&context, &signs.returned),
        // Its passes over what has no object are large.
        Box::pin(sweep.run(args.sweep_interval)),
    );
    tokio::select! {
        ended = passes => ended.map(drop),
        _ = beside => Err(WatchEnded),
    }
}

fn pass_settings(process: &ProcessArgs, args: &ControllerArgs, cluster_id: String) -> PassSettings {
    let is_watched = args.secrets_watch != SecretsWatch::Off;
    PassSettings {
        cluster_id,
        database: process.mongo.master_db_name.clone(),
        rules: args.tenancy.rules(),
        allowances: args.tenancy.allowances(&process.cluster),
        bcrypt_cost: process.bcrypt_cost,
        unwatched_secrets: (!is_watched).then_some(UNWATCHED_SECRETS),
        secret_recheck: if is_watched {
            WATCHED_SECRETS
        } else {
            UNWATCHED_SECRETS
        },
    }
}

/// As the settings say; without a watch it waits for ever.
async fn watch_secrets(
    process: &ProcessArgs,
    args: &ControllerArgs,
    client: &Client,
    organizations: &[Organizations],
    waker: &Waker,
) {
    match args.secrets_watch {
        SecretsWatch::Cluster => watch::watch_secrets(client, None, organizations, waker).await,
        SecretsWatch::Namespaces => {
            let watches = process
                .namespaces()
                .into_iter()
                .map(|namespace| async move {
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
