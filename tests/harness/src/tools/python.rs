//! Environments of Python packages, each of its own requirements and of nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::progress::{output, run};
use super::{Error, cache};
use crate::tell;

/// What is installed, and what for.
pub(super) struct Environment {
    /// Its name in the cache, and in what a person is told.
    pub(super) name: &'static str,
    /// What pip installs.
    pub(super) requirements: &'static str,
    /// How to get Python, where it is missing, and what it is needed for.
    pub(super) remedy: &'static str,
}

impl Environment {
    /// The directory of its programs; installed by pip below `~/.cache`, once for these requirements.
    ///
    /// # Errors
    /// Python is missing, pip fails (with its output's end), or the cache can't be written.
    pub(super) fn bin(&self) -> Result<PathBuf, Error> {
        let read = fs::read(self.requirements);
        let requirements = read.map_err(Error::io(self.requirements.as_ref()))?;
        // An environment is bound to the Python that made it.
        let version = output(Command::new("python3").arg("--version"), self.missing())?;
        let digest = cache::digest(&[&requirements, version.as_bytes()]);
        let entry = format!("{}-{digest}", self.name);
        Ok(cache::entry(&entry, |dir| self.install(dir))?.join("bin"))
    }

    fn install(&self, dir: &Path) -> Result<(), Error> {
        tell::progress(&format!(
            "Installing {} into {}, once; about half a minute.",
            self.name,
            dir.display()
        ));
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(dir);
        // Debian's python3 comes without venv: that fails here, and the remedy names it.
        output(&mut venv, self.missing()).map_err(|_| self.missing())?;
        let mut pip = Command::new(dir.join("bin/python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        pip.args(["--requirement", self.requirements]);
        run(&mut pip, self.missing(), |_, _| "installing".to_owned())?;
        tell::progress("  Installed.");
        Ok(())
    }

    fn missing(&self) -> Error {
        Error::Missing {
            program: "python3",
            remedy: self.remedy,
        }
    }
}
