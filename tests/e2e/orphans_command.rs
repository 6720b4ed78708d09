use anyhow::{Context as _, Result};
use mongodb::bson::{DateTime, doc, oid::ObjectId};
use serde_json::Value;

use crate::{
    samples::organization,
    tool::{plant_older, stderr, stdout},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_object_is_told_with_what_to_do_and_nothing_is_written() -> Result<()> {
    let world = World::start("orphans").await?;
    for name in ["acme", "kept"] {
        world.apply(&organization(name)).await?;
        world.settled(name, "Succeeded").await?;
    }
    let none = world.tool(&["orphans"])?;
    assert_eq!(none.status.code(), Some(0), "{}", stderr(&none));
    assert_eq!(stdout(&none), "Everything has its object.\n");

    world.delete("kept").await?;
    world.gone("kept").await?;
    plant_older(&world, "older", "admin@older.io", "an-old-Secret-1").await?;
    world.insert("org_lost", doc! {"_id": 1}).await?;
    let lone = doc! {
        "_id": ObjectId::new(), "email": "lone@older.io", "password": "canary",
        "organization_name": "gone", "created_at": DateTime::now(),
    };
    world.insert("admins", lone).await?;
    let before = (world.documents().await?, world.collections().await?);

    let table = world.tool(&["orphans"])?;
    assert_eq!(table.status.code(), Some(1), "{}", stderr(&table));
    println!("{}", stdout(&table));
    let json = world.tool(&["orphans", "-o", "json"])?;
    assert_eq!(json.status.code(), Some(1), "{}", stderr(&json));
    let told: Value = serde_json::from_slice(&json.stdout)?;
    let told = told.as_array().context("no array")?;
    let expected = [
        ("Retained", "organization kept", "deletionPolicy Delete"),
        (
            "OlderService",
            "organization older",
            "organization-operator adopt",
        ),
        (
            "AdminWithoutOrganization",
            "admin lone@older.io",
            "EmailConflict",
        ),
        (
            "CollectionWithoutRecord",
            "collection org_lost",
            "CollectionConflict",
        ),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for (row, (kind, what, advice)) in told.iter().zip(expected) {
        let says = |field: &str, text: &str| row[field].as_str().unwrap_or_default().contains(text);
        assert_eq!(row["kind"], kind);
        assert!(says("what", what) && says("advice", advice), "{row}");
        assert!(stdout(&table).contains(kind) && stdout(&table).contains(what));
    }
    for output in [&table, &json] {
        assert!(!stdout(output).contains("canary"), "a hash is told");
    }
    assert_eq!(
        (world.documents().await?, world.collections().await?),
        before
    );

    let unreachable = ["orphans", "--mongo-url", "mongodb://127.0.0.1:1"];
    assert_eq!(world.tool(&unreachable)?.status.code(), Some(2));
    Ok(())
}
