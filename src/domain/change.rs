//! A change that was asked for through HTTP: made whole before its deadline and answered, or taken
//! back. So whoever asked may die at any moment, and what was refused, or came too late, never comes
//! to life.
//!
//! The answer (`status.lastChange`) is what decides: it is written only where nobody has written to
//! the object since it was read, and so is the revocation by the one who waits. Whichever is first
//! holds.

use std::fmt;

use jiff::Timestamp;

use super::reason::{ReasonKind, Truth};

/// Which change: opaque, made by whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChangeId(pub String);

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// An organization that isn't there yet. Taken back: all of it goes.
    Create,
    /// One of the older service's, as it is. Taken back: all of it stays, without the object.
    Adopt,
    /// Another spec. Taken back: the former one is put in place.
    Update,
}

/// A change that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingChange {
    /// Which one.
    pub id: ChangeId,
    /// What is asked for.
    pub kind: ChangeKind,
    /// What isn't answered by then is taken back.
    pub deadline: Timestamp,
    /// The change that was answered last when this one was asked for: what was copied from another
    /// time, or from another object, doesn't fit.
    pub previous: Option<ChangeId>,
    /// Whoever asked waits no longer.
    pub revoked: bool,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeOutcome {
    /// It is made, whole.
    Done,
    /// It can't be made, for the reason that is told beside.
    Refused,
    /// It was not made in time.
    Withdrawn,
}

/// The answer to a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeAnswer {
    /// To which one.
    pub id: ChangeId,
    /// What became of it.
    pub outcome: ChangeOutcome,
}

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is not this object's, or of another time: a copied manifest. It means nothing.
    Stale,
    /// It may still be made.
    Open,
    /// Its time is over, or it was revoked, and nobody has answered yet.
    Late,
    /// It was answered; what follows from the answer is still to be done.
    Answered(ChangeOutcome),
}

impl PendingChange {
    /// Where the change stands, by the last answer and the time at which its object was made.
    #[must_use]
    pub fn standing(
        &self,
        last: Option<&ChangeAnswer>,
        made_at: Timestamp,
        now: Timestamp,
    ) -> Standing {
        match last {
            Some(last) if last.id == self.id => Standing::Answered(last.outcome),
            _ if !self.belongs(last, made_at) => Standing::Stale,
            _ if self.revoked || self.deadline <= now => Standing::Late,
            _ => Standing::Open,
        }
    }

    /// Whether the object was made by this change, and nobody was told yet that it is there.
    #[must_use]
    pub fn is_unacknowledged(&self, last: Option<&ChangeAnswer>, made_at: Timestamp) -> bool {
        match (self.kind, last) {
            (ChangeKind::Update, _) => false,
            (ChangeKind::Create | ChangeKind::Adopt, Some(last)) if last.id == self.id => {
                last.outcome != ChangeOutcome::Done
            }
            (ChangeKind::Create | ChangeKind::Adopt, last) => self.belongs(last, made_at),
        }
    }

    fn belongs(&self, last: Option<&ChangeAnswer>, made_at: Timestamp) -> bool {
        // An object that was put back from a backup is younger than the deadline in it.
        self.previous.as_ref() == last.map(|last| &last.id) && made_at <= self.deadline
    }
}

/// What a reason to rest is to a change; `None`: it may still be made in time.
#[must_use]
pub fn outcome_of(reason: ReasonKind) -> Option<ChangeOutcome> {
    let means = reason.disposition();
    match means.ready {
        Truth::True => Some(ChangeOutcome::Done),
        Truth::False if means.stalled => Some(ChangeOutcome::Refused),
        // Nothing is done while the organization is to be left alone.
        Truth::Unknown if reason == ReasonKind::Suspended => Some(ChangeOutcome::Refused),
        Truth::False | Truth::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn id(text: &str) -> ChangeId {
        ChangeId(text.to_owned())
    }

    fn answer(to: &str, outcome: ChangeOutcome) -> ChangeAnswer {
        ChangeAnswer {
            id: id(to),
            outcome,
        }
    }

    fn change(kind: ChangeKind) -> PendingChange {
        PendingChange {
            id: id("this"),
            kind,
            deadline: at(108),
            previous: None,
            revoked: false,
        }
    }

    #[test]
    fn a_change_is_open_until_its_deadline_or_its_revocation() {
        let open = change(ChangeKind::Create);
        assert_eq!(open.standing(None, at(100), at(107)), Standing::Open);
        assert_eq!(open.standing(None, at(100), at(108)), Standing::Late);
        let revoked = PendingChange {
            revoked: true,
            ..open
        };
        assert_eq!(revoked.standing(None, at(100), at(101)), Standing::Late);
    }

    #[test]
    fn an_answer_holds_whatever_the_time() {
        for outcome in [
            ChangeOutcome::Done,
            ChangeOutcome::Refused,
            ChangeOutcome::Withdrawn,
        ] {
            let answered = answer("this", outcome);
            for now in [at(101), at(1000)] {
                assert_eq!(
                    change(ChangeKind::Update).standing(Some(&answered), at(100), now),
                    Standing::Answered(outcome)
                );
            }
        }
    }

    #[test]
    fn what_was_copied_from_another_time_or_object_means_nothing() {
        let create = change(ChangeKind::Create);
        let later = answer("another", ChangeOutcome::Done);
        assert_eq!(
            create.standing(Some(&later), at(100), at(101)),
            Standing::Stale
        );
        // Put back from a backup, a day later.
        assert_eq!(
            create.standing(None, at(86_400), at(86_401)),
            Standing::Stale
        );
        let update = PendingChange {
            previous: Some(id("another")),
            ..change(ChangeKind::Update)
        };
        assert_eq!(update.standing(None, at(100), at(101)), Standing::Stale);
        assert_eq!(
            update.standing(Some(&later), at(50), at(101)),
            Standing::Open
        );
    }

    #[test]
    fn only_what_a_change_made_and_nobody_was_told_of_is_unacknowledged() {
        for kind in [ChangeKind::Create, ChangeKind::Adopt] {
            let change = change(kind);
            assert!(change.is_unacknowledged(None, at(100)));
            let refused = answer("this", ChangeOutcome::Refused);
            assert!(change.is_unacknowledged(Some(&refused), at(100)));
            let done = answer("this", ChangeOutcome::Done);
            assert!(!change.is_unacknowledged(Some(&done), at(100)));
            let later = answer("later", ChangeOutcome::Done);
            assert!(!change.is_unacknowledged(Some(&later), at(100)));
            assert!(!change.is_unacknowledged(None, at(86_400)));
        }
        assert!(!change(ChangeKind::Update).is_unacknowledged(None, at(100)));
    }

    #[test]
    fn a_reason_is_an_answer_once_waiting_can_not_change_it() {
        use ReasonKind as K;
        for kind in ReasonKind::ALL {
            let expected = match kind {
                K::Succeeded => Some(ChangeOutcome::Done),
                K::Progressing
                | K::Renaming
                | K::Archiving
                | K::Dropping
                | K::Restoring
                | K::SecretNotFound
                | K::MongoUnavailable
                | K::MongoUnauthorized
                | K::InternalError => None,
                _ => Some(ChangeOutcome::Refused),
            };
            assert_eq!(outcome_of(*kind), expected, "{kind}");
        }
    }
}
