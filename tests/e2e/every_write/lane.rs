//! A process with a breaker between it and its servers, and a place of its own there, which is used
//! again and again.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Result, ensure};
use futures::TryStreamExt as _;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams},
};
use mongodb::bson::{Document, doc};
use serde_json::json;
use tokio::{sync::Mutex, task::block_in_place};

use super::{
    breaker::Breaker,
    wire::{ClusterGuard, DatabaseGuard},
};
use crate::{
    api_relay::ApiRelay,
    api_world::ApiWorld,
    middle::{Heedless, Uuids},
    oracle::{SeenSecret, Snapshot, Stored},
    relay::{
        Relay, Rule,
        atomic::Atomic,
        fence::{Fence, read_identity},
    },
    samples::{HASH, PASSWORD},
    servers::servers,
};

/// What the operator keeps beside records and admins.
const OWN: [&str; 3] = ["organizations", "admins", "_refresh_tokens"];

pub struct Lane {
    pub api: Arc<ApiWorld>,
    pub breaker: Arc<Breaker>,
    uuids: Uuids,
    /// Passwords that were tried on hashes, and whether they are right.
    tried: Mutex<BTreeMap<(String, String), bool>>,
    _relays: (Relay, ApiRelay),
}

impl Lane {
    /// Its process doesn't run yet.
    pub async fn new(name: &str, uuids: Uuids) -> Result<Self> {
        let breaker = Arc::new(Breaker::default());
        let server = servers()?.mongo.url();
        let rule: Arc<dyn Rule> = match uuids {
            Uuids::Last => Arc::new(Atomic::<Fence>::default()),
            Uuids::Change => Arc::new(Atomic::<Heedless>::default()),
        };
        let guard = DatabaseGuard {
            breaker: Arc::clone(&breaker),
            rule,
        };
        let mongo = Relay::start(server, Arc::new(guard)).await?;
        let guard = ClusterGuard(Arc::clone(&breaker));
        let cluster = ApiRelay::guarded(name, Arc::new(guard)).await?;
        let settings = [
            cluster.setting()?,
            ("LEADER_ELECTION", "false"),
            // The same in all lanes, whichever rights they have.
            ("CLUSTER_ID", "tests"),
            // Processes are begun a thousand times, and what they do all other tests log at TRACE.
            ("LOG_LEVEL", "info"),
        ];
        let api = Arc::new(ApiWorld::unready(name, mongo.url(), &settings).await?);
        breaker.stand_before(Arc::clone(&api))?;
        Ok(Self {
            api,
            breaker,
            uuids,
            tried: Mutex::default(),
            _relays: (mongo, cluster),
        })
    }

    /// Nothing is there, and a process that begins.
    pub async fn begin_anew(&self) -> Result<()> {
        let world = &self.api.world;
        block_in_place(|| world.operator.kill9())?;
        let stripped = json!({"metadata": {"finalizers": null}});
        for object in self.api.objects().await? {
            let name = object.name_any();
            world.delete(&name).await?;
            // Without a finalizer it is gone by then.
            if !object.finalizers().is_empty() {
                world.patch(&name, &stripped).await?;
            }
        }
        let secrets = world.secrets();
        let (how, all) = (DeleteParams::default(), ListParams::default());
        secrets.delete_collection(&how, &all).await?;
        world.database.drop().await?;
        let login = [("hash", HASH), ("password", PASSWORD)];
        world.put_secret("login", &login).await?;
        self.breaker.arm(None);
        self.resume()?;
        let is_as_told = world.is_fenced() == (self.uuids == Uuids::Last);
        ensure!(is_as_told, "the operator takes the server for another");
        Ok(())
    }

    /// Another process takes the place of the one that was killed.
    pub fn resume(&self) -> Result<()> {
        Ok(block_in_place(|| self.api.world.operator.start())?)
    }

    /// All there is.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let admins = self.documents("admins").await?;
        let mut collections = BTreeMap::new();
        let listed = doc! {"listCollections": 1, "cursor": {"batchSize": 1000}};
        let listed = self.api.world.database.run_command(listed).await?;
        let listed = listed.get_document("cursor")?.get_array("firstBatch")?;
        for collection in listed.iter().filter_map(|it| it.as_document()) {
            let name = collection.get_str("name")?;
            if !OWN.contains(&name) {
                let stored = Stored {
                    uuid: read_identity(collection)?.uuid.into(),
                    documents: self.documents(name).await?,
                };
                collections.insert(name.to_owned(), stored);
            }
        }
        let mut secrets = Vec::new();
        for secret in self.api.secrets().await? {
            secrets.push(self.seen(secret, &admins).await?);
        }
        let objects = self.api.world.organizations();
        Ok(Snapshot {
            records: self.documents("organizations").await?,
            admins,
            collections,
            objects: objects.list(&ListParams::default()).await?.items,
            secrets,
        })
    }

    /// The end as text, the lane's own names left out.
    pub fn normal(&self, snapshot: &Snapshot) -> String {
        let world = &self.api.world;
        let normal = snapshot.normal();
        normal
            .replace(&world.namespace, "<namespace>")
            .replace(world.database.name(), "<database>")
    }

    async fn documents(&self, collection: &str) -> Result<Vec<Document>> {
        let documents = self.api.world.database.collection::<Document>(collection);
        let found = documents.find(doc! {}).sort(doc! {"_id": 1}).await?;
        Ok(found.try_collect().await?)
    }

    async fn seen(&self, secret: Secret, admins: &[Document]) -> Result<SeenSecret> {
        let mut opens = Vec::new();
        for admin in admins {
            let (email, hash) = (admin.get_str("email")?, admin.get_str("password")?);
            for value in secret.data.iter().flatten().map(|(_, value)| &value.0) {
                if self.is_opened(hash, &String::from_utf8_lossy(value)).await {
                    opens.push(email.to_owned());
                    break;
                }
            }
        }
        let version = (secret.uid(), secret.resource_version());
        let (Some(uid), Some(version)) = version else {
            anyhow::bail!("a Secret that was never stored");
        };
        Ok(SeenSecret {
            namespace: secret.namespace().unwrap_or_default(),
            name: secret.name_any(),
            version: format!("{uid}/{version}"),
            opens,
        })
    }

    /// Whether that is the hash, or a password that it was made of.
    async fn is_opened(&self, hash: &str, value: &str) -> bool {
        let mut tried = self.tried.lock().await;
        let tried = tried.entry((hash.to_owned(), value.to_owned()));
        *tried.or_insert_with(|| {
            let verified = || block_in_place(|| bcrypt::verify(value, hash)).unwrap_or(false);
            value == hash || verified()
        })
    }
}
