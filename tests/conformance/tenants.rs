//! The one command that a pass reads records with.

use anyhow::Result;
use jiff::Timestamp;
use mongodb::bson::doc;
use organization_operator::{
    domain::{
        names::CollectionName,
        observed::EmailHolder,
        record::{OwnerSeen, Quarantine, Renaming, State, StoredTenant, Stray},
    },
    store::port::{StoreError, TenantView},
};

use crate::{
    samples::{
        admin_id, assert_discreet, email, hash, inserted, name, new_admin, object_id, older_admin,
        older_record, organization, own, owner, query, query_owner, record, uuid,
    },
    world::World,
};

pub async fn an_empty_database_has_no_tenants(world: &World) -> Result<()> {
    let query = query("u1", "acme", email("1"))?;
    assert_eq!(
        world.store.find_tenants(&query).await?,
        TenantView::default()
    );
    assert_eq!(world.store.find_holder(uuid(1)).await?, None);
    Ok(())
}

pub async fn a_record_comes_back_as_it_was_inserted(world: &World) -> Result<()> {
    let mut written = record(1, "acme")?;
    written.names.push(name("bolt")?);
    written.released = Some(owner("u0"));
    written.state = State::Renaming(Renaming {
        from: name("acme")?,
        to: name("bolt")?,
        clear: true,
        started_at: Timestamp::from_millisecond(1_700_000_000_456)?,
        generation: Some(3),
    });
    written.naming.outdated = Some(name("dune")?);
    written.quarantine = vec![Quarantine {
        name: name("coil")?,
        until: Timestamp::from_millisecond(1_700_000_060_456)?,
    }];
    written.strays = vec![Stray {
        slot: 1,
        uuid: uuid(2),
        from: CollectionName::of_tenant(&name("coil")?),
        kept: true,
    }];
    written.collection_uuid = Some(uuid(1));
    written.disabled = true;
    let (admin, password) = (new_admin(1, "acme")?, hash("first"));
    world.store.insert_record(&written).await?;
    world
        .store
        .insert_admin(&admin.with_password(password.clone()))
        .await?;
    let tenant = own(world, "u1").await?;
    assert_eq!(tenant.record, written);
    assert_eq!(tenant.admin, Some(inserted(&admin, &password)));
    Ok(())
}

pub async fn the_own_tenant_is_told_from_those_that_hold_the_name(world: &World) -> Result<()> {
    let mut claimant = record(2, "bolt")?;
    claimant.names.push(name("acme")?);
    world.store.insert_record(&record(3, "coil")?).await?;
    world.store.insert_record(&claimant).await?;
    world
        .hand
        .plant("organizations", older_record(1, "acme"))
        .await?;
    world
        .store
        .insert_admin(&new_admin(2, "bolt")?.with_password(hash("2")))
        .await?;
    let view = world
        .store
        .find_tenants(&query("u3", "acme", email("2"))?)
        .await?;
    let ids: Vec<_> = view.claimants.iter().map(id).collect();
    assert_eq!(ids, [organization(1), organization(2)]);
    assert_eq!(view.own.as_ref().map(id), Some(organization(3)));
    assert_eq!(view.email_holder, Some(EmailHolder { admin: admin_id(2) }));

    // One's own is no claimant, by whatever name.
    let view = world
        .store
        .find_tenants(&query("u2", "bolt", email("none"))?)
        .await?;
    assert_eq!(view.own.as_ref().map(id), Some(organization(2)));
    assert_eq!((view.claimants, view.email_holder), (vec![], None));
    Ok(())
}

fn id(tenant: &StoredTenant) -> organization_operator::domain::ids::OrganizationId {
    match tenant {
        StoredTenant::Readable(tenant) => tenant.record.id,
        StoredTenant::Unreadable { id, .. } => *id,
    }
}

pub async fn whoever_has_the_address_is_told_though_there_are_no_records(
    world: &World,
) -> Result<()> {
    world
        .store
        .insert_admin(&new_admin(1, "acme")?.with_password(hash("1")))
        .await?;
    let view = world
        .store
        .find_tenants(&query("u1", "acme", email("1"))?)
        .await?;
    assert_eq!(view.email_holder, Some(EmailHolder { admin: admin_id(1) }));
    assert_eq!((view.own, view.claimants), (None, vec![]));
    Ok(())
}

pub async fn a_tenant_of_the_older_service_reads_as_active_and_unclaimed(
    world: &World,
) -> Result<()> {
    world
        .hand
        .plant("organizations", older_record(1, "acme"))
        .await?;
    world.hand.plant("admins", older_admin(1, "acme")).await?;
    let view = world
        .store
        .find_tenants(&query("u1", "acme", email("none"))?)
        .await?;
    let [StoredTenant::Readable(tenant)] = view.claimants.as_slice() else {
        anyhow::bail!("{view:?}");
    };
    let expected = organization_operator::domain::record::OrganizationRecord {
        names: vec![],
        owner: None,
        naming: organization_operator::domain::record::Naming::default(),
        state: State::Active,
        revision: None,
        ..record(1, "acme")?
    };
    assert_eq!(tenant.record, expected);
    let admin = tenant.admin.as_ref().map(|admin| {
        let link = (admin.organization_id, admin.credential_version.clone());
        (
            admin.email.clone(),
            admin.token_version,
            link,
            admin.revision,
        )
    });
    assert_eq!(admin, Some((email("1"), 0, (None, None), None)));
    Ok(())
}

pub async fn what_is_damaged_is_unreadable_and_names_the_field(world: &World) -> Result<()> {
    world.store.insert_record(&record(1, "acme")?).await?;
    world
        .store
        .insert_admin(&new_admin(1, "acme")?.with_password(hash("1")))
        .await?;
    let unreadable = |field| {
        Some(StoredTenant::Unreadable {
            id: organization(1),
            owner: OwnerSeen::Known(owner("u1")),
            field,
        })
    };
    let edits = [
        ("admins", doc! {"$set": {"email": 7}}, "admins.email"),
        (
            "organizations",
            doc! {"$unset": {"admin_id": ""}},
            "admin_id",
        ),
        ("organizations", doc! {"$set": {"state": "molten"}}, "state"),
        (
            "organizations",
            doc! {"$set": {"operation": {"version": 2}}},
            "operation.version",
        ),
    ];
    for (collection, edit, field) in edits {
        world.hand.edit(collection, object_id(1), edit).await?;
        let view = world.store.find_tenants(&query_owner("u1")).await?;
        assert_eq!(view.own, unreadable(field));
    }
    Ok(())
}

pub async fn a_document_without_an_object_id_is_an_error_without_values(
    world: &World,
) -> Result<()> {
    let mut record = older_record(1, "acme");
    record.insert("_id", crate::samples::CANARY);
    world.hand.plant("organizations", record).await?;
    let outcome = world
        .store
        .find_tenants(&query("u1", "acme", email("1"))?)
        .await;
    let Err(error @ StoreError::Other(_)) = outcome else {
        anyhow::bail!("{outcome:?}");
    };
    assert_discreet(&error);
    Ok(())
}

pub async fn the_holder_of_a_collection_is_found_by_its_uuid(world: &World) -> Result<()> {
    let mut holder = record(1, "acme")?;
    holder.collection_uuid = Some(uuid(1));
    world.store.insert_record(&holder).await?;
    world.store.insert_record(&record(2, "bolt")?).await?;
    assert_eq!(
        world.store.find_holder(uuid(1)).await?,
        Some(organization(1))
    );
    assert_eq!(world.store.find_holder(uuid(2)).await?, None);

    let damage = doc! {"$set": {"state": "molten"}};
    world
        .hand
        .edit("organizations", object_id(1), damage)
        .await?;
    let inventory = world.store.take_inventory().await?;
    let looks = [
        world.store.find_holder(uuid(1)).await?,
        inventory.holder(uuid(1)),
    ];
    assert_eq!(looks, [Some(organization(1)); 2], "however damaged it is");
    Ok(())
}
