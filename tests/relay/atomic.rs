//! What makes a server whose renames are not atomic with writes behave as `MongoDB`: whatever changes
//! the catalogue of a database has it for itself, all else goes on side by side. A stand-in renames by
//! copying, and what is written, or listed, meanwhile is left behind or comes back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use async_trait::async_trait;
use mongodb::bson::Document;
use tokio::sync::RwLock;

use super::{Rule, Upstream, goes_on_listing, kind, target};

/// Those that change what there is; and those that list it, since on a stand-in they change it too
/// when they meet a drop.
const ALONE: [&str; 6] = [
    "create",
    "createIndexes",
    "drop",
    "dropDatabase",
    "listCollections",
    "renameCollection",
];

/// A rule, with commands let through as the locks of their databases allow.
#[derive(Default)]
pub struct Atomic<R> {
    rule: R,
    databases: Mutex<HashMap<String, Arc<RwLock<()>>>>,
}

impl<R> Atomic<R> {
    fn lock_of(&self, database: String) -> Arc<RwLock<()>> {
        let databases = self.databases.lock();
        let mut databases = databases.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(databases.entry(database).or_default())
    }
}

#[async_trait]
impl<R: Rule> Rule for Atomic<R> {
    async fn exchange(
        &self,
        command: Document,
        upstream: &mut Upstream,
    ) -> Result<Option<Document>> {
        let (database, _) = target(&command)?;
        let lock = self.lock_of(database);
        // The fence looks at the catalogue for whoever names a UUID.
        if ALONE.contains(&kind(&command))
            || goes_on_listing(&command)
            || command.contains_key("collectionUUID")
        {
            let _alone = lock.write().await;
            self.rule.exchange(command, upstream).await
        } else {
            let _beside = lock.read().await;
            self.rule.exchange(command, upstream).await
        }
    }
}
