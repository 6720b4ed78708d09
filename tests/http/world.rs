//! The HTTP service with everything around it in memory: its router in all layers, the controller at
//! work beside it.

mod client;
mod hand;

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use axum::Router;
use jiff::{SignedDuration, Timestamp};
use kube::core::DeserializeGuard;
use organization_operator::{
    auth::{
        limiter::{Limiter, LimiterSettings},
        pool::HashPool,
        refresh::RefreshTokens,
        token::{Keys, SigningSecret, Tokens},
    },
    clock::{Clock, SystemClock},
    controller::{
        backoff::Backoffs,
        cluster::memory::{MemoryCluster, Seen},
        context::{Context, PassSettings},
        events,
        reconcile::reconcile,
        validate::Allowances,
        waiting::{Waiting, Waker},
    },
    crd::DeletionPolicy,
    domain::{
        archive::Retention,
        observed::{Capability, Rules},
    },
    http::{
        client_address::TrustedProxies,
        layers::{self, Layers},
        router,
        server::ServerLimits,
    },
    runtime::{database::IndexGate, metrics::Metrics},
    service::{Service, ServiceSettings, directory::Directory, objects::Objects},
    store::{
        memory::MemoryStore,
        mongo::{MongoSettings, MongoStore, MongoTimeouts, Unobserved},
    },
};
use secrecy::SecretString;
use tokio::{sync::Notify, task::JoinSet};

pub use client::{Answer, request};

pub const JWT_SECRET: &str = "a-secret-of-the-tests-that-is-long-enough";

/// The lowest that a referenced hash may have.
pub const COST: u32 = 10;

const THREADS: usize = 2;

const QUEUE: usize = 256;

/// How many hashes may be computed or wait.
pub const PLACES: usize = THREADS + QUEUE;

/// How often the controller looks at everything, while it looks: what it waits for in memory gives
/// no sign.
const PERIOD: Duration = Duration::from_millis(20);

pub struct World {
    pub app: Router,
    pub service: Arc<Service>,
    pub cluster: Arc<MemoryCluster>,
    pub store: Arc<MemoryStore>,
    pub pool: Arc<HashPool>,
    context: Arc<Context>,
    changed: Arc<Notify>,
    controller: JoinSet<()>,
}

/// A clock that goes as tests want it to.
pub struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by).unwrap_or(*now);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a world is like.
pub struct Settings {
    pub service: ServiceSettings,
    pub limiter: LimiterSettings,
    pub capability: Capability,
    pub clock: Arc<dyn Clock>,
    /// Whether the unique indexes hold.
    pub indexed: bool,
    /// What the service believes to be the database; the controller keeps the store in memory.
    pub database: Option<Arc<MongoStore>>,
    /// How the service reaches the objects.
    pub objects: Reach,
    /// Whether the service's watch tells it of changes.
    pub watched: bool,
}

/// How the service reaches the cluster.
pub type Reach = Box<dyn FnOnce(Arc<MemoryCluster>) -> Arc<dyn Objects>>;

impl Default for Settings {
    fn default() -> Self {
        Self {
            service: ServiceSettings {
                namespace: "tenancy".to_owned(),
                self_service: true,
                max_organizations: 1000,
                deletion_policy: DeletionPolicy::Delete,
                anonymous_read: false,
                bcrypt_cost: COST,
            },
            limiter: LimiterSettings {
                account_failures: 1_000_000,
                client_failures: 1_000_000,
                creates: 1_000_000,
                ..LimiterSettings::default()
            },
            capability: Capability::Fenced,
            clock: Arc::new(SystemClock),
            indexed: true,
            database: None,
            objects: Box::new(|cluster| cluster),
            watched: true,
        }
    }
}

impl World {
    pub fn start() -> Result<Self> {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Result<Self> {
        let mut world = Self::without_controller(settings)?;
        world.start_controller();
        Ok(world)
    }

    /// As [`Self::with`], with the controller still to be started.
    pub fn without_controller(settings: Settings) -> Result<Self> {
        let cluster = Arc::new(MemoryCluster::default());
        cluster.set_time(settings.clock.now());
        let store = Arc::new(MemoryStore::new(settings.capability, 7));
        let directory = Arc::new(Directory::of([None]));
        directory.replace(&None, Vec::new());
        let changed = Arc::new(Notify::new());
        let (watched, woken) = (Arc::clone(&directory), Arc::clone(&changed));
        cluster.watch(move |seen| {
            match seen {
                _ if !settings.watched => {}
                Seen::There(object) => watched.apply(*object),
                Seen::Gone(object) => watched.remove(*object),
            }
            woken.notify_one();
        });
        let threads = NonZeroUsize::new(THREADS).context("two are some")?;
        let pool = Arc::new(HashPool::start(threads, QUEUE)?);
        let metrics = Metrics::new(Arc::clone(&pool));
        let secret = SigningSecret::parse(SecretString::from(JWT_SECRET), false)?;
        let tokens = Tokens::new(Keys::new(&secret, &[]), Duration::from_hours(168));
        let away = settings.database;
        let (tenants, logins, refreshes) = match away {
            Some(away) => (Arc::clone(&away) as _, Arc::clone(&away) as _, away as _),
            None => (
                Arc::clone(&store) as _,
                Arc::clone(&store) as _,
                Arc::clone(&store) as _,
            ),
        };
        let refreshes = RefreshTokens::new(refreshes, Duration::from_hours(720));
        let service = Arc::new(Service {
            directory,
            objects: (settings.objects)(Arc::clone(&cluster)),
            tenants,
            logins,
            refreshes,
            tokens: Arc::new(tokens),
            limiter: Limiter::new(&settings.limiter, Instant::now()),
            pool: Arc::clone(&pool),
            clock: Arc::clone(&settings.clock),
            settings: settings.service,
        });
        let layers = Layers {
            limits: ServerLimits::default(),
            routes: router::NAMES,
            answers: router::ANSWERS,
            trusted_proxies: TrustedProxies::default(),
            observer: Arc::new(metrics.clone()),
        };
        let app = layers::wrap(router::router(Arc::clone(&service)), layers);
        let context = context(
            &cluster,
            &store,
            &pool,
            metrics,
            settings.clock,
            settings.indexed,
        );
        Ok(Self {
            app,
            service,
            cluster,
            store,
            pool,
            context,
            changed,
            controller: JoinSet::new(),
        })
    }

    /// The controller is at work from now on.
    pub fn start_controller(&mut self) {
        let (cluster, context) = (Arc::clone(&self.cluster), Arc::clone(&self.context));
        let changed = Arc::clone(&self.changed);
        self.controller.spawn(async move {
            loop {
                for object in cluster.objects() {
                    let object = Arc::new(DeserializeGuard(Ok(object)));
                    reconcile(object, Arc::clone(&context)).await;
                }
                let _ = tokio::time::timeout(PERIOD, changed.notified()).await;
            }
        });
    }

    /// The controller ends, wherever it is.
    pub async fn stop_controller(&mut self) {
        self.controller.shutdown().await;
    }
}

fn context(
    cluster: &Arc<MemoryCluster>,
    store: &Arc<MemoryStore>,
    pool: &Arc<HashPool>,
    metrics: Metrics,
    clock: Arc<dyn Clock>,
    is_indexed: bool,
) -> Arc<Context> {
    let indexes = IndexGate::default();
    if is_indexed {
        indexes.open();
    }
    Arc::new(Context {
        store: Arc::clone(store) as _,
        cluster: Arc::clone(cluster) as _,
        metrics,
        pool: Arc::clone(pool),
        clock,
        events: events::channel().0,
        settings: PassSettings {
            cluster_id: "here".to_owned(),
            database: "master_db".to_owned(),
            rules: Rules {
                name_quarantine: SignedDuration::from_secs(60),
            },
            allowances: Allowances {
                adoption_namespaces: vec!["tenancy".to_owned()],
                archive_retention: Retention::default(),
            },
            bcrypt_cost: COST,
            unwatched_secrets: Some(Duration::from_secs(1)),
            secret_recheck: Duration::from_secs(1),
        },
        backoffs: Backoffs::default(),
        waiting: Waiting::new(Waker::default()),
        indexes,
    })
}

/// A database that is down: nobody listens there.
pub async fn database_that_is_down() -> Result<Arc<MongoStore>> {
    let settings = MongoSettings {
        database: "master_db".to_owned(),
        app_name: "tests".to_owned(),
        timeouts: MongoTimeouts::default(),
        max_pool_size: 10,
        observer: Arc::new(Unobserved),
    };
    let url = SecretString::from("mongodb://127.0.0.1:1");
    Ok(Arc::new(MongoStore::connect(settings, &url).await?))
}
