//! Refresh tokens in memory. Nothing expires here by itself, as nothing does at once in MongoDB.

use async_trait::async_trait;
use mongodb::bson::{Bson, Document, doc};

use super::{MemoryStore, expect_one};
use crate::store::{
    document,
    index::REFRESH_TOKENS,
    port::StoreError,
    refresh::{FamilyId, RefreshRecord, RefreshStore, TokenDigest},
};

fn has(field: &'static str, value: impl Into<Bson>) -> impl Fn(&Document) -> bool {
    let value = value.into();
    move |document| document.get(field) == Some(&value)
}

#[async_trait]
impl RefreshStore for MemoryStore {
    async fn insert_refresh(&self, record: &RefreshRecord) -> Result<(), StoreError> {
        let document = document::refresh_document(record);
        self.command("insert").insert(REFRESH_TOKENS, document)
    }

    async fn find_refresh(&self, token: &TokenDigest) -> Result<Option<RefreshRecord>, StoreError> {
        let server = self.command("find");
        let is_it = has("_id", document::token_digest(token));
        let found = server.documents(REFRESH_TOKENS).find(|there| is_it(there));
        found.map(document::read_refresh).transpose()
    }

    async fn use_refresh(&self, token: &TokenDigest) -> Result<(), StoreError> {
        let is_it = has("_id", document::token_digest(token));
        let is_used = has("used", true);
        let mark = doc! {"$set": {"used": true}};
        let mut server = self.command("update");
        let marked = server.update(REFRESH_TOKENS, &mark, |there| {
            is_it(there) && !is_used(there)
        })?;
        expect_one(marked)
    }

    async fn delete_refresh_family(&self, family: FamilyId) -> Result<u64, StoreError> {
        let is_of_it = has("family", document::family_id(family));
        let deleted = self.command("delete").delete(REFRESH_TOKENS, is_of_it);
        Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
    }

    async fn ensure_refresh_index(&self) -> Result<(), StoreError> {
        drop(self.command("createIndexes"));
        Ok(())
    }
}
