//! What is bad input to the API server is in tests/crd; here is what the operator makes of the rest.

use anyhow::Result;
use kube::{
    Api,
    api::{ApiResource, DynamicObject},
    core::GroupVersionKind,
};
use serde_json::{Value, json};

use crate::{samples::organization, servers::servers, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_labels_are_refused_or_carried_but_break_nothing() -> Result<()> {
    let world = World::start("labels").await?;
    let labels: serde_json::Map<_, _> = (0..10_000)
        .map(|number| (format!("label-{number}"), json!("x")))
        .collect();
    let mut heavy = organization("heavy");
    heavy["metadata"]["labels"] = Value::Object(labels);
    // The API server's own bounds decide.
    let carried = world.apply(&heavy).await.is_ok();
    world.apply(&organization("light")).await?;
    world.settled("light", "Succeeded").await?;
    if carried {
        world.settled("heavy", "Succeeded").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_holds_no_null_and_applying_it_again_changes_nothing() -> Result<()> {
    let world = World::start("quiet").await?;
    world.apply(&organization("acme")).await?;
    let first = world.settled("acme", "Succeeded").await?;
    world.apply(&organization("acme")).await?;
    let second = world.organizations().get("acme").await?;
    assert_eq!(
        first.metadata.resource_version,
        second.metadata.resource_version
    );
    let stored = organizations_raw(&world).await?;
    assert!(!stored.contains("null"), "{stored}");
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/samples/acme.yaml");
    let args = [
        "apply",
        "--dry-run=server",
        "--validate=strict",
        "-n",
        &world.elsewhere,
        "-f",
        sample,
    ];
    tokio::task::block_in_place(|| {
        servers()?
            .cluster
            .kubectl(&args)
            .map_err(anyhow::Error::from)
    })?;
    Ok(())
}

async fn organizations_raw(world: &World) -> Result<String> {
    let kind = GroupVersionKind::gvk("organization-operator.dev", "v1alpha1", "Organization");
    let api: Api<DynamicObject> = Api::namespaced_with(
        world.client.clone(),
        &world.namespace,
        &ApiResource::from_gvk(&kind),
    );
    Ok(api.get("acme").await?.data.to_string())
}
