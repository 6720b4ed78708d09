//! The transaction of a change through HTTP, around the passes that make it: when it is answered,
//! and what follows from the answer. Every write here is repeated by the next pass if it was cut off.

use std::time::Duration;

use jiff::Timestamp;
use kube::{Resource, ResourceExt, core::DeserializeGuard};
use serde_json::Value;

use super::cluster::{Cluster, ClusterError, ObjectKey};
use crate::{
    crd::{
        AdminSpec, ChangeStatus, Organization, OrganizationStatus,
        change::{Asked, CHANGE_ANNOTATION, ChangeNote, change_note, last_answer, made_at},
    },
    domain::{
        change::{ChangeAnswer, ChangeOutcome, Standing, outcome_of},
        credential::SecretName,
        reason::ReasonKind,
    },
};

/// How soon an organization is looked at again while somebody waits for it: what it waits for (its
/// Secret, the database) may come without a sign.
const WAITED_FOR: Duration = Duration::from_millis(200);

/// A change that is pending on an object.
#[derive(Debug, Clone)]
pub struct Change {
    note: ChangeNote,
    /// The annotation as it is written.
    annotation: String,
    standing: Standing,
    /// The present spec's own Secret.
    secret: Option<SecretName>,
}

/// The change that is pending on an object, if there is one. One that can't be read is none: the
/// object's wish is refused for it.
#[must_use]
pub fn pending(object: &DeserializeGuard<Organization>, now: Timestamp) -> Option<Change> {
    let organization = object.0.as_ref().ok()?;
    if object.meta().deletion_timestamp.is_some() {
        return None;
    }
    let note = change_note(organization).ok()??;
    let annotation = organization.annotations().get(CHANGE_ANNOTATION)?.clone();
    let last = last_answer(organization);
    let standing = note
        .pending()
        .standing(last.as_ref(), made_at(organization), now);
    Some(Change {
        note,
        annotation,
        standing,
        secret: secret_of(&organization.spec.admin),
    })
}

fn secret_of(admin: &AdminSpec) -> Option<SecretName> {
    let reference = admin.password_hash_secret_ref.as_ref()?;
    Some(SecretName(reference.name.clone()))
}

impl Change {
    /// Whether it may still be made.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.standing == Standing::Open
    }

    /// Whether it came too late, and has replaced a spec that is to be put back.
    #[must_use]
    pub fn is_late_update(&self) -> bool {
        self.standing == Standing::Late && matches!(self.note.asked, Asked::Update { .. })
    }

    /// The answer, where resting for that reason is one.
    #[must_use]
    pub fn answer(&self, reason: ReasonKind) -> Option<ChangeAnswer> {
        outcome_of(reason).map(|outcome| self.answer_with(outcome))
    }

    fn answer_with(&self, outcome: ChangeOutcome) -> ChangeAnswer {
        ChangeAnswer {
            id: self.note.pending().id,
            outcome,
        }
    }

    /// When to look again while it is open.
    #[must_use]
    pub fn recheck(&self, now: Timestamp) -> Duration {
        let left = Duration::try_from(self.note.deadline.duration_since(now));
        left.unwrap_or_default().min(WAITED_FOR)
    }

    /// Answers what came too late, and does what follows from an answer.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] where somebody wrote since the object was read: then that decides.
    pub async fn close(
        &self,
        object: &DeserializeGuard<Organization>,
        key: &ObjectKey,
        cluster: &dyn Cluster,
    ) -> Result<(), ClusterError> {
        match self.standing {
            // The next pass makes it.
            Standing::Open => Ok(()),
            Standing::Stale => cluster.settle_change(key, &self.annotation, None).await,
            Standing::Answered(outcome) => self.settle(outcome, key, cluster).await,
            Standing::Late => {
                let status = self.withdrawn(object);
                let read = object.resource_version();
                cluster.write_status(key, &status, read.as_deref()).await?;
                self.settle(ChangeOutcome::Withdrawn, key, cluster).await
            }
        }
    }

    fn withdrawn(&self, object: &DeserializeGuard<Organization>) -> OrganizationStatus {
        let status = super::observe::status_of(object)
            .cloned()
            .unwrap_or_default();
        let ready = status.conditions.iter().find(|told| told.type_ == "Ready");
        let why = ready.map(|ready| ready.reason.clone());
        let answer = self.answer_with(ChangeOutcome::Withdrawn);
        OrganizationStatus {
            last_change: Some(ChangeStatus::of(&answer, why)),
            ..status
        }
    }

    /// Does what follows from an answer that is written: the spec stands, or goes. The Secret of the
    /// spec that goes is deleted first, since afterwards nothing tells of it.
    ///
    /// # Errors
    /// [`ClusterError`]; the next pass does it again.
    pub async fn settle(
        &self,
        outcome: ChangeOutcome,
        key: &ObjectKey,
        cluster: &dyn Cluster,
    ) -> Result<(), ClusterError> {
        match (&self.note.asked, outcome) {
            (Asked::Create | Asked::Adopt, ChangeOutcome::Done) => {
                cluster.settle_change(key, &self.annotation, None).await
            }
            (Asked::Create | Asked::Adopt, ChangeOutcome::Refused | ChangeOutcome::Withdrawn) => {
                cluster.delete_organization(key).await
            }
            (Asked::Update { former }, ChangeOutcome::Done) => {
                let former = former_secret(former);
                delete_replaced(former.as_ref(), self.secret.as_ref(), key, cluster).await?;
                cluster.settle_change(key, &self.annotation, None).await
            }
            (Asked::Update { former }, ChangeOutcome::Refused | ChangeOutcome::Withdrawn) => {
                let before = former_secret(former);
                delete_replaced(self.secret.as_ref(), before.as_ref(), key, cluster).await?;
                cluster
                    .settle_change(key, &self.annotation, Some(former))
                    .await
            }
        }
    }
}

async fn delete_replaced(
    going: Option<&SecretName>,
    staying: Option<&SecretName>,
    key: &ObjectKey,
    cluster: &dyn Cluster,
) -> Result<(), ClusterError> {
    match going {
        Some(going) if Some(going) != staying => cluster.delete_own_secret(key, going).await,
        Some(_) | None => Ok(()),
    }
}

fn former_secret(former: &Value) -> Option<SecretName> {
    let name = former.pointer("/admin/passwordHashSecretRef/name")?;
    Some(SecretName(name.as_str()?.to_owned()))
}
