//! A real Kubernetes control plane: etcd, kube-apiserver, kube-controller-manager; and, where a test
//! needs them, kube-scheduler with simulated nodes.

mod backup;
mod kubectl;
mod nodes;
mod specs;

pub use nodes::Nodes;
use std::path::{Path, PathBuf};

use crate::home::{self, Home};
use crate::pki::{self, Pki};
use crate::probe::{expect_200, http_get, https_get};
use crate::server::{self, Ensured, Server};
use crate::tools::{self, ToolPaths};
use crate::{kubeconfig, wait};

/// Why there is no control plane, or why it refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its programs can't be had.
    #[error(transparent)]
    Tools(#[from] tools::Error),
    /// Its directory can't be used.
    #[error(transparent)]
    Home(#[from] home::Error),
    /// Its keys can't be made.
    #[error(transparent)]
    Pki(#[from] pki::Error),
    /// A part of it doesn't start, or doesn't end.
    #[error(transparent)]
    Server(#[from] server::Error),
    /// kubectl can't be started.
    #[error("kubectl can't be started: {0}")]
    NoKubectl(std::io::Error),
    /// kubectl failed.
    #[error("`kubectl {command}` failed: {message}")]
    Kubectl {
        /// Its arguments.
        command: String,
        /// What it said.
        message: String,
    },
    /// What etcd holds can't be copied.
    #[error("what etcd holds can't be copied: {0}")]
    Backup(std::io::Error),
    /// There are no definitions to apply.
    #[error("no CustomResourceDefinitions in {}: `make crds` writes them", .0.display())]
    NoCrds(PathBuf),
}

/// etcd, kube-apiserver and kube-controller-manager, on loopback ports that stay the same for a
/// home. RBAC is on. All calls block; all may come from any thread.
#[derive(Debug)]
pub struct ControlPlane {
    home: Home,
    pki: Pki,
    port: u16,
    kubectl: PathBuf,
    kubeconfig: PathBuf,
    etcd: Server,
    apiserver: Server,
    controller_manager: Server,
}

/// What [`ControlPlane::ensure`] did, part by part, in order.
pub type EnsuredParts = Vec<(&'static str, Ensured)>;

impl ControlPlane {
    /// Starts all three, applies the definitions (CRDs) in the directory `crds`, and returns
    /// when they are served. Tools are built first when they are missing ([`tools::kubernetes`]).
    ///
    /// # Errors
    /// See [`Error`]; a part that doesn't start shows the end of its log.
    pub fn start(home: &Home, crds: &Path) -> Result<Self, Error> {
        let this = Self::new(home, &tools::kubernetes()?)?;
        this.ensure(crds)?;
        Ok(this)
    }

    /// As [`Self::start`], without a definition: somebody else installs it.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_bare(home: &Home) -> Result<Self, Error> {
        let this = Self::new(home, &tools::kubernetes()?)?;
        this.ensure_with(|| Ok(()))?;
        Ok(this)
    }

    /// The parts, none started: for those who look at what an earlier process left running.
    ///
    /// # Errors
    /// The home can't be used.
    pub fn new(home: &Home, tools: &ToolPaths) -> Result<Self, Error> {
        let pki = Pki::open(home)?;
        let port = home.port("kube-apiserver")?;
        let kubeconfig = home.dir().join("kubeconfig-admin");
        if !kubeconfig.exists() {
            kubeconfig::write(home, &pki, port, "admin", Some("system:masters"))?;
        }
        let etcd_port = home.port("etcd")?;
        let etcd = Server::new(home, specs::etcd(home, &tools.etcd)?, move || {
            expect_200(http_get(etcd_port, "/readyz"))
        });
        let ca = pki.file("ca.crt");
        let spec = specs::apiserver(home, &pki, &tools.kube_apiserver)?;
        let apiserver = Server::new(home, spec, move || {
            expect_200(https_get(port, "/readyz?verbose", &ca))
        });
        let ca = pki.file("ca.crt");
        let manager_port = home.port("kube-controller-manager")?;
        let spec = specs::controller_manager(home, &pki, &tools.kube_controller_manager)?;
        let controller_manager = Server::new(home, spec, move || {
            expect_200(https_get(manager_port, "/healthz", &ca))
        });
        Ok(Self {
            home: home.clone(),
            pki,
            port,
            kubectl: tools.kubectl.clone(),
            kubeconfig,
            etcd,
            apiserver,
            controller_manager,
        })
    }

    /// Starts what doesn't run or doesn't answer, leaves alone what does; applies the definitions.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn ensure(&self, crds: &Path) -> Result<EnsuredParts, Error> {
        self.ensure_with(|| self.apply_crds(crds))
    }

    fn ensure_with(
        &self,
        definitions: impl FnOnce() -> Result<(), Error>,
    ) -> Result<EnsuredParts, Error> {
        let etcd = self.etcd.ensure()?;
        let apiserver = self.apiserver.ensure()?;
        // Before the garbage collector starts: it looks for new kinds every 30 s only, and an
        // organization's Secret would wait that long for its end.
        definitions()?;
        let controller_manager = self.controller_manager.ensure()?;
        // Every namespace has one before anything can run in it; it proves the token controllers.
        let account = ["get", "serviceaccount", "default", "--namespace=default"];
        wait::until(server::PATIENCE, || self.kubectl(&account))?;
        Ok(vec![
            (specs::ETCD, etcd),
            (specs::APISERVER, apiserver),
            (specs::CONTROLLER_MANAGER, controller_manager),
        ])
    }

    /// Ends all parts.
    ///
    /// # Errors
    /// One can't be ended; the others are.
    pub fn stop(&self) -> Result<(), Error> {
        let ended = [
            self.controller_manager.stop(),
            self.apiserver.stop(),
            self.etcd.stop(),
        ];
        Ok(ended.into_iter().collect::<Result<(), _>>()?)
    }

    /// A cluster administrator's.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Writes a kubeconfig for a user in at most one group, who may do what RBAC grants: at first
    /// nothing.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn kubeconfig_for(&self, user: &str, group: Option<&str>) -> Result<PathBuf, Error> {
        Ok(kubeconfig::write(
            &self.home, &self.pki, self.port, user, group,
        )?)
    }

    /// As [`Self::kubeconfig_for`], for a `ServiceAccount` that is there: it may do what a pod may that
    /// runs as it. Good for a day.
    ///
    /// # Errors
    /// There is no such account, or the file can't be written.
    pub fn kubeconfig_of_account(&self, namespace: &str, name: &str) -> Result<PathBuf, Error> {
        let token = [
            "create",
            "token",
            name,
            "--namespace",
            namespace,
            "--duration=24h",
        ];
        let token = self.kubectl(&token)?;
        let user = format!("{namespace}-{name}");
        let (pki, port) = (&self.pki, self.port);
        let file = kubeconfig::write_token(&self.home, pki, port, &user, token.trim())?;
        Ok(file)
    }

    /// The kubectl of the same version.
    #[must_use]
    pub fn kubectl_path(&self) -> &Path {
        &self.kubectl
    }

    /// etcd, to be stopped and started alone.
    #[must_use]
    pub fn etcd(&self) -> &Server {
        &self.etcd
    }

    /// kube-apiserver, to be stopped and started alone.
    #[must_use]
    pub fn apiserver(&self) -> &Server {
        &self.apiserver
    }

    /// kube-controller-manager, to be stopped and started alone.
    #[must_use]
    pub fn controller_manager(&self) -> &Server {
        &self.controller_manager
    }

    fn apply_crds(&self, crds: &Path) -> Result<(), Error> {
        let is_yaml =
            |entry: std::fs::DirEntry| entry.path().extension().is_some_and(|e| e == "yaml");
        if !std::fs::read_dir(crds).is_ok_and(|entries| entries.flatten().any(is_yaml)) {
            return Err(Error::NoCrds(crds.to_owned()));
        }
        let dir = crds.to_string_lossy();
        // --force-conflicts: whatever somebody tried out by hand, the generated definition counts.
        self.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &dir])?;
        let wait = [
            "wait",
            "--for=condition=Established",
            "--timeout=60s",
            "-f",
            &dir,
        ];
        self.kubectl(&wait).map(drop)
    }
}
