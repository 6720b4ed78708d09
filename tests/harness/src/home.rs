//! Where a set of servers lives: its data, logs, pid files, ports, and whom it ends with.

mod lock;
mod ports;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lock::Lock;
use ports::Ports;

/// What can be wrong with the directory that servers live in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process uses this directory.
    #[error("{} is in use by `{holder}` (process {pid})", dir.display())]
    Busy {
        /// The directory.
        dir: PathBuf,
        /// What the other process is about.
        holder: String,
        /// Its id.
        pid: u32,
    },
    /// The ports file holds something else than lines of a name and a number.
    #[error("{}: line {line} is not `<name> <port>`; `make clean` forgets it", path.display())]
    PortsFile {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// No port could be bound.
    #[error("no free loopback port between {} and {}", ports::RANGE.start, ports::RANGE.end)]
    NoFreePort,
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// Whom the servers end with.
#[derive(Debug, Clone)]
pub enum Lifetime {
    /// With this process, however it ends: return, panic, `kill -9`.
    Owner,
    /// They outlive this process, in sessions of their own, until someone ends them by pid file.
    Detached {
        /// A program that, called as `launcher detach -- COMMAND…`, makes a session, closes what
        /// its caller left open and becomes COMMAND: `devenv` itself.
        launcher: PathBuf,
    },
}

/// A directory that a set of servers lives in; locked for one process at a time. Clones share it.
#[derive(Debug, Clone)]
pub struct Home(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    lifetime: Lifetime,
    ports: Mutex<Ports>,
    // Held until the last clone is dropped; the kernel lets go of it when the process ends.
    _lock: Lock,
}

impl Home {
    /// Opens or makes `dir` for `holder` (a word for others to read: `up`, `run`, `test`). When
    /// another process uses it, waits up to `patience`; not for a holder that stays (`run`).
    ///
    /// # Errors
    /// The directory can't be made or written, or stays in use.
    pub fn open(
        dir: &Path,
        holder: &str,
        patience: Duration,
        lifetime: Lifetime,
    ) -> Result<Self, Error> {
        // Keys and database files: nobody else's business.
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for part in ["", "data", "log", "pids", "pki"] {
            let path = dir.join(part);
            builder.create(&path).map_err(Error::io(&path))?;
        }
        // Servers get paths in their arguments, so these must not depend on the working directory.
        let dir = dir.canonicalize().map_err(Error::io(dir))?;
        let lock = Lock::take(&dir, holder, patience)?;
        let ports = Ports::read(&dir.join("ports"))?;
        Ok(Self(Arc::new(Inner {
            dir,
            lifetime,
            ports: Mutex::new(ports),
            _lock: lock,
        })))
    }

    /// A new, empty home of this process below `parent`, whose servers end with the process.
    /// Homes there whose process is gone are removed first, so that the latest logs stay readable.
    ///
    /// # Errors
    /// As [`Home::open`].
    pub fn temporary(parent: &Path) -> Result<Self, Error> {
        fs::create_dir_all(parent).map_err(Error::io(parent))?;
        for entry in fs::read_dir(parent).map_err(Error::io(parent))?.flatten() {
            if Lock::is_free(&entry.path()) {
                // Somebody else's sweep may have been faster.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let name = format!("{}-{:x}", std::process::id(), ports::random());
        Self::open(&parent.join(name), "test", Duration::ZERO, Lifetime::Owner)
    }

    /// The directory, absolute.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// Whom the servers end with.
    #[must_use]
    pub fn lifetime(&self) -> &Lifetime {
        &self.0.lifetime
    }

    /// Where the server `name` keeps its data.
    #[must_use]
    pub fn data(&self, name: &str) -> PathBuf {
        self.0.dir.join("data").join(name)
    }

    /// Where the output of `name` goes.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.0.dir.join("log").join(format!("{name}.log"))
    }

    /// The file that holds the process id of `name`.
    #[must_use]
    pub fn pid_file(&self, name: &str) -> PathBuf {
        self.0.dir.join("pids").join(name)
    }

    /// The loopback port of `name`: chosen free at the first call, the same one ever after.
    ///
    /// # Errors
    /// No port is free, or the choice can't be written down.
    pub fn port(&self, name: &str) -> Result<u16, Error> {
        let mut ports = self
            .0
            .ports
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        ports.get_or_choose(name)
    }

    /// Writes a file that only this user may read, in one step: others see the old or the new one.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn write_private(path: &Path, content: &str) -> Result<(), Error> {
        let temporary = path.with_extension("new");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&temporary).map_err(Error::io(&temporary))?;
        file.write_all(content.as_bytes())
            .map_err(Error::io(&temporary))?;
        fs::rename(&temporary, path).map_err(Error::io(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_home_sweeps_those_whose_process_is_gone_and_no_other() {
        let parent = tempfile::tempdir().unwrap();
        let dead = parent.path().join("1-dead");
        fs::create_dir_all(&dead).unwrap();
        fs::write(dead.join("lock"), "test 1").unwrap();
        let first = Home::temporary(parent.path()).unwrap();
        let second = Home::temporary(parent.path()).unwrap();
        assert!(!dead.exists());
        assert!(first.dir().exists() && second.dir().exists());
        assert_ne!(first.dir(), second.dir());
    }

    #[test]
    fn a_home_is_used_by_one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = Home::open(dir.path(), "run", Duration::ZERO, Lifetime::Owner).unwrap();
        let second = Home::open(dir.path(), "up", Duration::ZERO, Lifetime::Owner);
        assert!(matches!(&second, Err(Error::Busy { holder, pid, .. })
            if holder == "run" && *pid == std::process::id()));
        drop(first);
        Home::open(dir.path(), "up", Duration::ZERO, Lifetime::Owner).unwrap();
    }

    #[test]
    fn files_with_secrets_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        Home::write_private(&path, "secret").unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
