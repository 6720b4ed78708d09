//! Chromium and its driver, for tests of pages: the machine's own, or Debian's.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Error;
use super::progress::run;
use crate::tell;

const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

const BROWSER_MISSING: &str = "a browser, by which the page /docs is tested; \
     the Debian packages `chromium chromium-driver`";

/// Where both are.
#[derive(Debug, Clone)]
pub struct Chromium {
    /// The browser.
    pub browser: PathBuf,
    /// What drives it, over HTTP.
    pub driver: PathBuf,
}

/// The browser and its driver out of PATH; installed first where they are missing and this is root on
/// a machine with apt-get.
///
/// # Errors
/// They are missing and can't be installed, or the installation fails (with its output's end).
pub fn chromium() -> Result<Chromium, Error> {
    if let Some(found) = found() {
        return Ok(found);
    }
    if !nix::unistd::geteuid().is_root() || in_path("apt-get").is_none() {
        return Err(missing());
    }
    tell::progress("Installing Chromium with apt-get, once; a minute or two.");
    apt_get(&["update"])?;
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(PACKAGES);
    apt_get(&install)?;
    tell::progress("  Installed.");
    found().ok_or_else(missing)
}

fn found() -> Option<Chromium> {
    Some(Chromium {
        browser: in_path("chromium")?,
        driver: in_path("chromedriver")?,
    })
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut places = std::env::split_paths(&path).map(|dir| dir.join(program));
    places.find(|place: &PathBuf| Path::is_file(place))
}

fn apt_get(args: &[&str]) -> Result<(), Error> {
    let mut command = Command::new("apt-get");
    // Another process may be installing something.
    command.args(["-o", "DPkg::Lock::Timeout=300"]).args(args);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    run(&mut command, missing(), |_, _| "installing".to_owned())
}

fn missing() -> Error {
    Error::Missing {
        program: "chromium",
        remedy: BROWSER_MISSING,
    }
}
