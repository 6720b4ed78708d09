//! The keys that are counted: a fixed number of them, in sets of sixteen.
//!
//! A set is searched from end to end, so each call costs the same, full or empty, and there is no
//! sweep that an attacker could bring about. Which set a key is in follows from a keyed hash.

use super::window::{Millis, Room, Window};

/// Keys that share a place. Sixteen, as in a cache: with the table half full, one set in three
/// hundred overflows.
const WAYS: usize = 16;

/// A keyed hash; two keys with the same one don't come up by chance.
type Key = u64;

#[derive(Debug)]
pub(super) struct Table {
    limit: usize,
    /// Grow as they are needed, to [`WAYS`] each.
    sets: Vec<Vec<Entry>>,
    entries_made: u64,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    /// Tells it from one that was made for the same key after this was driven out.
    number: u64,
    window: Window,
}

/// What an attempt under way holds.
#[derive(Debug)]
pub(super) struct Place {
    key: Key,
    entry: u64,
}

impl Table {
    /// For at most `keys` keys, rounded up to a full set, with `limit` failures each.
    pub(super) fn new(limit: u32, keys: usize) -> Self {
        let mut sets = Vec::new();
        sets.resize_with(keys.div_ceil(WAYS).max(1), Vec::new);
        Self {
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            sets,
            entries_made: 0,
        }
    }

    /// Whether one more may be tried. Makes no entry.
    pub(super) fn room(&mut self, key: Key, now: Millis) -> Room {
        let limit = self.limit;
        match self.find(key) {
            Some(entry) => entry.window.room(limit, now),
            None => Window::default().room(limit, now),
        }
    }

    /// Begins an attempt.
    pub(super) fn take(&mut self, key: Key, now: Millis) -> Place {
        let entry = self.find_or_make(key, now);
        entry.window.begin();
        Place {
            key,
            entry: entry.number,
        }
    }

    /// Ends an attempt, with the time of its failure if it is one.
    pub(super) fn give_back(&mut self, place: &Place, failure: Option<Millis>) {
        if let Some(entry) = self.find(place.key)
            && entry.number == place.entry
        {
            entry.window.end();
        }
        match failure {
            Some(at) => self.record(place.key, at),
            // Those who only succeed take no memory.
            None => self
                .set(place.key)
                .retain(|entry| entry.key != place.key || !entry.window.is_empty()),
        }
    }

    /// Counts a failure.
    pub(super) fn record(&mut self, key: Key, at: Millis) {
        self.find_or_make(key, at).window.record(at);
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> usize {
        self.sets.iter().map(Vec::len).sum()
    }

    fn set(&mut self, key: Key) -> &mut Vec<Entry> {
        let sets = u64::try_from(self.sets.len()).unwrap_or(u64::MAX);
        let index = usize::try_from(key % sets).unwrap_or_default();
        &mut self.sets[index]
    }

    fn find(&mut self, key: Key) -> Option<&mut Entry> {
        self.set(key).iter_mut().find(|entry| entry.key == key)
    }

    fn find_or_make(&mut self, key: Key, now: Millis) -> &mut Entry {
        self.entries_made += 1;
        let made = Entry {
            key,
            number: self.entries_made,
            window: Window::default(),
        };
        let set = self.set(key);
        let index = if let Some(index) = set.iter().position(|entry| entry.key == key) {
            index
        } else if set.len() < WAYS {
            set.push(made);
            set.len() - 1
        } else {
            let index = lightest(set, now);
            set[index] = made;
            index
        };
        &mut set[index]
    }
}

/// The entry that is missed least.
fn lightest(set: &mut [Entry], now: Millis) -> usize {
    let weights = set.iter_mut().map(|entry| entry.window.weight(now));
    let lightest = weights.enumerate().min_by_key(|(_, weight)| *weight);
    lightest.map_or(0, |(index, _)| index)
}
