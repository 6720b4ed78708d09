//! The answer to a change: the controller's, or, where that doesn't come in time, our own revocation.
//! Whichever was written first holds.

use std::{sync::Arc, time::Duration};

use kube::ResourceExt;
use tokio::time::timeout_at;

use super::{Asking, Confirmed, Patience, text_of};
use crate::{
    controller::cluster::ClusterError,
    crd::{
        ChangeStatus, Organization,
        change::{CHANGE_ANNOTATION, ChangeNote},
    },
    domain::change::ChangeOutcome,
    service::{Refusal, Service, tenant::ServedTenant},
};

/// Before a revocation that didn't get through is sent again.
const AGAIN: Duration = Duration::from_millis(100);

/// What became of a change.
enum Told {
    /// The controller has answered; the object as it was then, since the next change may follow at
    /// once.
    Answered(ChangeStatus, Arc<Organization>),
    /// It was taken back: nothing comes of it any more.
    Withdrawn,
}

impl Service {
    /// The tenant after a change that was made, as this replica serves it from now on; or why it was
    /// not made. One that could not be asked for wholly, as far as is known, is revoked at once.
    pub(in crate::service) async fn outcome(
        &self,
        asking: &Asking,
        confirmed: Confirmed,
        patience: Patience,
    ) -> Result<ServedTenant, Refusal> {
        let told = match confirmed {
            Ok(()) => {
                let told = self
                    .directory
                    .until(patience.deadline(), |_| self.told(asking));
                told.await
            }
            Err(_) => None,
        };
        let told = match told {
            Some(told) => told,
            None => self.revoked(asking, patience).await?,
        };
        match told {
            Told::Withdrawn => Err(confirmed.err().map_or(Refusal::Timeout, Refusal::from)),
            Told::Answered(answer, object) => {
                self.listed(&object, patience).await;
                tenant_after(&answer, &object)
            }
        }
    }

    fn told(&self, asking: &Asking) -> Option<Told> {
        let is_it = |object: &Organization| object.metadata.uid.as_deref() == Some(&asking.uid);
        let there = self.directory.object(&asking.namespace, &asking.name);
        if let Some(object) = there.filter(|object| is_it(object)) {
            return answered(&object, &asking.id);
        }
        let gone = self.directory.departed(&asking.uid)?;
        // Without an answer in it, the answer was missed.
        Some(answered(&gone, &asking.id).unwrap_or(Told::Withdrawn))
    }

    /// Revokes the change, unless it is answered by now; again and again until that is sure.
    async fn revoked(&self, asking: &Asking, patience: Patience) -> Result<Told, Refusal> {
        let revoked = timeout_at(patience.end(), async {
            loop {
                match self.revoke(asking).await {
                    Ok(told) => return told,
                    Err(error) => tracing::debug!(%error, "a change was not revoked yet"),
                }
                tokio::time::sleep(AGAIN).await;
            }
        });
        revoked.await.map_err(|_| Refusal::Timeout)
    }

    async fn revoke(&self, asking: &Asking) -> Result<Told, ClusterError> {
        let live = self.objects.get(&asking.namespace, &asking.name).await?;
        let live = live.filter(|live| live.metadata.uid.as_deref() == Some(&asking.uid));
        let Some(live) = live else {
            return Ok(Told::Withdrawn);
        };
        let live = Arc::new(live);
        if let Some(told) = answered(&live, &asking.id) {
            return Ok(told);
        }
        let note = live.annotations().get(CHANGE_ANNOTATION);
        let note = note.and_then(|note| serde_json::from_str::<ChangeNote>(note).ok());
        let Some(mut note) = note.filter(|note| note.id == asking.id) else {
            // It was never written.
            return Ok(Told::Withdrawn);
        };
        note.revoked = true;
        let text = text_of(&note).map_err(|error| ClusterError::Refused(error.to_string()))?;
        self.objects.ask(&live, &text, None).await?;
        Ok(Told::Withdrawn)
    }

    /// Waits until reads are answered by that state of the object, or a later one.
    async fn listed(&self, object: &Organization, patience: Patience) {
        let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
        let is_newer = |seen: &Organization| {
            let version = |object: &Organization| object.resource_version()?.parse::<u64>().ok();
            version(seen) >= version(object)
        };
        let listed = self.directory.until(patience.end(), |directory| {
            let seen = directory.object(&namespace, &name);
            seen.is_none_or(|seen| is_newer(&seen)).then_some(())
        });
        let _ = listed.await;
    }
}

fn answered(object: &Arc<Organization>, id: &str) -> Option<Told> {
    let answer = object.status.as_ref()?.last_change.clone()?;
    (answer.id == id).then(|| Told::Answered(answer, Arc::clone(object)))
}

fn tenant_after(answer: &ChangeStatus, object: &Organization) -> Result<ServedTenant, Refusal> {
    match answer.answer().map(|answer| answer.outcome) {
        Some(ChangeOutcome::Done) => ServedTenant::of_object(object)
            .ok_or_else(|| Refusal::Internal("done, and not served".to_owned())),
        Some(ChangeOutcome::Refused) => Err(refusal_of(answer.reason.as_deref())),
        Some(ChangeOutcome::Withdrawn) | None => Err(Refusal::Timeout),
    }
}

/// What stands against a change, by the reason that the controller gives.
fn refusal_of(reason: Option<&str>) -> Refusal {
    match reason {
        Some("NameConflict" | "CollectionConflict" | "AdoptionRequired" | "OperationUnknown") => {
            Refusal::NameTaken
        }
        Some("EmailConflict") => Refusal::EmailTaken,
        Some("DataMissing") => Refusal::Unknown,
        // Whoever suspended it looks after it; and a person has to put an older spec right.
        Some("Suspended" | "SpecOutdated") => Refusal::Declarative,
        reason => Refusal::Internal(format!("refused: {}", reason.unwrap_or("no reason"))),
    }
}
