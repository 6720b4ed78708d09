use anyhow::{Result, ensure};
use tokio::task::block_in_place;

use crate::{
    own_cluster::own_cluster,
    samples::organization,
    world::{ALONE, World, status},
};

#[tokio::test(flavor = "multi_thread")]
async fn etcd_restored_from_a_snapshot_drops_nothing() -> Result<()> {
    let cluster = own_cluster("etcd")?;
    let flags: Vec<_> = ALONE
        .iter()
        .chain(&["--sweep-interval", "1s"])
        .copied()
        .collect();
    let world = World::with("etcd-restored", &flags)
        .await?
        .moved_to(&cluster, &[])
        .await?;
    block_in_place(|| world.operator.start())?;
    world.serve("same", "Delete").await?;
    world.serve("deleted", "Delete").await?;
    let snapshot = cluster.kubeconfig().with_file_name("snapshot");
    block_in_place(|| cluster.back_up(&snapshot))?;

    // After it one is deleted, with all it had, and two are made, under both policies.
    world.delete("deleted").await?;
    world.gone("deleted").await?;
    for (name, policy) in [("younger", "Delete"), ("older", "Retain")] {
        world.serve(name, policy).await?;
    }

    // 1. The operator is stopped. 2. etcd is restored.
    block_in_place(|| world.operator.terminate())?;
    block_in_place(|| cluster.put_back(&snapshot))?;
    ensure!(world.organizations().get_opt("younger").await?.is_none());
    ensure!(world.organizations().get_opt("deleted").await?.is_some());
    let told = world.told_orphans()?;
    ensure!(
        told.len() == 2 && told.iter().all(|told| told.kind == "ObjectGone"),
        "{told:?}"
    );

    // 4. It starts: nothing is dropped.
    block_in_place(|| world.operator.start())?;
    world.settled("same", "Succeeded").await?;
    world.settled("deleted", "DataMissing").await?;
    for name in ["younger", "older"] {
        world.unowned(name).await?;
    }
    let told = world.told_orphans()?;
    ensure!(
        told.len() == 2 && told.iter().all(|told| told.kind == "Retained"),
        "{told:?}"
    );
    for name in ["same", "younger", "older"] {
        world.record(&format!("org_{name}"), "_id", name).await?;
    }

    // The manifests of what is younger, and an end to what was deleted.
    for name in ["younger", "older"] {
        world.apply(&organization(name)).await?;
        world.settled(name, "Succeeded").await?;
        world.record(&format!("org_{name}"), "_id", name).await?;
    }
    let told = status(&world.settled("deleted", "DataMissing").await?);
    ensure!(told.organization_id.is_some(), "{told:?}");
    world.delete("deleted").await?;
    world.gone("deleted").await?;
    ensure!(world.told_orphans()?.is_empty());
    ensure!(world.count("organizations").await? == 3);
    Ok(())
}
