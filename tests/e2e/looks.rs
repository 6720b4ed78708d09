//! What a test looks at beside the objects: documents, collections, metrics.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context as _, Result, anyhow, bail};
use futures::TryStreamExt as _;
use mongodb::bson::{Document, doc};

use crate::world::{PATIENCE, World};

impl World {
    /// The one document of `collection` that has that value.
    pub async fn record(&self, collection: &str, field: &str, value: &str) -> Result<Document> {
        let found = self
            .database
            .collection::<Document>(collection)
            .find_one(doc! {field: value})
            .await?;
        found.with_context(|| format!("{collection} has none with {field} {value}"))
    }

    pub async fn count(&self, collection: &str) -> Result<u64> {
        Ok(self
            .database
            .collection::<Document>(collection)
            .count_documents(doc! {})
            .await?)
    }

    /// The `_id` of every document, each a text.
    pub async fn ids(&self, collection: &str) -> Result<BTreeSet<String>> {
        let documents = self.database.collection::<Document>(collection);
        let documents: Vec<_> = documents.find(doc! {}).await?.try_collect().await?;
        let ids = documents
            .iter()
            .map(|document| Ok(document.get_str("_id")?.to_owned()));
        ids.collect()
    }

    pub async fn collections(&self) -> Result<Vec<String>> {
        let mut names = self.database.list_collection_names().await?;
        names.sort();
        Ok(names)
    }

    /// The sum of a metric over all its labels that hold `label`.
    pub fn metric(&self, name: &str, label: &str) -> Result<u64> {
        let (_, text) = self
            .operator
            .get("/metrics")
            .map_err(|error| anyhow!(error))?;
        let lines = text
            .lines()
            .filter(|line| line.starts_with(name) && line.contains(label));
        let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        Ok(values.sum())
    }

    pub fn hashes(&self) -> Result<u64> {
        self.metric("organization_operator_hashes_total", "")
    }

    /// Waits until `holds`, for what has no watch.
    pub async fn eventually(
        &self,
        what: &str,
        mut holds: impl AsyncFnMut() -> Result<bool>,
    ) -> Result<()> {
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                looks.tick().await;
                if holds().await? {
                    return anyhow::Ok(());
                }
            }
        });
        match found.await {
            Ok(found) => found,
            Err(_) => bail!("never: {what}\n{}", self.operator.log()),
        }
    }

    /// Waits until organization `name` no longer holds `former`.
    pub async fn released(&self, name: &str, former: &str) -> Result<()> {
        self.eventually("a name is released", || async {
            let record = self
                .record("organizations", "organization_name", name)
                .await?;
            Ok(!record.get_array("names")?.contains(&former.into()))
        })
        .await
    }

    /// Waits until the record of that name is nobody's.
    pub async fn unowned(&self, name: &str) -> Result<()> {
        self.eventually("it is released", || async {
            let record = self
                .record("organizations", "organization_name", name)
                .await?;
            Ok(record.contains_key("released") && !record.contains_key("owner"))
        })
        .await
    }
}
