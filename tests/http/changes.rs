//! A change through HTTP is made whole or not at all, and is answered in time.

mod at_once;
mod killed;

use std::{sync::Arc, time::Instant};

use anyhow::Result;
use axum::http::StatusCode;
use futures::future;
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;
use mongodb::bson::doc;
use organization_operator::{crd::change::CHANGE_ANNOTATION, store::port::TenantStore as _};
use serde_json::json;

use crate::world::{Answer, Settings, TestClock, World};

/// Clients give up after 10 s. The service answers after 8 s at the latest; the rest is this
/// machine's.
const ANSWERED_SECONDS: f64 = 9.0;

const TIMEOUT: (u16, &str) = (
    504,
    r#"{"error":{"code":"timeout","message":"the operation is still being withdrawn; ask again"}}"#,
);

/// No change is pending any more.
fn settled(world: &World) -> Option<()> {
    let mut objects = world.cluster.objects().into_iter();
    let is_pending = |object: kube::core::ObjectMeta| {
        let annotations = object.annotations.unwrap_or_default();
        annotations.contains_key(CHANGE_ANNOTATION) || object.deletion_timestamp.is_some()
    };
    (!objects.any(|object| is_pending(object.metadata))).then_some(())
}

/// The answer, unless it came too late for a client.
async fn in_time(asked: impl Future<Output = Result<Answer>>) -> Result<(u16, String)> {
    let begin = Instant::now();
    let told = asked.await?.told();
    let took = begin.elapsed().as_secs_f64();
    anyhow::ensure!(took < ANSWERED_SECONDS, "{took}");
    Ok(told)
}

/// All that takes the whole time is in this one test.
#[tokio::test]
async fn what_is_not_made_in_time_is_answered_504_and_never_comes_to_life() -> Result<()> {
    let mut world = World::start()?;
    let token = world.tenant("acme").await?;
    world.until(settled).await?;
    let before = world.everything();
    let going = world.tenant("gone").await?;
    world.stop_controller().await;
    let unindexed = World::with(Settings {
        indexed: false,
        ..Settings::default()
    })?;

    let new = json!({"organization_name": "beta", "email": "b@x.io", "password": "Secret123"});
    let wish = json!({
        "organization_name": "acme", "new_organization_name": "gamma",
        "email": "boss@acme.io", "password": "Secret1234",
    });
    let answers = future::try_join_all([
        Box::pin(in_time(world.json("POST", "/org/create", &new))) as future::BoxFuture<_>,
        Box::pin(in_time(world.json_as("PUT", "/org/update", &token, &wish))),
        Box::pin(in_time(world.get_as(
            "DELETE",
            "/org/delete?organization_name=gone",
            &going,
        ))),
        // While the unique indexes don't hold, no name is given away.
        Box::pin(in_time(unindexed.json("POST", "/org/create", &new))),
    ]);
    let expected = (TIMEOUT.0, TIMEOUT.1.to_owned());
    assert_eq!(answers.await?, [(); 4].map(|()| expected.clone()));

    world.start_controller();
    world.until(settled).await?;
    // A deletion can't be taken back, so it is made; nothing else is.
    assert_eq!(world.everything(), before);
    let verified = world.get_as("GET", "/admin/verify", &token).await?;
    assert_eq!(verified.status, StatusCode::OK, "{}", verified.text());
    world.logged_in("admin@acme.io", "Secret123").await?;
    assert!(unindexed.store.documents("organizations").is_empty());
    unindexed.store.ping().await?;
    Ok(())
}

#[tokio::test]
async fn of_a_deletion_that_the_watch_has_not_shown_nobody_says_that_it_is_done() -> Result<()> {
    let world = World::with(Settings {
        watched: false,
        ..Settings::default()
    })?;
    let now = Timestamp::now();
    let older = world.older("acme", "admin@acme.io", "Secret123", now);
    let token = older.await?.token(now);
    let path = "/org/delete?organization_name=acme";
    let told = in_time(world.get_as("DELETE", path, &token)).await?;
    assert_eq!(told, (TIMEOUT.0, TIMEOUT.1.to_owned()));
    Ok(())
}

#[tokio::test]
async fn what_another_replica_has_just_made_is_changed_though_the_watch_is_behind() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    world.until(settled).await?;
    world.service.directory.replace(&None, Vec::new());
    let wish = json!({"organization_name": "acme", "new_organization_name": "beta"});
    let changed = world.json_as("PUT", "/org/update", &token, &wish).await?;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());

    // What a person keeps is his all the same.
    world.declared("kept", "admin@kept.io", "Secret123").await?;
    let token = world.logged_in("admin@kept.io", "Secret123").await?;
    world.service.directory.replace(&None, Vec::new());
    let wish = json!({"organization_name": "kept", "new_organization_name": "gamma"});
    let refused = world.json_as("PUT", "/org/update", &token, &wish).await?;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    Ok(())
}

#[tokio::test]
async fn a_refused_put_changes_nothing_whatever_else_it_asks_for() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    world.tenant("beta").await?;
    world.store.plant("org_acme", doc! {"_id": 1})?;
    world.store.plant("org_foreign", doc! {"_id": 2})?;
    world.until(settled).await?;
    let before = world.everything();
    for (name, email, password, status) in [
        ("beta", "new@acme.io", "Secret1234", 409),
        ("gamma", "admin@beta.io", "Secret1234", 409),
        ("gamma", "new@acme.io", "weakweak", 400),
        ("gamma", "new@acme.io", &"a1".repeat(37), 400),
        // This one only the controller finds.
        ("foreign", "new@acme.io", "Secret1234", 409),
    ] {
        let wish = json!({
            "organization_name": "acme", "new_organization_name": name,
            "email": email, "password": password,
        });
        let refused = world.json_as("PUT", "/org/update", &token, &wish).await?;
        assert_eq!(refused.status.as_u16(), status, "{}", refused.text());
        world.until(settled).await?;
        assert_eq!(world.everything(), before, "{name} {email}");
    }
    // The obstacles go away, and nothing happens.
    world.store.drop_by_hand("org_foreign");
    let beta = world.logged_in("admin@beta.io", "Secret123").await?;
    let path = "/org/delete?organization_name=beta";
    let deleted = world.get_as("DELETE", path, &beta).await?;
    assert_eq!(deleted.status, StatusCode::OK);
    // A change of another organization has been through the controller since.
    world.tenant("delta").await?;
    let found = world.get_as("GET", "/org/me", &token).await?.json()?;
    assert_eq!(found["organization_name"], "acme");
    world.logged_in("admin@acme.io", "Secret123").await?;
    Ok(())
}

#[tokio::test]
async fn an_organization_without_its_collection_is_deleted_all_the_same() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    world.store.drop_by_hand("org_acme");
    let is_noticed = |world: &World| {
        let status = world.object_of("acme").ok()?.status?;
        let mut conditions = status.conditions.into_iter();
        let told = conditions.find(|told| told.type_ == "CollectionReady")?;
        (told.status == "False").then_some(())
    };
    world.until(is_noticed).await?;
    let path = "/org/delete?organization_name=acme";
    let deleted = world.get_as("DELETE", path, &token).await?;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text());
    assert!(world.store.documents("organizations").is_empty());
    Ok(())
}

#[tokio::test]
async fn the_former_name_of_a_renamed_organization_is_made_beside_it() -> Result<()> {
    let clock = Arc::new(TestClock::at(Timestamp::now()));
    let world = World::with(Settings {
        clock: Arc::clone(&clock) as _,
        ..Settings::default()
    })?;
    let token = world.tenant("acme").await?;
    let first = world.object_of("acme")?.name_any();
    let wish = json!({"organization_name": "acme", "new_organization_name": "beta"});
    let renamed = world.json_as("PUT", "/org/update", &token, &wish).await?;
    assert_eq!(renamed.status, StatusCode::OK);
    let again = json!({"organization_name": "acme", "email": "n@x.io", "password": "Secret123"});
    let early = world.json("POST", "/org/create", &again).await?;
    assert_eq!(early.status, StatusCode::CONFLICT, "in quarantine");

    clock.advance(SignedDuration::from_secs(61));
    let is_free = |world: &World| {
        let mut records = world.store.documents("organizations").into_iter();
        let claims = |record: mongodb::bson::Document| {
            let names = record.get_array("names").ok()?.clone();
            names.contains(&"acme".into()).then_some(())
        };
        records.all(|record| claims(record).is_none()).then_some(())
    };
    world.until(is_free).await?;
    world.created("acme", "n@x.io", "Secret123").await?;
    let second = world.object_of("acme")?.name_any();
    assert_eq!(second, format!("{first}-2"));
    // Each is changed by its own.
    let path = "/org/delete?organization_name=beta";
    let deleted = world.get_as("DELETE", path, &token).await?;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text());
    let other = world.logged_in("n@x.io", "Secret123").await?;
    let found = world.get_as("GET", "/org/me", &other).await?.json()?;
    assert_eq!(found["organization_name"], "acme");
    Ok(())
}
