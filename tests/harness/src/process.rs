//! A program that runs as a child: started, known by its pid file, ended.

mod identity;
mod signal;
mod spawn;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::home::{self, Home, Lifetime};

/// How often a process that shall end is looked at.
const POLL: Duration = Duration::from_millis(20);

/// What can go wrong with a child process.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be started at all.
    #[error("{name} can't be started from {}: {source}", program.display())]
    Spawn {
        /// Which part.
        name: String,
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It runs already.
    #[error("{name} runs already, as process {pid}")]
    Running {
        /// Which part.
        name: String,
        /// Its process id.
        pid: u32,
    },
    /// It stays alive after `kill -9` (blocked in the kernel).
    #[error("{name}, process {pid}, can't be ended")]
    Unkillable {
        /// Which part.
        name: String,
        /// Its process id.
        pid: u32,
    },
    /// Its log or pid file can't be written.
    #[error(transparent)]
    Home(#[from] home::Error),
}

/// What to run, with its whole environment: nothing is inherited, so that neither `KUBECONFIG` nor
/// `MONGO_URL` of the caller reaches a server.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Names the log, the pid file and the part in messages.
    pub name: String,
    /// Absolute, or looked up in PATH of this process.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment.
    pub env: Vec<(String, String)>,
    /// A shell command that removes what outlives a killed process: a container. Run before a start
    /// and after a kill.
    pub sweep: Option<String>,
}

/// A child process, or one that an earlier process of ours left running.
#[derive(Debug)]
pub struct Process {
    spec: Spec,
    home: Home,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
enum Running {
    /// Ours, on a leash: when the write end of this pipe closes, the process is killed.
    Child {
        child: Child,
        leash: Option<ChildStdin>,
    },
    /// Somebody else's child by now; known by pid and identity.
    Detached { pid: u32 },
}

impl Process {
    /// Nothing is started yet.
    #[must_use]
    pub fn new(home: &Home, spec: Spec) -> Self {
        let running = match home.lifetime() {
            Lifetime::Owner => None,
            Lifetime::Detached { .. } => {
                identity::running(home, &spec.name).map(|pid| Running::Detached { pid })
            }
        };
        Self {
            spec,
            home: home.clone(),
            running: Mutex::new(running),
        }
    }

    /// The process that an earlier process of ours started in `home` as `name`, if it still runs.
    #[must_use]
    pub fn left_running(home: &Home, name: &str) -> Option<u32> {
        identity::running(home, name)
    }

    /// What it is called in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Its arguments and environment.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Where its output goes.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.home.log(&self.spec.name)
    }

    /// Its process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        let mut running = self.lock();
        self.exited(&mut running)
            .is_none()
            .then(|| running.as_ref().map(Running::pid))
            .flatten()
    }

    /// Starts it; its output is appended to the log.
    ///
    /// # Errors
    /// It runs already, the program is missing, or the home can't be written.
    pub fn start(&self) -> Result<(), Error> {
        let mut running = self.lock();
        if self.exited(&mut running).is_none()
            && let Some(running) = running.as_ref()
        {
            return Err(Error::Running {
                name: self.spec.name.clone(),
                pid: running.pid(),
            });
        }
        self.sweep();
        let started = spawn::spawn(&self.home, &self.spec)?;
        let pid_file = self.home.pid_file(&self.spec.name);
        *running = Some(started);
        let pid = running.as_ref().map_or(0, Running::pid);
        Home::write_private(&pid_file, &format!("{pid}\n"))?;
        Ok(())
    }

    /// Asks it to end, and kills it after `grace`. Nothing to do when it doesn't run.
    ///
    /// # Errors
    /// It can't be killed.
    pub fn stop(&self, grace: Duration) -> Result<(), Error> {
        self.end(Signal::SIGTERM, grace)
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// It can't be killed.
    pub fn kill9(&self) -> Result<(), Error> {
        self.end(Signal::SIGKILL, Duration::ZERO)
    }

    /// How it ended, when it was started and ended by itself: a word for messages.
    pub fn ended(&self) -> Option<String> {
        self.exited(&mut self.lock())
    }

    fn end(&self, signal: Signal, grace: Duration) -> Result<(), Error> {
        let mut running = self.lock();
        let Some(pid) = running.as_ref().map(Running::pid) else {
            return Ok(());
        };
        if self.exited(&mut running).is_none() {
            send(pid, signal);
            if !self.gone_within(&mut running, grace) {
                send(pid, Signal::SIGKILL);
                if !self.gone_within(&mut running, Duration::from_secs(10)) {
                    return Err(Error::Unkillable {
                        name: self.spec.name.clone(),
                        pid,
                    });
                }
            }
        }
        *running = None;
        self.sweep();
        // Missing is as good as removed.
        let _ = fs::remove_file(self.home.pid_file(&self.spec.name));
        Ok(())
    }

    fn gone_within(&self, running: &mut Option<Running>, limit: Duration) -> bool {
        let begin = Instant::now();
        loop {
            if self.exited(running).is_some() {
                return true;
            }
            if begin.elapsed() >= limit {
                return false;
            }
            thread::sleep(POLL);
        }
    }

    /// `None` while it runs, and when it was never started.
    fn exited(&self, running: &mut Option<Running>) -> Option<String> {
        match running.as_mut()? {
            Running::Child { child, leash } => {
                let status = child.try_wait().ok().flatten()?;
                // The process id is free for others from here on: the guard must not use it.
                if let Some(mut leash) = leash.take() {
                    let _ = leash.write_all(b"\n");
                }
                Some(status.to_string())
            }
            Running::Detached { pid } => {
                // Its status went to whichever process was its parent.
                let gone = !identity::is(*pid, &self.home, &self.spec.name);
                gone.then(|| "by itself".to_owned())
            }
        }
    }

    fn sweep(&self) {
        if let Some(command) = &self.spec.sweep {
            // Fails when there is nothing to sweep, which is what is wanted.
            let mut shell = std::process::Command::new("sh");
            let _ = shell.args(["-c", command]).output();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.home.lifetime(), Lifetime::Owner) {
            // Nobody is left to tell; the guard tries again when the pipe closes.
            let _ = self.kill9();
        }
    }
}

impl Running {
    fn pid(&self) -> u32 {
        match self {
            Self::Child { child, .. } => child.id(),
            Self::Detached { pid } => *pid,
        }
    }
}

fn send(pid: u32, signal: Signal) {
    // Fails only when the process is gone, which the caller looks for next.
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

#[cfg(test)]
mod tests;
