//! One key's minute: which failures are in it, and how many attempts have no end yet.

use std::collections::VecDeque;

/// Milliseconds since the limiter began.
pub(super) type Millis = u64;

/// How long a failure counts.
pub(super) const MINUTE: Millis = 60_000;

/// Whether there is a place; the later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Room {
    /// Now.
    Free,
    /// That depends on attempts under way.
    Unknown,
    /// In so many milliseconds.
    In(Millis),
}

/// One key's failures of the last minute. Never more than the limit, for failures and attempts
/// under way together are no more.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The oldest first.
    failures: VecDeque<Millis>,
    under_way: usize,
}

impl Window {
    /// Whether one more may be tried, where `limit` failures are allowed.
    pub(super) fn room(&mut self, limit: usize, now: Millis) -> Room {
        self.forget_old(now);
        if self.failures.len() >= limit {
            let oldest = self.failures.front().copied().unwrap_or(now);
            Room::In((oldest + MINUTE).saturating_sub(now))
        } else if self.failures.len() + self.under_way >= limit {
            Room::Unknown
        } else {
            Room::Free
        }
    }

    pub(super) fn begin(&mut self) {
        self.under_way += 1;
    }

    pub(super) fn end(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Attempts end in another order than they began.
    pub(super) fn record(&mut self, at: Millis) {
        let place = self.failures.partition_point(|failure| *failure <= at);
        self.failures.insert(place, at);
    }

    /// How much would be lost if this were forgotten: the failures, then how fresh they are.
    pub(super) fn weight(&mut self, now: Millis) -> (usize, Option<Millis>) {
        self.forget_old(now);
        let count = self.failures.len() + self.under_way;
        (count, self.failures.back().copied())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.failures.is_empty() && self.under_way == 0
    }

    fn forget_old(&mut self, now: Millis) {
        let old = |failure: &Millis| *failure + MINUTE <= now;
        while self.failures.front().is_some_and(old) {
            self.failures.pop_front();
        }
    }
}
