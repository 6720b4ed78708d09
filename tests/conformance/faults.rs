//! A store with a fault on its way to the server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use async_trait::async_trait;
use mongodb::bson::Document;
use organization_operator::store::mongo::{MongoSettings, MongoStore, MongoTimeouts};
use secrecy::SecretString;
use tokio::sync::Semaphore;

use crate::{
    mongo_world::{Counter, Opened, open, server_url, settings},
    relay::{Relay, Rule, Upstream},
};

/// A store behind a relay, beside a world on the same database.
pub struct Relayed {
    pub store: Arc<MongoStore>,
    counter: Arc<Counter>,
    pub opened: Opened,
    _relay: Relay,
}

impl Relayed {
    pub async fn open(rule: Arc<dyn Rule>, timeouts: MongoTimeouts) -> Result<Self> {
        let opened = open().await?;
        let relay = Relay::start(&server_url()?, rule).await?;
        let counter = Arc::new(Counter::default());
        let settings = MongoSettings {
            timeouts,
            ..settings(opened.database(), Arc::clone(&counter) as _)
        };
        let store = MongoStore::connect(settings, &SecretString::from(relay.url())).await?;
        Ok(Self {
            store: Arc::new(store),
            counter,
            opened,
            _relay: relay,
        })
    }

    pub fn sent(&self, command: &str) -> u64 {
        self.counter.count(command)
    }

    pub async fn close(self) -> Result<()> {
        self.store.close().await;
        self.opened.close().await
    }
}

/// Deadlines that a test can wait for.
pub fn impatient() -> MongoTimeouts {
    MongoTimeouts {
        server_selection: Duration::from_millis(200),
        read: Duration::from_millis(400),
        write: Duration::from_millis(400),
        ..MongoTimeouts::default()
    }
}

/// Lets the server do the first command of that name, and cuts the connection instead of telling.
pub struct LoseReply {
    command: &'static str,
    lost: AtomicBool,
}

impl LoseReply {
    pub fn of(command: &'static str) -> Arc<Self> {
        let lost = AtomicBool::new(false);
        Arc::new(Self { command, lost })
    }
}

fn is(command: &Document, name: &str) -> bool {
    command.keys().next().is_some_and(|kind| kind == name)
}

#[async_trait]
impl Rule for LoseReply {
    async fn exchange(
        &self,
        command: Document,
        upstream: &mut Upstream,
    ) -> Result<Option<Document>> {
        let reply = upstream.ask(&command).await?;
        let lost = is(&command, self.command) && !self.lost.swap(true, Ordering::SeqCst);
        Ok((!lost).then_some(reply))
    }
}

/// Keeps commands of that name from the server until they are released.
pub struct Hold {
    command: &'static str,
    pub arrived: Semaphore,
    pub released: Semaphore,
}

impl Hold {
    pub fn on(command: &'static str) -> Arc<Self> {
        Arc::new(Self {
            command,
            arrived: Semaphore::new(0),
            released: Semaphore::new(0),
        })
    }
}

#[async_trait]
impl Rule for Hold {
    async fn exchange(
        &self,
        command: Document,
        upstream: &mut Upstream,
    ) -> Result<Option<Document>> {
        if is(&command, self.command) {
            self.arrived.add_permits(1);
            self.released.acquire().await?.forget();
        }
        upstream.ask(&command).await.map(Some)
    }
}

/// Answers commands of that name itself.
pub struct Answer(pub &'static str, pub Document);

#[async_trait]
impl Rule for Answer {
    async fn exchange(
        &self,
        command: Document,
        upstream: &mut Upstream,
    ) -> Result<Option<Document>> {
        if is(&command, self.0) {
            return Ok(Some(self.1.clone()));
        }
        upstream.ask(&command).await.map(Some)
    }
}
