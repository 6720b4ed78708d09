//! How much is under way through a relay.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Something that is counted while it lasts.
#[derive(Debug, Default)]
struct Tally {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// One of what is counted, for as long as it is kept.
#[must_use]
pub struct One(Arc<Tally>);

impl Tally {
    fn one(tally: &Arc<Self>) -> One {
        let now = tally.now.fetch_add(1, Ordering::Relaxed) + 1;
        tally.most.fetch_max(now, Ordering::Relaxed);
        One(Arc::clone(tally))
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Connections, and commands that were not answered yet.
#[derive(Debug, Default)]
pub struct Traffic {
    connections: Arc<Tally>,
    commands: Arc<Tally>,
}

impl Traffic {
    pub fn opened(&self) -> One {
        Tally::one(&self.connections)
    }

    pub fn asked(&self) -> One {
        Tally::one(&self.commands)
    }

    /// Connections that are open.
    pub fn connections(&self) -> usize {
        self.connections.now.load(Ordering::Relaxed)
    }

    /// The most of them at a time.
    pub fn most_connections(&self) -> usize {
        self.connections.most.load(Ordering::Relaxed)
    }

    /// The most commands at a time that waited for an answer.
    pub fn most_commands(&self) -> usize {
        self.commands.most.load(Ordering::Relaxed)
    }
}
