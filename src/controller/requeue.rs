//! When an organization is looked at again, by why it rests.

use std::time::Duration;

use jiff::Timestamp;
use rand::RngExt;

use super::{backoff::Backoffs, cluster::ObjectKey, context::PassSettings};
use crate::domain::reason::{Reason, Recheck};

/// Something outside will come back: its return is acted on within that time.
const SOON: Duration = Duration::from_secs(10);

/// The API server will come back, and nothing tells when: its return is acted on within that time.
pub const SOONER: Duration = Duration::from_secs(3);

/// Something is wrong with this object alone: it must not eat the others' time.
pub const SLOW: Duration = Duration::from_mins(5);

/// A person must act, and what he does may be invisible from here.
const PATIENT: Duration = Duration::from_mins(5);

/// How much periods are varied, so that what was begun at once doesn't come all at once.
const SPREAD: f64 = 0.2;

/// When to look again after a pass that came to rest; `None`: when something changes.
#[must_use]
pub fn after_rest(
    reason: &Reason,
    due: Option<Timestamp>,
    key: &ObjectKey,
    backoffs: &Backoffs,
    settings: &PassSettings,
    now: Timestamp,
) -> Option<Duration> {
    let usual = after_reason(reason, key, backoffs, settings);
    let due = due.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
    usual.into_iter().chain(due).min()
}

/// When to look again for that reason; `None`: when something changes.
#[must_use]
pub fn after_reason(
    reason: &Reason,
    key: &ObjectKey,
    backoffs: &Backoffs,
    settings: &PassSettings,
) -> Option<Duration> {
    let recheck = reason.kind().disposition().recheck;
    if !matches!(
        recheck,
        Recheck::AtOnce | Recheck::SoonBackoff | Recheck::SlowBackoff
    ) {
        backoffs.reset(key);
    }
    match recheck {
        Recheck::OnChange => None,
        Recheck::BySweep => settings.unwatched_secrets.map(spread),
        Recheck::OnSecret => Some(settings.secret_recheck),
        Recheck::AtOnce | Recheck::SoonBackoff => Some(backoffs.delay(key, SOON)),
        Recheck::SlowBackoff => Some(backoffs.delay(key, SLOW)),
        Recheck::Patient => Some(spread(PATIENT.min(settings.secret_recheck.max(SOON)))),
    }
}

/// When to look again after somebody else wrote in between. That is no fault of this object's, so
/// however often it happens in a row it waits no longer than for what is outside.
#[must_use]
pub fn after_race(key: &ObjectKey, backoffs: &Backoffs) -> Duration {
    backoffs.delay(key, SOON)
}

/// The period, varied.
pub(crate) fn spread(period: Duration) -> Duration {
    period.mul_f64(rand::rng().random_range(1.0 - SPREAD..=1.0 + SPREAD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_loses_races_over_and_over_waits_ten_seconds_at_most() {
        let key = ObjectKey {
            namespace: "team".to_owned(),
            name: "acme".to_owned(),
            uid: "1".to_owned(),
        };
        let backoffs = Backoffs::default();
        let delays = (0..100).map(|_| after_race(&key, &backoffs));
        assert!(delays.max().unwrap() <= Duration::from_secs(10));
    }
}
