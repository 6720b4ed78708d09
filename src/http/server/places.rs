//! The places for connections, and who loses one when there are too few.
//!
//! A client owes us something whenever it is its turn: to send a head, or a body, to take an
//! answer. Those who owe are in a queue, the longest first.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// All places. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    queue: Arc<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    turns: Mutex<Turns>,
    /// Somebody has come to owe.
    grown: Notify,
}

#[derive(Debug, Default)]
struct Turns {
    last: u64,
    owing: BTreeMap<u64, CancellationToken>,
}

/// A connection's place, from when it was accepted to its end. Its client owes a request.
#[derive(Debug)]
pub(super) struct Place {
    client: Arc<Client>,
    _permit: OwnedSemaphorePermit,
}

/// Whose turn it is on one connection.
#[derive(Debug)]
pub(super) struct Client {
    queue: Arc<Queue>,
    turn: Mutex<Turn>,
    driven_out: CancellationToken,
}

#[derive(Debug, Clone, Copy)]
enum Turn {
    Ours,
    /// The client's, since that number.
    Client(u64),
    /// The connection is over: what is left of its bodies changes nothing any more.
    Over,
}

impl Places {
    pub(super) fn new(count: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(count)),
            queue: Arc::default(),
        }
    }

    /// A free place, or one that is taken from whoever has owed longest.
    pub(super) async fn take(&self) -> Place {
        loop {
            if let Some(place) = self.try_take() {
                return place;
            }
            let freed = Arc::clone(&self.free).acquire_owned();
            let freed = if self.drive_out() {
                freed.await
            } else {
                tokio::select! {
                    freed = freed => freed,
                    () = self.queue.grown.notified() => continue,
                }
            };
            // Nobody closes this semaphore; if somebody did, this would look on.
            if let Ok(permit) = freed {
                return self.place(permit);
            }
        }
    }

    /// A free place.
    pub(super) fn try_take(&self) -> Option<Place> {
        let permit = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(self.place(permit))
    }

    /// Ends the connection whose client has owed longest; `false` if none owes.
    pub(super) fn drive_out(&self) -> bool {
        let longest = self.queue.turns().owing.pop_first();
        longest.inspect(|(_, client)| client.cancel()).is_some()
    }

    fn place(&self, permit: OwnedSemaphorePermit) -> Place {
        let client = Client {
            queue: Arc::clone(&self.queue),
            turn: Mutex::new(Turn::Ours),
            driven_out: CancellationToken::new(),
        };
        client.owes();
        Place {
            client: Arc::new(client),
            _permit: permit,
        }
    }
}

impl Place {
    pub(super) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }

    /// Comes when somebody else is to have the place.
    pub(super) async fn driven_out(&self) {
        self.client.driven_out.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.client.pass(|_| Turn::Over);
    }
}

impl Client {
    /// It is the client's turn, from now on.
    pub(super) fn owes(&self) {
        self.pass(|turns| {
            turns.last += 1;
            turns.owing.insert(turns.last, self.driven_out.clone());
            Turn::Client(turns.last)
        });
        self.queue.grown.notify_one();
    }

    /// It has sent all of its request: the turn is ours.
    pub(super) fn has_sent(&self) {
        self.pass(|_| Turn::Ours);
    }

    fn pass(&self, next: impl FnOnce(&mut Turns) -> Turn) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut turns = self.queue.turns();
        match *turn {
            Turn::Over => return,
            Turn::Client(number) => {
                turns.owing.remove(&number);
            }
            Turn::Ours => {}
        }
        *turn = next(&mut turns);
    }
}

impl Queue {
    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
