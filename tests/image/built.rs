//! The image, made from the Dockerfile as it is.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};
use organization_operator_harness::tell;
use serde_json::Value;

use crate::command::{self, output};
use crate::{bases, engine};

/// The checkout.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What podman knows it by.
pub const NAME: &str = "localhost/organization-operator:test";

/// What the labels are given here.
pub const VERSION: &str = "0.0.0-test";

/// Where certificates of this machine's own may be, and where both base images have theirs.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Builds it: minutes at first, later only what has changed.
///
/// # Errors
/// A tool or a base image can't be had, or the Dockerfile can't be built.
pub fn build() -> Result<()> {
    engine::ensure_installed()?;
    bases::ensure_present()?;
    let begin = Instant::now();
    let mut build = Command::new("buildah");
    // The docker format, since OCI's has no HEALTHCHECK. Proxies in the environment are passed on
    // by buildah itself.
    build.args(["bud", "--isolation=chroot", "--layers", "--force-rm"]);
    build.arg("--format=docker");
    build.arg(format!("--build-arg=VERSION={VERSION}"));
    for (here, there) in of_this_machine() {
        build.arg(format!("--volume={}:{there}:ro", here.display()));
    }
    build.args(["--tag", NAME, ROOT]);
    command::seen(&mut build)?;
    tell::progress(&format!("built in {:.0?}", begin.elapsed()));
    Ok(())
}

/// What a build needs of this machine to get at crates, and the Dockerfile says nothing of: its
/// certificates, and where cargo is told to get crates from.
fn of_this_machine() -> Vec<(PathBuf, &'static str)> {
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let in_home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"));
    let config = cargo_home
        .or_else(in_home)
        .map(|home| (home.join("config.toml"), "/usr/local/cargo/config.toml"));
    [Some((CERTIFICATES.into(), CERTIFICATES)), config]
        .into_iter()
        .flatten()
        .filter(|(here, _)| here.is_file())
        .collect()
}

/// What podman knows of it.
///
/// # Errors
/// There is none.
pub fn inspect() -> Result<Value> {
    let found: Vec<Value> = serde_json::from_str(&output("podman", &["image", "inspect", NAME])?)?;
    found.into_iter().next().context("there is no image")
}

/// Its files and the base's.
pub struct Files {
    /// All, without what an engine puts in at the start.
    pub all: Vec<PathBuf>,
    /// Those that the base doesn't have, with their sizes in bytes.
    pub added: BTreeMap<PathBuf, u64>,
}

/// Looks into both images.
///
/// # Errors
/// One can't be mounted or read.
pub fn files() -> Result<Files> {
    let own = listed(NAME)?;
    let base = listed(bases::FINAL)?;
    let all = own.keys().cloned().collect();
    let differs = |(path, size): &(PathBuf, u64)| base.get(path) != Some(size);
    let added = own.into_iter().filter(differs).collect();
    Ok(Files { all, added })
}

fn listed(image: &str) -> Result<BTreeMap<PathBuf, u64>> {
    let mounted = output("podman", &["image", "mount", image])?;
    let root = Path::new(&mounted);
    let mut found = BTreeMap::new();
    let walked = walk(root, root, &mut found);
    output("podman", &["image", "unmount", image])?;
    walked.map(|()| found)
}

fn walk(root: &Path, dir: &Path, found: &mut BTreeMap<PathBuf, u64>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            walk(root, &entry.path(), found)?;
        } else {
            let below = entry.path().strip_prefix(root)?.to_owned();
            found.insert(below, metadata.size());
        }
    }
    Ok(())
}
