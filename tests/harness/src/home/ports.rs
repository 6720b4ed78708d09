//! Loopback ports, chosen once and kept.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::{Error, Home};

/// Below Linux' range for outgoing connections (32768 and up): else a client's connection could sit
/// on a server's port in the moment in which the server is restarted.
pub(super) const RANGE: Range<u16> = 20_000..32_768;

/// Tries before giving up; with half of the range taken, all fail once in 10^60.
const TRIES: u32 = 200;

#[derive(Debug)]
pub(super) struct Ports {
    path: PathBuf,
    by_name: BTreeMap<String, u16>,
}

impl Ports {
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let by_name = match std::fs::read_to_string(path) {
            Ok(content) => parse(&content).map_err(|line| Error::PortsFile {
                path: path.to_owned(),
                line,
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(source) => {
                return Err(Error::Io {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        Ok(Self {
            path: path.to_owned(),
            by_name,
        })
    }

    pub(super) fn get_or_choose(&mut self, name: &str) -> Result<u16, Error> {
        if let Some(port) = self.by_name.get(name) {
            return Ok(*port);
        }
        let port = self.choose().ok_or(Error::NoFreePort)?;
        self.by_name.insert(name.to_owned(), port);
        let mut content = String::new();
        for (name, port) in &self.by_name {
            let _ = writeln!(content, "{name} {port}");
        }
        Home::write_private(&self.path, &content)?;
        Ok(port)
    }

    fn choose(&self) -> Option<u16> {
        let size = u64::from(RANGE.end - RANGE.start);
        (0..TRIES)
            .filter_map(|_| u16::try_from(random() % size).ok())
            .map(|offset| RANGE.start + offset)
            .filter(|port| !self.by_name.values().any(|taken| taken == port))
            .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
    }
}

fn parse(content: &str) -> Result<BTreeMap<String, u16>, usize> {
    let parse = |line: &str| {
        let (name, port) = line.split_once(' ')?;
        Some((name.to_owned(), port.parse().ok()?))
    };
    content
        .lines()
        .enumerate()
        .map(|(index, line)| parse(line).ok_or(index + 1))
        .collect()
}

/// A random number without a crate for it: the standard library seeds its hash maps so.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_stays_the_same_when_the_file_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ports");
        let mut ports = Ports::read(&path).unwrap();
        let (etcd, mongo) = (
            ports.get_or_choose("etcd").unwrap(),
            ports.get_or_choose("mongo").unwrap(),
        );
        assert_ne!(etcd, mongo);
        assert!(RANGE.contains(&etcd) && RANGE.contains(&mongo));
        let mut again = Ports::read(&path).unwrap();
        assert_eq!(again.get_or_choose("mongo").unwrap(), mongo);
        assert_eq!(again.get_or_choose("etcd").unwrap(), etcd);
    }

    #[test]
    fn a_damaged_file_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ports");
        std::fs::write(&path, "etcd 20001\nmongo x\n").unwrap();
        assert!(matches!(
            Ports::read(&path),
            Err(Error::PortsFile { line: 2, .. })
        ));
    }

    #[test]
    fn two_random_numbers_differ() {
        assert_ne!(random(), random());
    }
}
