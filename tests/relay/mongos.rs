//! A sharded cluster's router, as far as one tells it.

use anyhow::Result;
use async_trait::async_trait;
use mongodb::bson::Document;

use super::{Rule, Upstream};

/// What makes a server say that it is a mongos.
pub struct Mongos;

#[async_trait]
impl Rule for Mongos {
    async fn exchange(
        &self,
        command: Document,
        upstream: &mut Upstream,
    ) -> Result<Option<Document>> {
        let mut reply = upstream.ask(&command).await?;
        if command.contains_key("hello") {
            reply.insert("msg", "isdbgrid");
        }
        Ok(Some(reply))
    }
}
