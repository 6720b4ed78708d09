//! What tokens are good for, and how long.

mod older;

use anyhow::Result;
use axum::http::StatusCode;
use futures::future;
use jiff::Timestamp;
use mongodb::bson::doc;
use organization_operator::crd::Access;
use serde_json::{Value, json};

use crate::world::{Answer, World};

const INVALID: &str = r#"{"detail":"invalid token"}"#;

const READS: [&str; 3] = [
    "/org/get?organization_name=acme",
    "/org/me",
    "/admin/verify",
];

/// What each read with that token is answered.
async fn reads(world: &World, token: &str) -> Result<Vec<u16>> {
    let reads = READS.map(|path| world.get_as("GET", path, token));
    let answers = future::try_join_all(reads).await?;
    Ok(answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect())
}

async fn refreshed(world: &World, refresh: &str) -> Result<Answer> {
    let body = json!({"refresh_token": refresh});
    world.json("POST", "/admin/refresh", &body).await
}

async fn updated(world: &World, token: &str, change: &Value) -> Result<Answer> {
    let mut wish = json!({"organization_name": "acme"});
    json_patch::merge(&mut wish, change);
    world.json_as("PUT", "/org/update", token, &wish).await
}

/// Commands since `before`, all names together.
fn commands(world: &World) -> u64 {
    world.store.commands().values().sum()
}

#[tokio::test]
async fn to_check_one_against_a_watched_object_costs_no_command() -> Result<()> {
    let mut world = World::start()?;
    let token = world.tenant("acme").await?;
    let other = world.tenant("beta").await?;
    // Its passes cost commands, too.
    world.stop_controller().await;
    let before = commands(&world);
    for _ in 0..10 {
        assert_eq!(reads(&world, &token).await?, [200, 200, 200]);
        assert_eq!(reads(&world, &other).await?, [403, 200, 200]);
        assert_eq!(reads(&world, "a.b.c").await?, [401, 401, 401]);
    }
    assert_eq!(commands(&world), before);
    Ok(())
}

#[tokio::test]
async fn a_login_reads_the_database_once() -> Result<()> {
    let mut world = World::start()?;
    world.tenant("acme").await?;
    world
        .older("old", "admin@old.io", "Secret123", Timestamp::now())
        .await?;
    world.stop_controller().await;
    for email in ["admin@acme.io", "admin@old.io"] {
        let before = world.store.commands();
        world.logged_in(email, "Secret123").await?;
        let after = world.store.commands();
        let came = after.iter().filter_map(|(name, count)| {
            let more = count - before.get(name).copied().unwrap_or_default();
            (more > 0).then_some((*name, more))
        });
        // The insert is the refresh token.
        let once = [("aggregate", 1), ("insert", 1)];
        assert_eq!(came.collect::<Vec<_>>(), once, "{email}");
    }
    Ok(())
}

#[tokio::test]
async fn they_die_with_the_password_the_e_mail_and_the_organization() -> Result<()> {
    for change in [
        json!({"password": "Secret1234"}),
        json!({"email": "boss@acme.io"}),
    ] {
        let world = World::start()?;
        world.created("acme", "admin@acme.io", "Secret123").await?;
        let (token, refresh) = world.session("admin@acme.io", "Secret123").await?;
        let made = updated(&world, &token, &change).await?;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text());
        assert_eq!(reads(&world, &token).await?, [401, 401, 401], "{change}");
        assert_eq!(refreshed(&world, &refresh).await?.text(), INVALID);
        assert_eq!(updated(&world, &token, &json!({})).await?.text(), INVALID);
    }
    let world = World::start()?;
    world.created("acme", "admin@acme.io", "Secret123").await?;
    let (token, refresh) = world.session("admin@acme.io", "Secret123").await?;
    let path = "/org/delete?organization_name=acme";
    world.get_as("DELETE", path, &token).await?;
    assert_eq!(reads(&world, &token).await?, [404, 401, 401]);
    assert_eq!(refreshed(&world, &refresh).await?.text(), INVALID);
    Ok(())
}

#[tokio::test]
async fn they_die_at_once_when_a_person_disables_the_organization_and_stay_dead() -> Result<()> {
    let world = World::start()?;
    world.created("acme", "admin@acme.io", "Secret123").await?;
    let (token, refresh) = world.session("admin@acme.io", "Secret123").await?;
    world.patch("acme", |spec| spec.access = Access::Disabled)?;
    // Before any pass of the controller.
    assert_eq!(reads(&world, &token).await?, [401, 401, 401]);
    let disabled = |world: &World, is: bool| {
        let record = world.store.documents("organizations").into_iter().next()?;
        (record.get_bool("disabled").unwrap_or(false) == is).then_some(())
    };
    world.until(|world| disabled(world, true)).await?;
    assert_eq!(
        world.login("admin@acme.io", "Secret123").await?.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(updated(&world, &token, &json!({})).await?.text(), INVALID);
    assert_eq!(refreshed(&world, &refresh).await?.text(), INVALID);

    world.patch("acme", |spec| spec.access = Access::Enabled)?;
    world.until(|world| disabled(world, false)).await?;
    let fresh = world.logged_in("admin@acme.io", "Secret123").await?;
    world
        .until(|world| {
            let version = world.object_of("acme").ok()?.status?.token_version?;
            (version > 0).then_some(())
        })
        .await?;
    assert_eq!(reads(&world, &token).await?, [401, 401, 401]);
    assert_eq!(reads(&world, &fresh).await?, [200, 200, 200]);
    assert_eq!(refreshed(&world, &refresh).await?.text(), INVALID);
    Ok(())
}

#[tokio::test]
async fn they_survive_a_rename() -> Result<()> {
    let world = World::start()?;
    world.created("acme", "admin@acme.io", "Secret123").await?;
    let (token, refresh) = world.session("admin@acme.io", "Secret123").await?;
    updated(&world, &token, &json!({"new_organization_name": "beta"})).await?;
    assert_eq!(reads(&world, &token).await?, [404, 200, 200]);
    let (fresh, _) = refreshed(&world, &refresh).await?.session()?;
    let claims = world.get_as("GET", "/admin/verify", &fresh).await?.json()?;
    assert_eq!(claims["organization_name"], "beta");
    Ok(())
}

#[tokio::test]
async fn writes_and_refresh_look_at_the_record_whatever_the_watch_says() -> Result<()> {
    for (collection, update) in [
        ("admins", doc! {"$set": {"token_version": 99_i64}}),
        ("organizations", doc! {"$set": {"disabled": true}}),
    ] {
        let mut world = World::start()?;
        world.created("acme", "admin@acme.io", "Secret123").await?;
        let (token, refresh) = world.session("admin@acme.io", "Secret123").await?;
        world.stop_controller().await;
        match collection {
            "admins" => world.edit_admin("admin@acme.io", &update)?,
            _ => world.edit_record("acme", &update)?,
        }
        assert_eq!(
            reads(&world, &token).await?,
            [200, 200, 200],
            "by the watch"
        );
        let refused = updated(&world, &token, &json!({"email": "x@x.io"})).await?;
        assert_eq!(refused.text(), INVALID);
        let path = "/org/delete?organization_name=acme";
        assert_eq!(world.get_as("DELETE", path, &token).await?.text(), INVALID);
        assert_eq!(refreshed(&world, &refresh).await?.text(), INVALID);
        // The watch is known to be behind: then reads look at the record, too.
        world.service.directory.doubt(&None);
        assert_eq!(reads(&world, &token).await?, [401, 401, 401]);
    }
    Ok(())
}

#[tokio::test]
async fn while_the_watch_is_stale_a_read_costs_one_query() -> Result<()> {
    let mut world = World::start()?;
    let token = world.tenant("acme").await?;
    world.stop_controller().await;
    world.service.directory.doubt(&None);
    for path in READS {
        let before = commands(&world);
        let answer = world.get_as("GET", path, &token).await?;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(commands(&world), before + 1, "{path}");
    }
    world.service.directory.trust(&None);
    let before = commands(&world);
    assert_eq!(reads(&world, &token).await?, [200, 200, 200]);
    assert_eq!(commands(&world), before);
    Ok(())
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_second_use_ends_the_login() -> Result<()> {
    let world = World::start()?;
    world.created("acme", "admin@acme.io", "Secret123").await?;
    let (_, first) = world.session("admin@acme.io", "Secret123").await?;
    let (_, other_login) = world.session("admin@acme.io", "Secret123").await?;
    let (token, second) = refreshed(&world, &first).await?.session()?;
    assert_eq!(reads(&world, &token).await?, [200, 200, 200]);
    let (token, third) = refreshed(&world, &second).await?.session()?;
    // Somebody has an old one.
    assert_eq!(refreshed(&world, &first).await?.text(), INVALID);
    assert_eq!(refreshed(&world, &third).await?.text(), INVALID);
    assert_eq!(
        reads(&world, &token).await?,
        [200, 200, 200],
        "until it expires"
    );
    // Another login of the same admin goes on, until it is ended.
    let (_, other_login) = refreshed(&world, &other_login).await?.session()?;
    let end = json!({"refresh_token": other_login});
    let ended = world.json("POST", "/admin/logout", &end).await?;
    assert_eq!(ended.told(), (204, String::new()));
    assert_eq!(refreshed(&world, &other_login).await?.text(), INVALID);
    Ok(())
}

#[tokio::test]
async fn of_two_uses_of_a_refresh_token_at_once_one_is_served() -> Result<()> {
    let world = World::start()?;
    world.created("acme", "admin@acme.io", "Secret123").await?;
    let (_, first) = world.session("admin@acme.io", "Secret123").await?;
    let uses = future::try_join_all((0..8).map(|_| refreshed(&world, &first))).await?;
    let served: Vec<_> = uses
        .iter()
        .filter(|used| used.status == StatusCode::OK)
        .collect();
    assert!(served.len() <= 1);
    for served in served {
        let (_, successor) = served.session()?;
        assert_eq!(refreshed(&world, &successor).await?.text(), INVALID);
    }
    Ok(())
}
