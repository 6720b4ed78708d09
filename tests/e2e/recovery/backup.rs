//! A backup of the database and its restoration, on a server that keeps UUIDs.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use futures::TryStreamExt as _;
use mongodb::{
    Database,
    bson::{Bson, Document, doc},
};

use crate::{
    relay::{
        Relay,
        fence::{Fence, Identity, read_identity},
    },
    servers::servers,
    world::World,
};

/// A server that keeps UUIDs, for a world on it.
pub struct FencedServer {
    fence: Arc<Fence>,
    relay: Relay,
}

/// A collection as a backup has it.
pub struct Dumped {
    pub name: String,
    identity: Identity,
    documents: Vec<Document>,
}

async fn listed(database: &Database, filter: Document) -> Result<Vec<Document>> {
    let command = doc! {"listCollections": 1, "filter": filter};
    let reply = database.run_command(command).await?;
    let batch = reply.get_document("cursor")?.get_array("firstBatch")?;
    let documents = batch.iter().filter_map(Bson::as_document).cloned();
    Ok(documents.collect())
}

impl FencedServer {
    pub async fn start() -> Result<Self> {
        let fence = Arc::new(Fence::default());
        let relay = Relay::start(servers()?.mongo.url(), Arc::clone(&fence) as _).await?;
        Ok(Self { fence, relay })
    }

    pub fn url(&self) -> &str {
        self.relay.url()
    }

    /// As `mongodump` does.
    pub async fn dump(&self, world: &World) -> Result<Vec<Dumped>> {
        let mut dump = Vec::new();
        for found in listed(&world.database, doc! {}).await? {
            let name = found.get_str("name")?.to_owned();
            let identity = read_identity(&found)?;
            let collection = world.database.collection::<Document>(&name);
            let documents = collection.find(doc! {}).await?.try_collect().await?;
            dump.push(Dumped {
                name,
                identity,
                documents,
            });
        }
        Ok(dump)
    }

    /// As `mongorestore` does, with `--preserveUUID` or without: a collection whose identity isn't
    /// kept is another one. What is there under its name is dropped first.
    pub async fn restore(&self, world: &World, dumped: &Dumped, preserve: bool) -> Result<()> {
        let own = mongodb::Client::with_uri_str(servers()?.mongo.url()).await?;
        let own = own.database(world.database.name());
        let name = &dumped.name;
        own.collection::<Document>(name).drop().await?;
        own.create_collection(name).await?;
        if !dumped.documents.is_empty() {
            let collection = own.collection::<Document>(name);
            collection.insert_many(&dumped.documents).await?;
        }
        if preserve {
            let made = listed(&own, doc! {"name": name}).await?;
            let made = read_identity(made.first().context("it was not made")?)?;
            self.fence.put_back(&made.uuid, dumped.identity.clone());
        }
        Ok(())
    }

    /// The whole database, and nothing that is younger.
    pub async fn restore_all(&self, world: &World, dump: &[Dumped], preserve: bool) -> Result<()> {
        world.database.drop().await?;
        for dumped in dump {
            self.restore(world, dumped, preserve).await?;
        }
        Ok(())
    }
}
