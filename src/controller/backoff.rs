//! How long an object that failed waits, the longer the more often it failed in a row. Each object
//! for itself.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::cluster::ObjectKey;

/// The first delay: a lost compare-and-set is over by then.
const FIRST: Duration = Duration::from_millis(100);

/// The delays of every object that failed since it last succeeded.
#[derive(Debug, Default)]
pub struct Backoffs {
    running: Mutex<HashMap<(ObjectKey, Duration), ExponentialBackoff>>,
}

impl Backoffs {
    /// The next delay, with jitter, at most `cap`, and exactly that in the end: whoever fails always
    /// is tried no oftener. What failed at once is far apart by then, by the jitter on the way.
    #[must_use]
    pub fn delay(&self, key: &ObjectKey, cap: Duration) -> Duration {
        let mut running = self
            .running
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let delays = running.entry((key.clone(), cap)).or_insert_with(|| {
            ExponentialBuilder::default()
                .with_min_delay(FIRST)
                .with_max_delay(cap)
                .without_max_times()
                .with_jitter()
                .build()
        });
        delays.next().unwrap_or(cap).min(cap)
    }

    /// The object is well again, or gone.
    pub fn reset(&self, key: &ObjectKey) {
        let mut running = self
            .running
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        running.retain(|(other, _), _| other != key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(uid: &str) -> ObjectKey {
        ObjectKey {
            namespace: "team".to_owned(),
            name: "acme".to_owned(),
            uid: uid.to_owned(),
        }
    }

    #[test]
    fn delays_grow_up_to_the_cap_and_begin_anew_after_a_success() {
        let backoffs = Backoffs::default();
        let cap = Duration::from_secs(10);
        let delays: Vec<_> = (0..20).map(|_| backoffs.delay(&key("1"), cap)).collect();
        assert!(delays[0] <= FIRST * 2, "{delays:?}");
        assert!(delays[10] >= cap / 2, "{delays:?}");
        assert!(delays.iter().all(|delay| *delay <= cap), "{delays:?}");
        backoffs.reset(&key("1"));
        assert!(backoffs.delay(&key("1"), cap) <= FIRST * 2);
    }

    #[test]
    fn whoever_fails_always_is_tried_at_most_once_in_the_cap_in_the_end() {
        let backoffs = Backoffs::default();
        let cap = Duration::from_mins(5);
        let delays: Vec<_> = (0..50).map(|_| backoffs.delay(&key("1"), cap)).collect();
        // 100 ms doubled so often is more than five minutes.
        assert!(delays[12..].iter().all(|delay| *delay == cap), "{delays:?}");
        let growing = delays.iter().take_while(|delay| **delay < cap);
        let begin: Duration = growing.sum();
        assert!(begin >= cap / 2, "{delays:?}");
    }

    #[test]
    fn one_objects_failures_are_not_anothers() {
        let backoffs = Backoffs::default();
        let cap = Duration::from_secs(10);
        for _ in 0..20 {
            let _ = backoffs.delay(&key("1"), cap);
        }
        assert!(backoffs.delay(&key("2"), cap) <= FIRST * 2);
    }
}
