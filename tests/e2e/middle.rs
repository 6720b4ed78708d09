//! A database server that renames as `MongoDB` does, whatever the tests' server is: a rename is one
//! moment for whoever writes. The operator and its clients go through it.

use std::sync::Arc;

use anyhow::{Result, ensure};
use async_trait::async_trait;
use mongodb::{
    Client,
    bson::{Binary, Document, doc, spec::BinarySubtype},
    error::ErrorKind,
};

use organization_operator_harness::mongo::{Kind, MongoServer};

use crate::{
    hand::own_unsynced_mongo,
    relay::{Relay, Rule, Upstream, atomic::Atomic, fence::Fence},
    servers::servers,
    world::World,
};

/// What a rename does to a collection's UUID, as far as the operator can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uuids {
    /// It stays, and `collectionUUID` is honoured: `MongoDB` 6.0 and later.
    Last,
    /// `collectionUUID` is ignored; and where the server isn't a real one, it is another afterwards.
    Change,
}

/// `CollectionUUIDMismatch`, as `MongoDB` numbers it.
const MISMATCH: i32 = 361;

/// Ends with its value.
pub struct Middle {
    uuids: Uuids,
    url: String,
    _relay: Option<Relay>,
    _server: Option<MongoServer>,
}

impl Middle {
    /// Before the server of all tests; that one itself, where it is as wished. Of a stand-in one of
    /// the test's own: its renames take long where it serves all.
    pub async fn start(name: &str, uuids: Uuids) -> Result<Self> {
        let shared = &servers()?.mongo;
        let server = if shared.kind() == Kind::Secantus {
            Some(own_unsynced_mongo(name)?)
        } else {
            None
        };
        let url = server.as_ref().unwrap_or(shared).url();
        let rule: Option<Arc<dyn Rule>> = match uuids {
            Uuids::Last if honours_uuids(url).await? => None,
            Uuids::Last => Some(Arc::new(Atomic::<Fence>::default())),
            Uuids::Change => Some(Arc::new(Atomic::<Heedless>::default())),
        };
        let relay = match rule {
            Some(rule) => Some(Relay::start(url, rule).await?),
            None => None,
        };
        Ok(Self {
            uuids,
            url: relay.as_ref().map_or(url, Relay::url).to_owned(),
            _relay: relay,
            _server: server,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether that world's operator found the server to be as wished.
    pub fn is_found_by(&self, world: &World) -> Result<()> {
        let is_as_wished = world.is_fenced() == (self.uuids == Uuids::Last);
        ensure!(is_as_wished, "the operator found not {:?}", self.uuids);
        Ok(())
    }
}

/// As the operator's own probe.
async fn honours_uuids(url: &str) -> Result<bool> {
    let nobody = Binary {
        subtype: BinarySubtype::Uuid,
        bytes: vec![0; 16],
    };
    let probe = doc! {"find": "probe", "collectionUUID": nobody, "limit": 1};
    let client = Client::with_uri_str(url).await?;
    match client.database("probe").run_command(probe).await {
        Ok(_) => Ok(false),
        Err(error) => match error.kind.as_ref() {
            ErrorKind::Command(refusal) if refusal.code == MISMATCH => Ok(true),
            _ => Err(error.into()),
        },
    }
}

/// A server that has never heard of `collectionUUID`.
#[derive(Default)]
pub struct Heedless;

#[async_trait]
impl Rule for Heedless {
    async fn exchange(
        &self,
        mut command: Document,
        upstream: &mut Upstream,
    ) -> Result<Option<Document>> {
        command.remove("collectionUUID");
        upstream.ask(&command).await.map(Some)
    }
}
