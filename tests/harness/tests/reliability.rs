//! docs/RELIABILITY.md names tests: each has to be one.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// The names of all functions that follow a test's attribute.
fn tests() -> io::Result<BTreeSet<String>> {
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        sources(&root().join(folder), &mut files)?;
    }
    let mut names = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(file)?;
        for part in text.split("test").skip(1) {
            let is_attribute = part.starts_with([']', '(']);
            let name = part
                .split("fn ")
                .nth(1)
                .and_then(|name| name.split('(').next());
            names.extend(name.filter(|_| is_attribute).map(str::to_owned));
        }
    }
    Ok(names)
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let page = fs::read_to_string(root().join("docs/RELIABILITY.md")).unwrap();
    let tests = tests().unwrap();
    let quoted: Vec<_> = page.split('`').skip(1).step_by(2).collect();
    let named = quoted.iter().filter_map(|quoted| quoted.split_once("::"));
    let named: Vec<_> = named.map(|(_, name)| name).collect();
    assert!(named.len() > 40, "{named:?}");
    let missing: Vec<_> = named
        .iter()
        .filter(|name| !tests.contains(**name))
        .collect();
    assert!(missing.is_empty(), "no tests: {missing:?}");
}
