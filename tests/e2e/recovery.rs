//! The drills of docs/RECOVERY.md: its steps in their order, and what the operator says at each.

mod backup;
mod cluster_lost;
mod data_missing;
mod etcd_restored;
mod mongodb_restored;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use mongodb::bson::{DateTime, doc, oid::ObjectId};
use organization_operator::crd::RECREATE_ANNOTATION;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::{
    api_world::ApiWorld,
    samples::{PASSWORD, organization, organization_with},
    tool::{plant_older, stderr, stdout},
    world::{World, status},
};

impl World {
    /// Sets the annotation that asks for a collection, or a whole tenant, anew.
    async fn begin_anew(&self, name: &str) -> Result<()> {
        let now = Timestamp::now().to_string();
        let annotation = json!({"metadata": {"annotations": {RECREATE_ANNOTATION: now}}});
        self.patch(name, &annotation).await
    }

    /// Makes an organization of that policy, with one document; gives its id.
    async fn serve(&self, name: &str, policy: &str) -> Result<String> {
        let manifest = organization_with(name, &json!({"deletionPolicy": policy}));
        self.apply(&manifest).await?;
        let told = status(&self.settled(name, "Succeeded").await?);
        self.insert(&format!("org_{name}"), doc! {"_id": name})
            .await?;
        told.organization_id.context("no id")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_by_mistake_each_policy_has_its_way_back() -> Result<()> {
    let api = ApiWorld::start("mistake").await?;
    let world = &api.world;
    let retained = world.serve("retained", "Retain").await?;
    let archived = world.serve("archived", "Archive").await?;
    for name in ["retained", "archived"] {
        world.delete(name).await?;
        world.gone(name).await?;
    }

    // Retain: the same manifest again.
    world.apply(&organization("retained")).await?;
    let told = status(&world.settled("retained", "Succeeded").await?);
    ensure!(told.organization_id.as_ref() == Some(&retained));
    world.record("org_retained", "_id", "retained").await?;

    // Archive: `orphans` has the id, the namespace and the time.
    let email = "archived@acme.example";
    api.log_in(email, PASSWORD).await?.with(401)?;
    let told = world.orphan("Archived")?;
    ensure!(told.id()? == archived, "{told:?}");
    let advice = format!("in namespace {} with restoreFrom", world.namespace);
    ensure!(told.advice.contains(&advice), "{told:?}");
    let from = json!({"restoreFrom": {"organizationId": told.id()?}});
    world.apply(&organization_with("archived", &from)).await?;
    let told = status(&world.settled("archived", "Succeeded").await?);
    ensure!(told.organization_id.as_ref() == Some(&archived));
    world.record("org_archived", "_id", "archived").await?;
    api.log_in(email, PASSWORD).await?.with(200)?;

    // Delete: while nothing acts on it yet, another policy counts.
    world.serve("spared", "Delete").await?;
    block_in_place(|| world.operator.terminate())?;
    world.delete("spared").await?;
    let thought_better = json!({"spec": {"deletionPolicy": "Retain"}});
    world.patch("spared", &thought_better).await?;
    block_in_place(|| world.operator.start())?;
    world.gone("spared").await?;
    world.record("org_spared", "_id", "spared").await?;
    let told = world.orphan("Retained")?;
    ensure!(told.what.starts_with("organization spared "), "{told:?}");
    Ok(())
}

/// The document of that id goes, as the advice says.
async fn delete_document(world: &World, collection: &str, id: &str) -> Result<()> {
    let id = ObjectId::parse_str(id)?;
    world.remove(collection, doc! {"_id": id}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_orphans_advises_works_to_the_letter() -> Result<()> {
    let world = World::with("advice", &["--sweep-interval", "1s"]).await?;
    for (name, policy) in [
        ("wanted", "Retain"),
        ("unwanted", "Retain"),
        ("archived", "Archive"),
        ("stripped", "Delete"),
    ] {
        world.serve(name, policy).await?;
    }
    for name in ["wanted", "unwanted", "archived"] {
        world.delete(name).await?;
        world.gone(name).await?;
    }
    plant_older(&world, "older", "admin@older.io", "an-old-Secret-1").await?;
    for name in ["org_kept", "org_useless"] {
        world.insert(name, doc! {"_id": name}).await?;
    }
    let lone = doc! {
        "_id": ObjectId::new(), "email": "lone@older.io", "password": "canary",
        "organization_name": "gone", "created_at": DateTime::now(),
    };
    world.insert("admins", lone).await?;

    // ObjectGone: before the operator has looked, and after.
    block_in_place(|| world.operator.terminate())?;
    world.lose("stripped").await?;
    let told = world.orphan("ObjectGone")?;
    let advice = format!(
        "Apply Organization {}/stripped with organizationName stripped again",
        world.namespace
    );
    ensure!(told.advice.contains(&advice), "{told:?}");
    block_in_place(|| world.operator.start())?;
    world.unowned("stripped").await?;
    world.apply(&organization("stripped")).await?;
    world.settled("stripped", "Succeeded").await?;
    world.record("org_stripped", "_id", "stripped").await?;

    // Retained: to have it back, and to have it gone.
    world.apply(&organization("wanted")).await?;
    world.settled("wanted", "Succeeded").await?;
    world.record("org_wanted", "_id", "wanted").await?;
    let told = world.orphan("Retained")?;
    let advice = format!("apply Organization {}/unwanted", world.namespace);
    ensure!(
        told.advice.contains(&advice) && told.advice.contains("deletionPolicy Delete"),
        "{told:?}"
    );
    let doomed = organization_with("unwanted", &json!({"deletionPolicy": "Delete"}));
    world.apply(&doomed).await?;
    world.settled("unwanted", "Succeeded").await?;
    world.delete("unwanted").await?;
    world.gone("unwanted").await?;

    // Archived.
    let id = world.orphan("Archived")?.id()?;
    let from = json!({"restoreFrom": {"organizationId": id}});
    world.apply(&organization_with("archived", &from)).await?;
    world.settled("archived", "Succeeded").await?;
    world.record("org_archived", "_id", "archived").await?;

    // OlderService.
    let told = world.orphan("OlderService")?;
    ensure!(
        told.advice.contains("`organization-operator adopt`"),
        "{told:?}"
    );
    let adopted = world.tool(&["adopt"])?;
    let manifests: Vec<Value> = serde_saphyr::from_multiple(&stdout(&adopted))?;
    ensure!(manifests.len() == 1, "{} {manifests:?}", stderr(&adopted));
    world.apply(&manifests[0]).await?;
    let name = manifests[0]["metadata"]["name"].as_str();
    world.settled(name.context("no name")?, "Succeeded").await?;

    // AdminWithoutOrganization.
    let told = world.orphan("AdminWithoutOrganization")?;
    ensure!(told.advice.contains("delete the document"), "{told:?}");
    delete_document(&world, "admins", &told.id()?).await?;

    // CollectionWithoutRecord: renamed if somebody needs it, dropped if nobody does.
    let lost = world.told_orphans()?;
    ensure!(lost.len() == 2, "{lost:?}");
    for told in &lost {
        ensure!(told.kind == "CollectionWithoutRecord", "{told:?}");
        ensure!(told.advice.contains("CollectionConflict"), "{told:?}");
    }
    world.apply(&organization("kept")).await?;
    world.settled("kept", "CollectionConflict").await?;
    let namespace = |name: &str| format!("{}.{name}", world.database.name());
    let renamed = doc! {"renameCollection": namespace("org_kept"), "to": namespace("kept_aside")};
    let admin = world.database.client().database("admin");
    admin.run_command(renamed).await?;
    let useless = doc! {"drop": "org_useless"};
    world.database.run_command(useless).await?;
    world.looked_at_again("kept", "freed").await?;
    world.settled("kept", "Succeeded").await?;
    world.record("kept_aside", "_id", "org_kept").await?;

    let none = world.tool(&["orphans"])?;
    ensure!(
        stdout(&none) == "Everything has its object.\n",
        "{}",
        stdout(&none)
    );
    ensure!(none.status.code() == Some(0));
    Ok(())
}
