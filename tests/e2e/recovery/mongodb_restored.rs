use anyhow::{Result, ensure};
use serde_json::json;
use tokio::task::block_in_place;

use super::backup::FencedServer;
use crate::{
    hand::message,
    world::{World, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn mongodb_restored_with_and_without_the_identity_of_its_collections() -> Result<()> {
    let server = FencedServer::start().await?;
    let world = World::on("restore", server.url(), &["--sweep-interval", "1s"]).await?;
    ensure!(world.is_fenced());
    world.serve("renamed", "Delete").await?;
    world.serve("ended", "Delete").await?;
    let dump = server.dump(&world).await?;

    // After the backup one is renamed, one's tokens end, and one is made.
    let renamed = json!({"spec": {"organizationName": "other"}});
    world.patch("renamed", &renamed).await?;
    world.settled("renamed", "Succeeded").await?;
    for access in ["Disabled", "Enabled"] {
        let wish = json!({"spec": {"access": access}});
        world.patch("ended", &wish).await?;
        world.settled("ended", "Succeeded").await?;
    }
    let told = status(&world.settled("ended", "Succeeded").await?);
    let version = told.token_version.unwrap_or_default();
    ensure!(version > 0, "{told:?}");
    world.serve("younger", "Delete").await?;

    // Without --preserveUUID: every collection is another one.
    block_in_place(|| world.operator.terminate())?;
    server.restore_all(&world, &dump, false).await?;
    block_in_place(|| world.operator.start())?;
    for name in ["renamed", "ended", "younger"] {
        let object = world.settled(name, "DataMissing").await?;
        ensure!(
            message(&object).contains("Restore it from a backup"),
            "{}",
            message(&object)
        );
    }
    for name in ["renamed", "ended"] {
        world.record(&format!("org_{name}"), "_id", name).await?;
    }

    let dead = async || {
        let admin = world.record("admins", "organization_name", "ended").await?;
        let counted = admin.get_i64("token_version")?;
        ensure!(counted > version, "a dead token lives again: {admin:?}");
        anyhow::Ok(())
    };
    dead().await?;

    // Again, with it.
    block_in_place(|| world.operator.terminate())?;
    server.restore_all(&world, &dump, true).await?;
    block_in_place(|| world.operator.start())?;
    let told = status(&world.settled("renamed", "Succeeded").await?);
    ensure!(
        told.organization_name.as_deref() == Some("other"),
        "{told:?}"
    );
    world.record("org_other", "_id", "renamed").await?;
    let told = status(&world.settled("ended", "Succeeded").await?);
    ensure!(told.token_version > Some(version), "{told:?}");
    dead().await?;
    world.record("org_ended", "_id", "ended").await?;
    world.settled("younger", "DataMissing").await?;
    ensure!(
        !world
            .collections()
            .await?
            .contains(&"org_younger".to_owned())
    );

    // What is younger than the backup begins anew.
    world.begin_anew("younger").await?;
    world.settled("younger", "Succeeded").await?;
    ensure!(world.count("org_younger").await? == 0);
    ensure!(world.count("organizations").await? == 3);
    Ok(())
}
