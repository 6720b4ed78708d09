//! What keeps logins from being guessed, and creates from being spammed.
//!
//! - **Failures count, successes don't.** A login takes a place on entry and is judged when it
//!   ends, so a thousand attempts at once get no more tries than one after another. Where the
//!   places are taken by attempts whose end nobody knows yet, the next one waits for an end
//!   instead of being refused for failures that may never be.
//! - **Keys.** A login counts for (account, client) and for the client. Both have the client in
//!   them: a stranger's failures never refuse an admin who comes from elsewhere. Accounts are
//!   e-mails as sent, known or not, so a refusal tells nothing about who exists.
//! - **Memory.** Each table has a fixed number of keys, whatever attackers send, kept as keyed
//!   hashes: no e-mail is stored, and nobody can aim at a place in the table. A new key drives out
//!   the one with the fewest failures among the sixteen that share its place. So nobody is refused
//!   because the table is full, and who wants the own count of ten forgotten must first bring
//!   about ten failures each for all other keys, within a minute.
//!
//! The crate governor was tried on paper: its cells can't be given back, so successes would
//! count, and its keyed store grows with the keys.

mod table;
#[cfg(test)]
mod tests;
mod window;

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use thiserror::Error;
use tokio::sync::Notify;

use self::{
    table::{Place, Table},
    window::{Millis, Room},
};
use crate::{domain::email::Email, http::client_address::ClientAddress};

/// How much is allowed in a minute, counted back from each attempt.
#[derive(Debug, Clone, Copy)]
pub struct LimiterSettings {
    /// Failed logins of a client at one account. Ten: more than people mistype, and 14,400
    /// guesses a day at most.
    pub account_failures: u32,
    /// Failed logins of a client at all accounts. A hundred: an office behind one address.
    pub client_failures: u32,
    /// Organizations that a client asks for, whatever comes of it.
    pub creates: u32,
    /// The most keys that each of the three tables holds. 16,384 take about 2 MiB a table, and
    /// 20 MiB in the worst case, that each key has all the failures it may have.
    pub keys: usize,
}

impl Default for LimiterSettings {
    fn default() -> Self {
        Self {
            account_failures: 10,
            client_failures: 100,
            creates: 10,
            keys: 16_384,
        }
    }
}

/// Too much, too fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too many requests; the next is heard in {retry_after:?}")]
pub struct Throttled {
    /// After this time there is a place again.
    pub retry_after: Duration,
}

/// Counts for all clients. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Limiter(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    start: Instant,
    /// Its keys are random and never leave the process.
    hasher: RandomState,
    tables: Mutex<Tables>,
    /// An attempt has ended: those who wait look again.
    ended: Notify,
}

#[derive(Debug)]
struct Tables {
    accounts: Table,
    clients: Table,
    creates: Table,
}

/// A login that may be tried. Dropped, it counts as a failure: also when the client hangs up, or
/// guesses would be free for those who don't wait for the answer.
#[must_use = "dropped, it counts as a failure"]
#[derive(Debug)]
pub struct Admission {
    shared: Arc<Shared>,
    at: Millis,
    account: Place,
    client: Place,
    failed: bool,
}

impl Limiter {
    /// Nobody has done anything yet. `now` is where its time begins.
    #[must_use]
    pub fn new(settings: &LimiterSettings, now: Instant) -> Self {
        let table = |limit| Table::new(limit, settings.keys);
        Self(Arc::new(Shared {
            start: now,
            hasher: RandomState::new(),
            tables: Mutex::new(Tables {
                accounts: table(settings.account_failures),
                clients: table(settings.client_failures),
                creates: table(settings.creates),
            }),
            ended: Notify::new(),
        }))
    }

    /// A place for a login, after waiting for attempts under way where they hold all places.
    /// That ends: each of them has its request's deadline.
    ///
    /// # Errors
    /// [`Throttled`] when there were too many failures.
    pub async fn admit_login(
        &self,
        account: &Email,
        client: ClientAddress,
        now: impl Fn() -> Instant + Send,
    ) -> Result<Admission, Throttled> {
        loop {
            // From here on ends are noticed: none is missed between the look and the wait.
            let ended = self.0.ended.notified();
            if let Some(answer) = self.try_admit(account, client, now()).transpose() {
                return answer;
            }
            ended.await;
        }
    }

    /// `None` when all depends on attempts that are under way.
    fn try_admit(
        &self,
        account: &Email,
        client: ClientAddress,
        now: Instant,
    ) -> Result<Option<Admission>, Throttled> {
        let client = self.0.hasher.hash_one(client.network());
        let account = self.0.hasher.hash_one((client, account));
        let at = self.0.millis(now);
        let mut tables = self.0.tables();
        // Both before either is taken, and without making a key: who is refused leaves no trace.
        let rooms = [
            tables.clients.room(client, at),
            tables.accounts.room(account, at),
        ];
        match rooms.into_iter().max() {
            Some(Room::In(wait)) => Err(throttled(wait)),
            Some(Room::Unknown) => Ok(None),
            Some(Room::Free) | None => Ok(Some(Admission {
                shared: Arc::clone(&self.0),
                at,
                client: tables.clients.take(client, at),
                account: tables.accounts.take(account, at),
                failed: true,
            })),
        }
    }

    /// Counts a request for a new organization.
    ///
    /// # Errors
    /// [`Throttled`] when there were too many; that one doesn't count.
    pub fn admit_create(&self, client: ClientAddress, now: Instant) -> Result<(), Throttled> {
        let client = self.0.hasher.hash_one(client.network());
        let at = self.0.millis(now);
        let mut tables = self.0.tables();
        match tables.creates.room(client, at) {
            Room::In(wait) => Err(throttled(wait)),
            Room::Free | Room::Unknown => {
                tables.creates.record(client, at);
                Ok(())
            }
        }
    }
}

impl Admission {
    /// The password was right: nothing is counted. Failures from before stay.
    pub fn succeeded(mut self) {
        self.failed = false;
    }

    /// No password was compared (the queue was full, the database away): nothing is counted. Never
    /// for what the client can bring about.
    pub fn not_tried(mut self) {
        self.failed = false;
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let failure = self.failed.then_some(self.at);
        let mut tables = self.shared.tables();
        tables.clients.give_back(&self.client, failure);
        tables.accounts.give_back(&self.account, failure);
        drop(tables);
        self.shared.ended.notify_waiters();
    }
}

impl Shared {
    fn millis(&self, now: Instant) -> Millis {
        let since = now.saturating_duration_since(self.start).as_millis();
        u64::try_from(since).unwrap_or(u64::MAX)
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn throttled(wait: Millis) -> Throttled {
    Throttled {
        retry_after: Duration::from_millis(wait),
    }
}
