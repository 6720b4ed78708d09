//! Programs built from their published source by the Go toolchain.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::progress::{output, run};
use super::{Error, cache};
use crate::tell;

/// A module of ours without code: its go.mod names programs of others.
pub(super) struct GoModule<'a> {
    /// Of the cache's entry, to which a digest is added.
    pub(super) name: &'a str,
    /// What it builds, for people.
    pub(super) what: &'a str,
    /// How long the first build takes, for people.
    pub(super) how_long: &'a str,
    /// Where go.mod and go.sum are.
    pub(super) path: &'a Path,
    /// Of the linker.
    pub(super) ld_flags: &'a str,
    /// What to do where there is no Go.
    pub(super) missing: &'static str,
}

impl GoModule<'_> {
    /// The directory of the programs, built once for what go.mod and go.sum say. `finish` makes of it
    /// what else is wished.
    ///
    /// # Errors
    /// Go is missing, the build fails (with its output's end), or the cache can't be written.
    pub(super) fn built(
        &self,
        finish: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<PathBuf, Error> {
        let read = |name| fs::read(self.path.join(name)).map_err(Error::io(&self.path.join(name)));
        let inputs = [&read("go.mod")?, &read("go.sum")?, self.ld_flags.as_bytes()];
        let digest = cache::digest(&inputs);
        cache::entry(&format!("{}-{digest}", self.name), |dir| {
            self.build(dir)?;
            finish(dir)?;
            tell::progress("  Built.");
            Ok(())
        })
    }

    /// Where the source of a module that it needs is.
    ///
    /// # Errors
    /// Go is missing or can't fetch it.
    pub(super) fn source_of(&self, module: &str) -> Result<PathBuf, Error> {
        let mut command = self.go();
        command.args(["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module]);
        Ok(output(&mut command, self.no_go())?.trim().into())
    }

    fn build(&self, dir: &Path) -> Result<(), Error> {
        tell::progress(&format!("Building {} into {}.", self.what, dir.display()));
        tell::progress(&format!(
            "  Once for this version; {} when Go's own cache is cold.",
            self.how_long
        ));
        let list = ["list", "-mod=readonly", "-deps", "tool"];
        run(self.go().args(list), self.no_go(), |count, latest| {
            format!("{count} modules fetched; {latest}")
        })?;
        let total = output(self.go().args(list), self.no_go())?.lines().count();
        let mut command = self.go();
        let flags = [
            "-mod=readonly",
            "-trimpath",
            "-v",
            "-ldflags",
            self.ld_flags,
        ];
        command.arg("build").args(flags);
        command.arg("-o").arg(dir).arg("tool");
        run(&mut command, self.no_go(), |count, _| {
            format!("{count} of at most {total} packages compiled")
        })
    }

    fn go(&self) -> Command {
        let mut command = Command::new("go");
        command.current_dir(self.path);
        // Nothing of the caller's workspace or flags; and no C compiler needed.
        command
            .env("GOWORK", "off")
            .env("GOFLAGS", "")
            .env("CGO_ENABLED", "0");
        command
    }

    fn no_go(&self) -> Error {
        Error::Missing {
            program: "go",
            remedy: self.missing,
        }
    }
}
