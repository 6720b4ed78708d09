//! All that a database holds of tenants, read in one go.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use mongodb::bson::{DateTime, doc, oid::ObjectId};
use organization_operator::domain::record::{OwnerSeen, StoredTenant};

use crate::{
    mongo_world,
    samples::{
        admin_id, hash, inserted, name, new_admin, older_admin, older_record, organization, record,
        tenant_collection, uuid,
    },
    world::World,
};

pub async fn every_record_is_told_with_its_admin_and_found_by_what_it_holds(
    world: &World,
) -> Result<()> {
    let mut written = record(1, "acme")?;
    written.names.push(name("bolt")?);
    written.collection_uuid = Some(uuid(1));
    let (admin, password) = (new_admin(1, "acme")?, hash("first"));
    world.store.insert_record(&written).await?;
    world
        .store
        .insert_admin(&admin.with_password(password.clone()))
        .await?;
    let older = older_record(2, "older");
    world.hand.plant("organizations", older).await?;
    world.hand.plant("admins", older_admin(3, "gone")).await?;

    let inventory = world.store.take_inventory().await?;
    let own = inventory.owned_by("u1").context("u1 owns nothing")?;
    let tenant = own.readable().context("it can't be read")?;
    assert_eq!(tenant.record, written);
    assert_eq!(tenant.admin, Some(inserted(&admin, &password)));
    for name in ["acme", "bolt"] {
        let called: Vec<_> = inventory.called(name).map(|it| it.tenant.id()).collect();
        assert_eq!(called, [organization(1)], "{name}");
    }
    assert_eq!(inventory.holder(uuid(1)), Some(organization(1)));
    assert_eq!(inventory.has_email(admin.email.as_str()), Some(admin_id(1)));
    let lone = inventory
        .tenant(organization(2))
        .context("it is not told")?;
    assert_eq!(lone.readable().context("it can't be read")?.admin, None);
    let admins: Vec<_> = inventory.admins().iter().map(|admin| admin.id).collect();
    assert_eq!(admins, [admin_id(1), admin_id(3)]);
    Ok(())
}

pub async fn every_collection_is_told_but_those_of_the_operators_own(world: &World) -> Result<()> {
    world.store.insert_record(&record(1, "acme")?).await?;
    let (acme, other) = (tenant_collection("acme")?, tenant_collection("other")?);
    world
        .store
        .create_collection(&acme, organization(1))
        .await?;
    world.hand.plant_collection("org_other").await?;
    let inventory = world.store.take_inventory().await?;
    let names: Vec<_> = inventory.collections().keys().collect();
    assert_eq!(names, [&acme, &other]);
    let there = &inventory.collections()[&acme];
    assert_eq!(there.marker, Some(organization(1)));
    assert_eq!(inventory.place(there.uuid), Some(&acme));
    assert_eq!(inventory.collections()[&other].marker, None);
    Ok(())
}

pub async fn damage_is_told_by_its_field_and_keeps_nothing_else_away(world: &World) -> Result<()> {
    let mut odd = older_record(1, "acme");
    odd.insert("organization_name", "no name of ours");
    world.hand.plant("organizations", odd).await?;
    let mut unspeakable = older_record(2, "bolt");
    unspeakable.insert("_id", "text");
    world.hand.plant("organizations", unspeakable).await?;
    world
        .hand
        .plant("organizations", older_record(3, "coil"))
        .await?;
    let mut damaged = older_admin(3, "coil");
    damaged.insert("password", 7);
    world.hand.plant("admins", damaged).await?;

    let inventory = world.store.take_inventory().await?;
    let told = |number, called: &str, field| {
        let found = inventory.tenant(organization(number));
        let found = found.context("it is not told")?;
        assert_eq!(found.called.as_deref(), Some(called));
        let expected = StoredTenant::Unreadable {
            id: organization(number),
            owner: OwnerSeen::Nobody,
            field,
        };
        assert_eq!(found.tenant, expected);
        anyhow::Ok(())
    };
    told(1, "no name of ours", "organization_name")?;
    told(3, "coil", "admins.password")?;
    assert_eq!(inventory.unspeakable(), 1);
    Ok(())
}

/// With a listing of as many collections: what a sweep costs where all agree.
#[tokio::test]
async fn a_thousand_tenants_are_read_in_at_most_twenty_commands() -> Result<()> {
    const TENANTS: u16 = 1000;
    let opened = mongo_world::open().await?;
    let world = &opened.world;
    for number in 0..TENANTS {
        let (organization, admin) = (ObjectId::new(), ObjectId::new());
        let called = format!("org-{number}");
        let now = DateTime::from_millis(0);
        let login = doc! {
            "_id": admin, "email": format!("{called}@acme.example"), "password": "",
            "organization_name": &called, "created_at": now,
        };
        world.hand.plant("admins", login).await?;
        let record = doc! {
            "_id": organization, "organization_name": &called, "admin_id": admin,
            "collection_name": format!("org_{called}"), "created_at": now,
        };
        world.hand.plant("organizations", record).await?;
        world
            .hand
            .plant_collection(&format!("org_{called}"))
            .await?;
    }
    let before = world.hand.commands();
    let inventory = world.store.take_inventory().await?;
    let sent: BTreeMap<_, _> = world
        .hand
        .commands()
        .into_iter()
        .map(|(name, count)| (name, count - before.get(name).copied().unwrap_or_default()))
        .filter(|(_, count)| *count > 0)
        .collect();
    let total: u64 = sent.values().sum();
    println!("an inventory of {TENANTS} tenants on a real server: {total} commands, {sent:?}");
    assert_eq!(inventory.tenants().len(), usize::from(TENANTS));
    assert_eq!(inventory.collections().len(), usize::from(TENANTS));
    let reads = ["find", "getMore", "listCollections"];
    ensure!(sent.keys().all(|name| reads.contains(name)), "{sent:?}");
    ensure!(total <= 20, "{sent:?}");
    opened.close().await
}
