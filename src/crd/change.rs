//! How the HTTP service asks for a change: an annotation beside the new spec, answered in
//! `status.lastChange`.

use jiff::Timestamp;
use kube::ResourceExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChangeStatus, Organization};
use crate::domain::change::{ChangeAnswer, ChangeId, ChangeKind, ChangeOutcome, PendingChange};

/// A [`ChangeNote`] as JSON.
pub const CHANGE_ANNOTATION: &str = "organization-operator.dev/pending-change";

/// Who looks after an object, where it is not a person or Git.
pub const MANAGED_BY_LABEL: &str = "organization-operator.dev/managed-by";

/// [`MANAGED_BY_LABEL`] of the objects that the HTTP service makes and may change.
pub const MANAGED_BY_API: &str = "api";

/// What the annotation says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeNote {
    /// Which change.
    pub id: String,
    /// What is asked for.
    #[serde(flatten)]
    pub asked: Asked,
    /// What isn't answered by then is taken back.
    pub deadline: Timestamp,
    /// `status.lastChange.id` when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Whoever asked waits no longer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Asked {
    /// [`ChangeKind::Create`]
    Create,
    /// [`ChangeKind::Adopt`]
    Adopt,
    /// [`ChangeKind::Update`]
    Update {
        /// The spec to be put back, as it was stored.
        former: Value,
    },
}

/// The annotation of an object that the service looks after, if it has one that can be read.
///
/// # Errors
/// What is wrong with one that can't, holding no value.
pub fn change_note(object: &Organization) -> Result<Option<ChangeNote>, serde_json::Error> {
    if !is_managed_by_api(object) {
        return Ok(None);
    }
    let text = object.annotations().get(CHANGE_ANNOTATION);
    text.map(|text| serde_json::from_str(text)).transpose()
}

/// Whether the HTTP service made the object, and may change it.
#[must_use]
pub fn is_managed_by_api(object: &impl ResourceExt) -> bool {
    object.labels().get(MANAGED_BY_LABEL).map(String::as_str) == Some(MANAGED_BY_API)
}

impl ChangeNote {
    /// What the domain knows of it.
    #[must_use]
    pub fn pending(&self) -> PendingChange {
        PendingChange {
            id: ChangeId(self.id.clone()),
            kind: match self.asked {
                Asked::Create => ChangeKind::Create,
                Asked::Adopt => ChangeKind::Adopt,
                Asked::Update { .. } => ChangeKind::Update,
            },
            deadline: self.deadline,
            previous: self.previous.clone().map(ChangeId),
            revoked: self.revoked,
        }
    }
}

impl ChangeStatus {
    /// The answer to a change, and the reason that stood in its way.
    #[must_use]
    pub fn of(answer: &ChangeAnswer, reason: Option<String>) -> Self {
        Self {
            id: answer.id.0.clone(),
            outcome: match answer.outcome {
                ChangeOutcome::Done => "Done",
                ChangeOutcome::Refused => "Refused",
                ChangeOutcome::Withdrawn => "Withdrawn",
            }
            .to_owned(),
            reason,
        }
    }

    /// The answer that it is; a word of a newer version is no answer.
    #[must_use]
    pub fn answer(&self) -> Option<ChangeAnswer> {
        let outcome = match self.outcome.as_str() {
            "Done" => ChangeOutcome::Done,
            "Refused" => ChangeOutcome::Refused,
            "Withdrawn" => ChangeOutcome::Withdrawn,
            _ => return None,
        };
        Some(ChangeAnswer {
            id: ChangeId(self.id.clone()),
            outcome,
        })
    }
}

/// The last answer that the object has.
#[must_use]
pub fn last_answer(object: &Organization) -> Option<ChangeAnswer> {
    object.status.as_ref()?.last_change.as_ref()?.answer()
}

/// When the object was made; one that isn't yet is younger than any change.
#[must_use]
pub fn made_at(object: &Organization) -> Timestamp {
    let made = object.metadata.creation_timestamp.as_ref();
    made.map_or(Timestamp::MIN, |made| made.0)
}
