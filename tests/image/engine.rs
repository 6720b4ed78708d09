//! The programs that build and run images, installed where one is missing.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use organization_operator_harness::tell;

use crate::command;

/// Debian's packages, by the program of each that is called.
const PROGRAMS: [(&str, &str); 5] = [
    ("buildah", "buildah"),
    ("podman", "podman"),
    ("runc", "runc"),
    ("mmdebstrap", "mmdebstrap"),
    ("newuidmap", "uidmap"),
];

/// Has all programs there.
///
/// # Errors
/// This process isn't root's, or one is missing and can't be installed.
pub fn ensure_installed() -> Result<()> {
    ensure!(
        nix::unistd::geteuid().is_root(),
        "`make test-image` needs root: it makes base images from Debian's packages and runs containers"
    );
    let missing: Vec<_> = PROGRAMS
        .iter()
        .filter(|(program, _)| !is_in_path(program))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    ensure!(
        is_in_path("apt-get"),
        "{list}: missing, and there is no apt-get to install them"
    );
    tell::progress(&format!("Installing {list}, once."));
    command::seen(Command::new("apt-get").args(["--quiet", "update"]))?;
    let mut install = Command::new("apt-get");
    install
        .args(["--quiet", "--yes", "--no-install-recommends", "install"])
        .args(missing)
        .env("DEBIAN_FRONTEND", "noninteractive");
    command::seen(&mut install)
}

fn is_in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| Path::new(&dir).join(program).is_file())
}
