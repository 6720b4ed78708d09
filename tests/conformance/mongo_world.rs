//! MongoDB, or what speaks its protocol, with a database for each case.

#![expect(
    clippy::disallowed_methods,
    reason = "the hand writes around the store, on purpose"
)]

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use anyhow::{Result, anyhow, ensure};
use async_trait::async_trait;
use futures::TryStreamExt as _;
use mongodb::{
    Client, Database,
    bson::{Bson, Document, doc, oid::ObjectId},
};
use organization_operator::domain::observed::Capability;
use organization_operator::store::mongo::{
    CommandObserver, CommandOutcome, MongoSettings, MongoStore, MongoTimeouts,
};
use organization_operator_harness::{home::Home, mongo::MongoServer};
use secrecy::SecretString;

use crate::{
    relay::{Relay, Rule, atomic::Atomic, fence::Fence},
    world::{Hand, World},
};

/// The one server of this run: that of `TEST_MONGO_URL`, or else the best that this machine has. One
/// that can't be had is a failure, never a reason to skip.
pub fn server_url() -> Result<String> {
    static SERVER: OnceLock<Result<MongoServer, String>> = OnceLock::new();
    let start = || {
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance");
        let home = Home::temporary(&parent).map_err(|error| error.to_string())?;
        MongoServer::for_tests(&home).map_err(|error| error.to_string())
    };
    let server = SERVER.get_or_init(start).as_ref();
    let server = server.map_err(|error| anyhow!("{error}"))?;
    Ok(server.url().to_owned())
}

/// Counts commands by name, those of the probe left out: it is sent once for each connection.
#[derive(Default)]
pub struct Counter(Mutex<BTreeMap<&'static str, u64>>);

impl Counter {
    /// How often that command was sent.
    pub fn count(&self, command: &str) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(command).copied().unwrap_or_default()
    }
}

impl CommandObserver for Counter {
    fn observe_command(&self, name: &'static str, _: CommandOutcome, _: Duration) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(name).or_default() += 1;
    }
}

struct MongoHand {
    database: Database,
    counter: Arc<Counter>,
}

/// A world on a real server.
pub struct Opened {
    pub world: World,
    pub store: Arc<MongoStore>,
    database: Database,
    relay: Option<Relay>,
}

/// The settings of a test's store.
pub fn settings(database: &str, observer: Arc<dyn CommandObserver>) -> MongoSettings {
    MongoSettings {
        database: database.to_owned(),
        app_name: "conformance".to_owned(),
        timeouts: MongoTimeouts {
            // Two cores, and whatever else runs on them.
            read: Duration::from_secs(30),
            write: Duration::from_secs(30),
            ..MongoTimeouts::default()
        },
        max_pool_size: 4,
        observer,
    }
}

/// Opens a database that nobody else has.
pub async fn open() -> Result<Opened> {
    open_by_way_of(&server_url()?).await
}

/// The same, fenced: as MongoDB 6.0 and later, whatever the server is.
pub async fn open_fenced() -> Result<Opened> {
    let opened = open_behind(Arc::new(Atomic::<Fence>::default())).await?;
    let capability = opened.world.store.capability();
    ensure!(
        capability == Capability::Fenced,
        "the probe says {capability:?}"
    );
    Ok(opened)
}

/// The same, behind a rule.
pub async fn open_behind(rule: Arc<dyn Rule>) -> Result<Opened> {
    let relay = Relay::start(&server_url()?, rule).await?;
    let mut opened = open_by_way_of(relay.url()).await?;
    opened.relay = Some(relay);
    Ok(opened)
}

async fn open_by_way_of(url: &str) -> Result<Opened> {
    let name = format!("conformance_{}", ObjectId::new());
    let client = Client::with_uri_str(url).await?;
    let counter = Arc::new(Counter::default());
    let settings = settings(&name, Arc::clone(&counter) as _);
    let store = MongoStore::connect(settings, &SecretString::from(url)).await?;
    store.facts().await?;
    let store = Arc::new(store);
    let database = client.database(&name);
    let hand = MongoHand {
        database: database.clone(),
        counter,
    };
    Ok(Opened {
        world: World {
            store: Arc::clone(&store) as _,
            refresh: Arc::clone(&store) as _,
            logins: Arc::clone(&store) as _,
            hand: Arc::new(hand),
        },
        store,
        database,
        relay: None,
    })
}

impl Opened {
    /// The database that is this world's own.
    pub fn database(&self) -> &str {
        self.database.name()
    }

    /// Leaves nothing behind.
    pub async fn close(self) -> Result<()> {
        self.store.close().await;
        self.database.drop().await?;
        let client = self.database.client().clone();
        client.shutdown().immediate(true).await;
        drop(self.relay);
        Ok(())
    }
}

#[async_trait]
impl Hand for MongoHand {
    async fn plant(&self, collection: &str, document: Document) -> Result<()> {
        let collection = self.database.collection(collection);
        collection.insert_one(document).await?;
        Ok(())
    }

    async fn plant_collection(&self, name: &str) -> Result<()> {
        Ok(self.database.create_collection(name).await?)
    }

    async fn edit(&self, collection: &str, id: Bson, update: Document) -> Result<()> {
        let collection = self.database.collection::<Document>(collection);
        let edited = collection.update_one(doc! {"_id": id}, update).await?;
        ensure!(edited.matched_count == 1, "nothing to edit");
        Ok(())
    }

    async fn remove(&self, collection: &str, id: Bson) -> Result<()> {
        let collection = self.database.collection::<Document>(collection);
        let removed = collection.delete_one(doc! {"_id": id}).await?;
        ensure!(removed.deleted_count == 1, "nothing to remove");
        Ok(())
    }

    async fn drop_collection(&self, name: &str) -> Result<()> {
        Ok(self.database.collection::<Document>(name).drop().await?)
    }

    async fn documents(&self, collection: &str) -> Result<Vec<Document>> {
        let collection = self.database.collection::<Document>(collection);
        let documents = collection.find(doc! {}).sort(doc! {"_id": 1}).await?;
        Ok(documents.try_collect().await?)
    }

    fn commands(&self) -> BTreeMap<&'static str, u64> {
        let counts = self.counter.0.lock();
        counts.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
