//! What was put back to an older state, or built anew: nothing is dropped or renamed because of it.

use anyhow::Result;
use futures::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use organization_operator::crd::CONFIRM_NAME_ANNOTATION;
use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    hand::message,
    own_cluster::own_cluster,
    samples::{organization, organization_with},
    servers::servers,
    world::{ALONE, World, status},
};

/// What a dump holds of a collection.
async fn dumped(world: &World, collection: &str) -> Result<Vec<Document>> {
    let collection = world.database.collection::<Document>(collection);
    Ok(collection.find(doc! {}).await?.try_collect().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn mongodb_restored_to_an_older_state() -> Result<()> {
    let world = World::with("restored", &["--sweep-interval", "1s"]).await?;
    let doomed = |name: &str| organization_with(name, &json!({"deletionPolicy": "Delete"}));
    world.apply(&doomed("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world.insert("org_acme", doc! {"_id": 1}).await?;
    let mut dump = Vec::new();
    for name in ["organizations", "admins", "org_acme"] {
        dump.push((name, dumped(&world, name).await?));
    }
    // After the backup: one is renamed, another is made.
    let renamed = json!({"spec": {"organizationName": "bolt"}});
    world.patch("acme", &renamed).await?;
    world.settled("acme", "Succeeded").await?;
    world.apply(&doomed("coil")).await?;
    world.settled("coil", "Succeeded").await?;

    // As mongorestore --drop does without --preserveUUID: the same documents, in other collections.
    block_in_place(|| world.operator.terminate())?;
    world.database.drop().await?;
    for (name, documents) in dump {
        let collection = world.database.collection::<Document>(name);
        collection.insert_many(documents).await?;
    }
    block_in_place(|| world.operator.start())?;

    let acme = world.settled("acme", "DataMissing").await?;
    assert!(message(&acme).contains("org_acme"), "{}", message(&acme));
    let coil = world.settled("coil", "DataMissing").await?;
    assert!(status(&coil).organization_id.is_some());
    assert_eq!(world.count("org_acme").await?, 1);
    let names = world.collections_that_count().await?;
    assert_eq!(names, ["admins", "org_acme", "organizations"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_rebuilt_from_git_with_the_same_cluster_id() -> Result<()> {
    let url = servers()?.mongo.url();
    let settings = [("CLUSTER_ID", "production")];
    let world = World::of("controller", "rebuilt", url, &[], &settings).await?;
    block_in_place(|| world.operator.start())?;
    let manifest = organization_with("acme", &json!({"organizationName": "Acme_Inc"}));
    world.apply(&manifest).await?;
    let before = world.settled("acme", "Succeeded").await?;
    world.insert("org_Acme_Inc", doc! {"_id": 1}).await?;

    // The old cluster ends without a word, and the new one's object is another.
    block_in_place(|| world.operator.terminate())?;
    world.lose("acme").await?;
    world.apply(&manifest).await?;
    block_in_place(|| world.operator.start())?;

    let after = world.settled("acme", "Succeeded").await?;
    assert_ne!(after.metadata.uid, before.metadata.uid);
    assert_eq!(
        status(&after).organization_id,
        status(&before).organization_id
    );
    assert_eq!(world.count("org_Acme_Inc").await?, 1);
    assert_eq!(world.count("organizations").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn etcd_restored_to_an_older_state() -> Result<()> {
    let world = World::with("older-etcd", &["--sweep-interval", "1s"]).await?;
    let doomed = |name: &str| organization_with(name, &json!({"deletionPolicy": "Delete"}));
    world.apply(&doomed("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    world.apply(&doomed("coil")).await?;
    world.settled("coil", "Succeeded").await?;
    for name in ["org_acme", "org_coil"] {
        world.insert(name, doc! {"_id": 1}).await?;
    }

    // In the older state acme was of another uid, and coil was not there yet.
    block_in_place(|| world.operator.terminate())?;
    for name in ["acme", "coil"] {
        world.lose(name).await?;
    }
    world.apply(&doomed("acme")).await?;
    block_in_place(|| world.operator.start())?;
    world.settled("acme", "Succeeded").await?;
    world.unowned("coil").await?;
    for name in ["org_acme", "org_coil"] {
        assert_eq!(world.count(name).await?, 1, "{name}");
    }
    world.apply(&organization("coil")).await?;
    world.settled("coil", "Succeeded").await?;
    assert_eq!(world.count("org_coil").await?, 1);
    Ok(())
}

/// The real thing: a control plane of the test's own, whose etcd gets its former data back.
#[tokio::test(flavor = "multi_thread")]
async fn etcd_restored_to_before_a_rename() -> Result<()> {
    let cluster = own_cluster("restored")?;
    let world = World::with("unrenamed", &[ALONE[0], "--sweep-interval=1s"])
        .await?
        .moved_to(&cluster, &[])
        .await?;
    block_in_place(|| world.operator.start())?;
    let named = |name: &str| json!({"spec": {"organizationName": name}});
    let addressed = |address: &str| json!({"spec": {"admin": {"email": address}}});
    for name in ["acme", "coil"] {
        let doomed = json!({"deletionPolicy": "Delete"});
        world.apply(&organization_with(name, &doomed)).await?;
        world.settled(name, "Succeeded").await?;
        world
            .insert(&format!("org_{name}"), doc! {"_id": name})
            .await?;
    }
    world.patch("acme", &named("acme")).await?;
    world.settled("acme", "Succeeded").await?;
    let snapshot = cluster.kubeconfig().with_file_name("snapshot");
    block_in_place(|| cluster.back_up(&snapshot))?;
    // At generation 3 each; and nothing is left of the former names.
    world.patch("acme", &named("beta")).await?;
    world
        .patch("coil", &json!({"spec": {"displayName": "Coil"}}))
        .await?;
    world.patch("coil", &named("dune")).await?;
    for (object, name, former) in [("acme", "beta", "acme"), ("coil", "dune", "coil")] {
        world.settled(object, "Succeeded").await?;
        world.released(name, former).await?;
    }

    block_in_place(|| world.operator.terminate())?;
    block_in_place(|| cluster.put_back(&snapshot))?;
    block_in_place(|| world.operator.start())?;

    for (object, name) in [("acme", "beta"), ("coil", "dune")] {
        let kept = world.settled(object, "SpecOutdated").await?;
        let said = message(&kept);
        assert!(
            said.contains(CONFIRM_NAME_ANNOTATION) && said.contains(name),
            "{said}"
        );
        assert_eq!(status(&kept).organization_name.as_deref(), Some(name));
    }
    // Past the generation of the rename, and still the older spec.
    for address in ["a@acme.example", "b@acme.example"] {
        world.patch("acme", &addressed(address)).await?;
        let edited = world.settled("acme", "SpecOutdated").await?;
        assert_eq!(
            status(&edited).admin_email.as_deref(),
            Some("acme@acme.example")
        );
        assert!(edited.metadata.generation <= Some(4));
    }
    assert_eq!(
        world.organizations().get("acme").await?.metadata.generation,
        Some(4)
    );
    let figures = || -> Result<_> {
        let swept = world.metric("organization_operator_sweeps_total", "Succeeded")?;
        let passes = world.metric("organization_operator_passes_total", "")?;
        let writes = world.metric("organization_operator_kube_writes_total", "")?;
        Ok((swept, passes, writes))
    };
    let mut last = figures()?;
    let mut quiet = 0;
    world
        .eventually("two sweeps in a row wake nobody", async || {
            let now = figures()?;
            if now.0 > last.0 {
                quiet = if now.1 == last.1 && now.2 == last.2 {
                    quiet + now.0 - last.0
                } else {
                    0
                };
                last = now;
            }
            Ok(quiet >= 2)
        })
        .await?;
    assert_eq!(
        world.collections_that_count().await?,
        ["admins", "org_beta", "org_dune", "organizations"]
    );

    // A person confirms the one, and puts the other right; then its next name is a wish like any.
    let confirmed = json!({"metadata": {"annotations": {CONFIRM_NAME_ANNOTATION: "acme"}}});
    world.patch("acme", &confirmed).await?;
    world.settled("acme", "Succeeded").await?;
    world.patch("coil", &named("dune")).await?;
    world.settled("coil", "Succeeded").await?;
    world.patch("coil", &named("elm")).await?;
    let renamed = world.settled("coil", "Succeeded").await?;
    assert_eq!(renamed.metadata.generation, Some(3));
    assert_eq!(
        world.collections_that_count().await?,
        ["admins", "org_acme", "org_elm", "organizations"]
    );
    world.record("org_acme", "_id", "acme").await?;
    world.record("org_elm", "_id", "coil").await?;
    Ok(())
}
