//! What every pass is given.

use std::{sync::Arc, time::Duration};

use super::{
    backoff::Backoffs, cluster::Cluster, events::EventSink, validate::Allowances, waiting::Waiting,
};
use crate::{
    auth::pool::HashPool,
    clock::Clock,
    domain::observed::Rules,
    runtime::{database::IndexGate, metrics::Metrics},
    store::port::TenantStore,
};

/// The settings of passes.
#[derive(Debug, Clone)]
pub struct PassSettings {
    /// Who this cluster is, in the records.
    pub cluster_id: String,
    /// The database of the tenants, for status.
    pub database: String,
    /// The settings that plans depend on.
    pub rules: Rules,
    /// The settings that wishes depend on.
    pub allowances: Allowances,
    /// bcrypt's cost for passwords.
    pub bcrypt_cost: u32,
    /// How often an organization that needs nothing is looked at for a change of its Secret; `None`
    /// where a watch tells of that. Drift is found by the sweep.
    pub unwatched_secrets: Option<Duration>,
    /// How often one whose Secret is missing is looked at again.
    pub secret_recheck: Duration,
}

/// What every pass is given.
pub struct Context {
    /// The database.
    pub store: Arc<dyn TenantStore>,
    /// The Kubernetes API.
    pub cluster: Arc<dyn Cluster>,
    /// Where passwords are hashed.
    pub pool: Arc<HashPool>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where Events go.
    pub events: EventSink,
    /// Whether new names may be claimed.
    pub indexes: IndexGate,
    /// What is counted.
    pub metrics: Metrics,
    /// Settings.
    pub settings: PassSettings,
    /// Who failed how often.
    pub backoffs: Backoffs,
    /// Who waits for what others hold.
    pub waiting: Waiting,
}
