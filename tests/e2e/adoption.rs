use anyhow::Result;
use mongodb::bson::{DateTime, Document, doc, oid::ObjectId};
use serde_json::json;

use crate::{
    samples::organization_with,
    world::{World, status},
};

/// A tenant as the older service made it.
async fn plant(world: &World) -> Result<(ObjectId, Document)> {
    let (id, admin_id) = (ObjectId::new(), ObjectId::new());
    let record = doc! {
        "_id": id, "organization_name": "acme", "collection_name": "org_acme",
        "admin_id": admin_id, "created_at": DateTime::now(),
    };
    let admin = doc! {
        "_id": admin_id, "email": "acme@acme.example", "organization_name": "acme",
        "password": bcrypt::hash("an-old-Secret-1", 4)?, "created_at": DateTime::now(),
    };
    world
        .database
        .collection("organizations")
        .insert_one(record)
        .await?;
    world
        .database
        .collection::<Document>("admins")
        .insert_one(&admin)
        .await?;
    world
        .database
        .collection("org_acme")
        .insert_one(doc! {"_id": 1})
        .await?;
    Ok((id, admin))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_services_tenant_is_taken_over_only_with_leave_hash_and_data_untouched()
-> Result<()> {
    let world = World::start("adoption").await?;
    let (id, before) = plant(&world).await?;
    let admin = json!({"email": "acme@acme.example"});
    let wish = |policy: &str| {
        organization_with("acme", &json!({"admin": admin, "adoptionPolicy": policy}))
    };

    world.apply(&wish("Never")).await?;
    world.settled("acme", "AdoptionRequired").await?;
    world.apply_in(&world.elsewhere, &wish("IfUnowned")).await?;
    world
        .settled_in(&world.elsewhere, "acme", "AdoptionRequired")
        .await?;
    let record = world
        .record("organizations", "organization_name", "acme")
        .await?;
    assert!(!record.contains_key("owner"), "nothing was written");

    world.apply(&wish("IfUnowned")).await?;
    let told = status(&world.settled("acme", "Succeeded").await?);
    assert_eq!(told.organization_id, Some(id.to_hex()));
    let after = world.record("admins", "organization_name", "acme").await?;
    for field in ["_id", "email", "password", "created_at"] {
        assert_eq!(after.get(field), before.get(field), "{field}");
    }
    assert_eq!(after.get_object_id("organization_id")?, id);
    assert_eq!(world.count("org_acme").await?, 1);
    world
        .settled_in(&world.elsewhere, "acme", "NameConflict")
        .await?;
    Ok(())
}
