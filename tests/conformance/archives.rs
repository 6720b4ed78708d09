//! Records that have given their name up.

use anyhow::{Context as _, Result, bail};
use jiff::{SignedDuration, Timestamp};
use mongodb::bson::{DateTime, doc};
use organization_operator::{
    domain::{
        archive::{Archive, Retention},
        names::CollectionName,
        record::{OrganizationRecord, State, StoredTenant},
    },
    store::port::{StoreError::Stale, TenantQuery},
};

use crate::{
    samples::{assert_refused, hash, inserted, name, new_admin, object_id, organization, record},
    world::World,
};

fn query() -> Result<TenantQuery> {
    Ok(TenantQuery {
        owner_uid: "another".to_owned(),
        name: Some(name("acme")?),
        email: None,
        archive: Some(organization(1)),
    })
}

/// Tenant 1, archived with its admin.
async fn archived(world: &World) -> Result<OrganizationRecord> {
    world.store.ensure_indexes().await?;
    let before = record(1, "acme")?;
    world.store.insert_record(&before).await?;
    let archive = Archive {
        name: name("acme")?,
        admin: Some(inserted(&new_admin(1, "acme")?, &hash("1"))),
        retention: Retention::default(),
        archived_at: None,
    };
    let after = OrganizationRecord {
        collection_name: CollectionName::archive(before.id),
        names: vec![],
        owner: None,
        released: before.owner.clone(),
        state: State::Archived(Box::new(archive)),
        ..before.clone()
    };
    world.store.update_record(&before, &after).await?;
    found(world).await
}

async fn found(world: &World) -> Result<OrganizationRecord> {
    let view = world.store.find_tenants(&query()?).await?;
    match view.archive.context("it is not found")? {
        StoredTenant::Readable(tenant) => Ok(tenant.record),
        StoredTenant::Unreadable { field, .. } => bail!("{field} is damaged"),
    }
}

pub async fn the_server_writes_since_when_one_is_kept(world: &World) -> Result<()> {
    let record = archived(world).await?;
    let archive = record.state.archive().context("it is no archive")?;
    let since = archive.archived_at.context("nobody wrote since when")?;
    // In memory the server's clock stands at the epoch.
    let ago = Timestamp::now().duration_since(since);
    assert!(
        since == Timestamp::UNIX_EPOCH || ago < SignedDuration::from_mins(1),
        "{since}"
    );
    assert_eq!(
        archive.admin,
        Some(inserted(&new_admin(1, "acme")?, &hash("1")))
    );
    // Back out, and it is forgotten.
    let back = OrganizationRecord {
        collection_name: CollectionName::of_tenant(&name("acme")?),
        state: State::Active,
        ..record.clone()
    };
    world.store.update_record(&record, &back).await?;
    let documents = world.hand.documents("organizations").await?;
    assert!(!documents[0].contains_key("archived_at"));
    assert!(!documents[0].contains_key("operation"));
    Ok(())
}

pub async fn one_is_found_by_its_id_alone(world: &World) -> Result<()> {
    let record = archived(world).await?;
    assert_eq!(record.organization_name, name("acme")?);
    let view = world.store.find_tenants(&query()?).await?;
    assert_eq!(view.claimants, []);
    let documents = world.hand.documents("organizations").await?;
    let place = CollectionName::archive(record.id);
    assert_eq!(documents[0].get_str("organization_name")?, place.as_str());
    // Its name is another's, and a second archive of it lies beside.
    let mut other = crate::samples::record(2, "acme")?;
    world.store.insert_record(&other).await?;
    let archive = record.state.archive().context("it is no archive")?.clone();
    let before = other.clone();
    other.state = State::Archived(Box::new(archive));
    other.names.clear();
    world.store.update_record(&before, &other).await?;
    Ok(())
}

pub async fn one_is_purged_only_when_its_time_is_over_by_the_servers_clock(
    world: &World,
) -> Result<()> {
    let before = archived(world).await?;
    let archive = before.state.archive().context("it is no archive")?.clone();
    let since = archive.archived_at.context("nobody wrote since when")?;
    let after = OrganizationRecord {
        state: State::Purging(Box::new(archive)),
        ..before.clone()
    };
    assert_refused(&world.store.update_record(&before, &after).await, &Stale);
    let week = SignedDuration::from_secs(Retention::default().seconds());
    for (ago, is_over) in [
        (week - SignedDuration::from_mins(1), false),
        (week + SignedDuration::from_mins(1), true),
    ] {
        let at = DateTime::from_millis((since - ago).as_millisecond());
        let edit = doc! {"$set": {"archived_at": at}};
        world.hand.edit("organizations", object_id(1), edit).await?;
        let outcome = world.store.update_record(&before, &after).await;
        if is_over {
            outcome?;
        } else {
            assert_refused(&outcome, &Stale);
        }
    }
    assert!(matches!(found(world).await?.state, State::Purging(_)));
    Ok(())
}

pub async fn an_admin_who_is_put_back_counts_on(world: &World) -> Result<()> {
    world.store.ensure_indexes().await?;
    let mut admin = new_admin(1, "acme")?.with_password(hash("1"));
    admin.revision = Some(7);
    world.store.insert_admin(&admin).await?;
    let documents = world.hand.documents("admins").await?;
    assert_eq!(documents[0].get_i64("revision")?, 8);
    Ok(())
}
