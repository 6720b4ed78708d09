//! The only place that writes: one step at a time, each believed only when it was confirmed.
//! Whatever else happens ends the pass, and the next one observes afresh. No step is retried blindly.

use std::collections::BTreeMap;

use kube::{Resource, ResourceExt};
use rand::rng;
use secrecy::SecretString;
use thiserror::Error;

use super::{
    cluster::{ClusterError, ObjectKey},
    context::Context,
    credential::{Credential, EMAIL_KEY, Material, PASSWORD_KEY, judge},
    observe::{ObserveError, Pass},
    validate::validate,
};
use crate::{
    auth::pool::HashError,
    domain::{
        desired::{Disposal, Wish},
        hash::BcryptHash,
        observed::Observed,
        password::generate_password,
        plan::{Next, Rest, next},
        step::{Learned, Look, Step},
    },
    store::port::StoreError,
};

/// More steps than any pass takes: a plan that has no end is a fault of ours.
const STEPS_AT_MOST: usize = 100;

/// Why a step was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StepError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The Kubernetes API.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The hash pool.
    #[error("the password can't be hashed: {0}")]
    Hash(String),
    /// The plan asks for what this pass doesn't have: a fault of ours.
    #[error("the step needs a credential that was not observed")]
    NoMaterial,
    /// The plan has no end: a fault of ours.
    #[error("the plan has no end")]
    Endless,
}

impl From<HashError> for StepError {
    fn from(error: HashError) -> Self {
        Self::Hash(error.to_string())
    }
}

impl From<ObserveError> for Stop {
    fn from(error: ObserveError) -> Self {
        match error {
            ObserveError::Outdated => Self::Again,
            ObserveError::Store(error) => Self::Failed(error.into()),
            ObserveError::Cluster(error) => Self::Failed(error.into()),
        }
    }
}

/// How a pass ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Nothing more to do, for that reason.
    Rested(Rest),
    /// Somebody else wrote, or the world is not as it was seen: look again.
    Again,
    /// The finalizer was put on: its event begins the next pass. Going on in this one would make
    /// that one act on what is outdated by then.
    FinalizerAdded,
    /// A step failed.
    Failed(StepError),
}

/// What was done: the confirmed steps, what is known after them, and how it ended.
#[derive(Debug)]
pub struct Executed {
    /// What is known now; `None` where the reads failed.
    pub seen: Option<Observed>,
    /// The confirmed writes, in order.
    pub writes: Vec<Step>,
    /// How it ended.
    pub stop: Stop,
}

/// Carries out what the wish needs.
pub async fn execute(wish: &Wish, pass: Pass, context: &Context) -> Executed {
    let Pass {
        key,
        mut seen,
        mut credential,
        live: _,
    } = pass;
    let mut writes = Vec::new();
    for _ in 0..STEPS_AT_MOST {
        let step = match next(wish, &seen) {
            Next::Rest(rest) => {
                return Executed {
                    seen: Some(seen),
                    writes,
                    stop: Stop::Rested(rest),
                };
            }
            Next::Do(step) => step,
        };
        let taken = Taking {
            key: &key,
            seen: &seen,
            wish,
            context,
        };
        match taken.take(&step, &mut credential).await {
            Ok(learned) => {
                tracing::debug!(%step, "confirmed");
                seen = seen.after(&step, learned);
                let is_finalizer = step == Step::AddFinalizer;
                if !step.is_read() {
                    writes.push(step);
                }
                if is_finalizer {
                    return Executed {
                        seen: Some(seen),
                        writes,
                        stop: Stop::FinalizerAdded,
                    };
                }
            }
            Err(error) => {
                tracing::debug!(%step, %error, "not confirmed");
                return Executed {
                    seen: Some(seen),
                    writes,
                    stop: stop_for(error),
                };
            }
        }
    }
    Executed {
        seen: Some(seen),
        writes,
        stop: Stop::Failed(StepError::Endless),
    }
}

/// What somebody else's write explains is no failure.
fn stop_for(error: StepError) -> Stop {
    match error {
        StepError::Store(
            StoreError::Stale | StoreError::Duplicate(_) | StoreError::Exists | StoreError::Gone,
        )
        | StepError::Cluster(ClusterError::Conflict | ClusterError::Gone) => Stop::Again,
        StepError::Store(
            StoreError::Unauthorized(_)
            | StoreError::Unreachable(_)
            | StoreError::OutcomeUnknown(_)
            | StoreError::Other(_),
        )
        | StepError::Cluster(ClusterError::Refused(_) | ClusterError::Unreachable(_))
        | StepError::Hash(_)
        | StepError::NoMaterial
        | StepError::Endless => Stop::Failed(error),
    }
}

/// The taking of one step.
pub(super) struct Taking<'a> {
    pub(super) key: &'a ObjectKey,
    pub(super) seen: &'a Observed,
    pub(super) wish: &'a Wish,
    pub(super) context: &'a Context,
}

impl Taking<'_> {
    async fn take(&self, step: &Step, credential: &mut Credential) -> Result<Learned, StepError> {
        let (store, cluster) = (&self.context.store, &self.context.cluster);
        match step {
            Step::Look(look) => return self.look(look, credential).await,
            Step::AddFinalizer => cluster.add_finalizer(self.key).await?,
            Step::RemoveFinalizer => cluster.remove_finalizer(self.key).await?,
            Step::CreateAdminSecret(_) => return self.create_admin_secret(credential).await,
            Step::DeleteAdminSecret(secret) => cluster.delete_own_secret(self.key, secret).await?,
            Step::InsertRecord(record) => {
                if !self.context.indexes.is_open() {
                    // Without them two could claim one name.
                    let why = "the unique indexes are not known to hold yet";
                    return Err(StoreError::Unreachable(why.to_owned()).into());
                }
                store.insert_record(record).await?;
            }
            Step::UpdateRecord { before, after, .. } => store.update_record(before, after).await?,
            Step::DeleteRecord(record) => store.delete_record(record).await?,
            Step::InsertAdmin(admin) => {
                let hash = self.hash(credential).await?;
                store.insert_admin(admin, &hash).await?;
                return Ok(Learned::Hash(hash));
            }
            Step::UpdateAdmin {
                before,
                after,
                rehash: false,
                ..
            } => {
                store.update_admin(before, after).await?;
            }
            Step::UpdateAdmin {
                before,
                after,
                rehash: true,
                ..
            } => {
                let mut after = after.as_ref().clone();
                after.password = self.hash(credential).await?;
                store.update_admin(before, &after).await?;
                return Ok(Learned::Hash(after.password));
            }
            Step::DeleteAdmins(record) => store.delete_admins(record).await?,
            Step::CreateCollection { name, id } => store.create_collection(name, *id).await?,
            Step::MoveCollection { from, to, uuid } => {
                store.move_collection(from, to, *uuid).await?;
            }
            Step::DropCollection { name, uuid } => store.drop_collection(name, *uuid).await?,
            Step::MergeStray { from, into, uuid } => {
                return Ok(Learned::Clashes(
                    store.merge_stray(from, into, *uuid).await?,
                ));
            }
        }
        Ok(Learned::Done)
    }

    pub(super) async fn look(
        &self,
        look: &Look,
        credential: &Credential,
    ) -> Result<Learned, StepError> {
        let store = &self.context.store;
        Ok(match look {
            Look::Collections(names) => Learned::Collections(store.find_collections(names).await?),
            Look::Whereabouts(uuid) => Learned::Whereabouts(store.locate_collection(*uuid).await?),
            Look::Holder(uuid) => Learned::Holder(store.find_holder(*uuid).await?),
            Look::Emptiness(name, uuid) => Learned::Answer(store.is_empty(name, *uuid).await?),
            Look::Credential => Learned::Answer(self.is_stored(credential).await?),
            Look::Deletion => Learned::Answer(self.is_deletion_wished().await?),
        })
    }

    fn material(credential: &Credential) -> Result<&Material, StepError> {
        credential.material.as_ref().ok_or(StepError::NoMaterial)
    }

    async fn hash(&self, credential: &Credential) -> Result<BcryptHash, StepError> {
        let cost = self.context.settings.bcrypt_cost;
        Ok(Self::material(credential)?
            .hash(cost, &self.context.pool)
            .await?)
    }

    async fn is_stored(&self, credential: &Credential) -> Result<bool, StepError> {
        let admin = self.seen.tenant().and_then(|tenant| tenant.admin.as_ref());
        let admin = admin.ok_or(StepError::NoMaterial)?;
        Ok(Self::material(credential)?
            .is_stored_as(&admin.password, &self.context.pool)
            .await?)
    }

    /// The live object, once more: between the first read and the commit point a person may have
    /// thought better of it.
    async fn is_deletion_wished(&self) -> Result<bool, StepError> {
        let live = self
            .context
            .cluster
            .get_organization(&self.key.namespace, &self.key.name)
            .await?;
        let live = live.filter(|live| live.uid().as_ref() == Some(&self.key.uid));
        Ok(live.is_some_and(|live| {
            live.meta().deletion_timestamp.is_some()
                && matches!(
                    validate(&live, &self.context.settings.allowances),
                    Wish::Absent(leaving) if leaving.disposal == Disposal::Delete
                )
        }))
    }

    async fn create_admin_secret(&self, credential: &mut Credential) -> Result<Learned, StepError> {
        let desired = self.wish.desired().ok_or(StepError::NoMaterial)?;
        let password = generate_password(&mut rng());
        let data = BTreeMap::from([
            (
                EMAIL_KEY.to_owned(),
                SecretString::from(desired.email.as_str()),
            ),
            (PASSWORD_KEY.to_owned(), password),
        ]);
        let secret = desired.credential.secret();
        let made = self
            .context
            .cluster
            .create_secret(self.key, secret, &data)
            .await?;
        *credential = judge(&desired.credential, Some(&made));
        match &credential.observed {
            crate::domain::credential::ObservedCredential::Present { version, .. } => {
                Ok(Learned::Secret(version.clone()))
            }
            _ => Err(StepError::NoMaterial),
        }
    }
}
