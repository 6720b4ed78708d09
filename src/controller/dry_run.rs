//! The steps that an organization would need, and none of them taken: reads are done as long as
//! they can tell something, writes are only thought through.

use async_trait::async_trait;
use kube::core::DeserializeGuard;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::{
    cluster::{Cluster, ClusterError, NewSecretData, ObjectKey, ObservedSecret},
    context::Context,
    execute::{StepError, Taking},
    observe::Pass,
};
use crate::{
    crd::{Organization, OrganizationStatus},
    domain::{
        credential::SecretName,
        desired::Wish,
        plan::{Next, Plan, next, unfold},
        step::Step,
    },
};

/// A cluster in which one object is as it is planned to be, and nothing can be written.
pub struct PlannedCluster<C> {
    /// The cluster as it is.
    pub live: C,
    /// The object to be.
    pub planned: Organization,
    /// Secrets that are to come with it.
    pub secrets: Vec<(SecretName, PlannedSecret)>,
}

/// Makes the Secret that is planned; its data can't be cloned.
pub type PlannedSecret = Box<dyn Fn() -> ObservedSecret + Send + Sync>;

fn holds_the_same(live: &ObservedSecret, planned: &ObservedSecret) -> bool {
    planned.data.iter().all(|(key, value)| {
        let there = live.data.get(key);
        there.is_some_and(|there| there.expose_secret() == value.expose_secret())
    })
}

const REFUSAL: &str = "a plan writes nothing";

fn refused<T>() -> Result<T, ClusterError> {
    Err(ClusterError::Refused(REFUSAL.to_owned()))
}

#[async_trait]
impl<C: Cluster> Cluster for PlannedCluster<C> {
    async fn get_organization(
        &self,
        _: &str,
        _: &str,
    ) -> Result<Option<DeserializeGuard<Organization>>, ClusterError> {
        Ok(Some(DeserializeGuard(Ok(self.planned.clone()))))
    }

    async fn get_secret(
        &self,
        object: &ObjectKey,
        secret: &SecretName,
    ) -> Result<Option<ObservedSecret>, ClusterError> {
        let live = self.live.get_secret(object, secret).await?;
        let planned = self.secrets.iter().find(|(name, _)| name == secret);
        Ok(match (planned.map(|(_, planned)| planned()), live) {
            // Applied as it is: nothing changes.
            (Some(planned), Some(live)) if holds_the_same(&live, &planned) => Some(live),
            (Some(planned), _) => Some(planned),
            (None, live) => live,
        })
    }

    async fn add_finalizer(&self, _: &ObjectKey) -> Result<(), ClusterError> {
        refused()
    }

    async fn remove_finalizer(&self, _: &ObjectKey) -> Result<(), ClusterError> {
        refused()
    }

    async fn create_secret(
        &self,
        _: &ObjectKey,
        _: &SecretName,
        _: &NewSecretData,
    ) -> Result<ObservedSecret, ClusterError> {
        refused()
    }

    async fn delete_own_secret(&self, _: &ObjectKey, _: &SecretName) -> Result<(), ClusterError> {
        refused()
    }

    async fn write_status(
        &self,
        _: &ObjectKey,
        _: &OrganizationStatus,
        _: Option<&str>,
    ) -> Result<Option<String>, ClusterError> {
        refused()
    }

    async fn settle_change(
        &self,
        _: &ObjectKey,
        _: &str,
        _: Option<&Value>,
    ) -> Result<(), ClusterError> {
        refused()
    }

    async fn delete_organization(&self, _: &ObjectKey) -> Result<(), ClusterError> {
        refused()
    }
}

/// The plan from what was observed: looks are taken until the first write, and thought through
/// from there on.
///
/// # Errors
/// [`StepError`] where a look fails.
pub async fn dry_run(wish: &Wish, pass: Pass, context: &Context) -> Result<Plan, StepError> {
    let Pass {
        key,
        mut seen,
        credential,
        live: _,
    } = pass;
    loop {
        match next(wish, &seen) {
            Next::Do(Step::Look(look)) => {
                let taking = Taking {
                    key: &key,
                    seen: &seen,
                    wish,
                    context,
                };
                let learned = taking.look(&look, &credential).await?;
                seen = seen.after(&Step::Look(look), learned);
            }
            Next::Do(_) | Next::Rest(_) => return Ok(unfold(wish, seen)),
        }
    }
}
