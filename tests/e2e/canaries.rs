//! Secrets that nobody wrote into a manifest: those that the operator makes or is given.

use anyhow::{Context as _, Result, anyhow};
use k8s_openapi::api::events::v1::Event;
use kube::{Api, api::ListParams};
use organization_operator_harness::operator::Operator;
use serde_json::json;
use tokio::task::block_in_place;

use crate::{samples::organization_with, world::World};

/// All that an operator tells, and where.
async fn told(world: &World, operator: &Operator) -> Result<Vec<(&'static str, String)>> {
    let params = ListParams::default();
    let events = Api::<Event>::namespaced(world.client.clone(), &world.namespace);
    let get = |path: &str| operator.get(path).map_err(|error| anyhow!(error));
    Ok(vec![
        ("log", operator.log()),
        ("metrics", get("/metrics")?.1),
        ("readyz", get("/readyz")?.1),
        (
            "Events",
            serde_json::to_string(&events.list(&params).await?.items)?,
        ),
        (
            "objects",
            serde_json::to_string(&world.organizations().list(&params).await?.items)?,
        ),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_password_is_in_its_secret_and_nowhere_else() -> Result<()> {
    let world = World::with("generated-once", &["--log-level", "trace"]).await?;
    let admin = json!({"admin": {"email": "acme@acme.example"}});
    world.apply(&organization_with("acme", &admin)).await?;
    world.settled("acme", "Succeeded").await?;
    let secret = world.secrets().get("acme-admin").await?;
    let data = secret.data.context("no data")?;
    let value = |key: &str| -> Result<String> {
        let value = data.get(key).context("no such key")?;
        Ok(String::from_utf8(value.0.clone())?)
    };
    let (password, email) = (value("password")?, value("email")?);
    assert_eq!(email, "acme@acme.example");
    let owners = secret.metadata.owner_references.unwrap_or_default();
    assert_eq!(owners.len(), 1);
    assert_eq!(owners[0].name, "acme");

    let admin = world.record("admins", "organization_name", "acme").await?;
    let hash = admin.get_str("password")?.to_owned();
    world.delete("acme").await?;
    world.gone("acme").await?;
    let everywhere = told(&world, &world.operator).await?;
    assert!(
        everywhere[0].1.contains("TRACE"),
        "the log holds what it should"
    );
    for (place, text) in everywhere {
        for canary in [&password, &hash] {
            assert!(
                !text.contains(canary.as_str()),
                "a canary is in the {place}"
            );
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_in_the_databases_url_is_told_to_nobody() -> Result<()> {
    let world = World::with("url", &["--log-level", "trace"]).await?;
    let url = "mongodb://someone:canary-Url-1@127.0.0.1:9/?directConnection=true";
    let refused = world.another_operator("refused", &[("MONGO_URL", url)])?;
    let unusable = "mongodb://someone:canary-Url-1@127.0.0.1:9/?authMechanism=none-such";
    let broken = world.another_operator("broken", &[("MONGO_URL", unusable)])?;
    block_in_place(|| refused.spawn())?;
    world
        .eventually("/readyz names MongoDB", || async {
            let answer = refused.get("/readyz");
            Ok(answer.is_ok_and(|(_, text)| text.contains("mongodb: MongoDB")))
        })
        .await?;
    for (place, text) in told(&world, &refused).await? {
        assert!(!text.contains("canary-Url"), "a canary is in the {place}");
    }
    let error = block_in_place(|| broken.start())
        .err()
        .context("it starts")?;
    let said = format!("{error}\n{}", broken.log());
    assert!(said.contains("no valid connection string"), "{said}");
    assert!(!said.contains("canary-Url"), "a canary is in the refusal");
    Ok(())
}
