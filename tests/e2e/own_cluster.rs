//! A cluster of a test's own: the shared one's API server and definition serve all tests.

use std::path::{Path, PathBuf};

use anyhow::Result;
use organization_operator_harness::{control_plane::ControlPlane, home::Home};
use tokio::task::block_in_place;

use crate::{
    rights::{Place, grant},
    samples::{HASH, PASSWORD},
    servers::client_of,
    world::World,
};

/// A cluster that a test may stop, put back, or take the definition from.
pub fn own_cluster(name: &str) -> Result<ControlPlane> {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("e2e-cluster-{name}"));
    Ok(block_in_place(|| {
        ControlPlane::start(&Home::temporary(&parent)?, &definitions())
    })?)
}

/// Where the definition is.
pub fn definitions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crds")
}

impl World {
    /// The world in another cluster, its operator not started; `environment` goes before the former
    /// one.
    pub async fn moved_to(
        mut self,
        cluster: &ControlPlane,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        block_in_place(|| self.operator.terminate())?;
        self.client = client_of(cluster).await?;
        self.kubeconfig = cluster.kubeconfig().to_owned();
        let place = Place::of(&self.namespace);
        for namespace in place.namespaces() {
            block_in_place(|| cluster.kubectl(&["create", "namespace", namespace]))?;
        }
        let kubeconfig = block_in_place(|| grant(cluster, self.mode, &place))?;
        let kubeconfig = kubeconfig.to_string_lossy();
        let here = [("KUBECONFIG", &*kubeconfig)];
        let environment: Vec<_> = here.iter().chain(environment).copied().collect();
        self.operator = self.another_operator("moved", &environment)?;
        self.put_secret("login", &[("hash", HASH), ("password", PASSWORD)])
            .await?;
        Ok(self)
    }
}
