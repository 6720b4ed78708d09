//! How the older service kept its clients waiting.
//!
//! That unknown e-mails answered 60 times faster than wrong passwords is in logins.rs, counted; that
//! a failed drop was answered 200, and that duplicates could be made without the unique indexes, in
//! changes.rs, where what is not done is answered 504.

use std::time::{Duration, Instant};

use anyhow::Result;
use axum::http::StatusCode;
use futures::future;
use serde_json::json;

use crate::world::{Settings, World, database_that_is_down};

/// One login stalls every other request.
#[tokio::test]
async fn logins_stall_no_other_request() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    let logins = future::join_all((0..64).map(|_| world.login("nobody@x.io", "Secret123")));
    let reads = async {
        for _ in 0..20 {
            let read = world.get_as("GET", "/org/me", &token).await?;
            assert_eq!(read.status, StatusCode::OK);
            tokio::task::yield_now().await;
        }
        // All of them before most of the logins had their turn.
        Ok::<_, anyhow::Error>(world.pool.queued())
    };
    let (_, waiting) = future::join(logins, reads).await;
    assert!(waiting? > 32);
    Ok(())
}

/// /health hangs 30 s when `MongoDB` is down.
#[tokio::test]
async fn health_answers_within_two_seconds_when_mongodb_is_down() -> Result<()> {
    let world = World::with(Settings {
        database: Some(database_that_is_down().await?),
        ..Settings::default()
    })?;
    let begin = Instant::now();
    let ill = world.get_as("GET", "/health", "").await?;
    let took = begin.elapsed();
    let unavailable = r#"{"status":"unavailable","db":"unavailable"}"#;
    assert_eq!(ill.told(), (503, unavailable.to_owned()));
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(ill.header("retry-after").is_some());
    Ok(())
}

/// Without `MongoDB` what needs none is answered as ever, and the rest 503 instead of 500.
#[tokio::test]
async fn without_mongodb_what_needs_none_is_answered_and_the_rest_is_unavailable() -> Result<()> {
    let world = World::with(Settings {
        database: Some(database_that_is_down().await?),
        ..Settings::default()
    })?;
    let begin = Instant::now();
    let get = "/org/get?organization_name=acme";
    for (answer, status) in [
        (world.json("POST", "/admin/login", &json!({})).await?, 422),
        (world.get_as("GET", "/org/get", "").await?, 422),
        (world.get_as("GET", get, "").await?, 401),
        (world.get_as("GET", get, "a.b.c").await?, 401),
        (world.get_as("DELETE", "/org/delete", "").await?, 422),
    ] {
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    }
    assert!(begin.elapsed() < Duration::from_secs(2));
    let unavailable =
        r#"{"error":{"code":"unavailable","message":"service unavailable; try again later"}}"#;
    let wish = json!({"organization_name": "acme", "email": "a@x.io", "password": "Secret123"});
    // One that could be, from elsewhere.
    let elsewhere = World::start()?;
    elsewhere.tenant("acme").await?;
    let (_, refresh) = elsewhere.session("admin@acme.io", "Secret123").await?;
    let refresh = json!({"refresh_token": refresh});
    let (login, create, refresh) = future::try_join3(
        world.login("a@x.io", "Secret123"),
        world.json("POST", "/org/create", &wish),
        world.json("POST", "/admin/refresh", &refresh),
    )
    .await?;
    for answer in [login, create, refresh] {
        assert_eq!(answer.told(), (503, unavailable.to_owned()));
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
    Ok(())
}
