//! Writes of admins: unique keys, compare-and-sets, and who goes with a tenant.

use anyhow::Result;
use organization_operator::{
    domain::record::AdminRecord,
    store::port::{
        StoreError::{Duplicate, Stale},
        UniqueKey,
    },
};

use crate::{
    samples::{
        admin_id, assert_refused, email, hash, inserted, new_admin, object_id, older_admin, own,
        record,
    },
    world::World,
};

pub async fn each_unique_key_of_an_admin_is_kept_and_named(world: &World) -> Result<()> {
    world.store.ensure_indexes().await?;
    world
        .store
        .insert_admin(&new_admin(1, "acme")?.with_password(hash("1")))
        .await?;
    let mut same_id = new_admin(2, "bolt")?;
    same_id.id = admin_id(1);
    let outcome = world
        .store
        .insert_admin(&same_id.with_password(hash("2")))
        .await;
    assert_refused(&outcome, &Duplicate(UniqueKey::Id));
    let mut same_email = new_admin(2, "bolt")?;
    same_email.email = email("1");
    let outcome = world
        .store
        .insert_admin(&same_email.with_password(hash("2")))
        .await;
    assert_refused(&outcome, &Duplicate(UniqueKey::Email));
    assert_eq!(world.hand.documents("admins").await?.len(), 1);
    Ok(())
}

pub async fn an_admins_update_needs_the_revision_that_was_read(world: &World) -> Result<()> {
    world.store.insert_record(&record(1, "acme")?).await?;
    let before = inserted(&new_admin(1, "acme")?, &hash("first"));
    assert_refused(&world.store.update_admin(&before, &before).await, &Stale);
    world
        .store
        .insert_admin(&new_admin(1, "acme")?.with_password(hash("first")))
        .await?;
    let after = AdminRecord {
        password: hash("second"),
        token_version: 1,
        email: email("new"),
        ..before.clone()
    };
    world.store.update_admin(&before, &after).await?;
    let late = AdminRecord {
        token_version: 7,
        ..before.clone()
    };
    assert_refused(&world.store.update_admin(&before, &late).await, &Stale);
    let admin = own(world, "u1").await?.admin;
    assert_eq!(
        admin,
        Some(AdminRecord {
            revision: Some(2),
            ..after
        })
    );
    Ok(())
}

pub async fn an_admins_update_to_anothers_address_changes_nothing(world: &World) -> Result<()> {
    world.store.ensure_indexes().await?;
    world.store.insert_record(&record(1, "acme")?).await?;
    world
        .store
        .insert_admin(&new_admin(1, "acme")?.with_password(hash("1")))
        .await?;
    world
        .store
        .insert_admin(&new_admin(2, "bolt")?.with_password(hash("2")))
        .await?;
    let before = inserted(&new_admin(1, "acme")?, &hash("1"));
    let after = AdminRecord {
        email: email("2"),
        token_version: 1,
        ..before.clone()
    };
    let outcome = world.store.update_admin(&before, &after).await;
    assert_refused(&outcome, &Duplicate(UniqueKey::Email));
    assert_eq!(own(world, "u1").await?.admin, Some(before));
    Ok(())
}

pub async fn admins_are_deleted_by_their_link_or_by_name_without_one(world: &World) -> Result<()> {
    let mut leaving = record(1, "acme")?;
    leaving.admin_id = admin_id(2);
    // Linked to it; named by it, without a link; linked to another; neither.
    let mut linked = older_admin(1, "acme");
    linked.insert("organization_id", object_id(1));
    let mut of_another = older_admin(3, "bolt");
    of_another.insert("organization_id", object_id(9));
    for admin in [
        linked,
        older_admin(2, "acme"),
        of_another,
        older_admin(4, "acme"),
    ] {
        world.hand.plant("admins", admin).await?;
    }
    world.store.delete_admins(&leaving).await?;
    let left = world.hand.documents("admins").await?;
    let left: Vec<_> = left.iter().filter_map(|admin| admin.get("_id")).collect();
    assert_eq!(left, [&object_id(3), &object_id(4)]);
    // Named by it, but linked to another; and none at all.
    leaving.admin_id = admin_id(3);
    world.store.delete_admins(&leaving).await?;
    assert_eq!(world.hand.documents("admins").await?.len(), 2);
    Ok(())
}
