//! `organization-operator plan`: the steps that an Organization would need on the live database,
//! and none taken.

mod manifest;

use std::{io::Write, num::NonZeroUsize, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{ResourceExt, core::DeserializeGuard};
use manifest::Manifest;

use super::{
    connect::{clients, cluster_id},
    exit,
};
use crate::{
    auth::pool::HashPool,
    clock::{Clock, SystemClock},
    config::PlanArgs,
    controller::{
        backoff::Backoffs,
        cluster::{Cluster, KubeCluster},
        context::{Context, PassSettings},
        dry_run::{PlannedCluster, dry_run},
        events,
        observe::observe,
        validate::validate,
        waiting::{Waiting, Waker},
    },
    crd::{CONFIRM_NAME_ANNOTATION, Organization},
    domain::{
        plan::{Plan, Rest},
        reason::{Reason, Truth},
    },
    runtime::{
        database::{self, IndexGate},
        metrics::Metrics,
    },
};

/// Stands for the uid that an object which isn't there yet will get.
const UID_TO_COME: &str = "to-come";

/// Prints the plan.
pub async fn run(args: PlanArgs) -> anyhow::Result<ExitCode> {
    let Manifest {
        organization,
        secrets,
    } = manifest::read(&args.filename, &args.namespace).await?;
    let pool = Arc::new(HashPool::start(NonZeroUsize::MIN, 1)?);
    let metrics = Metrics::new(Arc::clone(&pool));
    let store = Arc::new(database::open(&args.mongo, &metrics).await?);
    let clients = clients().await?;
    let cluster_id = cluster_id(args.tenancy.cluster_id.as_deref(), &clients.reads).await;
    let live = KubeCluster::new(
        clients.reads,
        clients.writes,
        args.cluster.kube_timeout,
        metrics.clone(),
    );
    let planned = planned(organization, &live, args.delete).await?;
    let object = DeserializeGuard(Ok(planned.clone()));
    let (sink, _told) = events::channel();
    let context = Context {
        store: Arc::clone(&store) as _,
        cluster: Arc::new(PlannedCluster {
            live,
            planned,
            secrets,
        }),
        pool,
        clock: Arc::new(SystemClock),
        events: sink,
        metrics,
        settings: PassSettings {
            cluster_id,
            database: args.mongo.master_db_name.clone(),
            rules: args.tenancy.rules(),
            allowances: args.tenancy.allowances(&args.cluster),
            // Nothing is hashed here.
            bcrypt_cost: 0,
            unwatched_secrets: None,
            secret_recheck: std::time::Duration::MAX,
        },
        backoffs: Backoffs::default(),
        waiting: Waiting::new(Waker::default()),
        indexes: IndexGate::default(),
    };
    let wish = validate(&object, &context.settings.allowances);
    let pass = observe(&object, &wish, &context)
        .await
        .context("what is there can't be read")?;
    let plan = dry_run(&wish, pass, &context)
        .await
        .context("what is there can't be read")?;
    store.close().await;
    write!(std::io::stdout(), "{plan}")?;
    Ok(ExitCode::from(verdict(&plan)))
}

/// The object as it would be: the file's spec on the live object's identity and status.
async fn planned(
    mut wished: Organization,
    live: &impl Cluster,
    delete: bool,
) -> anyhow::Result<Organization> {
    let namespace = wished.namespace().unwrap_or_default();
    let found = live
        .get_organization(&namespace, &wished.name_any())
        .await?;
    let found = found.and_then(|found| found.0.ok());
    let meta = &mut wished.metadata;
    if let Some(found) = found {
        // As the API server counts it: by that a rename is told from a spec of an older state.
        let is_edited = found.spec != wished.spec;
        let generation = found.metadata.generation;
        meta.generation = generation.map(|generation| generation + i64::from(is_edited));
        // What a person has confirmed on the live object stays there.
        let confirmed = found.annotations().get(CONFIRM_NAME_ANNOTATION).cloned();
        let annotations = meta.annotations.get_or_insert_default();
        annotations.extend(confirmed.map(|name| (CONFIRM_NAME_ANNOTATION.to_owned(), name)));
        meta.uid = found.metadata.uid;
        meta.finalizers = found.metadata.finalizers;
        wished.status = found.status;
    } else {
        meta.uid = Some(UID_TO_COME.to_owned());
        meta.generation = Some(1);
    }
    if delete {
        meta.deletion_timestamp = Some(Time(SystemClock.now()));
    }
    Ok(wished)
}

/// A plan that ends in a conflict is an error: it can't be carried out as wished.
fn verdict(plan: &Plan) -> u8 {
    let is_refused = |reason: &Reason| reason.kind().disposition().ready == Truth::False;
    match &plan.rest {
        None => exit::FAILED,
        Some(Rest::Settled { reason, .. }) if is_refused(reason) => exit::FAILED,
        Some(Rest::Settled { .. } | Rest::Gone) if plan.writes().next().is_some() => {
            exit::SOMETHING
        }
        Some(Rest::Settled { .. } | Rest::Gone) => exit::OK,
    }
}
