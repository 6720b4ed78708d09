//! A directory for each version of a tool, complete or absent.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Error;
use crate::tell;

/// Says in an entry that it is complete.
const COMPLETE: &str = "complete";

/// Gives the directory `name` of the cache, made by `make` if it isn't there. One process makes it;
/// others wait. What a killed one left behind is removed.
///
/// # Errors
/// Those of `make`, and of the file system.
pub(super) fn entry(
    name: &str,
    make: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    entry_in(&root()?, name, make)
}

fn entry_in(
    root: &Path,
    name: &str,
    make: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let dir = root.join(name);
    if dir.join(COMPLETE).exists() {
        return Ok(dir);
    }
    fs::create_dir_all(root).map_err(Error::io(root))?;
    let lock_path = root.join(format!("{name}.lock"));
    let lock = File::create(&lock_path).map_err(Error::io(&lock_path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            tell::progress(&format!(
                "another process is making {}; waiting for it",
                dir.display()
            ));
            lock.lock().map_err(Error::io(&lock_path))?;
        }
        Err(TryLockError::Error(source)) => {
            return Err(Error::Io {
                path: lock_path,
                source,
            });
        }
    }
    if dir.join(COMPLETE).exists() {
        return Ok(dir);
    }
    // Made in place, not renamed into it: a Python environment knows its own path.
    if dir.exists() {
        fs::remove_dir_all(&dir).map_err(Error::io(&dir))?;
    }
    fs::create_dir(&dir).map_err(Error::io(&dir))?;
    make(&dir)?;
    let complete = dir.join(COMPLETE);
    File::create(&complete).map_err(Error::io(&complete))?;
    Ok(dir)
}

/// A short name for what an entry is made from: another one when any byte of it changes.
pub(super) fn digest(inputs: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for input in inputs {
        hash.update(u64::try_from(input.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(input);
    }
    hash.finalize()
        .iter()
        .take(6)
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn root() -> Result<PathBuf, Error> {
    let set = |name| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    Ok(base.ok_or(Error::NoCache)?.join("organization-operator"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn an_entry_is_made_once_however_many_ask_for_it() {
        let root = tempfile::tempdir().unwrap();
        let made = AtomicU32::new(0);
        let counted = |dir: &Path| {
            made.fetch_add(1, Ordering::SeqCst);
            fs::write(dir.join("tool"), "x").map_err(Error::io(dir))
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let dir = entry_in(root.path(), "tool-1", counted).unwrap();
                    assert!(dir.join("tool").exists());
                });
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn half_an_entry_is_made_anew() {
        let root = tempfile::tempdir().unwrap();
        let failing = |dir: &Path| {
            fs::write(dir.join("half"), "x").map_err(Error::io(dir))?;
            Err(Error::NoCache)
        };
        entry_in(root.path(), "tool-1", failing).unwrap_err();
        let dir = entry_in(root.path(), "tool-1", |_| Ok(())).unwrap();
        assert!(!dir.join("half").exists());
    }

    #[test]
    fn a_digest_tells_where_one_input_ends_and_the_next_begins() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_eq!(digest(&[b"ab"]).len(), 12);
    }
}
