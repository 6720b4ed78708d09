use anyhow::Result;
use k8s_openapi::api::events::v1::Event;
use kube::{
    Api,
    api::{ListParams, Patch, PatchParams},
};
use organization_operator::crd::RECONCILE_ANNOTATION;
use serde_json::json;

use crate::{
    samples::{organization, organization_with},
    servers::servers,
    world::{World, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_passes_over_one_failure_make_one_event() -> Result<()> {
    let world = World::start("events").await?;
    world.database.create_collection("org_acme").await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "CollectionConflict").await?;
    let passes = || world.metric("organization_operator_passes_total", "Waiting");
    for number in 0..100 {
        let before = passes()?;
        let annotation =
            json!({"metadata": {"annotations": {RECONCILE_ANNOTATION: number.to_string()}}});
        world.patch("acme", &annotation).await?;
        world
            .eventually("another pass", || async { Ok(passes()? > before) })
            .await?;
    }
    let object = world.settled("acme", "CollectionConflict").await?;
    assert_eq!(
        status(&object).last_handled_reconcile_at.as_deref(),
        Some("99")
    );
    let events = Api::<Event>::namespaced(world.client.clone(), &world.namespace);
    let events = events.list(&ListParams::default()).await?.items;
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.reason.clone(), event.series.clone()))
        .collect();
    assert_eq!(told, [(Some("CollectionConflict".to_owned()), None)]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_shows_the_columns_and_waits_for_ready() -> Result<()> {
    let world = World::start("kubectl").await?;
    world.apply(&organization("acme")).await?;
    let kubectl = |args: &[&str]| {
        let args = [args, &["-n", &world.namespace]].concat();
        tokio::task::block_in_place(|| {
            servers()?
                .cluster
                .kubectl(&args)
                .map_err(anyhow::Error::from)
        })
    };
    kubectl(&["wait", "--for=condition=Ready", "org/acme", "--timeout=30s"])?;
    let table = kubectl(&["get", "org"])?;
    let columns: Vec<_> = table
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    assert_eq!(
        columns,
        [
            "NAME",
            "READY",
            "REASON",
            "ORGANIZATION",
            "COLLECTION",
            "AGE"
        ]
    );
    let wide = kubectl(&["get", "org", "-o", "wide"])?;
    let columns: Vec<_> = wide
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    assert_eq!(columns[6..], ["ADMIN", "POLICY", "MESSAGE"]);
    assert!(wide.contains("acme@acme.example"), "{wide}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_forged_by_hand_is_put_right() -> Result<()> {
    let world = World::start("forged").await?;
    world.apply(&organization("acme")).await?;
    let before = status(&world.settled("acme", "Succeeded").await?);
    let forged = json!({"status": {"organizationName": "evil", "collectionName": "org_evil", "conditions": []}});
    let api = world.organizations();
    api.patch_status("acme", &PatchParams::default(), &Patch::Merge(forged))
        .await?;
    world
        .patch(
            "acme",
            &json!({"metadata": {"annotations": {RECONCILE_ANNOTATION: "1"}}}),
        )
        .await?;
    let object = world.settled("acme", "Succeeded").await?;
    let after = status(&object);
    assert_eq!(after.organization_name, before.organization_name);
    assert_eq!(after.collection_name, before.collection_name);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finalizer_taken_off_by_hand_drops_nothing() -> Result<()> {
    let world = World::start("stripped").await?;
    world
        .apply(&organization_with(
            "acme",
            &json!({"deletionPolicy": "Delete"}),
        ))
        .await?;
    world.settled("acme", "Succeeded").await?;
    tokio::task::block_in_place(|| world.operator.terminate())?;
    world.delete("acme").await?;
    world
        .patch("acme", &json!({"metadata": {"finalizers": null}}))
        .await?;
    world.gone("acme").await?;
    tokio::task::block_in_place(|| world.operator.start())?;
    assert_eq!(
        world.collections().await?,
        ["admins", "org_acme", "organizations"]
    );

    // An object of the same place takes it back.
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    assert_eq!(world.count("organizations").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_cant_be_read_says_so_stops_nobody_and_can_be_deleted() -> Result<()> {
    let world = World::start("unreadable").await?;
    // As if a newer definition had been installed: a value that this operator doesn't know.
    let path =
        "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/adoptionPolicy/enum/-";
    let widened = json!([{"op": "add", "path": path, "value": "Someday"}]).to_string();
    let crd = "crd/organizations.organization-operator.dev";
    tokio::task::block_in_place(|| {
        servers()?
            .cluster
            .kubectl(&["patch", crd, "--type=json", "-p", &widened])
            .map_err(anyhow::Error::from)
    })?;

    let odd = organization_with("odd", &json!({"adoptionPolicy": "Someday"}));
    world
        .eventually("the new value is accepted", || async {
            Ok(world.apply(&odd).await.is_ok())
        })
        .await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let kubectl = |args: &[&str]| {
        let args = [args, &["-n", &world.namespace]].concat();
        tokio::task::block_in_place(|| {
            servers()?
                .cluster
                .kubectl(&args)
                .map_err(anyhow::Error::from)
        })
    };
    kubectl(&[
        "wait",
        "--for=jsonpath={.status.conditions[0].reason}=InvalidSpec",
        "org/odd",
        "--timeout=30s",
    ])?;
    kubectl(&["delete", "org/odd", "--timeout=30s"])?;
    world.settled("acme", "Succeeded").await?;
    Ok(())
}
