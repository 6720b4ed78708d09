//! The whole plan, as it would go if every step were confirmed: what `organization-operator plan`
//! prints.

use std::fmt;

use uuid::Uuid;

use super::{Next, Rest, next};
use crate::domain::{
    desired::Wish,
    hash::BcryptHash,
    ids::CollectionUuid,
    names::CollectionName,
    observed::{Observed, ObservedCollection},
    record::CredentialVersion,
    step::{Learned, Look, Step},
};

/// More steps than any plan has: the longest, a chain of a rename and its strays, has under thirty.
const STEPS_AT_MOST: usize = 100;

/// The steps that would be taken, and how it would end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The steps, in order; reads among them.
    pub steps: Vec<Step>,
    /// How it ends; `None` if no end was in sight.
    pub rest: Option<Rest>,
}

impl Plan {
    /// The steps that write.
    pub fn writes(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| !step.is_read())
    }
}

impl fmt::Display for Plan {
    /// A numbered line for each write, and the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.writes().enumerate() {
            writeln!(f, "{:>3}. {step}", number + 1)?;
        }
        if self.writes().next().is_none() {
            writeln!(f, "Nothing to do.")?;
        }
        match &self.rest {
            Some(rest) => writeln!(f, "Then: {rest}"),
            None => writeln!(f, "Then: no end in sight"),
        }
    }
}

/// The plan from here, each step taken as confirmed with what is most likely learned.
#[must_use]
pub fn unfold(wish: &Wish, mut seen: Observed) -> Plan {
    let mut steps = Vec::new();
    while steps.len() < STEPS_AT_MOST {
        match next(wish, &seen) {
            Next::Rest(rest) => {
                return Plan {
                    steps,
                    rest: Some(rest),
                };
            }
            Next::Do(step) => {
                let learned = predict(&step, &seen);
                seen = seen.after(&step, learned);
                steps.push(step);
            }
        }
    }
    Plan { steps, rest: None }
}

/// What a step most likely teaches.
#[must_use]
pub fn predict(step: &Step, seen: &Observed) -> Learned {
    match step {
        Step::Look(look) => predict_answer(look, seen),
        Step::CreateAdminSecret(_) => Learned::Secret(CredentialVersion::generated("planned", "0")),
        Step::InsertAdmin(_)
        | Step::UpdateAdmin {
            rehash: Some(_), ..
        } => Learned::Hash(BcryptHash::from_record(String::new())),
        Step::MergeStray { .. } => Learned::Clashes(0),
        Step::AddFinalizer
        | Step::RemoveFinalizer
        | Step::DeleteAdminSecret(_)
        | Step::InsertRecord(_)
        | Step::UpdateRecord { .. }
        | Step::DeleteRecord(_)
        | Step::RestoreAdmin(_)
        | Step::UpdateAdmin { rehash: None, .. }
        | Step::DeleteAdmins(_)
        | Step::CreateCollection { .. }
        | Step::MoveCollection { .. }
        | Step::DropCollection { .. } => Learned::Done,
    }
}

fn predict_answer(look: &Look, seen: &Observed) -> Learned {
    match look {
        Look::Collections(names) => Learned::Collections(
            names
                .iter()
                .filter_map(|name| expected_at(name, seen).map(|there| (name.clone(), there)))
                .collect(),
        ),
        Look::Whereabouts(_) => Learned::Whereabouts(None),
        Look::Claimants(_) => Learned::Claimants(Vec::new()),
        Look::Holder(_) => Learned::Holder(None),
        Look::Emptiness(..) | Look::Credential => Learned::Answer(false),
        Look::Deletion => Learned::Answer(true),
    }
}

/// What was known there before, or what a step of this plan has put there.
fn expected_at(name: &CollectionName, seen: &Observed) -> Option<ObservedCollection> {
    let record = &seen.tenant()?.record;
    let made = || ObservedCollection {
        uuid: record
            .collection_uuid
            .unwrap_or(CollectionUuid(Uuid::nil())),
        marker: Some(record.id),
    };
    Some(seen.done.expected.get(name)?.clone().unwrap_or_else(made))
}
