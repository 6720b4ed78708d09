//! Through a mongos: what moves or drops nothing is done as anywhere, the rest is refused unsent.

use std::sync::Arc;

use anyhow::{Result, ensure};
use organization_operator::{
    domain::{names::CollectionName, observed::Capability},
    store::port::StoreError::Other,
};

use crate::{
    mongo_world,
    relay::mongos::Mongos,
    samples::{organization, tenant_collection},
    world::{World, memory},
};

async fn nothing_is_moved_or_dropped(world: &World) -> Result<()> {
    ensure!(world.store.capability() == Capability::Sharded);
    world.store.ensure_indexes().await?;
    let (acme, bolt) = (tenant_collection("acme")?, tenant_collection("bolt")?);
    world
        .store
        .create_collection(&acme, organization(1))
        .await?;
    let found = world.store.find_collections(&[acme.clone()].into()).await?;
    let there = found[0].1.uuid;
    let stray = CollectionName::stray(organization(1), 0);
    world
        .store
        .create_collection(&stray, organization(1))
        .await?;
    let sent = world.hand.commands();
    let refused = [
        world.store.move_collection(&acme, &bolt, there).await,
        world.store.drop_collection(&stray, there).await,
        world
            .store
            .merge_stray(&stray, &acme, there)
            .await
            .map(drop),
    ];
    for outcome in refused {
        assert!(matches!(outcome, Err(Other(_))), "{outcome:?}");
    }
    assert_eq!(world.hand.commands(), sent, "something was sent");
    Ok(())
}

#[tokio::test]
async fn nothing_is_moved_or_dropped_in_memory() -> Result<()> {
    nothing_is_moved_or_dropped(&memory(Capability::Sharded)).await
}

#[tokio::test]
async fn nothing_is_moved_or_dropped_by_the_adapter() -> Result<()> {
    let opened = mongo_world::open_behind(Arc::new(Mongos)).await?;
    let outcome = nothing_is_moved_or_dropped(&opened.world).await;
    opened.close().await?;
    outcome
}
