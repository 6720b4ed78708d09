//! Writes of records: unique keys, and compare-and-sets.

use anyhow::Result;
use mongodb::bson::{Document, doc};
use organization_operator::{
    domain::{
        names::CollectionName,
        record::{OrganizationRecord, State},
    },
    store::port::{
        StoreError::{Duplicate, Stale},
        UniqueKey,
    },
};

use crate::{
    samples::{
        assert_refused, name, object_id, older_record, organization, own, owner, record, uuid,
    },
    world::World,
};

async fn document(world: &World, collection: &str, number: u8) -> Result<Option<Document>> {
    let documents = world.hand.documents(collection).await?;
    let mut with_id = documents
        .into_iter()
        .filter(|document| document.get("_id") == Some(&object_id(number)));
    Ok(with_id.next())
}

pub async fn each_unique_key_of_a_record_is_kept_and_named(world: &World) -> Result<()> {
    world.store.ensure_indexes().await?;
    let mut first = record(1, "acme")?;
    first.names = vec![name("acme")?, name("bolt")?];
    first.collection_uuid = Some(uuid(1));
    world.store.insert_record(&first).await?;
    let second = record(2, "coil")?;
    let refused = [
        (
            UniqueKey::Id,
            OrganizationRecord {
                id: organization(1),
                ..second.clone()
            },
        ),
        (
            UniqueKey::OrganizationName,
            OrganizationRecord {
                organization_name: name("acme")?,
                ..second.clone()
            },
        ),
        (
            UniqueKey::Names,
            OrganizationRecord {
                names: vec![name("coil")?, name("bolt")?],
                ..second.clone()
            },
        ),
        (
            UniqueKey::Owner,
            OrganizationRecord {
                owner: Some(owner("u1")),
                ..second.clone()
            },
        ),
        (
            UniqueKey::CollectionUuid,
            OrganizationRecord {
                collection_uuid: Some(uuid(1)),
                ..second.clone()
            },
        ),
    ];
    for (key, record) in refused {
        assert_refused(&world.store.insert_record(&record).await, &Duplicate(key));
    }
    assert_eq!(world.hand.documents("organizations").await?.len(), 1);
    world.store.insert_record(&second).await?;
    Ok(())
}

pub async fn records_without_claims_are_not_in_each_others_way(world: &World) -> Result<()> {
    world.store.ensure_indexes().await?;
    for (number, text) in [(1, "acme"), (2, "bolt")] {
        let record = OrganizationRecord {
            names: vec![],
            owner: None,
            ..record(number, text)?
        };
        world.store.insert_record(&record).await?;
    }
    Ok(())
}

pub async fn an_update_needs_the_revision_that_was_read(world: &World) -> Result<()> {
    let before = record(1, "acme")?;
    let after = OrganizationRecord {
        state: State::Active,
        ..before.clone()
    };
    assert_refused(&world.store.update_record(&before, &after).await, &Stale);
    world.store.insert_record(&before).await?;
    world.store.update_record(&before, &after).await?;
    // The second of two who read the same.
    let other = OrganizationRecord {
        disabled: true,
        ..before.clone()
    };
    assert_refused(&world.store.update_record(&before, &other).await, &Stale);
    let tenant = own(world, "u1").await?;
    assert_eq!(
        tenant.record,
        OrganizationRecord {
            revision: Some(2),
            ..after
        }
    );
    Ok(())
}

pub async fn an_update_of_what_was_never_ours_needs_that_it_still_is_not(
    world: &World,
) -> Result<()> {
    world
        .hand
        .plant("organizations", older_record(1, "acme"))
        .await?;
    let before = OrganizationRecord {
        names: vec![],
        owner: None,
        state: State::Active,
        revision: None,
        ..record(1, "acme")?
    };
    let after = OrganizationRecord {
        owner: Some(owner("u1")),
        ..before.clone()
    };
    world.store.update_record(&before, &after).await?;
    assert_refused(&world.store.update_record(&before, &after).await, &Stale);
    assert_eq!(own(world, "u1").await?.record.revision, Some(1));
    Ok(())
}

pub async fn an_update_leaves_other_fields_alone_and_unsets_what_is_gone(
    world: &World,
) -> Result<()> {
    let before = record(1, "acme")?;
    world.store.insert_record(&before).await?;
    let of_others = doc! {"$set": {"plan": "gold", "collection_name": "org_edited"}};
    world
        .hand
        .edit("organizations", object_id(1), of_others)
        .await?;
    let after = OrganizationRecord {
        owner: None,
        released: before.owner.clone(),
        names: vec![],
        ..before.clone()
    };
    world.store.update_record(&before, &after).await?;
    let stored = document(world, "organizations", 1)
        .await?
        .unwrap_or_default();
    assert_eq!(stored.get_str("plan").ok(), Some("gold"));
    // It did not differ between what was read and what was wished.
    assert_eq!(stored.get_str("collection_name").ok(), Some("org_edited"));
    assert_eq!(
        (stored.contains_key("owner"), stored.contains_key("names")),
        (false, false)
    );
    assert_eq!(
        stored.get_document("released")?.get_str("uid").ok(),
        Some("u1")
    );
    Ok(())
}

pub async fn an_update_that_would_take_anothers_key_changes_nothing(world: &World) -> Result<()> {
    world.store.ensure_indexes().await?;
    let before = record(1, "acme")?;
    world.store.insert_record(&before).await?;
    let mut other = record(2, "bolt")?;
    other.collection_uuid = Some(uuid(2));
    world.store.insert_record(&other).await?;
    let refused = [
        (
            UniqueKey::OrganizationName,
            OrganizationRecord {
                organization_name: name("bolt")?,
                collection_name: CollectionName::of_tenant(&name("bolt")?),
                ..before.clone()
            },
        ),
        (
            UniqueKey::Names,
            OrganizationRecord {
                names: vec![name("acme")?, name("bolt")?],
                ..before.clone()
            },
        ),
        (
            UniqueKey::Owner,
            OrganizationRecord {
                owner: Some(owner("u2")),
                ..before.clone()
            },
        ),
        (
            UniqueKey::CollectionUuid,
            OrganizationRecord {
                collection_uuid: Some(uuid(2)),
                ..before.clone()
            },
        ),
    ];
    for (key, after) in refused {
        let outcome = world.store.update_record(&before, &after).await;
        assert_refused(&outcome, &Duplicate(key));
        assert_eq!(own(world, "u1").await?.record, before);
    }
    Ok(())
}

pub async fn a_deletion_needs_the_revision_that_was_read(world: &World) -> Result<()> {
    let read = record(1, "acme")?;
    assert_refused(&world.store.delete_record(&read).await, &Stale);
    world.store.insert_record(&read).await?;
    let after = OrganizationRecord {
        disabled: true,
        ..read.clone()
    };
    world.store.update_record(&read, &after).await?;
    assert_refused(&world.store.delete_record(&read).await, &Stale);
    let read = own(world, "u1").await?.record;
    world.store.delete_record(&read).await?;
    assert_refused(&world.store.delete_record(&read).await, &Stale);
    assert_eq!(document(world, "organizations", 1).await?, None);
    Ok(())
}
