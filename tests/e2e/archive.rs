//! Into the archive and back.

use anyhow::{Context as _, Result};
use mongodb::bson::doc;
use serde_json::{Value, json};

use crate::{
    api_world::ApiWorld,
    samples::{HASH, PASSWORD, organization, organization_with},
    world::{World, status},
};

fn archived(name: &str) -> Value {
    organization_with(name, &json!({"deletionPolicy": "Archive"}))
}

fn restored(object: &str, id: &str, more: &Value) -> Value {
    let mut manifest = organization_with(object, &json!({"restoreFrom": {"organizationId": id}}));
    if let (Some(spec), Some(more)) = (manifest["spec"].as_object_mut(), more.as_object()) {
        spec.extend(more.clone());
    }
    manifest
}

impl World {
    /// Makes an organization with one document and archives it; gives its id.
    async fn put_away(&self, name: &str, document: &str) -> Result<String> {
        self.apply(&archived(name)).await?;
        let told = status(&self.settled(name, "Succeeded").await?);
        let home = told.collection_name.context("it has no collection")?;
        self.insert(&home, doc! {"_id": document}).await?;
        self.delete(name).await?;
        self.gone(name).await?;
        told.organization_id.context("it has no id")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_has_neither_name_nor_address_nor_login_and_comes_back_whole() -> Result<()> {
    let world = World::start("archive").await?;
    let id = world.put_away("acme", "one").await?;
    let place = format!("_archive.{id}");
    assert_eq!(world.count(&place).await?, 1);
    assert_eq!(world.count("admins").await?, 0);
    let record = world
        .record("organizations", "organization_name", &place)
        .await?;
    assert_eq!(record.get_str("state")?, "archived");
    assert!(record.get_datetime("archived_at").is_ok());
    assert!(!record.contains_key("names") && !record.contains_key("owner"));

    // Another has both, meanwhile, and keeps them.
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world
        .apply(&restored("back", &id, &json!({"organizationName": "acme"})))
        .await?;
    world.settled("back", "NameConflict").await?;
    let name =
        json!({"spec": {"organizationName": "back", "admin": {"email": "acme@acme.example"}}});
    world.patch("back", &name).await?;
    world.settled("back", "EmailConflict").await?;
    assert_eq!(world.count(&place).await?, 1);

    let address = json!({"spec": {"admin": {"email": "back@acme.example"}}});
    world.patch("back", &address).await?;
    let told = status(&world.settled("back", "Succeeded").await?);
    assert_eq!(told.organization_id.as_deref(), Some(id.as_str()));
    assert_eq!(told.collection_name.as_deref(), Some("org_back"));
    assert_eq!(world.ids("org_back").await?, ["one".to_owned()].into());
    assert_eq!(world.count("org_acme").await?, 0);
    let admin = world.record("admins", "email", "back@acme.example").await?;
    assert_eq!(admin.get_str("password")?, HASH);
    let record = world
        .record("organizations", "organization_name", "back")
        .await?;
    assert!(!record.contains_key("archived_at"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_archives_of_one_name_lie_side_by_side_and_each_comes_back() -> Result<()> {
    let world = World::start("archives").await?;
    let first = world.put_away("acme", "one").await?;
    let second = world.put_away("acme", "two").await?;
    for (object, id, document) in [("second", &second, "two"), ("first", &first, "one")] {
        world.apply(&restored(object, id, &json!({}))).await?;
        world.settled(object, "Succeeded").await?;
        let home = format!("org_{object}");
        assert_eq!(world.ids(&home).await?, [document.to_owned()].into());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_namespace_that_it_was_archived_from_has_it_back() -> Result<()> {
    let world = World::start("archive-of").await?;
    let id = world.put_away("acme", "one").await?;
    let manifest = restored("acme", &id, &json!({}));
    world.apply_in(&world.elsewhere, &manifest).await?;
    world
        .settled_in(&world.elsewhere, "acme", "RestoreRefused")
        .await?;
    world
        .apply(&restored("none", "0123456789abcdef01234567", &json!({})))
        .await?;
    world.settled("none", "RestoreRefused").await?;
    assert_eq!(world.count("organizations").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_is_dead_at_once_and_back_with_the_archive_but_no_token_of_before() -> Result<()>
{
    let world = ApiWorld::apart("api-archive").await?;
    world.world.apply(&archived("acme")).await?;
    let told = status(&world.world.settled("acme", "Succeeded").await?);
    let token = world.token("acme@acme.example", PASSWORD).await?;
    world.read("acme", &token).await?.with(200)?;
    world.world.delete("acme").await?;
    world.world.gone("acme").await?;
    world
        .log_in("acme@acme.example", PASSWORD)
        .await?
        .with(401)?;
    world
        .send("GET", "/org/me", &token, None)
        .await?
        .with(401)?;

    let id = told.organization_id.context("it has no id")?;
    let mut back = restored("acme", &id, &json!({}));
    back["metadata"]["name"] = json!("acme");
    world.world.apply(&back).await?;
    world.world.settled("acme", "Succeeded").await?;
    world
        .send("GET", "/org/me", &token, None)
        .await?
        .with(401)?;
    let token = world.token("acme@acme.example", PASSWORD).await?;
    world.read("acme", &token).await?.with(200)?;
    Ok(())
}
