//! Changes that are asked for at the same time.

use anyhow::{Context as _, Result};
use axum::http::StatusCode;
use futures::future;
use serde_json::json;

use super::settled;
use crate::world::{Answer, World};

fn sorted(answers: &[Answer]) -> Vec<u16> {
    let statuses = answers.iter().map(|answer| answer.status.as_u16());
    let mut statuses: Vec<_> = statuses.collect();
    statuses.sort_unstable();
    statuses
}

/// Collections of tenants.
fn tenants(world: &World) -> usize {
    let names = world.store.collection_names().into_iter();
    names.filter(|name| name.starts_with("org_")).count()
}

#[tokio::test]
async fn of_twenty_creates_at_once_of_one_name_or_one_e_mail_one_is_made() -> Result<()> {
    for (name, email, message) in [
        ("acme", "", "organization already exists"),
        ("", "admin@acme.io", "admin email already in use"),
    ] {
        let world = World::start()?;
        let create = async |number: usize| {
            let pick = |fixed: &str, other: String| match fixed {
                "" => other,
                fixed => fixed.to_owned(),
            };
            let wish = json!({
                "organization_name": pick(name, format!("org{number}")),
                "email": pick(email, format!("admin{number}@acme.io")),
                "password": "Secret123",
            });
            world.json("POST", "/org/create", &wish).await
        };
        let answers = future::try_join_all((0..20).map(create)).await?;
        let made = answers.iter().filter(|made| made.status == StatusCode::OK);
        assert_eq!(made.count(), 1);
        let conflict = json!({"error": {"code": "conflict", "message": message}}).to_string();
        let refused = answers.iter().filter(|answer| answer.text() == conflict);
        assert_eq!(refused.count(), 19);
        // What was refused is taken back wholly.
        world.until(settled).await?;
        assert_eq!(world.cluster.objects().len(), 1);
        assert_eq!(world.cluster.secret_names().len(), 1);
        assert_eq!(world.store.documents("organizations").len(), 1);
        assert_eq!(world.store.documents("admins").len(), 1);
        assert_eq!(tenants(&world), 1);
    }
    Ok(())
}

#[tokio::test]
async fn puts_of_one_organization_at_once_are_served_one_after_another() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    let rename = async |number: usize| {
        let wish = json!({
            "organization_name": "acme", "new_organization_name": format!("name{number}"),
        });
        world.json_as("PUT", "/org/update", &token, &wish).await
    };
    let answers = future::try_join_all((0..5).map(rename)).await?;
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let told = answer.json()?;
        assert_eq!(told["organization_name"], format!("name{number}"));
        assert_eq!(told["collection_name"], format!("org_name{number}"));
    }
    assert_eq!(world.store.documents("organizations").len(), 1);
    assert_eq!(tenants(&world), 1);
    Ok(())
}

#[tokio::test]
async fn a_put_that_waited_for_another_is_refused_where_that_ended_its_token() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    let change = async |number: usize| {
        let wish = json!({"organization_name": "acme", "email": format!("new{number}@acme.io")});
        world.json_as("PUT", "/org/update", &token, &wish).await
    };
    let answers = future::try_join_all((0..5).map(change)).await?;
    assert_eq!(sorted(&answers), [200, 401, 401, 401, 401]);
    let made = answers.iter().find(|made| made.status == StatusCode::OK);
    let email = made.context("one was made")?.json()?["admin_email"].clone();
    let email = email.as_str().context("no e-mail")?;
    world.logged_in(email, "Secret123").await?;
    Ok(())
}

#[tokio::test]
async fn a_put_and_a_delete_at_once_leave_nothing_behind() -> Result<()> {
    for puts_first in [true, false] {
        let world = World::start()?;
        let token = world.tenant("acme").await?;
        let wish = json!({"organization_name": "acme", "new_organization_name": "beta"});
        let put = world.json_as("PUT", "/org/update", &token, &wish);
        let path = "/org/delete?organization_name=acme";
        let delete = world.get_as("DELETE", path, &token);
        let (put, deleted) = if puts_first {
            future::try_join(put, delete).await?
        } else {
            let (deleted, put) = future::try_join(delete, put).await?;
            (put, deleted)
        };
        assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text());
        let served = if puts_first { 200 } else { 404 };
        assert_eq!(put.status.as_u16(), served, "{}", put.text());
        assert!(world.cluster.objects().is_empty());
        assert!(world.store.documents("organizations").is_empty());
        assert_eq!(tenants(&world), 0);
    }
    Ok(())
}

#[tokio::test]
async fn deletes_at_once_are_one_and_the_others_find_nothing() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    let delete = async |_| {
        let path = "/org/delete?organization_name=acme";
        world.get_as("DELETE", path, &token).await
    };
    let answers = future::try_join_all((0..5).map(delete)).await?;
    let statuses = sorted(&answers);
    assert_eq!(statuses[0], 200);
    assert!(
        statuses.iter().all(|status| [200, 404].contains(status)),
        "{statuses:?}"
    );
    Ok(())
}
