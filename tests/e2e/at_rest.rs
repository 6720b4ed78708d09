use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use k8s_openapi::api::events::v1::Event;
use kube::{Api, ResourceExt, api::ListParams};
use mongodb::bson::doc;
use serde_json::{Value, json};

use crate::{
    samples::{organization, organization_with},
    world::World,
};

/// Long enough for several looks at each, with the settings below.
const WATCHED: Duration = Duration::from_secs(25);

/// One of each kind that can't be served, with the reason.
fn refused() -> [(Value, &'static str); 7] {
    let with_secret = |name: &str, secret: &str, key: &str| {
        let reference = json!({"name": secret, "key": key});
        let email = format!("{name}@acme.example");
        let admin = json!({"email": email, "passwordSecretRef": reference});
        organization_with(name, &json!({"admin": admin}))
    };
    let more = |name: &str, more: Value| organization_with(name, &more);
    [
        (
            more("name", json!({"organizationName": "acme"})),
            "NameConflict",
        ),
        (organization("foreign"), "CollectionConflict"),
        (with_secret("missing", "none", "password"), "SecretNotFound"),
        (with_secret("invalid", "login", "none"), "SecretInvalid"),
        (with_secret("weak", "weak", "password"), "WeakPassword"),
        (
            more(
                "archived",
                json!({"restoreFrom": {"organizationId": "0123456789abcdef01234567"}}),
            ),
            "RestoreRefused",
        ),
        (more("paused", json!({"suspend": true})), "Suspended"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_person_is_looked_at_but_nothing_is_written() -> Result<()> {
    let world = World::with("at-rest", &["--sweep-interval", "1s"]).await?;
    world.insert("org_foreign", doc! {"_id": 1}).await?;
    world.put_secret("weak", &[("password", "canary")]).await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    for (manifest, reason) in refused() {
        world.apply(&manifest).await?;
        let name = manifest["metadata"]["name"].as_str().unwrap_or_default();
        world.settled(name, reason).await?;
    }
    let objects = || async {
        let list = world.organizations().list(&ListParams::default()).await?;
        let versions = list.iter().map(|it| (it.name_any(), it.resource_version()));
        anyhow::Ok(versions.collect::<BTreeMap<_, _>>())
    };
    let events = Api::<Event>::namespaced(world.client.clone(), &world.namespace);
    let told = || async {
        let list = events.list(&ListParams::default()).await?;
        let versions = list.iter().map(|it| (it.name_any(), it.resource_version()));
        anyhow::Ok(versions.collect::<BTreeMap<_, _>>())
    };
    let writes = || world.metric("organization_operator_kube_writes_total", "");
    // The last Event may still be on its way.
    world
        .eventually("each has its Event", || async {
            let reasons = events.list(&ListParams::default()).await?;
            let has = |name: &str| {
                let mut regarding = reasons.iter().filter_map(|it| it.regarding.as_ref());
                regarding.any(|object| object.name.as_deref() == Some(name))
            };
            Ok(
                ["name", "foreign", "missing", "invalid", "weak", "archived"]
                    .into_iter()
                    .all(has),
            )
        })
        .await?;

    let before = (objects().await?, told().await?, writes()?);
    // Not a wait for anything: a time at rest is what is being watched.
    tokio::time::timeout(WATCHED, std::future::pending::<()>())
        .await
        .ok();
    assert_eq!((objects().await?, told().await?, writes()?), before);
    let passes = world.metric("organization_operator_passes_total", "")?;
    println!("8 organizations, 7 of them refused, were looked at {passes} times");
    assert!(passes < 200, "a hot loop");
    Ok(())
}
