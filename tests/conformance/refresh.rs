//! Refresh tokens: kept by digest, used once, deleted by family.

use std::collections::BTreeMap;

use anyhow::Result;
use futures::{TryStreamExt as _, future::join_all};
use jiff::Timestamp;
use mongodb::{
    Client, IndexModel,
    bson::{Binary, Bson, Document, doc, spec::BinarySubtype},
};
use organization_operator::store::{
    port::{StoreError, UniqueKey},
    refresh::{FamilyId, RefreshOwner, RefreshRecord, RefreshStore as _, TokenDigest},
};
use uuid::Uuid;

use crate::{
    indexes::cost,
    mongo_world::{open, server_url},
    samples::{CANARY, admin_id, assert_discreet, assert_refused, organization},
    world::World,
};

const COLLECTION: &str = "_refresh_tokens";

/// Token `number`, of family `family`.
pub fn token(number: u8, family: u128) -> Result<RefreshRecord> {
    Ok(RefreshRecord {
        token: TokenDigest([number; 32]),
        family: FamilyId(Uuid::from_u128(family)),
        owner: RefreshOwner {
            organization: organization(1),
            admin: admin_id(2),
            token_version: 3,
        },
        expires_at: Timestamp::from_millisecond(4_000_000_000_123)?,
        used: false,
    })
}

fn used(record: RefreshRecord) -> RefreshRecord {
    RefreshRecord {
        used: true,
        ..record
    }
}

pub async fn a_token_comes_back_as_it_was_inserted(world: &World) -> Result<()> {
    let written = token(1, 1)?;
    assert_eq!(world.refresh.find_refresh(&written.token).await?, None);
    world.refresh.insert_refresh(&written).await?;
    let other = used(token(2, 1)?);
    world.refresh.insert_refresh(&other).await?;
    for expected in [written, other] {
        let found = world.refresh.find_refresh(&expected.token).await?;
        assert_eq!(found, Some(expected));
    }
    let again = world.refresh.insert_refresh(&token(1, 2)?).await;
    assert_refused(&again, &StoreError::Duplicate(UniqueKey::Id));
    Ok(())
}

pub async fn a_token_is_kept_as_its_owner_would_look_for_it(world: &World) -> Result<()> {
    world.refresh.insert_refresh(&token(1, 1)?).await?;
    let expected = doc! {
        "_id": Binary { subtype: BinarySubtype::Generic, bytes: vec![1; 32] },
        "family": Binary { subtype: BinarySubtype::Uuid, bytes: Uuid::from_u128(1).as_bytes().to_vec() },
        "organization_id": crate::samples::object_id(1),
        "admin_id": crate::samples::object_id(2),
        "ver": 3_i64,
        "expires_at": mongodb::bson::DateTime::from_millis(4_000_000_000_123),
    };
    assert_eq!(world.hand.documents(COLLECTION).await?, [expected]);
    Ok(())
}

pub async fn a_token_is_used_once(world: &World) -> Result<()> {
    let (one, other) = (token(1, 1)?, token(2, 1)?);
    let missing = world.refresh.use_refresh(&one.token).await;
    assert_refused(&missing, &StoreError::Stale);
    world.refresh.insert_refresh(&one).await?;
    world.refresh.insert_refresh(&other).await?;
    world.refresh.use_refresh(&one.token).await?;
    let again = world.refresh.use_refresh(&one.token).await;
    assert_refused(&again, &StoreError::Stale);
    let found = world.refresh.find_refresh(&one.token).await?;
    assert_eq!(found, Some(used(one)));
    let found = world.refresh.find_refresh(&other.token).await?;
    assert_eq!(found, Some(other));
    Ok(())
}

pub async fn of_many_uses_at_a_time_one_succeeds(world: &World) -> Result<()> {
    let token = token(1, 1)?;
    world.refresh.insert_refresh(&token).await?;
    let uses = (0..8).map(|_| world.refresh.use_refresh(&token.token));
    let outcomes = join_all(uses).await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1, "{outcomes:?}");
    let lost = outcomes
        .iter()
        .filter(|outcome| **outcome == Err(StoreError::Stale));
    assert_eq!(lost.count(), 7, "{outcomes:?}");
    Ok(())
}

pub async fn a_family_is_deleted_whole_and_alone(world: &World) -> Result<()> {
    for (number, family) in [(1, 1), (2, 1), (3, 2)] {
        world
            .refresh
            .insert_refresh(&token(number, family)?)
            .await?;
    }
    world.refresh.use_refresh(&TokenDigest([1; 32])).await?;
    let family = FamilyId(Uuid::from_u128(1));
    assert_eq!(world.refresh.delete_refresh_family(family).await?, 2);
    assert_eq!(world.refresh.delete_refresh_family(family).await?, 0);
    let left = world.refresh.find_refresh(&TokenDigest([3; 32])).await?;
    assert_eq!(left, Some(token(3, 2)?));
    Ok(())
}

pub async fn a_damaged_token_is_an_error_that_names_the_field(world: &World) -> Result<()> {
    let written = token(1, 1)?;
    let id = Bson::Binary(Binary {
        subtype: BinarySubtype::Generic,
        bytes: vec![1; 32],
    });
    for field in [
        "family",
        "organization_id",
        "admin_id",
        "ver",
        "expires_at",
        "used",
    ] {
        world.refresh.insert_refresh(&written).await?;
        let damage = doc! {"$set": {field: CANARY}};
        world.hand.edit(COLLECTION, id.clone(), damage).await?;
        let found = world.refresh.find_refresh(&written.token).await;
        let Err(error @ StoreError::Other(_)) = found else {
            anyhow::bail!("{field}: {found:?}");
        };
        assert_discreet(&error);
        assert!(error.to_string().ends_with(field), "{error}");
        world.hand.remove(COLLECTION, id.clone()).await?;
    }
    Ok(())
}

pub async fn each_call_costs_one_command(world: &World) -> Result<()> {
    let one = |name| BTreeMap::from([(name, 1)]);
    let store = &world.refresh;
    let written = token(1, 1)?;
    let made = cost(world, store.ensure_refresh_index()).await?;
    assert_eq!(made, one("createIndexes"));
    let inserted = cost(world, store.insert_refresh(&written)).await?;
    assert_eq!(inserted, one("insert"));
    let found = cost(world, store.find_refresh(&written.token)).await?;
    assert_eq!(found, one("find"));
    let used = cost(world, store.use_refresh(&written.token)).await?;
    assert_eq!(used, one("update"));
    let deleted = cost(world, store.delete_refresh_family(written.family)).await?;
    assert_eq!(deleted, one("delete"));
    Ok(())
}

pub async fn the_indexes_are_made_once_and_stand_in_nobodys_way(world: &World) -> Result<()> {
    world.refresh.ensure_refresh_index().await?;
    world.refresh.insert_refresh(&token(1, 1)?).await?;
    world.refresh.insert_refresh(&token(2, 1)?).await?;
    world.refresh.ensure_refresh_index().await?;
    assert_eq!(world.hand.documents(COLLECTION).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn what_has_expired_is_deleted_by_the_server() -> Result<()> {
    let opened = open().await?;
    opened.store.ensure_refresh_index().await?;
    opened.store.ensure_refresh_index().await?;
    let client = Client::with_uri_str(server_url()?).await?;
    let database = client.database(opened.database());
    let tokens = database.collection::<Document>(COLLECTION);
    let indexes: Vec<IndexModel> = tokens.list_indexes().await?.try_collect().await?;
    let mut found: Vec<_> = indexes
        .into_iter()
        .map(|index| {
            let after = index.options.and_then(|options| options.expire_after);
            (index.keys, after.map(|after| after.as_secs()))
        })
        .collect();
    found.sort_by_key(|(keys, _)| keys.to_string());
    let expected = [
        (doc! {"_id": 1}, None),
        (doc! {"expires_at": 1}, Some(0)),
        (doc! {"family": 1}, None),
    ];
    assert_eq!(found, expected);
    client.shutdown().immediate(true).await;
    opened.close().await
}
