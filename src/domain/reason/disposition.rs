//! What each reason means to kstatus and to the queue: the table of design.md §3.

use super::ReasonKind;

/// A condition's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It is so.
    True,
    /// It is not so.
    False,
    /// It can't be said yet.
    Unknown,
}

/// When an organization is looked at again, beside every change of its own object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recheck {
    /// Only then.
    OnChange,
    /// When the sweep finds that it differs from the database.
    BySweep,
    /// As soon as possible.
    AtOnce,
    /// On the Secret's arrival, which a watch tells of or else a short period finds.
    OnSecret,
    /// With growing delays up to ten seconds: something outside will come back.
    SoonBackoff,
    /// With growing delays up to five minutes: something is wrong with this object alone.
    SlowBackoff,
    /// Every five minutes: a person must act, and what he does may be invisible from here.
    Patient,
}

/// What a reason means to kstatus and to the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disposition {
    /// Condition Ready.
    pub ready: Truth,
    /// Condition Reconciling.
    pub reconciling: bool,
    /// Condition Stalled: a person must act.
    pub stalled: bool,
    /// When to look again.
    pub recheck: Recheck,
}

impl ReasonKind {
    /// What the reason means to kstatus and to the queue.
    #[must_use]
    pub fn disposition(self) -> Disposition {
        use ReasonKind as K;
        let (ready, reconciling, stalled, recheck) = match self {
            K::Succeeded => (Truth::True, false, false, Recheck::BySweep),
            K::Progressing | K::Renaming | K::Archiving | K::Dropping | K::Restoring => {
                (Truth::Unknown, true, false, Recheck::AtOnce)
            }
            K::Suspended => (Truth::Unknown, false, false, Recheck::OnChange),
            K::SecretNotFound => (Truth::False, true, false, Recheck::OnSecret),
            K::MongoUnavailable | K::MongoUnauthorized => {
                (Truth::False, true, false, Recheck::SoonBackoff)
            }
            K::InternalError => (Truth::False, true, false, Recheck::SlowBackoff),
            K::InvalidSpec
            | K::NameConflict
            | K::EmailConflict
            | K::CollectionConflict
            | K::SecretConflict
            | K::SecretInvalid
            | K::WeakPassword
            | K::AdoptionRequired
            | K::RestoreRefused
            | K::DataMissing
            | K::SpecOutdated
            | K::Unsupported
            | K::OperationUnknown => (Truth::False, false, true, Recheck::Patient),
            K::DeletionProtected => (Truth::False, false, true, Recheck::OnChange),
        };
        Disposition {
            ready,
            reconciling,
            stalled,
            recheck,
        }
    }
}
