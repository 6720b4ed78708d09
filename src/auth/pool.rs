//! The one place where bcrypt runs.
//!
//! One hash keeps a core busy for a quarter of a second at cost 12. On the runtime's threads it
//! would stall every request and lease renewal beside it; on the runtime's blocking pool (512
//! threads) a burst of logins would share each core among hundreds, and none would end. So: a
//! thread a core, a short queue before them, and an answer at once when the queue is full.

use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::domain::hash::BcryptHash;
use crate::domain::password;

/// Why there is no answer. The messages hold neither password nor hash.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// All threads work and the queue is full: ask again in a second.
    #[error("the queue of passwords to hash is full")]
    Busy,
    /// The password has more bytes than bcrypt looks at.
    #[error(
        "a password of more than {} bytes can't be hashed",
        password::MAX_BYTES
    )]
    TooLong,
    /// A cost that bcrypt doesn't have, or no randomness for the salt.
    #[error("bcrypt refused to hash")]
    Bcrypt(#[from] bcrypt::BcryptError),
    /// The computation panicked. Only this one: its thread goes on with the next.
    #[error("the hash computation ended without a result")]
    Lost,
}

/// A pool of threads that hash and compare. Dropping it waits for what the threads are at (one
/// computation each), skips the rest and ends them.
pub struct HashPool {
    /// `None` once the pool is being dropped.
    jobs: Option<Sender<Job>>,
    /// A permit for each job that may run or wait.
    places: Arc<Semaphore>,
    threads: Vec<JoinHandle<()>>,
    counts: Arc<Counts>,
}

/// A place among the jobs that run or wait; given back when the job is over, or when this is
/// dropped unused.
pub struct Place<'pool> {
    pool: &'pool HashPool,
    permit: OwnedSemaphorePermit,
}

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Counts {
    queued: AtomicUsize,
    hashes: AtomicU64,
    verifications: AtomicU64,
    rounds: AtomicU64,
}

impl HashPool {
    /// Starts `threads` threads (one a core is right: bcrypt does nothing but compute) before
    /// which `queue` jobs may wait.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(threads: NonZeroUsize, queue: usize) -> io::Result<Self> {
        let (jobs, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let spawn = |index| {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new()
                .name(format!("hash-{index}"))
                .spawn(move || run_jobs(&receiver))
        };
        Ok(Self {
            jobs: Some(jobs),
            places: Arc::new(Semaphore::new(threads.get() + queue)),
            threads: (0..threads.get()).map(spawn).collect::<io::Result<_>>()?,
            counts: Arc::default(),
        })
    }

    /// Hashes a new password with a fresh salt, as version 2b, or fails at once when the queue is
    /// full. `cost` is bcrypt's: 2^cost rounds.
    ///
    /// # Errors
    /// All of [`HashError`].
    pub async fn hash(&self, password: SecretString, cost: u32) -> Result<BcryptHash, HashError> {
        self.place()?.hash(password, cost).await
    }

    /// Whether `hash` was made of `password`, or fails at once when the queue is full. A hash that
    /// is cheaper than `least` is compared with at that cost, lest the time tell whose it is.
    ///
    /// # Errors
    /// [`HashError::Busy`] and [`HashError::Lost`].
    pub async fn verify(
        &self,
        password: SecretString,
        hash: BcryptHash,
        least: u32,
    ) -> Result<bool, HashError> {
        self.place()?.compare(password, hash, least).await
    }

    /// Waits for a place, first come, first served: for those who must wait and not fail, as the
    /// controller. `pool.reserve().await.hash(…)` never answers [`HashError::Busy`].
    pub async fn reserve(&self) -> Place<'_> {
        #[expect(
            clippy::expect_used,
            clippy::missing_panics_doc,
            reason = "nobody closes this semaphore"
        )]
        let permit = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .expect("an open semaphore");
        Place { pool: self, permit }
    }

    fn place(&self) -> Result<Place<'_>, HashError> {
        let permit = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| HashError::Busy)?;
        Ok(Place { pool: self, permit })
    }

    /// Jobs that wait for a thread, those whose caller has gone included.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.counts.queued.load(Ordering::Relaxed)
    }

    /// Hashes computed since the start.
    #[must_use]
    pub fn hashes(&self) -> u64 {
        self.counts.hashes.load(Ordering::Relaxed)
    }

    /// Comparisons computed since the start.
    #[must_use]
    pub fn verifications(&self) -> u64 {
        self.counts.verifications.load(Ordering::Relaxed)
    }

    /// bcrypt's rounds that those comparisons came to: what each cost, whatever the machine is at.
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.counts.rounds.load(Ordering::Relaxed)
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        drop(self.jobs.take());
        for thread in self.threads.drain(..) {
            // It can't have panicked: every job runs in catch_unwind.
            let _ = thread.join();
        }
    }
}

impl Place<'_> {
    /// [`HashPool::hash`], in a place that is there already.
    ///
    /// # Errors
    /// All of [`HashError`] but `Busy`.
    pub async fn hash(self, password: SecretString, cost: u32) -> Result<BcryptHash, HashError> {
        if password.expose_secret().len() > password::MAX_BYTES {
            return Err(HashError::TooLong);
        }
        let counts = Arc::clone(&self.pool.counts);
        let answer = self.submit(move || {
            counts.hashes.fetch_add(1, Ordering::Relaxed);
            compute_hash(&password, cost)
        });
        Ok(answer.await.map_err(|_| HashError::Lost)??)
    }

    /// Whether `hash` was made of `password`, at the hash's own cost.
    ///
    /// # Errors
    /// [`HashError::Lost`].
    pub async fn verify(self, password: SecretString, hash: BcryptHash) -> Result<bool, HashError> {
        self.compare(password, hash, 0).await
    }

    async fn compare(
        self,
        password: SecretString,
        hash: BcryptHash,
        least: u32,
    ) -> Result<bool, HashError> {
        // A damaged hash is nobody's password. For the controller that means another credential,
        // which it then hashes: so the damage is mended.
        let Some(cost) = hash.cost() else {
            return Ok(false);
        };
        let counts = Arc::clone(&self.pool.counts);
        let answer = self.submit(move || {
            counts.verifications.fetch_add(1, Ordering::Relaxed);
            let compare = |hash: &BcryptHash, cost: u32| {
                counts.rounds.fetch_add(1 << cost, Ordering::Relaxed);
                compute_match(&password, hash)
            };
            let matches = compare(&hash, cost);
            // 2^c, and once more 2^c, 2^(c+1) … 2^(least-1): together 2^least.
            for cost in cost..least {
                compare(&BcryptHash::nobodys(cost), cost);
            }
            matches
        });
        answer.await.map_err(|_| HashError::Lost)
    }

    /// Queues `work`. The answer never comes when it panics.
    fn submit<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (reply, answer) = oneshot::channel();
        let Self { pool, permit } = self;
        let counts = Arc::clone(&pool.counts);
        counts.queued.fetch_add(1, Ordering::Relaxed);
        let job = move || {
            counts.queued.fetch_sub(1, Ordering::Relaxed);
            // The caller timed out or hung up: nobody wants the result.
            let wanted = !reply.is_closed();
            let result = wanted
                .then(|| catch_unwind(AssertUnwindSafe(work)).ok())
                .flatten();
            // Before the answer, so that a caller who has it finds the place free.
            drop(permit);
            if let Some(result) = result {
                let _ = reply.send(result);
            }
        };
        if let Some(jobs) = &pool.jobs {
            // Without a thread the job is dropped, and with it the reply: the caller sees Lost.
            let _ = jobs.send(Box::new(job));
        }
        answer
    }
}

fn run_jobs(jobs: &Mutex<Receiver<Job>>) {
    // The lock is held while waiting, never while working: one thread waits for the next job,
    // the other idle ones for the lock.
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(job) = next() {
        job();
    }
}

/// Not `non_truncating_hash`, which refuses 72 bytes because bcrypt's final NUL no longer fits.
/// The older service took 72, and a longer one doesn't get here.
#[expect(clippy::disallowed_methods, reason = "this is the pool")]
fn compute_hash(password: &SecretString, cost: u32) -> Result<BcryptHash, bcrypt::BcryptError> {
    bcrypt::hash(password.expose_secret(), cost).map(BcryptHash::from_record)
}

/// A longer password never matches, though its first 72 bytes may; it costs as much as any other,
/// lest the time tell which e-mails are known. NUL counts like any character.
#[expect(clippy::disallowed_methods, reason = "this is the pool")]
fn compute_match(password: &SecretString, hash: &BcryptHash) -> bool {
    let password = password.expose_secret();
    let matches = bcrypt::verify(password, hash.expose()).unwrap_or(false);
    matches && password.len() <= password::MAX_BYTES
}

#[cfg(test)]
mod tests;
