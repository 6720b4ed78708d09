//! Linters of what is installed: tools of `make lint-extra` only.

use std::path::{Path, PathBuf};

use super::Error;
use super::go::GoModule;
use super::python::Environment;

/// Of `helm.sh/helm/v3` in go.mod; also what it says of itself.
const HELM_3: &str = "v3.22.0";

/// Where go.mod names the programs.
const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/go/lint");

const HADOLINT: Environment = Environment {
    name: "hadolint",
    requirements: concat!(env!("CARGO_MANIFEST_DIR"), "/requirements-lint.txt"),
    remedy: "it installs hadolint. \
     Python 3.10 or newer with venv: https://python.org, or the packages `python3 python3-venv`",
};

/// `hadolint`, which judges Dockerfiles.
///
/// # Errors
/// Python is missing, pip fails (with its output's end), or the cache can't be written.
pub fn hadolint() -> Result<PathBuf, Error> {
    Ok(HADOLINT.bin()?.join("hadolint"))
}

/// What the chart is judged by beside the Helm that it is made for.
#[derive(Debug, Clone)]
pub struct ChartLinters {
    /// `kubeconform`, which holds manifests to JSON schemas
    pub kubeconform: PathBuf,
    /// `helm` of the version before
    pub helm_3: PathBuf,
}

/// The programs, built once for a version and kept below `~/.cache`.
///
/// # Errors
/// Go is missing, the build fails (with its output's end), or the cache can't be written.
pub fn chart_linters() -> Result<ChartLinters, Error> {
    let module = GoModule {
        name: &format!("kubeconform-helm-{HELM_3}"),
        what: &format!("kubeconform and Helm {HELM_3}"),
        how_long: "two to five minutes",
        path: Path::new(MODULE),
        ld_flags: &format!("-s -w -X helm.sh/helm/v3/internal/version.version={HELM_3}"),
        missing: "it builds kubeconform and Helm 3. Go 1.26 or newer: https://go.dev/dl, or the \
         package `golang-go`",
    };
    let dir = module.built(|_| Ok(()))?;
    Ok(ChartLinters {
        kubeconform: dir.join("kubeconform"),
        helm_3: dir.join("helm"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_that_helm_3_tells_is_the_one_in_go_mod() {
        let go_mod = std::fs::read_to_string(Path::new(MODULE).join("go.mod")).unwrap();
        assert!(go_mod.contains(&format!("\thelm.sh/helm/v3 {HELM_3} ")));
    }
}
