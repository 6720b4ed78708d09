//! A process that is started when it answers, and not before.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::home::Home;
use crate::log;
use crate::process::{self, Process, Spec};
use crate::wait;

/// Lines of a log that a failure shows.
const TAIL: usize = 30;

/// How long a server that runs may stay silent before it counts as hung: it may be waiting for
/// another one that has just come back.
const HUNG: Duration = Duration::from_secs(15);

/// Why a server isn't there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be started, or not be ended.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// It ended while it was being waited for.
    #[error("{name} ended ({status}); the end of {}:\n{tail}", log.display())]
    Ended {
        /// Which part.
        name: String,
        /// How it ended.
        status: String,
        /// The whole log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// It runs, and doesn't answer as it should.
    #[error(
        "{name} isn't ready after {} s: {reason}\nthe end of {}:\n{tail}",
        waited.as_secs(), log.display()
    )]
    NotReady {
        /// Which part.
        name: String,
        /// How long it was given.
        waited: Duration,
        /// What its last answer was.
        reason: String,
        /// The whole log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
}

/// What [`Server::ensure`] found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensured {
    /// It ran and answered.
    Kept,
    /// It didn't run.
    Started,
    /// It ran without answering.
    Restarted,
}

/// How long a start may take: some 100 times what it takes on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

type Probe = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// A process with a way to tell whether it answers. All calls block; all may come from any thread.
pub struct Server {
    process: Process,
    probe: Probe,
    grace: Duration,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}

impl Server {
    pub(crate) fn new(
        home: &Home,
        spec: Spec,
        probe: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            process: Process::new(home, spec),
            probe: Box::new(probe),
            // An apiserver waits for its watchers; nothing is lost when it is killed.
            grace: Duration::from_secs(5),
        }
    }

    pub(crate) fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// One question, one answer.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub fn probe(&self) -> Result<(), String> {
        (self.probe)()
    }

    /// Starts it and waits until it answers; on the same port, with the same data as before.
    ///
    /// # Errors
    /// It runs already, ends, or stays silent: with its log's tail.
    pub fn start(&self) -> Result<(), Error> {
        self.process.start()?;
        self.wait_ready(PATIENCE)
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// It ends, or stays silent for `limit`: with its log's tail.
    pub fn wait_ready(&self, limit: Duration) -> Result<(), Error> {
        let name = || self.process.name().to_owned();
        // The outer result ends the waiting, the inner one is what it ended with.
        let outcome = wait::until(limit, || match (self.probe(), self.process.ended()) {
            // An answer of a dead process is somebody else's: its port is taken.
            (_, Some(status)) => Ok(Err(Error::Ended {
                name: name(),
                status,
                log: self.process.log(),
                tail: log::tail_of(&self.process.log(), TAIL),
            })),
            (Ok(()), None) => Ok(Ok(())),
            (Err(reason), None) => Err(reason),
        });
        outcome.unwrap_or_else(|reason| {
            Err(Error::NotReady {
                name: name(),
                waited: limit,
                reason,
                log: self.process.log(),
                tail: log::tail_of(&self.process.log(), TAIL),
            })
        })
    }

    /// Makes it answer: nothing when it does; else it is started, or ended and started.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn ensure(&self) -> Result<Ensured, Error> {
        if self.process.pid().is_none() {
            self.start()?;
            return Ok(Ensured::Started);
        }
        if self.wait_ready(HUNG).is_ok() {
            return Ok(Ensured::Kept);
        }
        self.process.kill9()?;
        self.start()?;
        Ok(Ensured::Restarted)
    }

    /// Asks it to end and waits until it has; kills it when it takes too long.
    ///
    /// # Errors
    /// It can't be killed.
    pub fn stop(&self) -> Result<(), Error> {
        Ok(self.process.stop(self.grace)?)
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Errors
    /// It can't be killed.
    pub fn kill9(&self) -> Result<(), Error> {
        Ok(self.process.kill9()?)
    }
}
