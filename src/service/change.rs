//! A change, asked for and waited for. The controller makes it whole or takes it back; the service
//! may die at any moment. Whoever waits too long revokes it, and the answer is whichever was written
//! first: the revocation, or the controller's.

mod answer;

use std::time::Duration;

use kube::ResourceExt;
use rand::Rng as _;
use tokio::time::Instant;

use super::{Refusal, Service};
use crate::{
    controller::cluster::ClusterError,
    crd::{
        Organization, OrganizationSpec,
        change::{Asked, CHANGE_ANNOTATION, ChangeNote},
    },
};

/// When an answer is given at the latest. Clients are promised one within 8 s, which they have to
/// hear of too; they give up after 10 s.
const ANSWERED: Duration = Duration::from_millis(7800);

/// What is kept of it for revoking what was not answered.
const REVOCATION: Duration = Duration::from_millis(1500);

/// The time that a request has.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    start: Instant,
}

impl Patience {
    /// From now on.
    #[must_use]
    pub fn begin() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// When waiting ends and taking back begins.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.start + ANSWERED.saturating_sub(REVOCATION)
    }

    /// When the answer has to be given, whatever it is.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.start + ANSWERED
    }
}

/// A change that was asked for.
#[derive(Debug)]
pub(super) struct Asking {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub id: String,
}

/// What the API server said to it: an error is none of certainty, it may have been written all the same.
pub(super) type Confirmed = Result<(), ClusterError>;

impl Asking {
    /// That change of that object.
    pub fn of(object: &Organization, id: &str) -> Self {
        Self {
            namespace: object.namespace().unwrap_or_default(),
            name: object.name_any(),
            uid: object.uid().unwrap_or_default(),
            id: id.to_owned(),
        }
    }
}

/// 128 random bits.
pub(super) fn fresh_id() -> String {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

impl Service {
    /// The annotation that asks for a change of an object whose last change is `previous`.
    pub(super) fn note(
        &self,
        id: &str,
        asked: Asked,
        previous: Option<&Organization>,
        patience: Patience,
    ) -> ChangeNote {
        let left = patience
            .deadline()
            .saturating_duration_since(Instant::now());
        let left = jiff::SignedDuration::try_from(left).unwrap_or(jiff::SignedDuration::ZERO);
        let last = previous
            .and_then(|object| object.status.as_ref())
            .and_then(|status| status.last_change.as_ref());
        ChangeNote {
            id: id.to_owned(),
            asked,
            deadline: self.clock.now().saturating_add(left).unwrap_or_default(),
            previous: last.map(|last| last.id.clone()),
            revoked: false,
        }
    }

    /// Asks for another spec of that object, once nobody else's change is pending on it. Gives the object
    /// as it was before, too.
    pub(super) async fn ask_update(
        &self,
        namespace: &str,
        name: &str,
        patience: Patience,
        edit: &(dyn Fn(&Organization, &str) -> Result<OrganizationSpec, Refusal> + Sync),
    ) -> Result<(Asking, Organization, Confirmed), Refusal> {
        let id = fresh_id();
        loop {
            let object = self.unoccupied(namespace, name, patience).await?;
            let asking = Asking::of(&object, &id);
            let former = serde_json::to_value(&object.spec)
                .map_err(|error| Refusal::Internal(error.to_string()))?;
            let note = self.note(&id, Asked::Update { former }, Some(&object), patience);
            let wished = edit(&object, &id)?;
            let note = text_of(&note)?;
            match self.objects.ask(&object, &note, Some(&wished)).await {
                // Somebody wrote: his status, or another change.
                Err(ClusterError::Conflict) if Instant::now() < patience.deadline() => {}
                Err(ClusterError::Conflict) => return Err(Refusal::Timeout),
                confirmed => return Ok((asking, object, confirmed)),
            }
        }
    }

    /// The live object, once no change is pending on it.
    pub(super) async fn unoccupied(
        &self,
        namespace: &str,
        name: &str,
        patience: Patience,
    ) -> Result<Organization, Refusal> {
        loop {
            let live = self.objects.get(namespace, name).await?;
            let live = live.ok_or(Refusal::Unknown)?;
            if live.metadata.deletion_timestamp.is_some() {
                return Err(Refusal::Unknown);
            }
            if !live.annotations().contains_key(CHANGE_ANNOTATION) {
                return Ok(live);
            }
            let (uid, version) = (live.uid().unwrap_or_default(), live.resource_version());
            let moved_on = self.directory.until(patience.deadline(), |directory| {
                let is_free = directory.object(namespace, name).is_some_and(|seen| {
                    seen.resource_version() != version
                        && !seen.annotations().contains_key(CHANGE_ANNOTATION)
                });
                (is_free || directory.departed(&uid).is_some()).then_some(())
            });
            moved_on.await.ok_or(Refusal::Timeout)?;
        }
    }
}

/// The annotation's text.
pub(super) fn text_of(note: &ChangeNote) -> Result<String, Refusal> {
    serde_json::to_string(note).map_err(|error| Refusal::Internal(error.to_string()))
}
