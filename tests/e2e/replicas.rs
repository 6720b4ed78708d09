//! A world with two operators, of which one acts.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::Api;
use organization_operator_harness::operator::Operator;
use tokio::{task::block_in_place, time::Instant};

use crate::{rights::own_namespace, servers::servers, world::World};

/// As the operator calls it.
pub const LEASE: &str = "organization-operator";

/// The default, which the tests' worlds don't have.
const HOLDS: (&str, &str) = ("LEASE_DURATION", "4s");

impl World {
    /// Where its operators' Lease is.
    pub fn leases(&self) -> Api<Lease> {
        Api::namespaced(self.client.clone(), &own_namespace(&self.namespace))
    }
}

pub struct Replicas {
    /// Its operator is the first one, and leads at first.
    pub world: World,
    pub second: Operator,
}

impl Replicas {
    /// Two controllers with the Lease's default duration, the first one leading. `settings` are the
    /// first one's alone.
    pub async fn start(name: &str, settings: &[(&str, &str)]) -> Result<Self> {
        Self::on(name, servers()?.mongo.url(), settings).await
    }

    /// As [`Self::start`], on a database server of the test's own.
    pub async fn on(name: &str, mongo_url: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let world = World::of("controller", name, mongo_url, &[], &[HOLDS]).await?;
        let second = world.another_operator("second", &[])?;
        let mut world = world;
        world.operator = world.another_operator("first", settings)?;
        block_in_place(|| world.operator.start())?;
        let replicas = Self { world, second };
        replicas.leading(&replicas.world.operator).await?;
        block_in_place(|| replicas.second.start())?;
        ensure!(!leads(&replicas.second)?, "the second one leads too");
        Ok(replicas)
    }

    /// What the Lease says, if there is one.
    pub async fn lease(&self) -> Result<Option<LeaseSpec>> {
        let lease = self.world.leases().get_opt(LEASE).await?;
        Ok(lease.and_then(|lease| lease.spec))
    }

    /// Deletes the Lease, as a person may.
    pub async fn delete_lease(&self) -> Result<()> {
        let how = kube::api::DeleteParams::default();
        self.world.leases().delete(LEASE, &how).await?;
        Ok(())
    }

    /// Waits until that operator leads, by what the Lease says and by what it says itself.
    pub async fn leading(&self, operator: &Operator) -> Result<()> {
        let identity = identity(operator)?;
        let leading = || async {
            let holder = self.lease().await?.and_then(|lease| lease.holder_identity);
            Ok(holder.as_ref() == Some(&identity) && leads(operator).unwrap_or(false))
        };
        self.world.eventually("it leads", leading).await
    }

    /// Waits until somebody has acted on a request made now, and gives how long ago `since` is by
    /// then.
    pub async fn acted_on(&self, name: &str, request: &str, since: Instant) -> Result<Duration> {
        self.world.looked_at_again(name, request).await?;
        Ok(since.elapsed())
    }

    /// Waits until that operator has ended by itself; says how.
    pub async fn ended(&self, operator: &Operator) -> Result<String> {
        let process = operator.server().process();
        let ended = || async { Ok(process.ended().is_some()) };
        self.world.eventually("it ends", ended).await?;
        process.ended().context("it has not ended")
    }
}

/// Who that operator is in the Lease.
pub fn identity(operator: &Operator) -> Result<String> {
    let pid = operator.server().process().pid().context("it runs not")?;
    Ok(format!("organization-operator_{pid}"))
}

/// Whether it says itself that it leads.
pub fn leads(operator: &Operator) -> Result<bool> {
    Ok(figure(operator, "organization_operator_leader")? == 1)
}

/// The sum of that operator's metric over all its labels.
pub fn figure(operator: &Operator, name: &str) -> Result<u64> {
    let (_, text) = operator.get("/metrics").map_err(|error| anyhow!(error))?;
    let lines = text.lines().filter(|line| line.starts_with(name));
    let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    Ok(values.sum())
}
