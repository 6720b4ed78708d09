//! A control plane, built from its published source by the Go toolchain.

use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use super::go::GoModule;
use crate::tell;

/// Of `k8s.io/kubernetes` in go.mod; also what the programs say of themselves.
const VERSION: &str = "v1.37.2";

/// Where go.mod names the programs.
const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/go/kubernetes");

/// `go build` gives the program of `go.etcd.io/etcd/server/v3` this name.
const ETCD_AS_BUILT: &str = "server";

const GO_MISSING: &str = "it builds the Kubernetes control plane. Go 1.26 or newer: \
     https://go.dev/dl, or the package `golang-go`";

/// Its programs.
#[derive(Debug, Clone)]
pub struct ToolPaths {
    /// `etcd`
    pub etcd: PathBuf,
    /// `kube-apiserver`
    pub kube_apiserver: PathBuf,
    /// `kube-controller-manager`
    pub kube_controller_manager: PathBuf,
    /// `kube-scheduler`
    pub kube_scheduler: PathBuf,
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
        kube_scheduler: path("kube-scheduler")?,
        kubectl: path("kubectl")?,
    })
}

fn built_from_source() -> Result<PathBuf, Error> {
    let module = GoModule {
        name: &format!("kubernetes-{VERSION}"),
        what: &format!("etcd and Kubernetes {VERSION}"),
        how_long: "five to ten minutes",
        path: Path::new(MODULE),
        ld_flags: &ld_flags(),
        missing: GO_MISSING,
    };
    module
        .built(|dir| fs::rename(dir.join(ETCD_AS_BUILT), dir.join("etcd")).map_err(Error::io(dir)))
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
