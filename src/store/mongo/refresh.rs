//! Refresh tokens in MongoDB.

use async_trait::async_trait;
use mongodb::bson::{Document, doc};

use super::{MongoStore, records};
use crate::store::{
    document,
    index::REFRESH_TOKENS,
    port::StoreError,
    refresh::{FamilyId, RefreshRecord, RefreshStore, TokenDigest},
};

#[async_trait]
impl RefreshStore for MongoStore {
    async fn insert_refresh(&self, record: &RefreshRecord) -> Result<(), StoreError> {
        let (connection, _) = self.probed().await?;
        let document = document::refresh_document(record);
        let command = doc! {"insert": REFRESH_TOKENS, "documents": [document]};
        let inserted = connection.write("insert into _refresh_tokens", command);
        inserted.await.map(drop)
    }

    async fn find_refresh(&self, token: &TokenDigest) -> Result<Option<RefreshRecord>, StoreError> {
        let (connection, _) = self.probed().await?;
        let tokens = connection.collection(REFRESH_TOKENS);
        let by_id = doc! {"_id": document::token_digest(token)};
        let found = connection
            .reading("find in _refresh_tokens", async {
                tokens.find_one(by_id).await
            })
            .await?;
        found.as_ref().map(document::read_refresh).transpose()
    }

    async fn use_refresh(&self, token: &TokenDigest) -> Result<(), StoreError> {
        let (connection, _) = self.probed().await?;
        let unused = doc! {"_id": document::token_digest(token), "used": {"$ne": true}};
        let update = doc! {"$set": {"used": true}};
        let action = "update of _refresh_tokens";
        records::update_one(&connection, action, REFRESH_TOKENS, unused, update).await
    }

    async fn delete_refresh_family(&self, family: FamilyId) -> Result<u64, StoreError> {
        let (connection, _) = self.probed().await?;
        let filter = doc! {"family": document::family_id(family)};
        let command = doc! {"delete": REFRESH_TOKENS, "deletes": [{"q": filter, "limit": 0}]};
        let reply = connection
            .write("delete from _refresh_tokens", command)
            .await?;
        Ok(records::affected(&reply))
    }

    async fn ensure_refresh_index(&self) -> Result<(), StoreError> {
        let (connection, _) = self.probed().await?;
        let command = doc! {"createIndexes": REFRESH_TOKENS, "indexes": indexes()};
        connection.write("createIndexes", command).await.map(drop)
    }
}

fn indexes() -> Vec<Document> {
    vec![
        // Deletes when the time in the field has come: each token brings its own.
        doc! {"key": {"expires_at": 1}, "name": "expires_at_1", "expireAfterSeconds": 0},
        // A family is deleted by its name; without this that would scan the collection.
        doc! {"key": {"family": 1}, "name": "family_1"},
    ]
}
