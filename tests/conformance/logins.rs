//! What a login reads: the admin of an address, with the record that he links to.

use anyhow::{Context as _, Result, ensure};
use mongodb::bson::doc;
use organization_operator::{
    domain::record::{StoredTenant, Tenant},
    store::login::FoundLogin,
};

use crate::{
    samples::{
        admin_id, email, hash, new_admin, object_id, older_admin, older_record, organization,
        record,
    },
    world::World,
};

async fn found(world: &World, number: u8) -> Result<FoundLogin> {
    let found = world.logins.find_login(&email(&number.to_string())).await?;
    found.context("nobody has that address")
}

fn readable(found: FoundLogin) -> Result<Tenant> {
    match found.tenant {
        Some(StoredTenant::Readable(tenant)) => Ok(*tenant),
        other => anyhow::bail!("{other:?}"),
    }
}

pub async fn a_login_comes_with_the_tenant_that_its_admin_links_to(world: &World) -> Result<()> {
    world.store.insert_record(&record(1, "acme")?).await?;
    world.store.insert_record(&record(2, "bolt")?).await?;
    // The name that he knows is no longer his tenant's: the link counts.
    let admin = new_admin(1, "bolt")?;
    world
        .store
        .insert_admin(&admin.with_password(hash("1")))
        .await?;
    let login = found(world, 1).await?;
    assert_eq!(login.login.admin, admin_id(1));
    assert_eq!(login.login.password, hash("1"));
    assert_eq!(login.login.organization, Some(organization(1)));
    let tenant = readable(login)?;
    assert_eq!(tenant.record.id, organization(1));
    assert_eq!(tenant.admin.context("no admin")?.id, admin_id(1));
    Ok(())
}

pub async fn an_older_login_comes_with_the_tenant_of_that_name(world: &World) -> Result<()> {
    for (number, name) in [(1, "acme"), (2, "bolt")] {
        let record = older_record(number, name);
        world.hand.plant("organizations", record).await?;
        let admin = older_admin(number, name);
        world.hand.plant("admins", admin).await?;
    }
    let login = found(world, 2).await?;
    assert_eq!(login.login.organization, None);
    assert_eq!(login.login.password, hash("older"));
    let tenant = readable(login)?;
    assert_eq!(tenant.record.id, organization(2));
    assert_eq!(tenant.admin.context("no admin")?.id, admin_id(2));
    Ok(())
}

pub async fn a_login_without_a_tenant_or_with_anothers_serves_nobody(world: &World) -> Result<()> {
    let orphan = older_admin(1, "gone");
    world.hand.plant("admins", orphan).await?;
    assert_eq!(found(world, 1).await?.tenant, None);

    // Admin 2 says that he is of a tenant whose record names admin 3.
    let mut foreign = older_record(3, "acme");
    foreign.insert("admin_id", object_id(3));
    world.hand.plant("organizations", foreign).await?;
    world.hand.plant("admins", older_admin(2, "acme")).await?;
    let stranger = found(world, 2).await?;
    let Some(StoredTenant::Readable(tenant)) = stranger.tenant else {
        anyhow::bail!("{:?}", stranger.tenant);
    };
    assert_eq!(tenant.admin, None);

    // Neither has a name: that is nothing that they share.
    let nameless = doc! {"$unset": {"organization_name": ""}};
    let edit = world
        .hand
        .edit("organizations", object_id(3), nameless.clone());
    edit.await?;
    world.hand.edit("admins", object_id(2), nameless).await?;
    let served = found(world, 2).await?.tenant;
    ensure!(!matches!(served, Some(StoredTenant::Readable(_))));
    Ok(())
}

pub async fn each_look_costs_one_command_whoever_is_known(world: &World) -> Result<()> {
    world.store.insert_record(&record(1, "acme")?).await?;
    let admin = new_admin(1, "acme")?;
    world
        .store
        .insert_admin(&admin.with_password(hash("1")))
        .await?;
    for address in ["1", "unknown"] {
        let before = world.hand.commands();
        world.logins.find_login(&email(address)).await?;
        let mut expected = before;
        *expected.entry("aggregate").or_default() += 1;
        assert_eq!(world.hand.commands(), expected, "{address}");
    }
    Ok(())
}
