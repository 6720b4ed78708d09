//! One process at a time in a home, told apart by what it is about.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::Error;
use crate::tell;

/// Whoever stays in the foreground until a person ends it: not worth waiting for.
const STAYS: &str = "run";

/// A lock that the kernel takes back when the process ends, so a crash leaves none behind.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(dir: &Path, holder: &str, patience: Duration) -> Result<Self, Error> {
        let path = dir.join("lock");
        let mut file = open(&path).map_err(Error::io(&path))?;
        let begin = Instant::now();
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => return Err(Error::Io { path, source }),
                Err(TryLockError::WouldBlock) => {}
            }
            // Whoever just took the lock may not have written its name yet.
            let (other, pid) = read(&path).unwrap_or(("another command".into(), 0));
            if other == STAYS || begin.elapsed() >= patience {
                return Err(Error::Busy {
                    dir: dir.to_owned(),
                    holder: other,
                    pid,
                });
            }
            if !told {
                tell::progress(&format!("waiting for `{other}` (process {pid}) to finish"));
                told = true;
            }
            thread::sleep(Duration::from_millis(100));
        }
        file.set_len(0).map_err(Error::io(&path))?;
        writeln!(file, "{holder} {}", std::process::id()).map_err(Error::io(&path))?;
        Ok(Self { _file: file })
    }

    /// Nobody holds the lock in `dir`; a directory without one is not a home.
    pub(super) fn is_free(dir: &Path) -> bool {
        OpenOptions::new()
            .write(true)
            .open(dir.join("lock"))
            .is_ok_and(|f| f.try_lock().is_ok())
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    // Not truncated: until the lock is ours, the content is somebody else's name.
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

fn read(path: &Path) -> Option<(String, u32)> {
    let content = std::fs::read_to_string(path).ok()?;
    let (holder, pid) = content.trim().split_once(' ')?;
    let pid = pid.parse().ok()?;
    // A name left behind by a holder that is gone says nothing about the present one.
    Path::new(&format!("/proc/{pid}"))
        .exists()
        .then(|| (holder.to_owned(), pid))
}
