//! What the role of deploy/mongodb/role.js is needed for, and that it is enough. All operators of the
//! tests have it.

use anyhow::{Context as _, Result, ensure};
use mongodb::bson::doc;
use organization_operator::crd::Organization;
use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    mongo_users::{allow, granted},
    samples::organization_with,
    servers::servers,
    world::{World, condition, ready, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_role_of_the_script_is_enough_for_a_tenants_whole_life() -> Result<()> {
    let world = World::with("role", &["--archive-retention=1s"]).await?;
    for policy in ["Delete", "Archive", "Retain"] {
        let spec = json!({"deletionPolicy": policy});
        world.apply(&organization_with("acme", &spec)).await?;
        world.settled("acme", "Succeeded").await?;
        world.insert("org_acme", doc! {"_id": 1}).await?;
        let renamed = json!({"spec": {"organizationName": "acme-labs"}});
        world.patch("acme", &renamed).await?;
        world.settled("acme", "Succeeded").await?;
        // A document that came to the old name, and is taken home.
        world.insert("org_acme", doc! {"_id": 2}).await?;
        world.looked_at_again("acme", "stray").await?;
        world
            .eventually("both documents are at home", || async {
                Ok(world.count("org_acme-labs").await? == 2)
            })
            .await?;
        world.delete("acme").await?;
        world.gone("acme").await?;
    }
    let log = world.operator.log();
    let refused = log.lines().find(|line| line.contains("not authorized"));
    ensure!(refused.is_none(), "{refused:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_privilege_that_the_role_lacks_is_named() -> Result<()> {
    let all = granted()?;
    let world = World::unready("lacking", servers()?.mongo.url(), &[]).await?;
    for lacking in &all {
        let fewer: Vec<_> = all.iter().filter(|it| *it != lacking).cloned().collect();
        allow(&world.database, &fewer).await?;
        block_in_place(|| world.operator.spawn())?;
        let spec = json!({"deletionPolicy": "Delete"});
        world.apply(&organization_with("acme", &spec)).await?;
        // Made, renamed, deleted: as far as it comes.
        let told = format!("not allowed to {lacking} ");
        let mut said = world.settles_or_is_refused().await?;
        if said.is_none() {
            let renamed = json!({"spec": {"organizationName": "acme-labs"}});
            world.patch("acme", &renamed).await?;
            said = world.settles_or_is_refused().await?;
        }
        if said.is_none() {
            world.delete("acme").await?;
            said = world.settles_or_is_refused().await?;
        }
        let said = said.with_context(|| format!("{lacking} is not needed"))?;
        ensure!(said.contains(&told), "without {lacking}: {said}");

        // With it all goes on.
        allow(&world.database, &all).await?;
        world.settles_or_is_gone().await?;
        block_in_place(|| world.operator.terminate())?;
    }
    Ok(())
}

impl World {
    /// What MongoDB refuses, as the organization says it; `None`: nothing, it has settled or gone.
    async fn settles_or_is_refused(&self) -> Result<Option<String>> {
        let mut told = None;
        let rests = |object: Option<&Organization>| {
            let Some(object) = object else { return true };
            let is_new = status(object).observed_generation == object.metadata.generation;
            let deleted = object.metadata.deletion_timestamp.is_some();
            matches!(ready(object), Some((_, reason)) if reason == "MongoUnauthorized"
                || (is_new && !deleted && reason == "Succeeded"))
        };
        let object = self.until_in(&self.namespace, "acme", rests).await?;
        if let Some(object) = object
            && let Some((_, reason, message)) = condition(&object, "Ready")
            && reason == "MongoUnauthorized"
        {
            told = Some(message);
        }
        Ok(told)
    }

    async fn settles_or_is_gone(&self) -> Result<()> {
        let is_deleted = self.organizations().get_opt("acme").await?;
        let is_deleted = is_deleted.is_none_or(|it| it.metadata.deletion_timestamp.is_some());
        if !is_deleted {
            self.settled("acme", "Succeeded").await?;
            self.delete("acme").await?;
        }
        self.gone("acme").await
    }
}
