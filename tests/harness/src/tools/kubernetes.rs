//! A control plane, built from its published source by the Go toolchain.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::progress::{output, run};
use super::{Error, cache};
use crate::tell;

/// Of `k8s.io/kubernetes` in go.mod; also what the programs say of themselves.
const VERSION: &str = "v1.37.2";

/// Where go.mod names the four programs.
const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/go/kubernetes");

/// `go build` gives the program of `go.etcd.io/etcd/server/v3` this name.
const ETCD_AS_BUILT: &str = "server";

const GO_MISSING: &str = "it builds the Kubernetes control plane. Go 1.26 or newer: \
     https://go.dev/dl, or the package `golang-go`";

/// The four programs.
#[derive(Debug, Clone)]
pub struct ToolPaths {
    /// `etcd`
    pub etcd: PathBuf,
    /// `kube-apiserver`
    pub kube_apiserver: PathBuf,
    /// `kube-controller-manager`
    pub kube_controller_manager: PathBuf,
    /// `kubectl`
    pub kubectl: PathBuf,
}

/// The control plane's programs: those in `KUBEBUILDER_ASSETS` when that is set, the others built
/// from go.mod, which takes minutes once for a version and is kept below `~/.cache`.
///
/// # Errors
/// Go is missing, the build fails (with its output's end), or the cache can't be written.
pub fn kubernetes() -> Result<ToolPaths, Error> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let given = |name: &str| {
        assets
            .as_ref()
            .map(|dir| dir.join(name))
            .filter(|path| path.is_file())
    };
    let mut built = None;
    let mut path = |name: &str| {
        if let Some(path) = given(name) {
            return Ok(path);
        }
        if let (Some(assets), None) = (&assets, &built) {
            tell::progress(&format!(
                "no {name} in KUBEBUILDER_ASSETS={}: building it",
                assets.display()
            ));
        }
        let dir = match &built {
            Some(dir) => dir,
            None => built.insert(built_from_source()?),
        };
        Ok(dir.join(name))
    };
    Ok(ToolPaths {
        etcd: path("etcd")?,
        kube_apiserver: path("kube-apiserver")?,
        kube_controller_manager: path("kube-controller-manager")?,
        kubectl: path("kubectl")?,
    })
}

fn built_from_source() -> Result<PathBuf, Error> {
    let module = Path::new(MODULE);
    let read = |name| fs::read(module.join(name)).map_err(Error::io(&module.join(name)));
    let flags = ld_flags();
    let digest = cache::digest(&[&read("go.mod")?, &read("go.sum")?, flags.as_bytes()]);
    cache::entry(&format!("kubernetes-{VERSION}-{digest}"), |dir| {
        build(dir, &flags)
    })
}

fn build(dir: &Path, flags: &str) -> Result<(), Error> {
    tell::progress(&format!(
        "Building etcd and Kubernetes {VERSION} into {}.",
        dir.display()
    ));
    tell::progress("  Once for this version; five to ten minutes when Go's own cache is cold.");
    run(
        go().args(["list", "-mod=readonly", "-deps", "tool"]),
        missing(),
        |count, latest| format!("{count} modules fetched; {latest}"),
    )?;
    let list = output(
        go().args(["list", "-mod=readonly", "-deps", "tool"]),
        missing(),
    )?;
    let total = list.lines().count();
    let mut command = go();
    command.args([
        "build",
        "-mod=readonly",
        "-trimpath",
        "-v",
        "-ldflags",
        flags,
        "-o",
    ]);
    command.arg(dir).arg("tool");
    run(&mut command, missing(), |count, _| {
        format!("{count} of at most {total} packages compiled")
    })?;
    fs::rename(dir.join(ETCD_AS_BUILT), dir.join("etcd")).map_err(Error::io(dir))?;
    tell::progress("  Built.");
    Ok(())
}

fn go() -> Command {
    let mut command = Command::new("go");
    command.current_dir(MODULE);
    // Nothing of the caller's workspace or flags; and no C compiler needed.
    command
        .env("GOWORK", "off")
        .env("GOFLAGS", "")
        .env("CGO_ENABLED", "0");
    command
}

fn missing() -> Error {
    Error::Missing {
        program: "go",
        remedy: GO_MISSING,
    }
}

fn ld_flags() -> String {
    let mut numbers = VERSION.trim_start_matches('v').split('.');
    let (major, minor) = (
        numbers.next().unwrap_or_default(),
        numbers.next().unwrap_or_default(),
    );
    let package = "k8s.io/component-base/version";
    // -s -w: no symbols for a debugger; half the size.
    format!(
        "-s -w -X {package}.gitVersion={VERSION} -X {package}.gitMajor={major} \
         -X {package}.gitMinor={minor}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_that_the_programs_tell_is_the_one_in_go_mod() {
        let go_mod = fs::read_to_string(Path::new(MODULE).join("go.mod")).unwrap();
        assert!(go_mod.contains(&format!("\tk8s.io/kubernetes {VERSION} ")));
    }
}
