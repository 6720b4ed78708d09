//! SecantusDB: a server that speaks MongoDB's protocol, for machines without mongod and Docker.
//! GPL: a tool of tests and trials only.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::progress::{output, run};
use super::{Error, cache};
use crate::tell;

/// What pip installs.
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/requirements.txt");

const PYTHON_MISSING: &str = "without mongod or Docker it runs SecantusDB in MongoDB's place. \
     Python 3.10 or newer with venv: https://python.org, or the packages `python3 python3-venv`";

/// The server's program, installed by pip into an environment of its own below `~/.cache`.
///
/// # Errors
/// Python is missing, pip fails (with its output's end), or the cache can't be written.
pub fn secantus() -> Result<PathBuf, Error> {
    let requirements = fs::read(REQUIREMENTS).map_err(Error::io(REQUIREMENTS.as_ref()))?;
    // An environment is bound to the Python that made it.
    let version = output(Command::new("python3").arg("--version"), missing())?;
    let digest = cache::digest(&[&requirements, version.as_bytes()]);
    let dir = cache::entry(&format!("secantusdb-{digest}"), install)?;
    Ok(dir.join("bin/secantusd-py"))
}

fn install(dir: &Path) -> Result<(), Error> {
    tell::progress(&format!(
        "Installing SecantusDB into {}, once; about half a minute.",
        dir.display()
    ));
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(dir);
    // Debian's python3 comes without venv: that fails here, and the remedy names it.
    output(&mut venv, missing()).map_err(|_| missing())?;
    let mut pip = Command::new(dir.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    pip.args(["--requirement", REQUIREMENTS]);
    run(&mut pip, missing(), |_, _| "installing".to_owned())?;
    tell::progress("  Installed.");
    Ok(())
}

fn missing() -> Error {
    Error::Missing {
        program: "python3",
        remedy: PYTHON_MISSING,
    }
}
