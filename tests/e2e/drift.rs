use anyhow::Result;
use jiff::Timestamp;
use mongodb::bson::{Document, doc};
use organization_operator::crd::RECREATE_ANNOTATION;
use serde_json::json;

use crate::{
    samples::{HASH, organization},
    world::{World, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_record_is_put_back() -> Result<()> {
    let world = World::with("edited", &["--sweep-interval", "1s"]).await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let records = world.database.collection::<Document>("organizations");
    let admins = world.database.collection::<Document>("admins");
    let acme = doc! {"names": "acme"};
    records
        .update_one(
            acme,
            doc! {"$set": {"organization_name": "evil", "disabled": true}},
        )
        .await?;
    let every = doc! {};
    admins
        .update_one(
            every,
            doc! {"$set": {
                "email": "evil@acme.example", "organization_name": "evil",
                "password": bcrypt::hash("canary-Other-2", 4)?, "token_version": -1_i64,
            }},
        )
        .await?;
    world
        .eventually("the record is put back", || async {
            let record = records
                .find_one(doc! {"organization_name": "acme", "disabled": false})
                .await?;
            let admin = doc! {
                "organization_name": "acme", "email": "acme@acme.example", "password": HASH,
                "token_version": {"$gt": 0_i64},
            };
            Ok(record.is_some() && admins.find_one(admin).await?.is_some())
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_collection_is_reported_and_made_anew_only_when_asked_for() -> Result<()> {
    let world = World::with("dropped", &["--sweep-interval", "1s"]).await?;
    world.apply(&organization("acme")).await?;
    let before = status(&world.settled("acme", "Succeeded").await?);
    world
        .database
        .collection::<Document>("org_acme")
        .drop()
        .await?;
    world.settled("acme", "DataMissing").await?;
    assert!(!world.collections().await?.contains(&"org_acme".to_owned()));

    let now = Timestamp::now().to_string();
    world
        .patch(
            "acme",
            &json!({"metadata": {"annotations": {RECREATE_ANNOTATION: now}}}),
        )
        .await?;
    let after = status(&world.settled("acme", "Succeeded").await?);
    assert_eq!(after.organization_id, before.organization_id);
    assert_eq!(after.last_handled_recreate_at, Some(now));
    assert_eq!(world.count("org_acme").await?, 0);

    // Answered once: the next loss is reported again.
    world
        .database
        .collection::<Document>("org_acme")
        .drop()
        .await?;
    world.settled("acme", "DataMissing").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn access_and_suspend_do_what_they_say() -> Result<()> {
    let world = World::start("access").await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world
        .patch("acme", &json!({"spec": {"access": "Disabled"}}))
        .await?;
    world.settled("acme", "Succeeded").await?;
    assert!(
        world
            .record("organizations", "organization_name", "acme")
            .await?
            .get_bool("disabled")?
    );
    let admin = world.record("admins", "organization_name", "acme").await?;
    assert_eq!(admin.get_i64("token_version")?, 1);

    let wish = json!({"spec": {"suspend": true, "organizationName": "beta", "access": "Enabled"}});
    world.patch("acme", &wish).await?;
    let told = status(&world.settled("acme", "Suspended").await?);
    assert_eq!(told.organization_name.as_deref(), Some("acme"));
    assert!(
        world
            .record("organizations", "organization_name", "acme")
            .await?
            .get_bool("disabled")?
    );

    world
        .patch("acme", &json!({"spec": {"suspend": false}}))
        .await?;
    world.settled("acme", "Succeeded").await?;
    assert!(
        !world
            .record("organizations", "organization_name", "beta")
            .await?
            .get_bool("disabled")?
    );
    Ok(())
}
