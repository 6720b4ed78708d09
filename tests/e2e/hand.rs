//! What a person's hand does to the database, and a database server of a test's own.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use mongodb::bson::{Document, doc};
use organization_operator::crd::{Organization, RECONCILE_ANNOTATION};
use organization_operator_harness::{home::Home, mongo::MongoServer, operator::Operator};
use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    mongo_users::guarded,
    process::operator,
    world::{World, condition},
};

/// A server that a test may stop, or have fail: the shared one serves all.
pub fn own_mongo(name: &str) -> Result<MongoServer> {
    let home = mongo_home(name)?;
    block_in_place(|| guarded(MongoServer::start(&home)?, &home))
}

/// As [`own_mongo`], for tests that rename much and kill no server.
pub fn own_unsynced_mongo(name: &str) -> Result<MongoServer> {
    let home = mongo_home(name)?;
    block_in_place(|| guarded(MongoServer::start_unsynced(&home)?, &home))
}

fn mongo_home(name: &str) -> Result<Home> {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("e2e-mongo-{name}"));
    Ok(Home::temporary(&parent)?)
}

/// The collection that a record was pointed at by hand.
const EDITED: &str = "edited";

impl World {
    /// The object goes as the whole cluster does: without a word to the operator.
    pub async fn lose(&self, name: &str) -> Result<()> {
        self.delete(name).await?;
        let stripped = json!({"metadata": {"finalizers": null}});
        self.patch(name, &stripped).await?;
        self.gone(name).await
    }

    /// Whether nobody wrote to what is of that organization since its record was edited by hand, and its
    /// admin was as `before`: whoever trusted an older state of the object would have.
    pub async fn is_untouched(&self, name: &str, before: &Document) -> Result<()> {
        let after = self.record("admins", "organization_name", name).await?;
        ensure!(after == *before, "a write trusted the old state: {after:?}");
        let record = self
            .record("organizations", "organization_name", name)
            .await?;
        let home = record.get_str("collection_name")?;
        ensure!(home == EDITED, "a write trusted the old state: {record:?}");
        Ok(())
    }

    /// Points the record of that organization at a collection that isn't its own.
    pub async fn edit_home(&self, name: &str) -> Result<()> {
        let by_name = doc! {"organization_name": name};
        let edited = doc! {"collection_name": EDITED};
        self.edit("organizations", by_name, edited).await
    }

    /// Inserts a document.
    pub async fn insert(&self, collection: &str, document: Document) -> Result<()> {
        let collection = self.database.collection::<Document>(collection);
        collection.insert_one(document).await?;
        Ok(())
    }

    /// Sets fields of the one document that `filter` finds.
    pub async fn edit(&self, collection: &str, filter: Document, fields: Document) -> Result<()> {
        let collection = self.database.collection::<Document>(collection);
        let found = collection.update_one(filter, doc! {"$set": fields}).await?;
        if found.matched_count == 1 {
            Ok(())
        } else {
            bail!("there is nothing to be edited")
        }
    }

    /// Deletes the one document that `filter` finds.
    pub async fn remove(&self, collection: &str, filter: Document) -> Result<()> {
        let collection = self.database.collection::<Document>(collection);
        if collection.delete_one(filter).await?.deleted_count == 1 {
            Ok(())
        } else {
            bail!("there is nothing to be deleted")
        }
    }

    /// Whether the server keeps UUIDs through renames, as the operator found.
    pub fn is_fenced(&self) -> bool {
        self.operator.log().contains("capability=Fenced")
    }

    /// The collections that hold something or are a tenant's, and on a real MongoDB all others
    /// too. `SecantusDB` makes a collection anew, empty, when a listing meets its rename or drop.
    pub async fn collections_that_count(&self) -> Result<Vec<String>> {
        let records = self.database.collection::<Document>("organizations");
        let homes = records.distinct("collection_name", doc! {}).await?;
        let mut counting = Vec::new();
        for name in self.collections().await? {
            let is_home = homes.iter().any(|home| home.as_str() == Some(&name));
            if is_home || self.is_fenced() || self.count(&name).await? > 0 {
                counting.push(name);
            }
        }
        Ok(counting)
    }

    /// Asks for another look by annotation, and waits for the answer.
    pub async fn looked_at_again(&self, name: &str, value: &str) -> Result<Organization> {
        let annotation = json!({"metadata": {"annotations": {RECONCILE_ANNOTATION: value}}});
        self.patch(name, &annotation).await?;
        let answered = |object: Option<&Organization>| {
            let status = object.and_then(|object| object.status.as_ref());
            status.is_some_and(|status| status.last_handled_reconcile_at.as_deref() == Some(value))
        };
        let object = self.until_in(&self.namespace, name, answered).await?;
        object.with_context(|| format!("{name} is gone"))
    }

    /// Another operator for the same namespaces and database, not started. `environment` goes
    /// before the first one's.
    pub fn another_operator(&self, name: &str, environment: &[(&str, &str)]) -> Result<Operator> {
        let spec = self.operator.server().process().spec();
        let command = spec.args.first().context("it has no command")?;
        self.another_process(command, name, environment)
    }

    /// As [`Self::another_operator`], of another command with the same flags.
    pub fn another_process(
        &self,
        command: &str,
        name: &str,
        environment: &[(&str, &str)],
    ) -> Result<Operator> {
        let spec = self.operator.server().process().spec();
        let flags = spec.args.iter().skip(1).map(String::as_str);
        let args: Vec<_> = std::iter::once(command).chain(flags).collect();
        let usual = spec
            .env
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let environment: Vec<_> = usual.chain(environment.iter().copied()).collect();
        let place = (self.namespace.as_str(), self.database.name());
        let name = format!("{}-{name}", self.namespace);
        operator(place, &name, &args, &environment)
    }
}

/// What condition Ready says.
pub fn message(object: &Organization) -> String {
    condition(object, "Ready").map_or_else(String::new, |(_, _, message)| message)
}
