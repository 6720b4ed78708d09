//! `organization-operator orphans`: what the database holds that no object speaks for. Deletes
//! nothing, writes nothing.

use std::{collections::BTreeSet, process::ExitCode};

use anyhow::{Context as _, anyhow};
use kube::{Api, Client, ResourceExt, api::ListParams, core::PartialObjectMeta};
use serde_json::json;

use super::{
    connect::{clients, own_cluster_id},
    exit, fail, output,
};
use crate::{
    auth::pool::HashPool,
    config::{OrphansArgs, OutputFormat},
    controller::cluster::describe,
    crd::Organization,
    domain::orphans::{KnownObjects, Orphan, orphans},
    runtime::{database, metrics::Metrics},
    store::{mongo::MongoStore, port::TenantStore as _},
};

/// Objects a page of the list.
const PAGE: u32 = 500;

/// What the exit code says where it came to no answer.
const NO_ANSWER: u8 = 2;

/// Prints what there is.
pub async fn run(args: OrphansArgs) -> anyhow::Result<ExitCode> {
    match found(&args).await {
        Ok(found) => {
            output::write(&mut std::io::stdout(), &text(&found, args.output))?;
            let code = if found.is_empty() {
                exit::OK
            } else {
                exit::SOMETHING
            };
            Ok(ExitCode::from(code))
        }
        Err(error) => Ok(fail(format!("{error:#}"), NO_ANSWER)),
    }
}

/// Only what was seen twice: database and cluster are not read at one moment, and what is being made
/// or deleted just now is no orphan.
async fn found(args: &OrphansArgs) -> anyhow::Result<Vec<Orphan>> {
    let pool = std::sync::Arc::new(HashPool::start(std::num::NonZeroUsize::MIN, 1)?);
    let store = database::open(&args.mongo, &Metrics::new(pool)).await?;
    // The one that asks once: a person waits for the answer.
    let client = clients().await?.writes;
    let cluster = match &args.cluster_id {
        Some(id) => id.clone(),
        None => own_cluster_id(&client).await.map_err(|error| {
            anyhow!("namespace kube-system can't be read: {}", describe(&error))
        })?,
    };
    let mut found = look(&store, &client, &cluster, args).await?;
    if !found.is_empty() {
        let again: BTreeSet<_> = look(&store, &client, &cluster, args)
            .await?
            .into_iter()
            .collect();
        found.retain(|orphan| again.contains(orphan));
    }
    store.close().await;
    Ok(found)
}

async fn look(
    store: &MongoStore,
    client: &Client,
    cluster: &str,
    args: &OrphansArgs,
) -> anyhow::Result<Vec<Orphan>> {
    let inventory = store
        .take_inventory()
        .await
        .context("the database can't be read")?;
    let mut known = KnownObjects {
        cluster: cluster.to_owned(),
        namespaces: args.namespaces(),
        ..KnownObjects::default()
    };
    for namespace in &known.namespaces {
        known.uids.extend(uids(client, namespace.as_deref()).await?);
    }
    Ok(orphans(&inventory, &known))
}

/// The uid of every object, by live read; none where the cluster knows of no organizations.
async fn uids(client: &Client, namespace: Option<&str>) -> anyhow::Result<Vec<String>> {
    let api: Api<PartialObjectMeta<Organization>> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let mut uids = Vec::new();
    let mut page = ListParams::default().limit(PAGE);
    loop {
        let list = match api.list_metadata(&page).await {
            Ok(list) => list,
            Err(kube::Error::Api(status)) if status.code == 404 => {
                eprintln!("The cluster serves no organizations: its definition is not installed.");
                return Ok(uids);
            }
            Err(error) => anyhow::bail!("the objects can't be read: {}", describe(&error)),
        };
        uids.extend(list.items.iter().filter_map(ResourceExt::uid));
        match list.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => page = page.continue_token(&token),
            None => return Ok(uids),
        }
    }
}

fn text(found: &[Orphan], format: OutputFormat) -> String {
    match format {
        OutputFormat::Json => {
            let rows = found.iter().map(|orphan| {
                json!({
                    "kind": orphan.kind.as_str(), "what": orphan.what,
                    "why": orphan.why, "advice": orphan.advice,
                })
            });
            format!("{:#}\n", rows.collect::<serde_json::Value>())
        }
        OutputFormat::Table if found.is_empty() => "Everything has its object.\n".to_owned(),
        OutputFormat::Table => table(found),
    }
}

fn table(found: &[Orphan]) -> String {
    let widest = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or_default();
    let kind = widest(&mut found.iter().map(|it| it.kind.as_str().len()));
    let what = widest(&mut found.iter().map(|it| it.what.chars().count()));
    let rows = found.iter().map(|it| {
        let (name, thing, why) = (it.kind.as_str(), &it.what, &it.why);
        format!(
            "{name:kind$}  {thing:what$}  {why}\n{:kind$}  {}\n",
            "", it.advice
        )
    });
    let head = format!(
        "{:kind$}  {:what$}  WHY, AND BELOW IT WHAT TO DO\n",
        "KIND", "WHAT"
    );
    std::iter::once(head).chain(rows).collect()
}
