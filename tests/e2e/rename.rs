use anyhow::{Context as _, Result};
use k8s_openapi::api::events::v1::Event;
use kube::{Api, api::ListParams};
use mongodb::{
    IndexModel,
    bson::{Document, doc},
};
use organization_operator::crd::Organization;
use serde_json::json;

use crate::{
    samples::{organization, organization_with},
    world::{World, condition, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn documents_indexes_and_admin_move_along() -> Result<()> {
    let world = World::start("rename").await?;
    world.apply(&organization("acme")).await?;
    let before = status(&world.settled("acme", "Succeeded").await?);
    let documents = (0..1000).map(|number| doc! {"_id": number, "k": number % 7});
    let home = world.database.collection::<Document>("org_acme");
    home.insert_many(documents).await?;
    home.create_index(IndexModel::builder().keys(doc! {"k": 1}).build())
        .await?;

    world
        .patch("acme", &json!({"spec": {"organizationName": "acme-labs"}}))
        .await?;
    let after = status(&world.settled("acme", "Succeeded").await?);
    assert_eq!(after.organization_id, before.organization_id);
    assert_eq!(after.organization_name.as_deref(), Some("acme-labs"));
    assert_eq!(after.collection_name.as_deref(), Some("org_acme-labs"));
    assert_eq!(world.count("org_acme-labs").await?, 1000);
    let indexes = world
        .database
        .collection::<Document>("org_acme-labs")
        .list_index_names()
        .await?;
    assert!(indexes.contains(&"k_1".to_owned()), "{indexes:?}");
    assert!(!world.collections().await?.contains(&"org_acme".to_owned()));
    let admin = world
        .record("admins", "organization_name", "acme-labs")
        .await?;
    assert_eq!(
        admin.get_i64("token_version").unwrap_or_default(),
        0,
        "a rename logs nobody out"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_written_late_to_the_old_name_follow() -> Result<()> {
    let world = World::with("late", &["--name-quarantine", "3s"]).await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world
        .database
        .collection::<Document>("org_acme")
        .insert_one(doc! {"_id": 1})
        .await?;
    world
        .patch("acme", &json!({"spec": {"organizationName": "beta"}}))
        .await?;
    world.settled("acme", "Succeeded").await?;
    world
        .database
        .collection::<Document>("org_acme")
        .insert_one(doc! {"_id": 2})
        .await?;
    // The end of the quarantine looks at the old name once more.
    world.released("beta", "acme").await?;
    assert_eq!(world.count("org_beta").await?, 2);
    assert_eq!(
        world.collections().await?,
        ["admins", "org_beta", "organizations"]
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_documents_with_one_id_both_are_kept_and_a_person_is_told() -> Result<()> {
    let world = World::with("clash", &["--name-quarantine", "3s"]).await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    for id in ["same", "both"] {
        let early = doc! {"_id": id, "by": "the early one"};
        world.insert("org_acme", early).await?;
    }
    let wish = json!({"spec": {"organizationName": "beta"}});
    world.patch("acme", &wish).await?;
    world.settled("acme", "Succeeded").await?;
    // One clashes, one is the same document again, one is new.
    for (id, by) in [
        ("both", "the late one"),
        ("same", "the early one"),
        ("new", "the late one"),
    ] {
        let late = doc! {"_id": id, "by": by};
        world.insert("org_acme", late).await?;
    }
    world.released("beta", "acme").await?;

    let told = |object: Option<&Organization>| {
        let in_sync = object.and_then(|object| condition(object, "InSync"));
        in_sync.is_some_and(|(truth, why, _)| truth == "False" && why == "StrayKept")
    };
    let told = world.until_in(&world.namespace, "acme", told).await?;
    let told = told.context("acme is gone")?;
    let record = world.record("organizations", "organization_name", "beta");
    let place = format!("_stray.{}.0", record.await?.get_object_id("_id")?);
    let message = condition(&told, "InSync").map(|(_, _, message)| message);
    assert!(message.is_some_and(|message| message.contains(&place)));
    world
        .eventually("an Event names it", async || {
            let events = Api::<Event>::namespaced(world.client.clone(), &world.namespace);
            let events = events.list(&ListParams::default()).await?.items;
            Ok(events.iter().any(|event| {
                let note = event.note.as_deref().unwrap_or_default();
                event.reason.as_deref() == Some("StrayKept") && note.contains(&place)
            }))
        })
        .await?;
    assert_eq!(world.count("org_beta").await?, 3);
    let home = world.record("org_beta", "_id", "both").await?;
    assert_eq!(
        home.get_str("by")?,
        "the early one",
        "nothing is overwritten"
    );
    let kept = world.record(&place, "_id", "both").await?;
    assert_eq!(kept.get_str("by")?, "the late one");

    // The person has decided.
    let kept = world.database.collection::<Document>(&place);
    kept.drop().await?;
    let object = world.looked_at_again("acme", "decided").await?;
    let in_sync = condition(&object, "InSync").map(|(truth, _, _)| truth);
    assert_eq!(in_sync.as_deref(), Some("True"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_rename_leaves_the_organization_served_as_it_was() -> Result<()> {
    let world = World::start("refused-rename").await?;
    world.apply(&organization("acme")).await?;
    world.apply(&organization("taken")).await?;
    let before = status(&world.settled("acme", "Succeeded").await?);
    world.settled("taken", "Succeeded").await?;
    world.database.create_collection("org_foreign").await?;

    for (name, reason) in [("taken", "NameConflict"), ("foreign", "CollectionConflict")] {
        let wish =
            json!({"spec": {"organizationName": name, "admin": {"email": "new@acme.example"}}});
        world.patch("acme", &wish).await?;
        let acme = world.settled("acme", reason).await?;
        let told = status(&acme);
        for type_ in ["CollectionReady", "AdminReady"] {
            assert_eq!(
                condition(&acme, type_).map(|found| found.0).as_deref(),
                Some("True"),
                "{type_}"
            );
        }
        assert_eq!(told.organization_name, before.organization_name);
        assert_eq!(told.collection_name, before.collection_name);
        assert_eq!(told.admin_email, before.admin_email);
        let admin = world.record("admins", "organization_name", "acme").await?;
        assert_eq!(
            admin.get_str("email")?,
            "acme@acme.example",
            "a wish is taken as a whole"
        );
        assert!(world.collections().await?.contains(&"org_acme".to_owned()));
    }
    world
        .patch("acme", &json!({"spec": {"organizationName": "acme"}}))
        .await?;
    world.settled("acme", "Succeeded").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn chains_end_at_the_last_wish_and_a_name_may_be_taken_back() -> Result<()> {
    let world = World::with("chain", &["--name-quarantine", "60s"]).await?;
    world
        .apply(&organization_with(
            "acme",
            &json!({"deletionPolicy": "Delete"}),
        ))
        .await?;
    world.settled("acme", "Succeeded").await?;
    world
        .database
        .collection::<Document>("org_acme")
        .insert_one(doc! {"_id": 1})
        .await?;
    for name in ["one", "two", "three", "acme", "one"] {
        world
            .patch("acme", &json!({"spec": {"organizationName": name}}))
            .await?;
    }
    let told = status(&world.settled("acme", "Succeeded").await?);
    assert_eq!(told.collection_name.as_deref(), Some("org_one"));
    assert_eq!(world.count("org_one").await?, 1);
    world.delete("acme").await?;
    world.gone("acme").await?;
    assert_eq!(world.collections().await?, ["admins", "organizations"]);
    Ok(())
}
