//! Strays into the home.

use anyhow::Result;
use mongodb::bson::doc;
use organization_operator::{
    domain::{ids::CollectionUuid, names::CollectionName},
    store::port::StoreError::Gone,
};

use crate::{
    collections::uuid_of,
    samples::{assert_refused, organization, tenant_collection, uuid},
    world::World,
};

async fn home(world: &World) -> Result<(CollectionName, CollectionUuid)> {
    let home = tenant_collection("acme")?;
    world
        .store
        .create_collection(&home, organization(1))
        .await?;
    let uuid = uuid_of(world, &home).await?;
    Ok((home, uuid))
}

fn stray() -> CollectionName {
    CollectionName::stray(organization(1), 0)
}

pub async fn every_document_arrives_and_none_is_overwritten(world: &World) -> Result<()> {
    let (home, uuid) = home(world).await?;
    world
        .hand
        .plant(home.as_str(), doc! {"_id": 1, "from": "home"})
        .await?;
    world
        .hand
        .plant(stray().as_str(), doc! {"_id": 1, "from": "stray"})
        .await?;
    world
        .hand
        .plant(stray().as_str(), doc! {"_id": 2, "from": "stray"})
        .await?;
    assert_eq!(world.store.merge_stray(&stray(), &home, uuid).await?, 1);
    assert_eq!(
        world.hand.documents(home.as_str()).await?,
        [
            doc! {"_id": 1, "from": "home"},
            doc! {"_id": 2, "from": "stray"},
        ]
    );
    // The stray is as it was: whoever merged may be cut off and come again.
    assert_eq!(world.hand.documents(stray().as_str()).await?.len(), 2);
    assert_eq!(world.store.merge_stray(&stray(), &home, uuid).await?, 1);
    Ok(())
}

pub async fn the_same_document_is_no_clash_and_a_different_one_is(world: &World) -> Result<()> {
    let (home, uuid) = home(world).await?;
    let pairs = [
        (
            doc! {"_id": 1, "a": 1, "b": f64::NAN},
            doc! {"_id": 1, "a": 1, "b": f64::NAN},
        ),
        (
            doc! {"_id": 2, "a": 1, "b": 2},
            doc! {"_id": 2, "b": 2, "a": 1},
        ),
        (doc! {"_id": 3, "a": 1_i32}, doc! {"_id": 3, "a": 1_i64}),
        (doc! {"_id": 4}, doc! {"_id": 4, "a": 1}),
    ];
    for (there, late) in pairs {
        world.hand.plant(home.as_str(), there).await?;
        world.hand.plant(stray().as_str(), late).await?;
    }
    // All but the first.
    assert_eq!(world.store.merge_stray(&stray(), &home, uuid).await?, 3);
    Ok(())
}

pub async fn many_documents_arrive_in_batches(world: &World) -> Result<()> {
    let (home, uuid) = home(world).await?;
    let mut planting = Vec::new();
    for number in 0..1_201 {
        let document = doc! {"_id": number, "text": "late"};
        planting.push(async move { world.hand.plant(stray().as_str(), document).await });
    }
    futures::future::try_join_all(planting).await?;
    world
        .hand
        .plant(home.as_str(), doc! {"_id": 700, "text": "home"})
        .await?;
    world
        .hand
        .plant(home.as_str(), doc! {"_id": 701, "text": "late"})
        .await?;
    assert_eq!(world.store.merge_stray(&stray(), &home, uuid).await?, 1);
    assert_eq!(world.hand.documents(home.as_str()).await?.len(), 1_201);
    Ok(())
}

pub async fn nothing_is_merged_into_another_collection(world: &World) -> Result<()> {
    let (home, _) = home(world).await?;
    world.hand.plant(stray().as_str(), doc! {"_id": 1}).await?;
    let outcome = world.store.merge_stray(&stray(), &home, uuid(1)).await;
    assert_refused(&outcome, &Gone);
    assert_eq!(world.hand.documents(home.as_str()).await?.len(), 0);
    // Nor is a home made anew by it.
    let missing = tenant_collection("bolt")?;
    let outcome = world.store.merge_stray(&stray(), &missing, uuid(1)).await;
    assert_refused(&outcome, &Gone);
    assert_eq!(crate::collections::see(world, &missing).await?, None);
    Ok(())
}

pub async fn a_stray_that_is_gone_merges_nothing(world: &World) -> Result<()> {
    let (home, uuid) = home(world).await?;
    assert_eq!(world.store.merge_stray(&stray(), &home, uuid).await?, 0);
    Ok(())
}
