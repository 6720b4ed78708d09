//! An API server that no longer knows the version that a watch or a list goes on from.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use kube::api::ListParams;
use mongodb::bson::doc;
use serde_json::{Value, json};
use tokio::{task::block_in_place, time::Instant};

use crate::{
    api_relay::{ApiRelay, Expired, Rule, Told},
    samples::{organization, organization_with},
    servers::servers,
    world::World,
};

/// What failure-modes.md promises from the API server's return to work going on.
const RESUMED: Duration = Duration::from_secs(10);

const OTHER_PASSWORD: &str = "canary-Other-2";

/// An organization called as its object, whose password is in a Secret called so too.
fn with_secret(name: &str) -> Value {
    let admin = json!({
        "email": format!("{name}@acme.example"),
        "passwordSecretRef": {"name": name, "key": "password"},
    });
    organization_with(name, &json!({"admin": admin}))
}

impl World {
    /// The version of all that there is.
    async fn version(&self) -> Result<u64> {
        let page = ListParams::default().limit(1);
        let list = self.organizations().list(&page).await?;
        let version = list.metadata.resource_version.context("no version")?;
        Ok(version.parse()?)
    }

    async fn has_password(&self, name: &str, password: &str) -> Result<bool> {
        let admin = self.record("admins", "organization_name", name).await?;
        Ok(bcrypt::verify(password, admin.get_str("password")?)?)
    }
}

/// While its watches are silent all kinds of things happen; then it is told so that it missed them.
async fn told_that_it_is_too_late(name: &str, told: Told) -> Result<()> {
    let relay = ApiRelay::start(name).await?;
    let url = servers()?.mongo.url();
    let flags = ["--sweep-interval", "1s"];
    let world = World::of("controller", name, url, &flags, &[relay.setting()?]).await?;
    block_in_place(|| world.operator.start())?;
    for name in ["left", "changed"] {
        let password = [("password", "canary-Secret-1")];
        world.put_secret(name, &password).await?;
        world.apply(&with_secret(name)).await?;
    }
    let doomed = organization_with("deleted", &json!({"deletionPolicy": "Delete"}));
    world.apply(&doomed).await?;
    world.apply(&organization("vanished")).await?;
    for name in ["left", "changed", "deleted", "vanished"] {
        world.settled(name, "Succeeded").await?;
        let home = format!("org_{name}");
        world.insert(&home, doc! {"_id": 1}).await?;
    }
    let process = world.operator.server().process().pid();
    let before = world.record("admins", "organization_name", "left").await?;

    relay.set(Rule::SilentWatches);
    let suspended = json!({"spec": {"suspend": true}});
    world.patch("left", &suspended).await?;
    for name in ["left", "changed"] {
        world
            .put_secret(name, &[("password", OTHER_PASSWORD)])
            .await?;
    }
    world.apply(&organization("made")).await?;
    world.delete("deleted").await?;
    world.lose("vanished").await?;
    // For the pass that the sweep begins with the state of before, again and again.
    let outdated = || world.metric("organization_operator_passes_total", "Again");
    let so_far = outdated()?;
    world.edit_home("left").await?;
    world
        .eventually("a pass begins with the state of before", || async {
            Ok(outdated()? > so_far)
        })
        .await?;

    let expired = Expired {
        before: world.version().await?,
        told,
    };
    relay.set(Rule::Expired(expired));
    if told == Told::InTheList {
        world
            .eventually("a further page is refused", || async {
                Ok(relay.pages_expired() > 0)
            })
            .await?;
        relay.set(Rule::Pass);
    }
    let begun = Instant::now();
    world.settled("made", "Succeeded").await?;
    world.gone("deleted").await?;
    world.settled("left", "Suspended").await?;
    world
        .eventually("the new password is taken over", || async {
            world.has_password("changed", OTHER_PASSWORD).await
        })
        .await?;
    world.unowned("vanished").await?;
    let took = begun.elapsed();
    println!("410 {told:?}: went on after {took:.1?}");
    ensure!(took <= RESUMED, "{took:?}");

    world.is_untouched("left", &before).await?;
    ensure!(world.count("org_vanished").await? == 1);
    ensure!(world.count("org_deleted").await? == 0);
    let livez = world.operator.get("/livez");
    ensure!(livez.map_err(|error| anyhow!(error))?.0 == 200);
    ensure!(
        world.operator.server().process().pid() == process,
        "it is the same process"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_is_answered_410_lists_anew_and_goes_on() -> Result<()> {
    told_that_it_is_too_late("expired-status", Told::ByStatus).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_in_which_410_is_told_lists_anew_and_goes_on() -> Result<()> {
    told_that_it_is_too_late("expired-event", Told::InTheWatch).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_next_page_is_answered_410_begins_anew() -> Result<()> {
    told_that_it_is_too_late("expired-page", Told::InTheList).await
}
