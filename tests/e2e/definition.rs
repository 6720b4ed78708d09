//! The definition (CRD) is removed, with every object, and put back: under policy Retain each tenant
//! comes back, whole, to an object with another uid.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use kube::ResourceExt as _;
use mongodb::bson::doc;
use organization_operator_harness::control_plane::ControlPlane;
use serde_json::{Value, json};
use tokio::{task::block_in_place, time::Instant};

use crate::{
    own_cluster::{definitions, own_cluster},
    samples::{organization, organization_with},
    world::{ALONE, World, status},
};

const DEFINITION: &str = "organizations.organization-operator.dev";

/// Who are served, each with a document, with another name than its object's and with a password
/// that the operator made among them.
const NAMES: [&str; 3] = ["acme", "renamed", "generated"];

fn manifest(name: &str) -> Value {
    match name {
        "renamed" => organization_with(name, &json!({"organizationName": "Renamed_Inc"})),
        "generated" => organization_with(name, &json!({"admin": {"email": "g@acme.example"}})),
        _ => organization(name),
    }
}

/// What has to outlast the definition.
#[derive(Debug)]
struct Tenant {
    object: String,
    uid: Option<String>,
    id: Option<String>,
    collection: String,
}

impl World {
    /// Has all of [`NAMES`] served, as new objects.
    async fn serve_all(&self) -> Result<Vec<Tenant>> {
        for name in NAMES {
            self.apply(&manifest(name)).await?;
        }
        let mut tenants = Vec::new();
        for name in NAMES {
            let object = self.settled(name, "Succeeded").await?;
            let told = status(&object);
            tenants.push(Tenant {
                object: name.to_owned(),
                uid: object.uid(),
                id: told.organization_id,
                collection: told.collection_name.context("no collection")?,
            });
        }
        Ok(tenants)
    }

    /// Nobody speaks for them, and all they have is there.
    async fn all_kept(&self, tenants: &[Tenant]) -> Result<()> {
        for tenant in tenants {
            let field = ("collection_name", tenant.collection.as_str());
            let record = self.record("organizations", field.0, field.1).await?;
            ensure!(
                record.contains_key("released") && !record.contains_key("owner"),
                "{record:?}"
            );
            self.record(&tenant.collection, "_id", &tenant.object)
                .await?;
        }
        ensure!(self.count("organizations").await? == tenants.len() as u64);
        ensure!(self.count("admins").await? == tenants.len() as u64);
        let told = self.told_orphans()?;
        ensure!(
            told.len() == tenants.len() && told.iter().all(|told| told.kind == "Retained"),
            "{told:?}"
        );
        Ok(())
    }

    /// The same tenants, of other objects.
    async fn all_taken_back(&self, before: &[Tenant]) -> Result<()> {
        for (before, after) in before.iter().zip(self.serve_all().await?) {
            ensure!(before.uid != after.uid, "{before:?}, {after:?}");
            ensure!(before.id == after.id, "{before:?}, {after:?}");
            ensure!(
                before.collection == after.collection,
                "{before:?}, {after:?}"
            );
            self.record(&after.collection, "_id", &after.object).await?;
        }
        ensure!(self.count("organizations").await? == before.len() as u64);
        ensure!(self.count("admins").await? == before.len() as u64);
        Ok(())
    }

    /// Waits until /readyz names the definition; it lives.
    async fn misses_the_definition(&self) -> Result<()> {
        let answer = |path: &str| self.operator.get(path).map_err(|error| anyhow!(error));
        self.eventually("/readyz names the definition", || async {
            // Before its first answer there is none.
            Ok(
                answer("/readyz")
                    .is_ok_and(|(code, text)| code == 503 && text.contains(DEFINITION)),
            )
        })
        .await?;
        ensure!(answer("/livez")?.0 == 200);
        Ok(())
    }

    /// Waits until it is ready.
    fn misses_nothing(&self) -> Result<()> {
        let limit = Duration::from_secs(30);
        Ok(block_in_place(|| self.operator.wait_ready(limit))?)
    }
}

fn remove_definition(cluster: &ControlPlane, wait: &str) -> Result<()> {
    let delete = ["delete", "crd", DEFINITION, wait, "--timeout=60s"];
    block_in_place(|| cluster.kubectl(&delete))?;
    Ok(())
}

fn put_definition_back(cluster: &ControlPlane) -> Result<()> {
    block_in_place(|| cluster.ensure(&definitions()))?;
    Ok(())
}

/// Organizations that are served in that cluster, with a document each.
async fn served(name: &str, cluster: &ControlPlane) -> Result<(World, Vec<Tenant>)> {
    let world = World::with(name, ALONE)
        .await?
        .moved_to(cluster, &[])
        .await?;
    block_in_place(|| world.operator.start())?;
    let tenants = world.serve_all().await?;
    for tenant in &tenants {
        let document = doc! {"_id": &tenant.object};
        world.insert(&tenant.collection, document).await?;
    }
    Ok((world, tenants))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_definition_removed_and_put_back_while_it_runs_loses_nothing() -> Result<()> {
    let cluster = own_cluster("definition")?;
    let (world, before) = served("definition", &cluster).await?;
    let process = world.operator.server().process().pid();

    let removed = Instant::now();
    remove_definition(&cluster, "--wait=true")?;
    println!("the definition went within {:.1?}", removed.elapsed());
    world.misses_the_definition().await?;
    world.all_kept(&before).await?;

    put_definition_back(&cluster)?;
    let returned = Instant::now();
    world.misses_nothing()?;
    println!("ready {:.1?} after its return", returned.elapsed());
    world.all_taken_back(&before).await?;
    println!("all taken back {:.1?} after its return", returned.elapsed());
    ensure!(
        world.operator.server().process().pid() == process,
        "it is the same process"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_definition_removed_while_it_is_away_goes_once_it_is_back_and_loses_nothing()
-> Result<()> {
    let cluster = own_cluster("definition-away")?;
    let (world, before) = served("definition-away", &cluster).await?;

    block_in_place(|| world.operator.terminate())?;
    remove_definition(&cluster, "--wait=false")?;
    block_in_place(|| world.operator.spawn())?;
    let gone = ["wait", "--for=delete", "crd", DEFINITION, "--timeout=60s"];
    block_in_place(|| cluster.kubectl(&gone))?;
    world.misses_the_definition().await?;
    world.all_kept(&before).await?;

    // And one that has never seen it.
    block_in_place(|| world.operator.terminate())?;
    block_in_place(|| world.operator.spawn())?;
    world.misses_the_definition().await?;
    let process = world.operator.server().process().pid();
    put_definition_back(&cluster)?;
    world.misses_nothing()?;
    world.all_taken_back(&before).await?;
    ensure!(
        world.operator.server().process().pid() == process,
        "it is the same process"
    );
    Ok(())
}
