//! What commands ask of the server besides doing it.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Result, ensure};
use async_trait::async_trait;
use mongodb::bson::{Document, doc};
use organization_operator::{
    domain::names::CollectionName,
    store::{
        mongo::MongoStore,
        port::{StoreError, TenantStore as _},
        refresh::{FamilyId, RefreshStore as _, TokenDigest},
    },
};
use secrecy::SecretString;
use uuid::Uuid;

use crate::{
    collections::uuid_of,
    mongo_world::{Counter, Opened, open, server_url, settings},
    relay::{Relay, Rule, Upstream},
    samples::{query_owner, record, tenant_collection},
};

/// Keeps what was sent.
#[derive(Default)]
struct Record(Mutex<Vec<Document>>);

#[async_trait]
impl Rule for Record {
    async fn exchange(
        &self,
        command: Document,
        upstream: &mut Upstream,
    ) -> Result<Option<Document>> {
        let reply = upstream.ask(&command).await.map(Some);
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push(command);
        reply
    }
}

/// The life of a tenant and of a refresh token, by every kind of command.
async fn live(store: &MongoStore, opened: &Opened) -> Result<()> {
    let acme = tenant_collection("acme")?;
    let record = record(1, "acme")?;
    let trash = CollectionName::trash(record.id);
    store.ensure_indexes().await?;
    store.insert_record(&record).await?;
    store.update_record(&record, &record).await?;
    store.delete_admins(&record).await?;
    store.create_collection(&acme, record.id).await?;
    let uuid = uuid_of(&opened.world, &acme).await?;
    store.is_empty(&acme, uuid).await?;
    store.find_holder(uuid).await?;
    store.find_tenants(&query_owner("u1")).await?;
    store.move_collection(&acme, &trash, uuid).await?;
    let uuid = uuid_of(&opened.world, &trash).await?;
    store.drop_collection(&trash, uuid).await?;
    let token = TokenDigest([1; 32]);
    store.ensure_refresh_index().await?;
    store.insert_refresh(&crate::refresh::token(1, 1)?).await?;
    store.find_refresh(&token).await?;
    store.use_refresh(&token).await?;
    store
        .delete_refresh_family(FamilyId(Uuid::from_u128(1)))
        .await?;
    let gone: Result<(), StoreError> = store.delete_record(&record).await;
    ensure!(gone == Err(StoreError::Stale), "the revision moved on");
    Ok(())
}

#[tokio::test]
async fn whatever_the_url_says_writes_and_reads_are_of_the_majority_and_the_primary() -> Result<()>
{
    let opened = open().await?;
    let rule = Arc::new(Record::default());
    let relay = Relay::start(&server_url()?, Arc::clone(&rule) as _).await?;
    let url = format!(
        "{}&w=1&readConcernLevel=local&readPreference=secondaryPreferred",
        relay.url()
    );
    let settings = settings(opened.database(), Arc::new(Counter::default()));
    let store = MongoStore::connect(settings, &SecretString::from(url)).await?;
    live(&store, &opened).await?;
    store.close().await;
    let sent = std::mem::take(&mut *rule.0.lock().unwrap_or_else(PoisonError::into_inner));
    let mut judged = BTreeSet::new();
    for command in &sent {
        let kind = command
            .keys()
            .next()
            .map(String::as_str)
            .unwrap_or_default();
        match kind {
            "createIndexes" | "insert" | "update" | "delete" | "create" | "renameCollection"
            | "drop" => {
                let concern = command.get_document("writeConcern").ok();
                assert_eq!(concern, Some(&doc! {"w": "majority"}), "{kind}");
            }
            // The probe finds nothing by intent.
            "find" if command.get_str("find").ok() == Some("_stray.probe") => {}
            "aggregate" | "find" => {
                let concern = command.get_document("readConcern").ok();
                assert_eq!(concern, Some(&doc! {"level": "majority"}), "{kind}");
            }
            _ => {}
        }
        // To a single server the driver says "primaryPreferred" for "primary".
        if let Ok(preference) = command.get_document("$readPreference") {
            let mode = preference.get_str("mode").unwrap_or_default();
            assert!(mode.starts_with("primary"), "{kind}: {mode}");
        }
        judged.insert(kind);
    }
    for kind in [
        "createIndexes",
        "insert",
        "update",
        "delete",
        "create",
        "renameCollection",
        "drop",
        "aggregate",
        "find",
    ] {
        assert!(judged.contains(kind), "{kind} was not sent");
    }
    opened.close().await
}
