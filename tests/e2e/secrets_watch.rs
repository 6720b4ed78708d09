use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use crate::{samples::organization, world::World};

/// How soon a changed hash is stored.
async fn delay(world: &World) -> Result<Duration> {
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let other = bcrypt::hash("canary-Other-2", 10)?;
    world.put_secret("login", &[("hash", &other)]).await?;
    let changed = Instant::now();
    world
        .eventually("the new hash is stored", || async {
            let admin = world.record("admins", "organization_name", "acme").await?;
            Ok(admin.get_str("password")? == other)
        })
        .await?;
    Ok(changed.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_secret_is_acted_on_within_five_seconds() -> Result<()> {
    for scope in ["cluster", "namespaces"] {
        let name = format!("watch-{scope}");
        let world = World::with(&name, &["--secrets-watch", scope]).await?;
        let delay = delay(&world).await?;
        println!("a changed Secret, watched by {scope}: {delay:.1?}");
        assert!(delay <= Duration::from_secs(5), "{scope}: {delay:?}");
    }
    Ok(())
}
