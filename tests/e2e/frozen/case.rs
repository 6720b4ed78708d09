//! One organization of a round: what is asked for, how it is seen to be under way, what is right.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use mongodb::bson::{Document, doc};
use organization_operator_harness::process::Process;
use serde_json::{Value, json};

use crate::{
    samples::organization_with,
    world::{World, status},
};

/// How soon the leader is stopped in any case: a state may be over before it is seen.
const AT_LAST: Duration = Duration::from_secs(3);

pub const NEW_PASSWORD: &str = "canary-Other-2";

/// What is asked for while the leader is stopped: it is, as soon as one of its kind is seen to be
/// under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Create,
    Rename,
    Delete,
    Email,
    Password,
    Archive,
    Restore,
}

pub const CHANGES: [Change; 7] = [
    Change::Create,
    Change::Rename,
    Change::Delete,
    Change::Email,
    Change::Password,
    Change::Archive,
    Change::Restore,
];

impl Change {
    /// By which document, of which collection, it is seen to be under way: the first of its kind, while
    /// the others of the round are anywhere.
    fn under_way(self) -> (&'static str, Document) {
        match self {
            Self::Create => ("organizations", doc! {"state": "provisioning"}),
            Self::Rename => ("organizations", doc! {"state": "renaming"}),
            Self::Delete => ("organizations", doc! {"state": "deleting"}),
            Self::Email => ("admins", doc! {"email": {"$regex": "^new@"}}),
            Self::Password => ("admins", doc! {"token_version": 1_i64}),
            Self::Archive => ("organizations", doc! {"state": "archiving"}),
            Self::Restore => ("organizations", doc! {"state": "restoring"}),
        }
    }

    /// Waits until more are under way than were before, and stops the process at once.
    pub async fn freeze(self, world: &World, process: &Process) -> Result<()> {
        let (collection, filter) = self.under_way();
        let documents = world.database.collection::<Document>(collection);
        let before = documents.count_documents(filter.clone()).await?;
        let seen = async {
            while documents.count_documents(filter.clone()).await? <= before {}
            anyhow::Ok(())
        };
        let seen = tokio::time::timeout(AT_LAST, seen).await;
        process.freeze();
        seen.unwrap_or(Ok(()))
    }
}

/// One organization of a round, and what becomes of it.
pub struct Case {
    pub change: Change,
    pub name: String,
}

impl Case {
    fn manifest(&self) -> Value {
        let policy = match self.change {
            Change::Archive | Change::Restore => "Archive",
            _ => "Delete",
        };
        organization_with(&self.name, &json!({"deletionPolicy": policy}))
    }

    /// Whether there is an organization of that name afterwards.
    pub fn stays(&self) -> bool {
        !matches!(self.change, Change::Delete | Change::Archive)
    }

    /// The record of the archive that it went into.
    async fn archive(&self, world: &World) -> Result<Document> {
        let records = world.database.collection::<Document>("organizations");
        let archived = doc! {"state": "archived", "operation.name": &self.name};
        let archive = records.find_one(archived).await?;
        archive.with_context(|| format!("{} is not in the archive", self.name))
    }

    /// What it is called afterwards.
    pub fn renamed(&self) -> String {
        match self.change {
            Change::Rename => format!("{}-new", self.name),
            _ => self.name.clone(),
        }
    }

    pub async fn prepare(&self, world: &World) -> Result<()> {
        if self.change == Change::Create {
            return Ok(());
        }
        world.apply(&self.manifest()).await?;
        world.settled(&self.name, "Succeeded").await?;
        let home = format!("org_{}", self.name);
        world.insert(&home, doc! {"_id": 1}).await?;
        if self.change == Change::Restore {
            world.delete(&self.name).await?;
            world.gone(&self.name).await?;
        }
        Ok(())
    }

    pub async fn ask(&self, world: &World) -> Result<()> {
        let admin = match self.change {
            Change::Create => return world.apply(&self.manifest()).await,
            Change::Delete | Change::Archive => return world.delete(&self.name).await,
            Change::Restore => {
                let id = self.archive(world).await?.get_object_id("_id")?.to_hex();
                let mut manifest = self.manifest();
                manifest["spec"]["restoreFrom"] = json!({"organizationId": id});
                return world.apply(&manifest).await;
            }
            Change::Rename => json!({"organizationName": self.renamed()}),
            Change::Email => json!({"admin": {"email": format!("new@{}.example", self.name)}}),
            Change::Password => json!({"admin": {
                "passwordHashSecretRef": null,
                "passwordSecretRef": {"name": "other", "key": "password"},
            }}),
        };
        world.patch(&self.name, &json!({"spec": admin})).await
    }

    /// Waits until it is as was asked for, and sees that nothing is lost, doubled or half done.
    pub async fn judge(&self, world: &World) -> Result<()> {
        let name = self.renamed();
        let by_name = doc! {"organization_name": &name};
        let count = async |collection: &str| {
            let documents = world.database.collection::<Document>(collection);
            anyhow::Ok(documents.count_documents(by_name.clone()).await?)
        };
        if !self.stays() {
            world.gone(&self.name).await?;
            ensure!(count("organizations").await? == 0 && count("admins").await? == 0);
            if self.change == Change::Archive {
                let place = self.archive(world).await?;
                let kept = world.count(place.get_str("collection_name")?).await?;
                ensure!(kept == 1, "{name}: {kept} in the archive");
            }
            return Ok(());
        }
        let told = status(&world.settled(&self.name, "Succeeded").await?);
        ensure!(told.organization_name.as_ref() == Some(&name), "{told:?}");
        if self.change == Change::Rename {
            world.released(&name, &self.name).await?;
        }
        ensure!(count("organizations").await? == 1, "{name}: one record");
        ensure!(count("admins").await? == 1, "{name}: one admin");
        let documents = world.count(&format!("org_{name}")).await?;
        ensure!(
            documents == u64::from(self.change != Change::Create),
            "{name}: {documents}"
        );
        let record = world
            .record("organizations", "organization_name", &name)
            .await?;
        let state = record.get_str("state").unwrap_or("active");
        ensure!(state == "active", "{name}: {state}");
        let admin = world.record("admins", "organization_name", &name).await?;
        let version = admin.get_i64("token_version").unwrap_or_default();
        match self.change {
            Change::Email => {
                let email = format!("new@{}.example", self.name);
                ensure!(
                    admin.get_str("email")? == email && version == 1,
                    "{admin:?}"
                );
            }
            Change::Password => {
                ensure!(bcrypt::verify(NEW_PASSWORD, admin.get_str("password")?)?);
                ensure!(version == 1, "tokens end once, not {version} times");
            }
            Change::Create | Change::Rename => ensure!(version == 0, "{version}"),
            Change::Restore => ensure!(version > 0, "tokens of before live"),
            Change::Delete | Change::Archive => {}
        }
        Ok(())
    }
}
