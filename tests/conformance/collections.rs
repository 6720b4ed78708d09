//! Tenants' collections: seen, made, moved, dropped.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use mongodb::bson::doc;
use organization_operator::{
    domain::{
        ids::CollectionUuid,
        names::CollectionName,
        observed::{Capability, ObservedCollection},
    },
    store::port::StoreError::{Exists, Gone, Other},
};

use crate::{
    samples::{assert_refused, organization, tenant_collection, uuid},
    world::World,
};

pub async fn see(world: &World, name: &CollectionName) -> Result<Option<ObservedCollection>> {
    let names = BTreeSet::from([name.clone()]);
    let found = world.store.find_collections(&names).await?;
    Ok(found.into_iter().next().map(|(_, seen)| seen))
}

pub async fn uuid_of(world: &World, name: &CollectionName) -> Result<CollectionUuid> {
    let seen = see(world, name).await?;
    Ok(seen.with_context(|| format!("{name} is missing"))?.uuid)
}

async fn made(world: &World, name: &CollectionName) -> Result<CollectionUuid> {
    world.store.create_collection(name, organization(1)).await?;
    uuid_of(world, name).await
}

pub async fn only_what_was_asked_for_is_found(world: &World) -> Result<()> {
    let [acme, bolt, coil] = ["acme", "bolt", "coil"].map(tenant_collection);
    let (acme, bolt, coil) = (acme?, bolt?, coil?);
    world
        .store
        .create_collection(&bolt, organization(1))
        .await?;
    world.hand.plant_collection(acme.as_str()).await?;
    world.hand.plant_collection("org_dune").await?;
    world.hand.plant("organizations", doc! {"_id": 1}).await?;
    let asked = BTreeSet::from([coil, bolt.clone(), acme.clone()]);
    let found = world.store.find_collections(&asked).await?;
    let found: Vec<_> = found
        .into_iter()
        .map(|(name, seen)| (name, seen.marker))
        .collect();
    assert_eq!(found, [(acme, None), (bolt, Some(organization(1)))]);
    assert_eq!(world.store.find_collections(&BTreeSet::new()).await?, []);
    Ok(())
}

pub async fn creation_is_exclusive_but_for_the_same_marker(world: &World) -> Result<()> {
    let (acme, bolt) = (tenant_collection("acme")?, tenant_collection("bolt")?);
    let first = made(world, &acme).await?;
    assert_eq!(made(world, &acme).await?, first);
    let outcome = world.store.create_collection(&acme, organization(2)).await;
    assert_refused(&outcome, &Exists);
    world.hand.plant_collection(bolt.as_str()).await?;
    let outcome = world.store.create_collection(&bolt, organization(1)).await;
    assert_refused(&outcome, &Exists);
    assert_eq!(see(world, &bolt).await?.and_then(|seen| seen.marker), None);
    Ok(())
}

pub async fn a_collection_is_located_by_its_uuid(world: &World) -> Result<()> {
    let acme = tenant_collection("acme")?;
    let there = made(world, &acme).await?;
    assert_eq!(
        world.store.locate_collection(there).await?,
        Some(acme.clone())
    );
    assert_eq!(world.store.locate_collection(uuid(1)).await?, None);
    world.hand.drop_collection(acme.as_str()).await?;
    assert_eq!(world.store.locate_collection(there).await?, None);
    Ok(())
}

pub async fn a_move_takes_the_documents_along(world: &World) -> Result<()> {
    let (acme, bolt) = (tenant_collection("acme")?, tenant_collection("bolt")?);
    let before = made(world, &acme).await?;
    world
        .hand
        .plant(acme.as_str(), doc! {"_id": 1, "text": "kept"})
        .await?;
    world.store.move_collection(&acme, &bolt, before).await?;
    assert_eq!(see(world, &acme).await?, None);
    let after = see(world, &bolt).await?.context("moved nowhere")?;
    match world.store.capability() {
        Capability::Fenced => assert_eq!(
            after,
            ObservedCollection {
                uuid: before,
                marker: Some(organization(1)),
            }
        ),
        Capability::Unfenced => assert_ne!(after.uuid, before),
        Capability::Sharded => bail!("nothing is moved through a mongos"),
    }
    let documents = world.hand.documents(bolt.as_str()).await?;
    assert_eq!(documents, [doc! {"_id": 1, "text": "kept"}]);
    Ok(())
}

pub async fn a_move_never_lands_on_another_collection(world: &World) -> Result<()> {
    let (acme, bolt) = (tenant_collection("acme")?, tenant_collection("bolt")?);
    let there = made(world, &acme).await?;
    world.hand.plant(acme.as_str(), doc! {"_id": 1}).await?;
    world.hand.plant(bolt.as_str(), doc! {"_id": 2}).await?;
    let outcome = world.store.move_collection(&acme, &bolt, there).await;
    assert_refused(&outcome, &Exists);
    assert_eq!(
        world.hand.documents(acme.as_str()).await?,
        [doc! {"_id": 1}]
    );
    assert_eq!(
        world.hand.documents(bolt.as_str()).await?,
        [doc! {"_id": 2}]
    );
    Ok(())
}

pub async fn a_move_is_of_that_very_collection_or_none(world: &World) -> Result<()> {
    let (acme, bolt) = (tenant_collection("acme")?, tenant_collection("bolt")?);
    let outcome = world.store.move_collection(&acme, &bolt, uuid(1)).await;
    assert_refused(&outcome, &Gone);
    let there = made(world, &acme).await?;
    let outcome = world.store.move_collection(&acme, &bolt, uuid(1)).await;
    assert_refused(&outcome, &Gone);
    assert_eq!(uuid_of(world, &acme).await?, there);
    assert_eq!(see(world, &bolt).await?, None);
    // Also where the way is barred: which collection it is comes first.
    world.hand.plant_collection(bolt.as_str()).await?;
    let outcome = world.store.move_collection(&acme, &bolt, uuid(1)).await;
    assert_refused(&outcome, &Gone);
    Ok(())
}

pub async fn only_private_names_are_dropped(world: &World) -> Result<()> {
    let acme = tenant_collection("acme")?;
    let there = made(world, &acme).await?;
    let sent = world.hand.commands();
    let outcome = world.store.drop_collection(&acme, there).await;
    assert!(matches!(outcome, Err(Other(_))), "{outcome:?}");
    assert_eq!(world.hand.commands(), sent, "something was sent");
    assert_eq!(uuid_of(world, &acme).await?, there);
    Ok(())
}

pub async fn a_drop_is_of_that_very_collection_or_none(world: &World) -> Result<()> {
    let trash = CollectionName::trash(organization(1));
    world.store.drop_collection(&trash, uuid(1)).await?;
    let there = made(world, &trash).await?;
    world.hand.plant(trash.as_str(), doc! {"_id": 1}).await?;
    let outcome = world.store.drop_collection(&trash, uuid(1)).await;
    assert_refused(&outcome, &Gone);
    assert_eq!(world.hand.documents(trash.as_str()).await?.len(), 1);
    world.store.drop_collection(&trash, there).await?;
    assert_eq!(see(world, &trash).await?, None);
    world.store.drop_collection(&trash, there).await?;
    Ok(())
}

pub async fn emptiness_is_of_that_very_collection(world: &World) -> Result<()> {
    let acme = tenant_collection("acme")?;
    let there = made(world, &acme).await?;
    assert!(world.store.is_empty(&acme, there).await?);
    world.hand.plant(acme.as_str(), doc! {"_id": 1}).await?;
    assert!(!world.store.is_empty(&acme, there).await?);
    let of_another = world.store.is_empty(&acme, uuid(1)).await;
    match world.store.capability() {
        Capability::Fenced => assert_refused(&of_another, &Gone),
        Capability::Unfenced | Capability::Sharded => assert!(!of_another?),
    }
    Ok(())
}
