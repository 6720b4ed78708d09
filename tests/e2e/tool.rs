//! The commands that look at a database and go again, as a person calls them.

use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use mongodb::bson::{DateTime, Document, doc, oid::ObjectId};
use serde_json::Value;

use crate::{process::BINARY, world::World};

impl World {
    /// `organization-operator` with these arguments, on the operator's own database and cluster.
    pub fn tool(&self, args: &[&str]) -> Result<Output> {
        let settings = &self.operator.server().process().spec().env;
        let shared =
            |(key, _): &&(String, String)| ["MONGO_URL", "CLUSTER_ID"].contains(&key.as_str());
        let shared = settings.iter().filter(shared);
        let output = Command::new(BINARY)
            .args(args)
            .env_clear()
            .envs(shared.map(|(key, value)| (key, value)))
            .env("KUBECONFIG", &self.kubeconfig)
            .env("MONGO_READ_TIMEOUT", "30s")
            .env("MASTER_DB_NAME", self.database.name())
            .env("POD_NAMESPACE", &self.namespace)
            .env(
                "WATCH_NAMESPACES",
                format!("{},{}", self.namespace, self.elsewhere),
            )
            .output()?;
        Ok(output)
    }

    /// What `organization-operator orphans` tells.
    pub fn told_orphans(&self) -> Result<Vec<Told>> {
        let told = self.tool(&["orphans", "-o", "json"])?;
        ensure!(told.status.code() != Some(2), "{}", stderr(&told));
        let rows: Vec<Value> = serde_json::from_slice(&told.stdout)?;
        let text = |row: &Value, field: &str| {
            let text = row[field].as_str().map(str::to_owned);
            text.with_context(|| format!("no {field} in {row}"))
        };
        let rows = rows.iter().map(|row| {
            Ok(Told {
                kind: text(row, "kind")?,
                what: text(row, "what")?,
                advice: text(row, "advice")?,
            })
        });
        rows.collect()
    }

    /// The one orphan of that kind.
    pub fn orphan(&self, kind: &str) -> Result<Told> {
        let mut of_kind = self
            .told_orphans()?
            .into_iter()
            .filter(|told| told.kind == kind);
        let found = of_kind.next().with_context(|| format!("no {kind}"))?;
        ensure!(of_kind.next().is_none(), "more than one {kind}");
        Ok(found)
    }

    /// Every record and every admin, to be compared.
    pub async fn documents(&self) -> Result<Vec<Document>> {
        use futures::TryStreamExt as _;

        let mut all = Vec::new();
        for collection in ["organizations", "admins"] {
            let collection = self.database.collection::<Document>(collection);
            let found = collection.find(doc! {}).sort(doc! {"_id": 1}).await?;
            all.extend(found.try_collect::<Vec<_>>().await?);
        }
        Ok(all)
    }
}

/// A row of `organization-operator orphans`.
#[derive(Debug)]
pub struct Told {
    pub kind: String,
    pub what: String,
    pub advice: String,
}

impl Told {
    /// The id of the document that it is about.
    pub fn id(&self) -> Result<String> {
        let id = self
            .what
            .rsplit_once('(')
            .map(|(_, id)| id.trim_end_matches(')'));
        id.map(str::to_owned)
            .with_context(|| format!("no id in {self:?}"))
    }
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The tenant `name` as the older service makes it, with one document, and a hash of `password`.
pub async fn plant_older(
    world: &World,
    name: &str,
    email: &str,
    password: &str,
) -> Result<ObjectId> {
    plant_older_with(world, name, email, &bcrypt::hash(password, 4)?).await
}

/// As [`plant_older`], with a hash that is there.
pub async fn plant_older_with(
    world: &World,
    name: &str,
    email: &str,
    hash: &str,
) -> Result<ObjectId> {
    let (id, admin) = (ObjectId::new(), ObjectId::new());
    let login = doc! {
        "_id": admin, "email": email, "organization_name": name,
        "password": hash, "created_at": DateTime::now(),
    };
    let record = doc! {
        "_id": id, "organization_name": name, "collection_name": format!("org_{name}"),
        "admin_id": admin, "created_at": DateTime::now(),
    };
    world.insert("admins", login).await?;
    world.insert("organizations", record).await?;
    world
        .insert(&format!("org_{name}"), doc! {"_id": 1})
        .await?;
    Ok(id)
}
