//! The database over the life of the process: opened, asked whether it is there, its indexes kept,
//! its URL's file read again.

mod url_file;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use thiserror::Error;
use tokio::{
    sync::Notify,
    time::{MissedTickBehavior, interval},
};

pub use self::url_file::{UrlFault, UrlFile};
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
    /// The URL's file gives none.
    #[error(transparent)]
    File(#[from] UrlFault),
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
pub struct IndexGate(Arc<Mutex<Indexes>>);

/// What is known of the unique indexes.
#[derive(Debug, Default)]
enum Indexes {
    #[default]
    Unknown,
    /// MongoDB refuses to make sure of them.
    Refused(String),
    Hold,
}

impl IndexGate {
    /// Without the indexes two could claim one name.
    ///
    /// # Errors
    /// [`StoreError::Unauthorized`] where the operator may not make them, else
    /// [`StoreError::Unreachable`]: nobody knows of them yet.
    pub fn pass(&self) -> Result<(), StoreError> {
        match &*self.indexes() {
            Indexes::Hold => Ok(()),
            Indexes::Refused(why) => Err(StoreError::Unauthorized(why.clone())),
            Indexes::Unknown => {
                let why = "the unique indexes are not known to hold yet";
                Err(StoreError::Unreachable(why.to_owned()))
            }
        }
    }

    /// The indexes hold.
    pub fn open(&self) {
        *self.indexes() = Indexes::Hold;
    }

    /// They couldn't be made sure of. Where they held before, they are taken to hold.
    pub fn fail(&self, error: &StoreError) {
        let mut indexes = self.indexes();
        match (&*indexes, error) {
            (Indexes::Hold, _) => {}
            (_, StoreError::Unauthorized(why)) => *indexes = Indexes::Refused(why.clone()),
            _ => *indexes = Indexes::Unknown,
        }
    }

    fn indexes(&self) -> MutexGuard<'_, Indexes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the client; nothing is sent yet.
///
/// # Errors
/// [`OpenError`]: a setting is wrong, or the URL's file.
pub async fn open(args: &MongoArgs, metrics: &Metrics) -> Result<MongoStore, OpenError> {
    let url = match UrlFile::of(args) {
        Some(file) => file.read().await?,
        None => args.mongo_url.clone(),
    };
    Ok(MongoStore::connect(settings(args, metrics), &url).await?)
}

/// As [`open`], for a process that goes on: what is wrong with the URL's file may be right in a
/// moment. The file is for [`keep`].
///
/// # Errors
/// [`OpenError`]: a setting is wrong.
pub async fn open_or_wait(
    args: &MongoArgs,
    metrics: &Metrics,
) -> Result<(MongoStore, Option<UrlFile>), OpenError> {
    let Some(mut file) = UrlFile::of(args) else {
        return Ok((open(args, metrics).await?, None));
    };
    let store = MongoStore::unconnected(settings(args, metrics));
    file.follow(&store).await;
    Ok((store, Some(file)))
}

fn settings(args: &MongoArgs, metrics: &Metrics) -> MongoSettings {
    MongoSettings {
        database: args.master_db_name.clone(),
        app_name: "organization-operator".to_owned(),
        timeouts: MongoTimeouts {
            read: args.mongo_read_timeout,
            write: args.mongo_write_timeout,
            ..MongoTimeouts::default()
        },
        max_pool_size: CONNECTIONS,
        observer: Arc::new(metrics.clone()),
    }
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
    mut url_file: Option<UrlFile>,
    indexed: Indexed,
    readiness: Readiness,
    signs: DatabaseSigns,
) -> Result<(), Infallible> {
    let mut ensured: Option<tokio::time::Instant> = None;
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Some(file) = &mut url_file {
            file.follow(&store).await;
            if let (Some(why), false) = (file.complaint(), store.is_connected()) {
                let _ = readiness.unmet(Need::Mongo, why.to_owned());
                continue;
            }
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
    gate.fail(&error);
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
