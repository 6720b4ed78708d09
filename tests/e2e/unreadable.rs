use anyhow::Result;
use kube::{
    Api,
    api::{ApiResource, DynamicObject, Patch, PatchParams},
    core::GroupVersionKind,
};
use organization_operator::crd::RECONCILE_ANNOTATION;
use serde_json::json;

use crate::{
    samples::organization,
    world::{World, status},
};

/// A time to the API server, which takes any character before the fraction, and to nobody else.
const NO_TIME: &str = "2026-01-01T00:00:00x5Z";

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_cannot_be_read_is_put_right_and_touches_nothing() -> Result<()> {
    let world = World::start("odd-status").await?;
    world.apply(&organization("acme")).await?;
    let before = status(&world.settled("acme", "Succeeded").await?);
    let kind = GroupVersionKind::gvk("organization-operator.dev", "v1alpha1", "Organization");
    let raw: Api<DynamicObject> = Api::namespaced_with(
        world.client.clone(),
        &world.namespace,
        &ApiResource::from_gvk(&kind),
    );
    let params = PatchParams::default();
    let unreadable = json!({"status": {"createdAt": NO_TIME}});
    raw.patch_status("acme", &params, &Patch::Merge(unreadable))
        .await?;
    assert!(world.organizations().get("acme").await.is_err());
    let again = json!({"metadata": {"annotations": {RECONCILE_ANNOTATION: "1"}}});
    raw.patch("acme", &params, &Patch::Merge(again)).await?;
    world
        .eventually("it can be read again", || async {
            Ok(world.organizations().get("acme").await.is_ok())
        })
        .await?;
    world.looked_at_again("acme", "2").await?;
    let after = status(&world.settled("acme", "Succeeded").await?);
    assert_eq!(after.created_at, before.created_at);
    assert_eq!(after.organization_id, before.organization_id);
    assert_eq!(world.count("organizations").await?, 1);
    Ok(())
}
