use anyhow::Result;
use serde_json::json;

use crate::{
    samples::organization_with,
    tool::plant_older,
    world::{World, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_older_services_tenant_is_taken_over_only_with_leave_hash_and_data_untouched()
-> Result<()> {
    let world = World::start("adoption").await?;
    let email = "acme@acme.example";
    let id = plant_older(&world, "acme", email, "an-old-Secret-1").await?;
    let before = world.record("admins", "email", email).await?;
    let admin = json!({"email": email});
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
