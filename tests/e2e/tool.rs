//! The commands that look at a database and go again, as a person calls them.

use std::process::{Command, Output};

use anyhow::Result;
use mongodb::bson::{Bson, Document, doc};

use crate::{
    servers::servers,
    world::{BINARY, World},
};

impl World {
    /// `organization-operator` with these arguments, on the world's database and cluster.
    pub fn tool(&self, args: &[&str]) -> Result<Output> {
        let output = Command::new(BINARY)
            .args(args)
            .env_clear()
            .env("KUBECONFIG", servers()?.cluster.kubeconfig())
            .env("MONGO_URL", servers()?.mongo.url())
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

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The tenant `name` as the older service makes it, with one document, and a hash of `password`.
pub async fn plant_older(world: &World, name: &str, email: &str, password: &str) -> Result<Bson> {
    use mongodb::bson::{DateTime, oid::ObjectId};

    let (id, admin) = (ObjectId::new(), ObjectId::new());
    let login = doc! {
        "_id": admin, "email": email, "organization_name": name,
        "password": bcrypt::hash(password, 4)?, "created_at": DateTime::now(),
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
    Ok(id.into())
}
