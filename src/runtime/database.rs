//! The database over the life of the process: opened, asked whether it is there, its indexes kept,
//! its URL's file read again.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::{
    sync::Notify,
    time::{MissedTickBehavior, interval},
};

use super::{
    metrics::Metrics,
    readiness::{Need, Readiness},
};
use crate::{
    config::MongoArgs,
    store::{
        mongo::{ConnectError, MongoSettings, MongoStore, MongoTimeouts},
        port::{StoreError, TenantStore},
        refresh::RefreshStore as _,
    },
};

/// How often the server is asked whether it is there, and the URL's file whether it changed.
const PERIOD: Duration = Duration::from_secs(2);

/// How often the indexes are made sure of anew: somebody may have dropped one.
const INDEX_PERIOD: Duration = Duration::from_mins(5);

/// Passes run side by side, and each sends one command at a time.
const CONNECTIONS: u32 = 32;

/// The database can't be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The URL's file can't be read.
    #[error("--mongo-url-file {path} can't be read: {source}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// No client can be made of the URL.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl OpenError {
    /// Whether a person has to correct a setting: a name that can't be resolved may be the network's
    /// fault.
    #[must_use]
    pub fn is_bad_setting(&self) -> bool {
        !matches!(self, Self::Connect(ConnectError::Resolution))
    }
}

/// Whether new names may be claimed: not before the unique indexes hold.
#[derive(Debug, Clone, Default)]
pub struct IndexGate(Arc<AtomicBool>);

impl IndexGate {
    /// Whether the indexes hold, as far as is known.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// The indexes hold.
    pub fn open(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Makes the client; nothing is sent yet.
///
/// # Errors
/// [`OpenError`]: a setting is wrong.
pub async fn open(args: &MongoArgs, metrics: &Metrics) -> Result<MongoStore, OpenError> {
    let url = match &args.mongo_url_file {
        Some(path) => read_url(path).await?,
        None => args.mongo_url.clone(),
    };
    let settings = MongoSettings {
        database: args.master_db_name.clone(),
        app_name: "organization-operator".to_owned(),
        timeouts: MongoTimeouts {
            read: args.mongo_read_timeout,
            write: args.mongo_write_timeout,
            ..MongoTimeouts::default()
        },
        max_pool_size: CONNECTIONS,
        observer: Arc::new(metrics.clone()),
    };
    Ok(MongoStore::connect(settings, &url).await?)
}

async fn read_url(path: &Path) -> Result<SecretString, OpenError> {
    let text = tokio::fs::read_to_string(path)
        .await
        .map_err(|source| OpenError::File {
            path: path.display().to_string(),
            source,
        })?;
    Ok(SecretString::from(text.trim()))
}

/// Whose indexes are made sure of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexed {
    /// The tenants' records and their admins.
    Tenants,
    /// Those, and the refresh tokens: without the HTTP service nobody needs their collection.
    TenantsAndTokens,
}

/// What [`keep`] tells the rest of the process.
#[derive(Debug, Clone, Default)]
pub struct DatabaseSigns {
    /// Whether new names may be claimed.
    pub indexes: IndexGate,
    /// Notified whenever the server answers again.
    pub returned: Arc<Notify>,
}

/// Keeps readiness and the signs up to date, and the store on the URL that its file holds.
///
/// # Errors
/// None: it never ends.
pub async fn keep(
    store: Arc<MongoStore>,
    url_file: Option<PathBuf>,
    indexed: Indexed,
    readiness: Readiness,
    signs: DatabaseSigns,
) -> Result<(), Infallible> {
    let mut url = None;
    let mut ensured: Option<tokio::time::Instant> = None;
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Some(path) = &url_file {
            follow_file(&store, path, &mut url).await;
        }
        if let Err(error) = store.ping().await {
            if readiness.unmet(Need::Mongo, error.to_string()) {
                tracing::warn!(%error, "MongoDB is away");
            }
            continue;
        }
        let is_due = ensured.is_none_or(|at| at.elapsed() >= INDEX_PERIOD);
        if is_due && ensure_indexes(&store, indexed, &readiness, &signs.indexes).await {
            ensured = Some(tokio::time::Instant::now());
        }
        if readiness.met(Need::Mongo) {
            match store.facts().await {
                Ok(facts) => tracing::info!(
                    version = facts.version,
                    capability = ?facts.capability,
                    "MongoDB is there"
                ),
                Err(error) => tracing::warn!(%error, "MongoDB doesn't say what it is"),
            }
            signs.returned.notify_one();
        }
    }
}

/// Whether the indexes hold.
async fn ensure_indexes(
    store: &MongoStore,
    indexed: Indexed,
    readiness: &Readiness,
    gate: &IndexGate,
) -> bool {
    let ensured = match store.ensure_indexes().await {
        Ok(()) if indexed == Indexed::TenantsAndTokens => store.ensure_refresh_index().await,
        tenants => tenants,
    };
    let error = match ensured {
        Ok(()) => {
            gate.open();
            let _ = readiness.met(Need::Indexes);
            return true;
        }
        Err(error) => error,
    };
    let why = match &error {
        StoreError::Duplicate(key) => {
            let documents = store.find_duplicates(*key).await.unwrap_or_default();
            format!("{error}; documents: {}", documents.join(", "))
        }
        _ => error.to_string(),
    };
    if readiness.unmet(Need::Indexes, why.clone()) {
        tracing::warn!(
            why,
            "the indexes don't hold; no new organization is claimed"
        );
    }
    false
}

/// A URL that can't be used leaves the former one in place.
async fn follow_file(store: &MongoStore, path: &Path, known: &mut Option<SecretString>) {
    let url = match read_url(path).await {
        Ok(url) => url,
        Err(error) => {
            tracing::warn!(%error, "the former URL stays in use");
            return;
        }
    };
    let is_news = known
        .as_ref()
        .is_some_and(|known| known.expose_secret() != url.expose_secret());
    if is_news {
        match store.reconnect(&url).await {
            Ok(()) => tracing::info!("the URL's file changed; a new connection is in use"),
            Err(error) => {
                tracing::warn!(%error, "the URL's file changed; the former URL stays in use");
                return;
            }
        }
    }
    *known = Some(url);
}
