//! Indexes that claims rest on, and what calls cost.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use mongodb::bson::doc;
use organization_operator::{
    domain::record::OrganizationRecord,
    store::port::{
        StoreError::{self, Duplicate},
        UniqueKey,
    },
};

use crate::{
    samples::{
        assert_refused, email, hash, new_admin, object_id, older_admin, older_record, organization,
        own, query, record, tenant_collection, uuid,
    },
    world::World,
};

pub async fn making_them_again_changes_nothing(world: &World) -> Result<()> {
    world.store.ensure_indexes().await?;
    world.store.insert_record(&record(1, "acme")?).await?;
    world.store.ensure_indexes().await?;
    assert_refused(
        &world.store.insert_record(&called_acme_too()?).await,
        &Duplicate(UniqueKey::OrganizationName),
    );
    Ok(())
}

/// With no other key in common: which of several is reported is the server's choice.
fn called_acme_too() -> Result<OrganizationRecord> {
    Ok(OrganizationRecord {
        names: vec![],
        ..record(2, "acme")?
    })
}

fn hex(number: u8) -> String {
    organization(number).to_string()
}

pub async fn documents_that_stand_against_one_are_named(world: &World) -> Result<()> {
    for (number, text) in [(1, "acme"), (2, "bolt"), (3, "acme")] {
        world
            .hand
            .plant("organizations", older_record(number, text))
            .await?;
    }
    let outcome = world.store.ensure_indexes().await;
    assert_refused(&outcome, &Duplicate(UniqueKey::OrganizationName));
    let found = world
        .store
        .find_duplicates(UniqueKey::OrganizationName)
        .await?;
    assert_eq!(found, [hex(1), hex(3)]);
    for key in [
        UniqueKey::Id,
        UniqueKey::Names,
        UniqueKey::Owner,
        UniqueKey::CollectionUuid,
    ] {
        assert_eq!(world.store.find_duplicates(key).await?, [""; 0], "{key:?}");
    }

    let claims = doc! {"$set": {"organization_name": "coil", "names": ["bolt", "bolt"]}};
    world
        .hand
        .edit("organizations", object_id(3), claims)
        .await?;
    // Twice in one document is no duplicate.
    assert_eq!(
        world.store.find_duplicates(UniqueKey::Names).await?,
        [""; 0]
    );
    world
        .store
        .ensure_indexes()
        .await
        .map_err(anyhow::Error::from)
}

pub async fn a_refused_index_does_not_keep_the_others_away(world: &World) -> Result<()> {
    for number in [1, 2] {
        let mut admin = older_admin(number, "acme");
        admin.insert("email", email("same").as_str());
        world.hand.plant("admins", admin).await?;
    }
    let outcome = world.store.ensure_indexes().await;
    assert_refused(&outcome, &Duplicate(UniqueKey::Email));
    let found = world.store.find_duplicates(UniqueKey::Email).await?;
    assert_eq!(found, [hex(1), hex(2)]);
    world.store.insert_record(&record(1, "acme")?).await?;
    let outcome = world.store.insert_record(&called_acme_too()?).await;
    assert_refused(&outcome, &Duplicate(UniqueKey::OrganizationName));
    world.hand.remove("admins", object_id(2)).await?;
    world.store.ensure_indexes().await?;
    Ok(())
}

/// The commands that the call costs.
pub async fn cost<T, F>(world: &World, call: F) -> Result<BTreeMap<&'static str, u64>>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let before = world.hand.commands();
    call.await?;
    let mut cost = world.hand.commands();
    for (name, count) in &mut cost {
        *count -= before.get(name).copied().unwrap_or_default();
    }
    cost.retain(|_, count| *count > 0);
    Ok(cost)
}

pub async fn each_call_costs_the_commands_that_were_promised(world: &World) -> Result<()> {
    let one = |name| BTreeMap::from([(name, 1)]);
    let store = &world.store;
    let acme = tenant_collection("acme")?;
    let names = BTreeSet::from([acme.clone()]);
    let query = query("u1", "acme", email("1"))?;
    store.ensure_indexes().await?;
    let written = record(1, "acme")?;
    assert_eq!(
        cost(world, store.insert_record(&written)).await?,
        one("insert")
    );
    let (admin, password) = (new_admin(1, "acme")?, hash("1"));
    assert_eq!(
        cost(
            world,
            store.insert_admin(&admin.with_password(password.clone()))
        )
        .await?,
        one("insert")
    );
    assert_eq!(
        cost(world, store.find_tenants(&query)).await?,
        one("aggregate")
    );
    let create = store.create_collection(&acme, organization(1));
    assert_eq!(cost(world, create).await?, one("create"));
    assert_eq!(
        cost(world, store.find_collections(&names)).await?,
        one("listCollections")
    );
    assert_eq!(
        cost(world, store.locate_collection(uuid(1))).await?,
        one("listCollections")
    );
    assert_eq!(cost(world, store.find_holder(uuid(1))).await?, one("find"));
    let there = crate::collections::uuid_of(world, &acme).await?;
    assert_eq!(
        cost(world, store.is_empty(&acme, there)).await?,
        one("find")
    );
    let tenant = own(world, "u1").await?;
    let update = store.update_record(&tenant.record, &tenant.record);
    assert_eq!(cost(world, update).await?, one("update"));
    assert_eq!(
        cost(world, store.delete_admins(&tenant.record)).await?,
        one("delete")
    );
    let read = own(world, "u1").await?.record;
    assert_eq!(
        cost(world, store.delete_record(&read)).await?,
        one("delete")
    );
    assert_eq!(cost(world, store.ping()).await?, one("ping"));
    Ok(())
}
