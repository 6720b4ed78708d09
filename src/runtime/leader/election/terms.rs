//! What an election is about: terms, what is seen of them, and what is to be done.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// One time of leading: another process, or the same at another time, has another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Who leads.
    pub holder: String,
    /// Since when, by the leader's own clock: only to tell one term from another.
    pub acquired: Option<Timestamp>,
}

/// The Lease as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Its resourceVersion.
    pub version: String,
    /// Whose it is; `None`: it was released.
    pub term: Option<Term>,
    /// How long it holds.
    pub duration: Duration,
    /// Which installation its holder is of, as the Lease says; it decides nothing.
    pub installation: Option<String>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing, until then.
    Wait(Instant),
    /// Read the Lease.
    Look,
    /// Make the Lease one's own: over that version, or as a new one.
    Take(Option<String>),
    /// Write the own Lease anew: over that version, or as a new one.
    Renew(Option<String>),
    /// The term is over.
    End(Loss),
}

/// Why a term is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// No renewal was confirmed in time.
    Silence,
    /// The Lease is somebody else's.
    Taken,
}
