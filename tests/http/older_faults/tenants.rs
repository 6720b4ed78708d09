//! How the older service mixed, lost and gave away tenants' data.

use anyhow::Result;
use axum::http::StatusCode;
use mongodb::bson::Document;
use serde_json::json;

use super::{delete, document, tenant, update};
use crate::world::World;

fn documents(world: &World, name: &str) -> Vec<Document> {
    world.store.documents(&format!("org_{name}"))
}

/// A rename with a taken e-mail, or a weak password, moves the collection and then fails; a later
/// delete says 200, leaves the data, and the next tenant of that name gets the documents.
#[tokio::test]
async fn a_rename_that_fails_moves_no_collection_and_a_later_delete_takes_it() -> Result<()> {
    for (more, status) in [
        (json!({"email": "admin@beta.io"}), StatusCode::CONFLICT),
        (json!({"password": "weakweak"}), StatusCode::BAD_REQUEST),
    ] {
        let world = World::start()?;
        let token = tenant(&world, "acme").await?;
        tenant(&world, "beta").await?;
        let mut wish = json!({"organization_name": "acme", "new_organization_name": "gamma"});
        json_patch::merge(&mut wish, &more);
        assert_eq!(update(&world, &token, &wish).await?.status, status);
        assert_eq!(documents(&world, "acme"), [document("acme")]);

        assert_eq!(delete(&world, &token, "acme").await?.status, StatusCode::OK);
        let names = world.store.collection_names();
        assert!(!names.contains(&"org_acme".to_owned()), "{names:?}");
        for name in ["acme", "gamma"] {
            world
                .created(name, &format!("{name}@x.io"), "Secret123")
                .await?;
            assert!(documents(&world, name).is_empty(), "{name}");
        }
    }
    Ok(())
}

/// A failed create leaves a collection behind.
#[tokio::test]
async fn a_failed_create_leaves_no_collection_behind() -> Result<()> {
    let world = World::start()?;
    world.tenant("acme").await?;
    let before = world.everything();
    for (email, password) in [("admin@acme.io", "Secret123"), ("b@x.io", "weakweak")] {
        let wish = json!({"organization_name": "beta", "email": email, "password": password});
        let refused = world.json("POST", "/org/create", &wish).await?;
        assert!(refused.status.is_client_error());
    }
    assert_eq!(world.everything(), before);
    Ok(())
}

/// A left-over collection is silently given to the next tenant of that name.
#[tokio::test]
async fn a_left_over_collection_is_given_to_nobody() -> Result<()> {
    let world = World::start()?;
    world.store.plant("org_acme", document("a stranger's"))?;
    let before = world.everything();
    let wish = json!({"organization_name": "acme", "email": "a@x.io", "password": "Secret123"});
    let refused = world.json("POST", "/org/create", &wish).await?;
    let conflict = r#"{"error":{"code":"conflict","message":"organization already exists"}}"#;
    assert_eq!(refused.told(), (409, conflict.to_owned()));
    let is_taken_back = |world: &World| (world.everything() == before).then_some(());
    world.until(is_taken_back).await
}

/// A refused rename falls back to copying through memory and can mix two tenants' data.
#[tokio::test]
async fn a_refused_rename_copies_nothing() -> Result<()> {
    let world = World::start()?;
    let token = tenant(&world, "acme").await?;
    world.store.plant("org_gamma", document("a stranger's"))?;
    let wish = json!({"organization_name": "acme", "new_organization_name": "gamma"});
    let refused = update(&world, &token, &wish).await?;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(documents(&world, "acme"), [document("acme")]);
    assert_eq!(documents(&world, "gamma"), [document("a stranger's")]);
    Ok(())
}

/// Concurrent renames to one name mix two tenants' data as well.
#[tokio::test]
async fn concurrent_renames_to_one_name_mix_nothing() -> Result<()> {
    let world = World::start()?;
    let acme = tenant(&world, "acme").await?;
    let beta = tenant(&world, "beta").await?;
    let wish = |name| json!({"organization_name": name, "new_organization_name": "one"});
    let (first, second) = (wish("acme"), wish("beta"));
    let renamed = update(&world, &acme, &first);
    let (first, second) =
        futures::future::try_join(renamed, update(&world, &beta, &second)).await?;
    let (winner, loser) = match (first.status.as_u16(), second.status.as_u16()) {
        (200, 409) => ("acme", "beta"),
        (409, 200) => ("beta", "acme"),
        statuses => anyhow::bail!("{statuses:?}"),
    };
    assert_eq!(documents(&world, "one"), [document(winner)]);
    assert_eq!(documents(&world, loser), [document(loser)]);
    assert!(documents(&world, winner).is_empty());
    Ok(())
}

/// Create gets slower with every tenant: it listed all collections, and more.
#[tokio::test]
async fn a_create_writes_as_much_for_the_twentieth_tenant_as_for_the_first() -> Result<()> {
    let mut world = World::start()?;
    let mut written = Vec::new();
    for number in 0..20 {
        let before = writes(&world);
        world
            .created(
                &format!("org{number}"),
                &format!("a{number}@x.io"),
                "Secret123",
            )
            .await?;
        world.stop_controller().await;
        written.push(writes(&world) - before);
        world.start_controller();
    }
    assert!(
        written.iter().all(|count| *count == written[0]),
        "{written:?}"
    );
    Ok(())
}

fn writes(world: &World) -> u64 {
    let reads = ["aggregate", "find", "listCollections"];
    let commands = world.store.commands().into_iter();
    let written = commands.filter(|(name, _)| !reads.contains(name));
    written.map(|(_, count)| count).sum()
}
