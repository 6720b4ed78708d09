//! Helm, the writer of charts' documents, and simulated nodes.

use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use super::go::GoModule;

/// Of `helm.sh/helm/v4` in go.mod; also what it says of itself.
const VERSION: &str = "v4.3.1";

/// Where go.mod names the programs.
const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/go/tools");

const KWOK: &str = "sigs.k8s.io/kwok";

const GO_MISSING: &str = "it builds Helm. Go 1.26 or newer: https://go.dev/dl, or the package \
     `golang-go`";

/// How a simulated node and its pods live: ready at once, gone at once.
const STAGES: [&str; 5] = [
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
];

/// What a chart is tried with.
#[derive(Debug, Clone)]
pub struct ChartTools {
    /// `helm`
    pub helm: PathBuf,
    /// `helm-docs`, which writes a chart's README
    pub helm_docs: PathBuf,
    /// `kwok`, which simulates nodes
    pub kwok: PathBuf,
    /// The file that tells kwok how they live
    pub stages: PathBuf,
}

/// The programs, built once for a version and kept below `~/.cache`.
///
/// # Errors
/// Go is missing, the build fails (with its output's end), or the cache can't be written.
pub fn chart_tools() -> Result<ChartTools, Error> {
    let module = GoModule {
        name: &format!("helm-{VERSION}"),
        what: &format!("Helm {VERSION} and kwok"),
        how_long: "two to five minutes",
        path: Path::new(MODULE),
        ld_flags: &format!("-s -w -X helm.sh/helm/v4/internal/version.version={VERSION}"),
        missing: GO_MISSING,
    };
    let dir = module.built(|dir| {
        let source = module.source_of(KWOK)?.join("kustomize/stage");
        let read = |name: &&str| {
            fs::read_to_string(source.join(name)).map_err(Error::io(&source.join(name)))
        };
        let stages: Vec<_> = STAGES.iter().map(read).collect::<Result<_, _>>()?;
        let file = dir.join("stages.yaml");
        fs::write(&file, stages.join("\n---\n")).map_err(Error::io(&file))
    })?;
    Ok(ChartTools {
        helm: dir.join("helm"),
        helm_docs: dir.join("helm-docs"),
        kwok: dir.join("kwok"),
        stages: dir.join("stages.yaml"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_that_helm_tells_is_the_one_in_go_mod() {
        let go_mod = fs::read_to_string(Path::new(MODULE).join("go.mod")).unwrap();
        assert!(go_mod.contains(&format!("\thelm.sh/helm/v4 {VERSION} ")));
    }
}
