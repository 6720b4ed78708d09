//! `organization-operator adopt`: the older service's organizations as manifests, on standard output;
//! what keeps others from being taken over, on standard error. Nothing is written to a tenant.

use std::{process::ExitCode, sync::Arc};

use anyhow::Context as _;
use kube::{ResourceExt as _, core::DeserializeGuard};
use serde_json::Value;

use super::{connect::clients, exit, output};
use crate::{
    adopt::{Survey, object_named, survey, yaml},
    auth::pool::HashPool,
    config::AdoptArgs,
    controller::cluster::{ClusterError, KubeApi},
    crd::{ADOPT_FIELD_MANAGER, Organization},
    runtime::{database, metrics::Metrics},
    store::port::TenantStore as _,
};

/// Prints the manifests, and applies them where that is asked for.
pub async fn run(args: AdoptArgs) -> anyhow::Result<ExitCode> {
    let namespace = args.namespace();
    let pool = Arc::new(HashPool::start(std::num::NonZeroUsize::MIN, 1)?);
    let metrics = Metrics::new(pool);
    let store = database::open(&args.mongo, &metrics).await?;
    let inventory = store
        .take_inventory()
        .await
        .context("the database can't be read")?;
    store.close().await;
    let Survey { manifests, remarks } = survey(&inventory, namespace);
    output::write(&mut std::io::stdout(), &yaml(&manifests))?;
    for remark in &remarks {
        eprintln!("{remark}");
    }
    eprintln!(
        "{} organizations can be taken over as they are; {} remarks. The controller takes them over \
         from {namespace} if --adoption-namespaces names it.",
        manifests.len(),
        remarks.len()
    );
    if !args.apply {
        return Ok(ExitCode::from(exit::OK));
    }
    let clients = clients().await?;
    let api = KubeApi::new(
        clients.reads,
        clients.writes,
        args.cluster.kube_timeout,
        ADOPT_FIELD_MANAGER,
        metrics,
    );
    let mut code = exit::OK;
    for manifest in &manifests {
        if let Err(error) = apply(&api, namespace, manifest).await {
            eprintln!("{error:#}");
            code = exit::FAILED;
        }
    }
    Ok(ExitCode::from(code))
}

/// Never over an object that is of another organization.
async fn apply(api: &KubeApi, namespace: &str, manifest: &Value) -> anyhow::Result<()> {
    let (name, organization) = object_named(manifest).context("a manifest without a name")?;
    let objects = api.reading::<DeserializeGuard<Organization>>(namespace);
    let there = api.within(objects.get_opt(name)).await;
    let there = there.with_context(|| format!("organization {namespace}/{name} can't be read"))?;
    let is_anothers = there.is_some_and(|there| match &there.0 {
        Ok(found) => {
            let called = found.spec.organization_name.clone();
            called.unwrap_or_else(|| found.name_any()) != organization
        }
        Err(_) => true,
    });
    if is_anothers {
        anyhow::bail!(
            "organization {namespace}/{name} is there already, and is not {organization}: give \
             {organization} an object of another name"
        );
    }
    match api.apply_organization(namespace, name, manifest).await {
        Ok(()) => {
            eprintln!("organization {namespace}/{name} applied");
            Ok(())
        }
        Err(ClusterError::Conflict) => anyhow::bail!(
            "organization {namespace}/{name} is there already, applied by somebody else, and says \
             otherwise"
        ),
        Err(error) => Err(error).context(format!("organization {namespace}/{name} is not applied")),
    }
}
