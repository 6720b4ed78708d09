use anyhow::Result;
use mongodb::bson::{Document, doc};
use serde_json::Value;

use crate::{
    api_world::ApiWorld,
    hand::message,
    servers::servers,
    tool::{plant_older, stderr, stdout},
    world::{World, status},
};

const PASSWORD: &str = "an-old-Secret-1";

/// Two whole tenants, and two that can't be taken over as they are.
async fn plant(world: &World) -> Result<Vec<Document>> {
    plant_older(world, "Older_One", "one@older.io", PASSWORD).await?;
    plant_older(world, "no", "two@older.io", PASSWORD).await?;
    plant_older(world, "moved", "moved@older.io", PASSWORD).await?;
    let moved = doc! {"collection_name": "org_elsewhere"};
    world
        .edit("organizations", doc! {"organization_name": "moved"}, moved)
        .await?;
    plant_older(world, "headless", "headless@older.io", PASSWORD).await?;
    let headless = doc! {"organization_name": "headless"};
    world.remove("admins", headless).await?;
    world.documents().await
}

/// What was there is there, and as it was; fields may have come.
fn untouched(before: &[Document], after: &[Document]) {
    for former in before {
        let same = |it: &&Document| it.get("_id") == former.get("_id");
        let now = after.iter().find(same).cloned().unwrap_or_default();
        for (field, value) in former {
            assert_eq!(now.get(field), Some(value), "{field} of {former}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_database_becomes_manifests_that_kubectl_applies_and_admins_go_on_logging_in()
-> Result<()> {
    let api = ApiWorld::start("adopt").await?;
    let world = &api.world;
    let before = plant(world).await?;
    let told = world.tool(&["adopt"])?;
    assert_eq!(told.status.code(), Some(0), "{}", stderr(&told));
    println!("{}{}", stdout(&told), stderr(&told));
    let manifests: Vec<Value> = serde_saphyr::from_multiple(&stdout(&told))?;
    assert_eq!(manifests.len(), 2, "{manifests:?}");
    for damage in [
        "\"moved\"",
        "org_elsewhere",
        "\"headless\"",
        "nobody can log in",
    ] {
        assert!(stderr(&told).contains(damage), "{}", stderr(&told));
    }
    assert!(!format!("{}{}", stdout(&told), stderr(&told)).contains("$04$"));
    assert_eq!(world.documents().await?, before, "nothing is written");

    let file = servers()?.home.dir().join("adopted.yaml");
    std::fs::write(&file, &told.stdout)?;
    let file = file.to_string_lossy().into_owned();
    tokio::task::block_in_place(|| {
        servers()?
            .cluster
            .kubectl(&["apply", "-f", &file])
            .map_err(anyhow::Error::from)
    })?;
    for manifest in &manifests {
        let name = manifest["metadata"]["name"].as_str().unwrap_or_default();
        let object = world.settled(name, "Succeeded").await?;
        let organization = manifest["spec"]["organizationName"].as_str();
        assert_eq!(status(&object).organization_name.as_deref(), organization);
        let generated = world.secrets().get_opt(&format!("{name}-admin")).await?;
        assert!(
            generated.is_none(),
            "no password is generated: {}",
            message(&object)
        );
    }
    untouched(&before, &world.documents().await?);
    for collection in ["org_Older_One", "org_no"] {
        assert_eq!(world.count(collection).await?, 1);
    }
    for email in ["one@older.io", "two@older.io"] {
        api.log_in(email, PASSWORD).await?.with(200)?;
    }

    // Nothing is left to be printed but the damage.
    let again = world.tool(&["adopt"])?;
    assert_eq!(
        (again.status.code(), stdout(&again)),
        (Some(0), String::new())
    );
    assert!(stderr(&again).contains("\"headless\""));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn applied_at_once_it_takes_over_what_is_whole_and_no_object_of_anothers() -> Result<()> {
    let world = World::start("adopt-apply").await?;
    let before = plant(&world).await?;
    // An object of that name is another organization's.
    let mut taken = crate::samples::organization("no");
    taken["spec"]["organizationName"] = "another".into();
    world.apply(&taken).await?;
    world.settled("no", "Succeeded").await?;
    let applied = world.tool(&["adopt", "--apply", "--namespace", &world.namespace])?;
    assert_eq!(applied.status.code(), Some(3), "{}", stderr(&applied));
    let refusal = format!("organization {}/no is there already", world.namespace);
    assert!(stderr(&applied).contains(&refusal), "{}", stderr(&applied));
    let manifests: Vec<Value> = serde_saphyr::from_multiple(&stdout(&applied))?;
    let older = manifests[0]["metadata"]["name"]
        .as_str()
        .unwrap_or_default();
    world.settled(older, "Succeeded").await?;
    let kept = world.settled("no", "Succeeded").await?;
    assert_eq!(status(&kept).organization_name.as_deref(), Some("another"));
    untouched(&before, &world.documents().await?);
    Ok(())
}
