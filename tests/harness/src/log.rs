//! The end of a log: what a failure shows.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Some lines' worth; a log may be large.
const WINDOW: u64 = 64 << 10;

/// The last `lines` lines of `text`.
#[must_use]
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<_> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// The last `lines` lines of the file, or a sentence why there are none.
#[must_use]
pub fn tail_of(path: &Path, lines: usize) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(WINDOW)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    match read() {
        Ok(text) if text.trim().is_empty() => "(the log is empty)".to_owned(),
        Ok(text) => tail(&text, lines),
        Err(error) => format!("(no log: {error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_a_large_log_is_its_last_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let text: Vec<_> = (0..20_000).map(|n| format!("line {n}")).collect();
        std::fs::write(&path, text.join("\n")).unwrap();
        assert_eq!(tail_of(&path, 2), "line 19998\nline 19999");
        assert!(tail_of(&dir.path().join("none"), 2).starts_with("(no log"));
    }
}
