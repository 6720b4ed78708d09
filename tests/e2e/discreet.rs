//! What every test sees in its end: whatever its processes were asked to do, at TRACE, none of them
//! wrote a password, a hash, a key or a token.

use std::{fs, thread};

use anyhow::Result;

use crate::{servers::servers, world::World};

/// How hashes begin, and tokens: base64url of `{"`.
const BEGINNINGS: [&str; 4] = ["$2a$", "$2b$", "$2y$", "eyJ"];

/// How the passwords and keys of these tests begin.
const CANARY: &str = "canary-";

/// The first secret in `text`.
fn secret_in(text: &str) -> Option<&str> {
    let begins = |beginning: &str| text.find(beginning).and_then(|at| text.get(at..));
    let canaries = text.match_indices(CANARY);
    let canaries = canaries.filter_map(|(at, _)| text.get(at..));
    let mut canaries = canaries.map(|rest| {
        let is_of_word = |c: char| c.is_alphanumeric() || "-_@".contains(c);
        rest.split(|c| !is_of_word(c)).next().unwrap_or(rest)
    });
    // Namespaces are called canary-N, and an address is none.
    let is_secret = |word: &&str| {
        let rest = word.trim_start_matches(CANARY);
        !rest.starts_with(|c: char| c.is_ascii_digit()) && !rest.contains('@')
    };
    let found = BEGINNINGS.into_iter().find_map(begins);
    let found = found.map(|rest| rest.split(['"', ' ', '\n']).next().unwrap_or(rest));
    found.or_else(|| canaries.find(is_secret))
}

impl World {
    /// The logs of all its processes, with their names.
    fn logs(&self) -> Result<Vec<(String, String)>> {
        let mut logs = Vec::new();
        let name = self.operator.server().process().log();
        let place = name.parent().unwrap_or(servers()?.home.dir());
        let stem = format!("operator-{}", self.namespace);
        for file in fs::read_dir(place)? {
            let path = file?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let is_own = name
                .strip_prefix(&stem)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
            if is_own {
                let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
                logs.push((name.into_owned(), text));
            }
        }
        Ok(logs)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let logs = self.logs().unwrap_or_default();
        let wrote_nothing = self.operator.log().is_empty();
        assert!(wrote_nothing || !logs.is_empty(), "its log is elsewhere");
        for (name, text) in logs {
            let secret = secret_in(&text);
            assert!(secret.is_none(), "{secret:?} is in the log of {name}");
        }
    }
}

#[test]
fn what_is_a_secret_is_found_and_nothing_else() {
    let text = "in canary-3 of canary-3-elsewhere: canary-a@x.io";
    assert_eq!(secret_in(text), None);
    for secret in ["canary-Secret-1", "canary-a1", "$2b$10$abc", "eyJhbGci"] {
        assert_eq!(secret_in(&format!("{text} \"{secret}\"")), Some(secret));
    }
}
