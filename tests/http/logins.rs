//! Logins tell nobody who is known, and can't be used to keep others out.

use std::time::Instant;

use anyhow::Result;
use axum::http::StatusCode;
use futures::future;
use jiff::Timestamp;
use mongodb::bson::doc;
use organization_operator::{auth::limiter::LimiterSettings, crd::Access};
use serde_json::json;

use crate::world::{COST, Settings, World, request};

/// Comparisons, their rounds, and new hashes.
fn work(world: &World) -> (u64, u64, u64) {
    let pool = &world.pool;
    (pool.verifications(), pool.rounds(), pool.hashes())
}

/// The throttle as it is by default.
fn throttled() -> Settings {
    Settings {
        limiter: LimiterSettings::default(),
        ..Settings::default()
    }
}

#[tokio::test]
async fn every_refused_login_costs_the_same_number_of_hash_computations_at_the_same_cost()
-> Result<()> {
    let mut settings = Settings::default();
    settings.limiter.account_failures = 1;
    let mut world = World::with(settings)?;
    for name in ["acme", "off", "cut", "half", "cheap", "none"] {
        world
            .created(name, &format!("admin@{name}.io"), "Secret123")
            .await?;
    }
    for name in ["orphan", "stray"] {
        let email = format!("admin@{name}.io");
        world
            .older(name, &email, "Secret123", Timestamp::now())
            .await?;
    }
    world.patch("off", |spec| spec.access = Access::Disabled)?;
    world.stop_controller().await;
    let hash = |text: &str| doc! {"$set": {"password": text}};
    world.edit_admin(
        "admin@cut.io",
        &hash("$2b$10$abcdefghijklmnopqrstuuC6qtbz1Wm3e5"),
    )?;
    let damaged = "$2b$10$abcdefghijklmnopqrstuuC6qtbz1Wm3e5TqzVq0Jm1rIYbR8oq!!";
    world.edit_admin("admin@half.io", &hash(damaged))?;
    // Of the least that bcrypt has: compared with at the cost of all the others.
    let cheap = "$2b$04$zkdSp.06aoIb7yfa8JVKvOOPFDaFZdaH9V2jm7GJNEccIFYEyH21q";
    world.edit_admin("admin@cheap.io", &hash(cheap))?;
    world.edit_admin("admin@none.io", &doc! {"$unset": {"password": ""}})?;
    let orphan = world.store.documents("organizations").into_iter();
    for record in orphan.filter(|record| record.get_str("organization_name").ok() == Some("orphan"))
    {
        if let Some(id) = record.get("_id") {
            world.store.remove("organizations", id);
        }
    }
    world.edit_admin(
        "admin@stray.io",
        &doc! {"$set": {"organization_name": "acme"}},
    )?;

    for (what, email, password, status) in [
        ("an unknown e-mail", "nobody@acme.io", "Secret123", 401),
        (
            "an unknown e-mail again",
            "nobody@acme.io",
            "Secret123",
            429,
        ),
        ("a wrong password", "admin@acme.io", "secret123", 401),
        ("too often", "admin@acme.io", "Secret123", 429),
        ("too long a password", "long@acme.io", &"a1".repeat(40), 401),
        ("a disabled one", "admin@off.io", "Secret123", 401),
        ("a hash that was cut", "admin@cut.io", "Secret123", 401),
        ("a hash that was damaged", "admin@half.io", "Secret123", 401),
        ("a cheaper hash", "admin@cheap.io", "Secret123", 401),
        ("no hash", "admin@none.io", "Secret123", 401),
        ("an orphaned admin", "admin@orphan.io", "Secret123", 401),
        (
            "an admin that is another's",
            "admin@stray.io",
            "Secret123",
            401,
        ),
    ] {
        let (verifications, rounds, hashes) = work(&world);
        let refused = world.login(email, password).await?;
        assert_eq!(refused.status.as_u16(), status, "{what}");
        let expected = (verifications + 1, rounds + (1 << COST), hashes);
        assert_eq!(work(&world), expected, "{what}");
    }
    Ok(())
}

#[tokio::test]
async fn ten_failures_a_minute_are_heard_of_a_client_at_an_account_and_a_stranger_refuses_nobody()
-> Result<()> {
    let world = World::with(throttled())?;
    for name in ["acme", "beta"] {
        world
            .created(name, &format!("admin@{name}.io"), "Secret123")
            .await?;
    }
    let (stranger, home) = ("198.51.100.7", "203.0.113.5");
    // What succeeds isn't counted.
    for _ in 0..12 {
        let right = world
            .login_from(stranger, "admin@acme.io", "Secret123")
            .await?;
        assert_eq!(right.status, StatusCode::OK);
    }
    for email in ["admin@acme.io", "nobody@acme.io"] {
        for _ in 0..10 {
            let wrong = world.login_from(stranger, email, "wrong").await?;
            assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        }
        let refused = world.login_from(stranger, email, "Secret123").await?;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        let seconds: u64 = refused.header("retry-after").unwrap_or_default().parse()?;
        assert!((1..=60).contains(&seconds), "{seconds}");
    }
    // Who says that he comes from elsewhere doesn't.
    let claim = request("POST", "/admin/login", "")
        .header("content-type", "application/json")
        .header("x-forwarded-for", home)
        .body(
            json!({"email": "admin@acme.io", "password": "Secret123"})
                .to_string()
                .into(),
        )?;
    let refused = world.send_from(stranger, claim).await?;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    // From elsewhere, and to another account, one is let in.
    for (peer, email) in [(home, "admin@acme.io"), (stranger, "admin@beta.io")] {
        let right = world.login_from(peer, email, "Secret123").await?;
        assert_eq!(right.status, StatusCode::OK, "{peer} {email}");
    }
    Ok(())
}

#[tokio::test]
async fn a_hundred_failures_a_minute_are_heard_of_a_client() -> Result<()> {
    let mut settings = throttled();
    // The cheapest there is: only how many are tried matters here.
    settings.service.bcrypt_cost = 4;
    let world = World::with(settings)?;
    let (email, password) = ("admin@old.io", "Secret123");
    world
        .older("old", email, password, Timestamp::now())
        .await?;
    let (stranger, home) = ("198.51.100.7", "203.0.113.5");
    let guess = async |number: usize| {
        let email = format!("nobody{number}@acme.io");
        world.login_from(stranger, &email, "wrong").await
    };
    let guesses = future::try_join_all((0..100).map(guess)).await?;
    let heard = |answer: &&crate::world::Answer| answer.status == StatusCode::UNAUTHORIZED;
    assert_eq!(guesses.iter().filter(heard).count(), 100);
    let refused = world.login_from(stranger, email, password).await?;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let right = world.login_from(home, email, password).await?;
    assert_eq!(right.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn ten_creates_a_minute_are_heard_of_a_client_whatever_comes_of_them() -> Result<()> {
    let world = World::with(throttled())?;
    let create = async |peer: &str, password: &str| {
        let wish = json!({"organization_name": "acme", "email": "a@x.io", "password": password});
        let request = request("POST", "/org/create", "").header("content-type", "application/json");
        world
            .send_from(peer, request.body(wish.to_string().into())?)
            .await
    };
    let (stranger, home) = ("198.51.100.7", "203.0.113.5");
    for _ in 0..10 {
        assert_eq!(
            create(stranger, "weakweak").await?.status,
            StatusCode::BAD_REQUEST
        );
    }
    let refused = create(stranger, "Secret123").await?;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(create(home, "Secret123").await?.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn where_the_queue_of_hashes_is_full_the_answer_is_503_at_once_and_counts_for_nothing()
-> Result<()> {
    let mut settings = throttled();
    settings.limiter.account_failures = 1;
    let world = World::with(settings)?;
    world.created("acme", "admin@acme.io", "Secret123").await?;
    // All places are taken, and nobody works: what waits would wait for ever.
    let places = future::join_all((0..crate::world::PLACES).map(|_| world.pool.reserve())).await;
    let begin = Instant::now();
    let wish = json!({"organization_name": "beta", "email": "b@x.io", "password": "Secret123"});
    for refused in [
        world.login("admin@acme.io", "Secret123").await?,
        world.login("admin@acme.io", "wrong").await?,
        world.login("nobody@acme.io", "wrong").await?,
        world.json("POST", "/org/create", &wish).await?,
    ] {
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.header("retry-after"), Some("1"));
        assert_eq!(refused.json()?["error"]["code"], "unavailable");
    }
    assert!(begin.elapsed().as_secs() < 5);
    drop(places);
    world.logged_in("admin@acme.io", "Secret123").await?;
    Ok(())
}
