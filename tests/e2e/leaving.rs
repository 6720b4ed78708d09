use anyhow::Result;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ObjectMeta, PostParams},
};
use mongodb::bson::{Document, doc};
use organization_operator::crd::{FINALIZER, Organization};
use serde_json::{Value, json};

use crate::{
    samples::{organization, organization_with},
    world::World,
};

const HOLD: &str = "example.com/hold";

fn to_be_deleted(name: &str) -> Value {
    organization_with(name, &json!({"deletionPolicy": "Delete"}))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_never_served_goes_at_once_and_touches_nothing() -> Result<()> {
    let world = World::start("unserved").await?;
    world.insert("org_foreign", doc! {"_id": 1}).await?;
    world.apply(&to_be_deleted("foreign")).await?;
    world.settled("foreign", "CollectionConflict").await?;
    let mut waiting = to_be_deleted("waiting");
    waiting["spec"]["admin"]["passwordHashSecretRef"]["name"] = json!("missing");
    world.apply(&waiting).await?;
    world.settled("waiting", "SecretNotFound").await?;
    for name in ["foreign", "waiting"] {
        world.delete(name).await?;
        world.gone(name).await?;
    }
    assert_eq!(world.count("org_foreign").await?, 1);
    assert_eq!(
        world.collections().await?,
        ["admins", "org_foreign", "organizations"]
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_one_keeps_its_data_whatever_its_policy() -> Result<()> {
    let world = World::start("suspended").await?;
    world.apply(&to_be_deleted("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world.insert("org_acme", doc! {"_id": 1}).await?;
    world
        .patch("acme", &json!({"spec": {"suspend": true}}))
        .await?;
    world.settled("acme", "Suspended").await?;
    world.delete("acme").await?;
    world.gone("acme").await?;
    assert_eq!(world.count("org_acme").await?, 1);
    let record = world
        .record("organizations", "organization_name", "acme")
        .await?;
    assert!(record.contains_key("released") && !record.contains_key("owner"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_and_made_again_at_once_it_is_another_tenant_each_time() -> Result<()> {
    let world = World::start("again").await?;
    let mut seen = Vec::new();
    for _ in 0..5 {
        world.apply(&to_be_deleted("acme")).await?;
        world.settled("acme", "Succeeded").await?;
        let record = world
            .record("organizations", "organization_name", "acme")
            .await?;
        let id = record.get_object_id("_id")?;
        assert!(!seen.contains(&id), "{id} came back");
        seen.push(id);
        assert_eq!(world.count("org_acme").await?, 0);
        world.insert("org_acme", doc! {"_id": 1}).await?;
        world.delete("acme").await?;
        world.gone("acme").await?;
    }
    assert_eq!(world.collections().await?, ["admins", "organizations"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_finalizer_keeps_the_object_but_not_the_tenant() -> Result<()> {
    let world = World::start("held").await?;
    world.apply(&to_be_deleted("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let held = json!({"metadata": {"finalizers": [FINALIZER, HOLD]}});
    world.patch("acme", &held).await?;
    world.delete("acme").await?;
    let only_held =
        |object: Option<&Organization>| object.is_some_and(|object| object.finalizers() == [HOLD]);
    world.until_in(&world.namespace, "acme", only_held).await?;
    assert_eq!(world.collections().await?, ["admins", "organizations"]);

    // Whatever is asked of it now, it is not made again.
    let passes = || world.metric("organization_operator_passes_total", "Cleanup");
    let before = passes()?;
    world
        .patch("acme", &json!({"spec": {"deletionPolicy": "Retain"}}))
        .await?;
    world
        .eventually("another pass", || async { Ok(passes()? > before) })
        .await?;
    assert_eq!(world.count("organizations").await?, 0);
    world
        .patch("acme", &json!({"metadata": {"finalizers": null}}))
        .await?;
    world.gone("acme").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finalizer_taken_off_a_living_object_is_put_back() -> Result<()> {
    let world = World::start("put-back").await?;
    world.apply(&to_be_deleted("acme")).await?;
    let before = world.settled("acme", "Succeeded").await?;
    world
        .patch("acme", &json!({"metadata": {"finalizers": null}}))
        .await?;
    let version = before.resource_version();
    let put_back = |object: Option<&Organization>| {
        object.is_some_and(|object| {
            object.resource_version() != version && object.finalizers() == [FINALIZER]
        })
    };
    world.until_in(&world.namespace, "acme", put_back).await?;
    world.settled("acme", "Succeeded").await?;
    assert_eq!(world.count("organizations").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_forged_owner_is_gone_is_let_go_with_all_its_data() -> Result<()> {
    let world = World::start("forged-owner").await?;
    let owners = Api::<ConfigMap>::namespaced(world.client.clone(), &world.namespace);
    let owner = ConfigMap {
        metadata: ObjectMeta {
            name: Some("owner".to_owned()),
            ..ObjectMeta::default()
        },
        ..ConfigMap::default()
    };
    let owner = owners.create(&PostParams::default(), &owner).await?;
    world.apply(&organization("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world.insert("org_acme", doc! {"_id": 1}).await?;
    let forged = json!([{
        "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner.uid(),
    }]);
    world
        .patch("acme", &json!({"metadata": {"ownerReferences": forged}}))
        .await?;
    // Kubernetes' own garbage collector deletes the object; the tenant goes by its policy.
    owners.delete("owner", &DeleteParams::default()).await?;
    world.gone("acme").await?;
    let kept = world.database.collection::<Document>("org_acme");
    assert_eq!(kept.count_documents(doc! {}).await?, 1);
    world
        .record("organizations", "organization_name", "acme")
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_goes_whatever_state_its_organizations_are_in() -> Result<()> {
    let world = World::start("whole").await?;
    world.insert("org_foreign", doc! {"_id": 1}).await?;
    let generated = json!({"admin": {"email": "generated@acme.example"}});
    let missing = json!({"name": "missing", "key": "password"});
    let waiting = json!({"admin": {"email": "w@acme.example", "passwordSecretRef": missing}});
    for (manifest, reason) in [
        (organization_with("generated", &generated), "Succeeded"),
        (organization_with("waiting", &waiting), "SecretNotFound"),
        (organization("foreign"), "CollectionConflict"),
        (
            organization_with("paused", &json!({"suspend": true})),
            "Suspended",
        ),
    ] {
        world.apply(&manifest).await?;
        let name = manifest["metadata"]["name"].as_str().unwrap_or_default();
        world.settled(name, reason).await?;
    }
    let namespaces = Api::<Namespace>::all(world.client.clone());
    namespaces
        .delete(&world.namespace, &DeleteParams::default())
        .await?;
    world
        .eventually("the namespace is gone", || async {
            Ok(namespaces.get_opt(&world.namespace).await?.is_none())
        })
        .await?;
    assert_eq!(
        world.collections().await?,
        ["admins", "org_foreign", "org_generated", "organizations"]
    );
    assert_eq!(world.count("admins").await?, 1);
    Ok(())
}
