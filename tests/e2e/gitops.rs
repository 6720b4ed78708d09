//! What Argo CD would show of live objects.

#[path = "../gitops/health.rs"]
mod health;

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use health::{health, wished};
use mongodb::bson::doc;
use organization_operator::{crd::Organization, domain::reason::ReasonKind};
use serde_json::json;

use crate::{
    relay::{Pace, Relay, Untouched, mongos::Mongos},
    samples::{organization, organization_with},
    servers::servers,
    world::{World, ready, status},
};

/// Of each answer of the database: a pass takes longer than what is told at once.
const SLOW: Pace = Pace::Late(Duration::from_secs(1));

/// Whether Argo CD shows an object, at rest for that reason, as what it is. Asked of every object that a
/// test waits for, so live objects of nearly every reason are seen.
pub fn is_shown_as_what_it_is(object: &Organization, reason: &str) -> Result<()> {
    let (shown, message) = health(&serde_json::to_value(object)?)?;
    let mut kinds = ReasonKind::ALL.iter();
    let kind = kinds.find(|kind| kind.as_str() == reason);
    let kind = *kind.with_context(|| format!("{reason} is no reason"))?;
    ensure!(shown == wished(kind), "{reason}: {shown}, {message}");
    Ok(())
}

impl World {
    async fn health(&self, name: &str) -> Result<(String, String)> {
        let object = self.organizations().get(name).await?;
        health(&serde_json::to_value(object)?)
    }

    async fn is_shown(&self, name: &str, status: &str, reason: &str) -> Result<()> {
        let (shown, message) = self.health(name).await?;
        let is_right = shown == status && message.starts_with(reason);
        ensure!(is_right, "{name}: {shown}, {message}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn argo_cd_shows_live_objects_as_they_are() -> Result<()> {
    let world = World::unready("gitops", servers()?.mongo.url(), &[]).await?;
    world.apply(&organization("acme")).await?;
    world
        .is_shown("acme", "Progressing", "The operator")
        .await?;
    tokio::task::block_in_place(|| world.operator.start())?;
    world.settled("acme", "Succeeded").await?;
    world.is_shown("acme", "Healthy", "Succeeded").await?;

    // What a person must act on is told, and what comes by itself is waited for.
    let second = json!({
        "organizationName": "acme",
        "admin": {"email": "second@acme.example", "passwordHashSecretRef": {"name": "login", "key": "hash"}},
    });
    let third = json!({
        "admin": {"email": "third@acme.example", "passwordSecretRef": {"name": "nowhere", "key": "password"}},
    });
    for (spec, name, reason, shown) in [
        (second, "second", "NameConflict", "Degraded"),
        (third, "third", "SecretNotFound", "Progressing"),
    ] {
        world.apply(&organization_with(name, &spec)).await?;
        world.settled(name, reason).await?;
        world.is_shown(name, shown, reason).await?;
    }

    let suspended = |is: bool| json!({"spec": {"suspend": is}});
    world.patch("acme", &suspended(true)).await?;
    world.settled("acme", "Suspended").await?;
    world.is_shown("acme", "Suspended", "Suspended").await?;
    world.patch("acme", &suspended(false)).await?;
    world.settled("acme", "Succeeded").await?;

    world
        .database
        .run_command(doc! {"drop": "org_acme"})
        .await?;
    world.looked_at_again("acme", "dropped").await?;
    world.settled("acme", "DataMissing").await?;
    world.is_shown("acme", "Degraded", "DataMissing").await?;
    let renamed = json!({"spec": {"organizationName": "acme-labs"}});
    world.patch("second", &renamed).await?;
    world.settled("second", "Succeeded").await?;
    world.is_shown("second", "Healthy", "Succeeded").await
}

impl World {
    /// Waits until that is told to be under way, and looks at what is shown of it.
    async fn is_under_way(&self, name: &str, reason: &str) -> Result<()> {
        let is_told = |object: Option<&Organization>| {
            let told = object.and_then(ready);
            told.is_some_and(|(_, told)| told == reason)
        };
        let object = self.until_in(&self.namespace, name, is_told).await?;
        is_shown_as_what_it_is(&object.context("it is gone")?, reason)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn argo_cd_shows_what_is_under_way_as_progressing() -> Result<()> {
    let relay = Relay::start(servers()?.mongo.url(), Arc::new(Untouched)).await?;
    let world = World::on("gitops-slow", relay.url(), &[]).await?;
    let begin = json!({"deletionPolicy": "Archive"});
    relay.set(SLOW);
    world.apply(&organization_with("acme", &begin)).await?;
    world.is_under_way("acme", "Progressing").await?;
    relay.set(Pace::Prompt);
    let made = world.settled("acme", "Succeeded").await?;
    let id = status(&made).organization_id.context("no id")?;

    relay.set(SLOW);
    let renamed = json!({"spec": {"organizationName": "acme-labs"}});
    world.patch("acme", &renamed).await?;
    world.is_under_way("acme", "Renaming").await?;
    relay.set(Pace::Prompt);
    world.settled("acme", "Succeeded").await?;

    relay.set(SLOW);
    world.delete("acme").await?;
    world.is_under_way("acme", "Archiving").await?;
    relay.set(Pace::Prompt);
    world.gone("acme").await?;

    relay.set(SLOW);
    let restored = json!({"restoreFrom": {"organizationId": id}, "deletionPolicy": "Delete"});
    world.apply(&organization_with("acme", &restored)).await?;
    world.is_under_way("acme", "Restoring").await?;
    relay.set(Pace::Prompt);
    world.settled("acme", "Succeeded").await?;

    relay.set(SLOW);
    world.delete("acme").await?;
    world.is_under_way("acme", "Dropping").await?;
    relay.set(Pace::Prompt);
    world.gone("acme").await
}

#[tokio::test(flavor = "multi_thread")]
async fn argo_cd_shows_what_can_not_be_done_through_a_mongos() -> Result<()> {
    let relay = Relay::start(servers()?.mongo.url(), Arc::new(Mongos)).await?;
    let world = World::on("gitops-sharded", relay.url(), &[]).await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let renamed = json!({"spec": {"organizationName": "acme-labs"}});
    world.patch("acme", &renamed).await?;
    world.settled("acme", "Unsupported").await.map(drop)
}
