//! Two who want one name at once: one has it, and nothing is left of the other.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use kube::ResourceExt;
use serde_json::json;

use crate::{
    api_whole::{Presence, Tenant},
    api_world::{Answer, ApiWorld},
    samples::organization_with,
    world::ready,
};

const RACES: usize = 20;

/// Longer than a create takes.
const LATEST: Duration = Duration::from_millis(250);

const TAKEN: &str = r#"{"error":{"code":"conflict","message":"organization already exists"}}"#;

fn twins(name: &str) -> [Tenant; 2] {
    ["one", "two"].map(|twin| Tenant {
        name: name.to_owned(),
        email: format!("{twin}@{name}.example"),
        password: format!("canary-{twin}-1"),
    })
}

fn is_won(answer: &Answer) -> Result<bool> {
    match answer.status {
        200 => Ok(true),
        409 if answer.body == TAKEN => Ok(false),
        _ => bail!("{answer:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_creates_of_one_name_one_wins_and_nothing_is_left_of_the_other() -> Result<()> {
    let world = ApiWorld::start("api-race").await?;
    for race in 0..RACES {
        let [one, two] = twins(&format!("acme-{race}"));
        let (first, second) =
            tokio::try_join!(world.create_tenant(&one), world.create_tenant(&two))?;
        let (winner, loser) = match (is_won(&first)?, is_won(&second)?) {
            (true, false) => (&one, &two),
            (false, true) => (&two, &one),
            _ => bail!("{first:?} and {second:?}"),
        };
        assert_eq!(world.presence(winner).await?, Presence::Whole);
        world
            .log_in(&loser.email, &loser.password)
            .await?
            .with(401)?;
    }
    world.at_rest().await?;
    assert_eq!(world.objects().await?.len(), RACES);
    // That of the world itself, and one for each.
    assert_eq!(world.secrets().await?.len(), RACES + 1);
    assert_eq!(world.world.count("organizations").await?, RACES as u64);
    assert_eq!(world.world.count("admins").await?, RACES as u64);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_create_and_an_applied_object_of_one_name_one_wins() -> Result<()> {
    let world = ApiWorld::start("api-race-applied").await?;
    let mut won = 0;
    for race in 0..RACES {
        // A create is heard, and a password hashed, before an object is made: the moment at which the
        // other one comes is varied.
        let moment = LATEST * u32::try_from(race)? / u32::try_from(RACES)?;
        let name = format!("acme-{race}");
        let tenant = Tenant::new(&name);
        let applied = format!("applied-{race}");
        let manifest = organization_with(&applied, &json!({"organizationName": name}));
        let apply = async {
            let _ = tokio::time::timeout(moment, std::future::pending::<()>()).await;
            world.world.apply(&manifest).await
        };
        let (answer, ()) = tokio::try_join!(world.create_tenant(&tenant), apply)?;
        let by_http = is_won(&answer)?;
        won += usize::from(by_http);
        let reason = if by_http { "NameConflict" } else { "Succeeded" };
        world.world.settled(&applied, reason).await?;
        if by_http {
            // The one that was refused takes nothing along, nor what is not its own.
            world.world.delete(&applied).await?;
            world.world.gone(&applied).await?;
            assert_eq!(world.presence(&tenant).await?, Presence::Whole);
        } else {
            world
                .log_in(&tenant.email, &tenant.password)
                .await?
                .with(401)?;
        }
        let record = world
            .world
            .record("organizations", "organization_name", &name);
        let admin = record.await?.get_object_id("admin_id")?;
        let holder = if by_http {
            tenant.email
        } else {
            format!("{applied}@acme.example")
        };
        let holder = world.world.record("admins", "email", &holder).await?;
        assert_eq!(holder.get_object_id("_id")?, admin);
    }
    world.at_rest().await?;
    let objects = world.objects().await?;
    for object in &objects {
        let is_ready = ready(object).is_some_and(|(truth, _)| truth == "True");
        ensure!(is_ready, "{}", object.name_any());
    }
    assert_eq!(objects.len(), RACES);
    assert_eq!(world.world.count("organizations").await?, RACES as u64);
    assert_eq!(world.world.count("admins").await?, RACES as u64);
    println!("{RACES} races: {won} won by the create, the others by the applied object");
    Ok(())
}
