//! A change through HTTP is made whole and answered in time, or it never was.

use std::time::Duration;

use anyhow::{Result, ensure};
use mongodb::bson::doc;
use serde_json::{Value, json};
use tokio::{task::block_in_place, time::Instant};

use crate::{
    api_whole::{Presence, Tenant},
    api_world::ApiWorld,
};

/// What every change is answered within.
const ANSWERED: Duration = Duration::from_secs(8);

const WITHDRAWN: &str =
    r#"{"error":{"code":"timeout","message":"the operation is still being withdrawn; ask again"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_controller_it_is_504_in_time_and_nothing_comes_to_life_later() -> Result<()> {
    let world = ApiWorld::apart("api-alone").await?;
    let kept = world.made("kept").await?;
    let going = world.made("going").await?;
    let former = world.objects_called("kept").await?;
    let (token, other) = (world.token_of(&kept).await?, world.token_of(&going).await?);
    let (new, changed) = (Tenant::new("new"), Tenant::new("changed"));
    block_in_place(|| world.world.operator.terminate())?;

    let wish = json!({
        "new_organization_name": changed.name,
        "email": changed.email,
        "password": changed.password,
    });
    let begun = Instant::now();
    let (made, updated, deleted) = tokio::try_join!(
        world.create_tenant(&new),
        world.update("kept", &token, &wish),
        world.delete("going", &other),
    )?;
    let took = begun.elapsed();
    println!("without a controller all three are answered within {took:.3?}");
    ensure!(took <= ANSWERED, "{took:?}");
    for answer in [made, updated, deleted] {
        assert_eq!(answer.with(504)?.body, WITHDRAWN);
    }
    // Reads and logins need none.
    world.token_of(&kept).await?;

    block_in_place(|| world.world.operator.start())?;
    world.at_rest().await?;
    assert_eq!(world.presence(&new).await?, Presence::Absent);
    assert_eq!(world.presence(&changed).await?, Presence::Absent);
    assert_eq!(world.presence(&kept).await?, Presence::Whole);
    let spec = |objects: &[organization_operator::crd::Organization]| {
        objects.first().map(|object| json!(object.spec))
    };
    let now = world.objects_called("kept").await?;
    assert_eq!(spec(&now), spec(&former), "the former spec is back");
    // A deletion can't be taken back, and the next one says so.
    assert_eq!(world.presence(&going).await?, Presence::Absent);
    world.delete("going", &other).await?.with(404)?;
    // Nobody is in anybody's way.
    world.create_tenant(&new).await?.with(200)?;
    world.update("kept", &token, &wish).await?.with(200)?;
    assert_eq!(world.presence(&changed).await?, Presence::Whole);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_change_changes_nothing_then_or_when_its_obstacle_goes_away() -> Result<()> {
    let world = ApiWorld::start("api-refused").await?;
    let (acme, other) = (world.made("acme").await?, world.made("other").await?);
    let token = world.token_of(&acme).await?;
    let new = Tenant::new("new");
    // Only the controller finds what nobody has a record of.
    world.world.insert("org_foreign", doc! {"_id": 1}).await?;
    let conflict = |message| json!({"error": {"code": "conflict", "message": message}});
    let bad = |message| json!({"error": {"code": "bad_request", "message": message}});
    let weak = "password does not meet strength requirements";
    let obstacles: [(Value, u16, Value); 4] = [
        (
            json!({"new_organization_name": "foreign"}),
            409,
            conflict("new organization name already exists"),
        ),
        (
            json!({"new_organization_name": other.name}),
            409,
            conflict("new organization name already exists"),
        ),
        (
            json!({"email": other.email}),
            409,
            conflict("admin email already in use"),
        ),
        (json!({"password": "lettersonly"}), 400, bad(weak)),
    ];
    for (obstacle, status, answer) in obstacles {
        // One of the three is refused, the others would do.
        let mut wish = json!({
            "new_organization_name": new.name, "email": new.email, "password": new.password,
        });
        for (field, value) in obstacle.as_object().into_iter().flatten() {
            wish[field] = value.clone();
        }
        let refused = world.update("acme", &token, &wish).await?.with(status)?;
        assert_eq!(refused.json()?, answer, "{obstacle}");
        // The answer is given as soon as it is sure; then the object's former spec is put back.
        world.at_rest().await?;
        assert_eq!(world.presence(&acme).await?, Presence::Whole, "{obstacle}");
        assert_eq!(world.presence(&new).await?, Presence::Absent, "{obstacle}");
        world.read("acme", &token).await?.with(200)?;
    }

    let foreign = world
        .world
        .database
        .collection::<mongodb::bson::Document>("org_foreign");
    foreign.drop().await?;
    world
        .delete(&other.name, &world.token_of(&other).await?)
        .await?
        .with(200)?;
    world.at_rest().await?;
    let objects = world.objects_called("acme").await?;
    for object in &objects {
        let name = kube::ResourceExt::name_any(object);
        world.world.looked_at_again(&name, "now").await?;
    }
    world.at_rest().await?;
    assert_eq!(world.presence(&acme).await?, Presence::Whole);
    assert_eq!(world.presence(&new).await?, Presence::Absent);
    assert_eq!(
        world
            .presence(&Tenant {
                name: "foreign".to_owned(),
                ..new
            })
            .await?,
        Presence::Absent
    );
    world.read("acme", &token).await?.with(200)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn right_after_each_200_the_same_replica_reads_what_was_written() -> Result<()> {
    let world = ApiWorld::apart("api-reads").await?;
    for round in 0..10 {
        let tenant = world.made(&format!("acme-{round}")).await?;
        let token = world.token_of(&tenant).await?;
        world.read(&tenant.name, &token).await?.with(200)?;

        let name = format!("beta-{round}");
        let renamed = world
            .update(
                &tenant.name,
                &token,
                &json!({"new_organization_name": name}),
            )
            .await?
            .with(200)?;
        let read = world.read(&name, &token).await?.with(200)?;
        assert_eq!(read.body, renamed.body);
        world.read(&tenant.name, &token).await?.with(404)?;

        let email = format!("boss@{name}.example");
        let moved = world
            .update(&name, &token, &json!({"email": email}))
            .await?
            .with(200)?;
        world.read(&name, &token).await?.with(401)?;
        let token = world.token(&email, &tenant.password).await?;
        let read = world.read(&name, &token).await?.with(200)?;
        assert_eq!(read.body, moved.body);

        world
            .update(&name, &token, &json!({"password": "Another-1"}))
            .await?
            .with(200)?;
        world.read(&name, &token).await?.with(401)?;
        let token = world.token(&email, "Another-1").await?;
        world.delete(&name, &token).await?.with(200)?;
        world.read(&name, &token).await?.with(404)?;
        world.delete(&name, &token).await?.with(404)?;
    }
    Ok(())
}
