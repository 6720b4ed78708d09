use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::{
    own_cluster::own_cluster,
    samples::{PASSWORD, organization, organization_with},
    servers::servers,
    world::{ALONE, World, ready, status},
};

const CLUSTER: &str = "production";

fn with_password(name: &str) -> Value {
    let admin = json!({
        "email": format!("{name}@acme.example"),
        "passwordSecretRef": {"name": "password", "key": "password"},
    });
    organization_with(name, &json!({"admin": admin}))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_cluster_is_lost_and_built_anew() -> Result<()> {
    let url = servers()?.mongo.url();
    let settings = [("CLUSTER_ID", CLUSTER)];
    let world = World::of("controller", "lost", url, ALONE, &settings).await?;
    block_in_place(|| world.operator.start())?;
    world
        .put_secret("password", &[("password", PASSWORD)])
        .await?;
    let manifests = [organization("hash"), with_password("password")];
    for manifest in &manifests {
        world.apply(manifest).await?;
    }
    for name in ["hash", "password"] {
        world.settled(name, "Succeeded").await?;
    }
    world.serve("forgotten", "Delete").await?;
    world.serve("kept", "Retain").await?;
    world.delete("kept").await?;
    world.gone("kept").await?;
    let ids = async |world: &World| {
        let mut ids = Vec::new();
        for name in ["hash", "password"] {
            ids.push(status(&world.settled(name, "Succeeded").await?).organization_id);
        }
        anyhow::Ok(ids)
    };
    let before = ids(&world).await?;
    let stored = world.documents().await?;

    // A new cluster, whose id is another: nobody is served, and nothing is touched.
    let cluster = own_cluster("lost")?;
    let mut world = world.moved_to(&cluster, &[]).await?;
    world.operator = world.another_operator("stranger", &[("CLUSTER_ID", "another")])?;
    block_in_place(|| world.operator.start())?;
    for manifest in manifests.iter().chain([&organization("kept")]) {
        world.apply(manifest).await?;
    }
    for (name, reason) in [
        ("hash", "NameConflict"),
        ("password", "NameConflict"),
        ("kept", "AdoptionRequired"),
    ] {
        world.settled(name, reason).await?;
    }
    ensure!(world.documents().await? == stored, "something was touched");

    // 1. With the former id. 2. The manifests are there already, but not every Secret.
    block_in_place(|| world.operator.terminate())?;
    world.operator = world.another_operator("again", &[("CLUSTER_ID", CLUSTER)])?;
    block_in_place(|| world.operator.start())?;
    for name in ["hash", "kept"] {
        world.settled(name, "Succeeded").await?;
    }
    let object = world.settled("password", "SecretNotFound").await?;
    ensure!(ready(&object).is_some_and(|(ready, _)| ready == "False"));
    ensure!(status(&object).organization_id == before[1], "{object:?}");
    let admin = world
        .record("admins", "organization_name", "password")
        .await?;
    ensure!(
        bcrypt::verify(PASSWORD, admin.get_str("password")?)?,
        "the old password doesn't serve"
    );
    world
        .put_secret("password", &[("password", PASSWORD)])
        .await?;
    ensure!(ids(&world).await? == before);
    world.record("org_kept", "_id", "kept").await?;

    // 3. What no manifest speaks for.
    let told = world.told_orphans()?;
    ensure!(told.len() == 1, "{told:?}");
    ensure!(told[0].kind == "ObjectGone", "{told:?}");
    ensure!(
        told[0].what.starts_with("organization forgotten "),
        "{told:?}"
    );
    world.record("org_forgotten", "_id", "forgotten").await?;
    Ok(())
}
