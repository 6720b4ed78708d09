//! What makes a server that ignores `collectionUUID` behave as MongoDB 6.0 documents it: UUIDs and
//! options last through renames, and a command for another collection is refused with 361. So the
//! adapter's fenced half runs on a real server too.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use mongodb::bson::{Binary, Bson, Document, doc};

use super::{Rule, Upstream, goes_on_listing, kind, refusal, target};

/// What a server says is more; nobody reads it.
const REFUSED: &str = "refused by the relay";

/// What a collection is shown with.
#[derive(Clone)]
pub struct Identity {
    pub uuid: Binary,
    pub options: Document,
}

/// By the server's own UUID.
#[derive(Default)]
pub struct Fence(Mutex<HashMap<Vec<u8>, Identity>>);

#[async_trait]
impl Rule for Fence {
    async fn exchange(
        &self,
        mut command: Document,
        upstream: &mut Upstream,
    ) -> Result<Option<Document>> {
        let (database, name) = target(&command)?;
        if let Some(Bson::Binary(fence)) = command.remove("collectionUUID") {
            let there = self.identity(upstream, &database, &name).await?;
            if there.map(|there| there.uuid) != Some(fence) {
                return Ok(Some(refusal(361, "CollectionUUIDMismatch", REFUSED)));
            }
        }
        let reply = match kind(&command) {
            "renameCollection" => self.rename(&command, upstream, &database, &name).await?,
            "listCollections" => self.list(command, upstream).await?,
            _ if goes_on_listing(&command) => {
                let mut reply = upstream.ask(&command).await?;
                self.disguise_batch(&mut reply, "nextBatch")?;
                reply
            }
            "create" => match self.identity(upstream, &database, &name).await? {
                Some(there) if there.options.get("validator") != command.get("validator") => {
                    refusal(48, "NamespaceExists", REFUSED)
                }
                Some(_) => doc! {"ok": 1.0},
                None => upstream.ask(&command).await?,
            },
            _ => upstream.ask(&command).await?,
        };
        Ok(Some(reply))
    }
}

impl Fence {
    /// A collection that the server has made as `own` is shown as one that was: what `mongorestore
    /// --preserveUUID` comes to.
    pub fn put_back(&self, own: &Binary, former: Identity) {
        let mut identities = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        identities.retain(|_, known| known.uuid != former.uuid);
        identities.insert(own.bytes.clone(), former);
    }

    fn shown(&self, own: &Binary) -> Option<Identity> {
        let identities = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        identities.get(&own.bytes).cloned()
    }

    fn own_uuid(&self, shown: &Binary) -> Binary {
        let identities = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut identities = identities.iter();
        let own = identities.find(|(_, identity)| identity.uuid == *shown);
        own.map_or(shown.clone(), |(bytes, _)| Binary {
            subtype: shown.subtype,
            bytes: bytes.clone(),
        })
    }

    async fn identity(
        &self,
        upstream: &mut Upstream,
        database: &str,
        name: &str,
    ) -> Result<Option<Identity>> {
        let command = doc! {"listCollections": 1, "filter": {"name": name}, "$db": database};
        let reply = self.list(command, upstream).await?;
        let listed = reply.get_document("cursor")?.get_array("firstBatch")?;
        let Some(Bson::Document(listed)) = listed.first() else {
            return Ok(None);
        };
        Ok(Some(read_identity(listed)?))
    }

    async fn list(&self, mut command: Document, upstream: &mut Upstream) -> Result<Document> {
        if let Ok(filter) = command.get_document_mut("filter")
            && let Some(Bson::Binary(shown)) = filter.get_mut("info.uuid")
        {
            *shown = self.own_uuid(shown);
        }
        let mut reply = upstream.ask(&command).await?;
        self.disguise_batch(&mut reply, "firstBatch")?;
        Ok(reply)
    }

    fn disguise_batch(&self, reply: &mut Document, batch: &str) -> Result<()> {
        if let Ok(cursor) = reply.get_document_mut("cursor")
            && let Ok(batch) = cursor.get_array_mut(batch)
        {
            for listed in batch.iter_mut().filter_map(Bson::as_document_mut) {
                self.disguise(listed)?;
            }
        }
        Ok(())
    }

    fn disguise(&self, listed: &mut Document) -> Result<()> {
        if !listed.contains_key("info") {
            // Names alone were asked for.
            return Ok(());
        }
        if let Some(identity) = self.shown(&read_identity(listed)?.uuid) {
            listed
                .get_document_mut("info")?
                .insert("uuid", identity.uuid);
            listed.insert("options", identity.options);
        }
        Ok(())
    }

    async fn rename(
        &self,
        command: &Document,
        upstream: &mut Upstream,
        database: &str,
        from: &str,
    ) -> Result<Document> {
        let before = self.identity(upstream, database, from).await?;
        let reply = upstream.ask(command).await?;
        if reply.get_f64("ok").is_ok_and(|ok| ok > 0.0) {
            let (_, to) = command
                .get_str("to")?
                .split_once('.')
                .context("a namespace")?;
            let list = doc! {"listCollections": 1, "filter": {"name": to}, "$db": database};
            let listed = upstream.ask(&list).await?;
            let listed = listed.get_document("cursor")?.get_array("firstBatch")?;
            let after = listed.first().and_then(Bson::as_document);
            let after = read_identity(after.context("moved nowhere")?)?;
            let before = before.context("moved from nowhere")?;
            let mut identities = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            identities.retain(|_, former| former.uuid != before.uuid);
            identities.insert(after.uuid.bytes, before);
        }
        Ok(reply)
    }
}

/// By what a listing says of it.
pub fn read_identity(listed: &Document) -> Result<Identity> {
    let uuid = listed.get_document("info")?.get("uuid");
    let Some(Bson::Binary(uuid)) = uuid.cloned() else {
        anyhow::bail!("a collection without a UUID");
    };
    let options = listed.get_document("options").cloned().unwrap_or_default();
    Ok(Identity { uuid, options })
}
