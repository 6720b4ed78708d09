//! What the containers talk to: a control plane and a database of the test's own, on loopback.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use organization_operator_harness::control_plane::ControlPlane;
use organization_operator_harness::home::Home;
use organization_operator_harness::mongo::MongoServer;
use organization_operator_harness::tools;

use crate::built::ROOT;

/// They end with this value, and with this process.
pub struct Servers {
    pub home: Home,
    pub cluster: ControlPlane,
    pub mongo: MongoServer,
    /// A directory with an administrator's kubeconfig, `config`, which the container's user reads.
    pub kubeconfig: PathBuf,
}

impl Servers {
    /// Starts them, empty, in a directory of their own.
    ///
    /// # Errors
    /// One doesn't start: with the end of its log.
    pub fn start() -> Result<Self> {
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("image");
        let home = Home::temporary(&parent)?;
        let cluster = ControlPlane::new(&home, &tools::kubernetes()?)?;
        cluster.ensure(&Path::new(ROOT).join("crds"))?;
        // Not one of the caller's: both tests make tenants of the same names.
        let mongo = MongoServer::start(&home)?;
        let kubeconfig = home.dir().join("kubeconfig");
        DirBuilder::new().mode(0o755).create(&kubeconfig)?;
        let file = kubeconfig.join("config");
        // With the keys in it: it refers to files that only root may read.
        let view = ["config", "view", "--raw", "--flatten"];
        fs::write(&file, cluster.kubectl(&view)?)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o444))?;
        Ok(Self {
            home,
            cluster,
            mongo,
            kubeconfig,
        })
    }

    /// What of the database's address comes before its options.
    ///
    /// # Errors
    /// It has none.
    pub fn mongo_root(&self) -> Result<String> {
        let (root, _) = self.mongo.url().split_once('?').context("no options")?;
        Ok(root.to_owned())
    }

    /// Takes the definition away: the operator is to put it in place.
    ///
    /// # Errors
    /// kubectl fails.
    pub fn without_definition(&self) -> Result<()> {
        let crd = "organizations.organization-operator.dev";
        self.cluster
            .kubectl(&["delete", "crd", crd, "--timeout=30s"])?;
        Ok(())
    }

    /// Applies the sample, and waits until it is what it says.
    ///
    /// # Errors
    /// kubectl fails, or it doesn't get ready.
    pub fn sample_gets_ready(&self) -> Result<()> {
        let sample = Path::new(ROOT).join("deploy/samples/acme.yaml");
        let sample = sample.to_string_lossy();
        self.cluster.kubectl(&["apply", "-f", &sample])?;
        let ready = "--for=condition=Ready";
        let wait = ["wait", ready, "organization/acme", "--timeout=30s"];
        self.cluster.kubectl(&wait)?;
        let name = "jsonpath={.status.organizationName}";
        let name = self
            .cluster
            .kubectl(&["get", "organization", "acme", "-o", name])?;
        ensure!(name == "acme", "its status says that it is called {name:?}");
        Ok(())
    }
}
