use anyhow::Result;
use mongodb::bson::{Bson, doc};
use serde_json::json;

use crate::{
    samples::{HASH, organization, organization_with},
    world::{World, condition, ready, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_becomes_a_tenant_and_says_so_when_it_is_true() -> Result<()> {
    let world = World::start("create").await?;
    world.apply(&organization("acme")).await?;
    let acme = world.settled("acme", "Succeeded").await?;
    assert_eq!(
        ready(&acme),
        Some(("True".to_owned(), "Succeeded".to_owned()))
    );
    for (type_, expected) in [
        ("Reconciling", "False"),
        ("Stalled", "False"),
        ("CollectionReady", "True"),
        ("AdminReady", "True"),
        ("InSync", "True"),
    ] {
        assert_eq!(
            condition(&acme, type_).map(|found| found.0).as_deref(),
            Some(expected),
            "{type_}"
        );
    }
    let told = status(&acme);
    assert_eq!(told.organization_name.as_deref(), Some("acme"));
    assert_eq!(told.collection_name.as_deref(), Some("org_acme"));
    assert_eq!(told.admin_email.as_deref(), Some("acme@acme.example"));
    assert_eq!(told.database.as_deref(), Some(world.database.name()));

    let record = world
        .record("organizations", "organization_name", "acme")
        .await?;
    let admin = world.record("admins", "organization_name", "acme").await?;
    assert_eq!(
        record.get_object_id("_id")?.to_hex(),
        told.organization_id.unwrap_or_default()
    );
    assert_eq!(record.get("admin_id"), admin.get("_id"));
    assert_eq!(record.get_str("collection_name")?, "org_acme");
    assert_eq!(record.get_array("names")?, &vec![Bson::from("acme")]);
    assert_eq!(record.get_str("state")?, "active");
    let owner = record.get_document("owner")?;
    assert_eq!(owner.get_str("namespace")?, world.namespace);
    assert_eq!(Some(owner.get_str("uid")?), acme.metadata.uid.as_deref());
    assert_eq!(admin.get("organization_id"), record.get("_id"));
    assert_eq!(admin.get_str("password")?, HASH);
    assert_eq!(record.get("created_at"), admin.get("created_at"));

    let listed = world
        .database
        .run_command(doc! {"listCollections": 1, "filter": {"name": "org_acme"}})
        .await?;
    let marker = format!("organization-operator:{}", record.get_object_id("_id")?);
    assert!(listed.to_string().contains(&marker), "{listed}");
    assert_eq!(world.count("org_acme").await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_the_operators_own_collections_are_names_like_any_other() -> Result<()> {
    let world = World::start("own-names").await?;
    for name in ["admins", "organizations"] {
        world.apply(&organization(name)).await?;
        let object = world.settled(name, "Succeeded").await?;
        assert_eq!(status(&object).collection_name, Some(format!("org_{name}")));
    }
    assert_eq!(world.count("admins").await?, 2);
    assert_eq!(world.count("organizations").await?, 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_operator_can_refuse_is_refused_and_nothing_is_written() -> Result<()> {
    let world = World::start("refused").await?;
    for (name, more, expected) in [
        ("a.b", json!({}), "metadata.name can't stand in"),
        ("x", json!({}), "metadata.name can't stand in"),
        (
            "mail",
            json!({"admin": {"email": "a@b@x.io"}}),
            "invalid characters: '@'",
        ),
        (
            "test",
            json!({"admin": {"email": "a@x.test"}}),
            "special-use or reserved",
        ),
    ] {
        world.apply(&organization_with(name, &more)).await?;
        let object = world.settled(name, "InvalidSpec").await?;
        let message = condition(&object, "Ready")
            .map(|found| found.2)
            .unwrap_or_default();
        assert!(message.contains(expected), "{name}: {message}");
        assert_eq!(
            condition(&object, "Stalled")
                .map(|found| found.0)
                .as_deref(),
            Some("True")
        );
    }
    assert_eq!(world.collections().await?, ["admins", "organizations"]);
    assert_eq!(world.count("organizations").await?, 0);
    Ok(())
}
