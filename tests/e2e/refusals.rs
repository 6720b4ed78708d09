use anyhow::Result;
use kube::{
    Api,
    api::{ApiResource, DynamicObject},
    core::GroupVersionKind,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{samples::organization, servers::servers, world::World};

/// As `tests/refusals.yaml` describes it.
#[derive(Debug, Deserialize)]
struct Refusal {
    it: String,
    #[serde(default = "nothing")]
    merge: Value,
    #[serde(default = "nothing")]
    then: Value,
    name: Option<String>,
    says: String,
}

/// One more than a displayName of any sense, in bytes.
const MEBIBYTE: usize = 1 << 20;

fn nothing() -> Value {
    json!({})
}

impl Refusal {
    /// The manifest, with `more` merged into its spec.
    fn manifest(&self, number: usize, more: &[&Value]) -> Value {
        let name = self
            .name
            .clone()
            .unwrap_or_else(|| format!("case-{number}"));
        let mut manifest = organization(&name);
        let without_reference = json!({"admin": {"passwordHashSecretRef": null}});
        for more in [&without_reference].into_iter().chain(more.iter().copied()) {
            json_patch::merge(&mut manifest["spec"], more);
        }
        if manifest["spec"]["displayName"] == "LONG" {
            manifest["spec"]["displayName"] = json!("x".repeat(MEBIBYTE));
        }
        manifest
    }
}

/// kubectl with a manifest, as a person has it; what it says when it fails.
fn kubectl(args: &[&str], manifest: &Value) -> Result<(), String> {
    let servers = servers().map_err(|error| error.to_string())?;
    let file = servers.home.dir().join("refusal.json");
    std::fs::write(&file, manifest.to_string()).map_err(|error| error.to_string())?;
    let path = file.to_string_lossy();
    let args = [args, &["-f", &path]].concat();
    let said = tokio::task::block_in_place(|| servers.cluster.kubectl(&args));
    said.map(drop).map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_server_refuses_with_the_message_that_a_person_sees() -> Result<()> {
    let cases: Vec<Refusal> = serde_saphyr::from_str(include_str!("../refusals.yaml"))?;
    for (number, case) in cases.iter().enumerate() {
        let outcome = if case.then == nothing() {
            let manifest = case.manifest(number, &[&case.merge]);
            kubectl(
                &["create", "--validate=strict", "--dry-run=server"],
                &manifest,
            )
        } else {
            let made = case.manifest(number, &[&case.merge]);
            kubectl(&["create", "--validate=strict"], &made).map_err(anyhow::Error::msg)?;
            let changed = case.manifest(number, &[&case.merge, &case.then]);
            let outcome = kubectl(&["replace", "--validate=strict"], &changed);
            kubectl(&["delete"], &made).map_err(anyhow::Error::msg)?;
            outcome
        };
        match outcome {
            Ok(()) => anyhow::bail!("{} is not refused", case.it),
            Err(message) => assert!(message.contains(&case.says), "{}: {message}", case.it),
        }
    }
    Ok(())
}

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
