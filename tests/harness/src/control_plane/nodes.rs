//! kube-scheduler, and a node on which pods are ready without a container.

use super::{ControlPlane, Error, specs};
use crate::home::Home;
use crate::probe::{expect_200, http_get, https_get};
use crate::server::Server;
use crate::tools;

/// Taken by kwok for its own.
const NODE: &str = r#"{
  "apiVersion": "v1",
  "kind": "Node",
  "metadata": {
    "name": "simulated",
    "annotations": {"kwok.x-k8s.io/node": "fake"},
    "labels": {"kubernetes.io/hostname": "simulated", "kubernetes.io/os": "linux"}
  }
}"#;

/// What gives a cluster's pods a place.
#[derive(Debug)]
pub struct Nodes {
    /// They end with the process, or with this.
    _servers: [Server; 2],
}

impl Nodes {
    /// Starts both for that cluster, and returns when the node is ready. Tools are built first when
    /// they are missing ([`tools::chart_tools`]).
    ///
    /// # Errors
    /// See [`Error`]; a part that doesn't start shows the end of its log.
    pub fn start(home: &Home, cluster: &ControlPlane) -> Result<Self, Error> {
        let kubernetes = tools::kubernetes()?;
        let kwok = tools::chart_tools()?;
        let spec = specs::scheduler(home, &cluster.pki, &kubernetes.kube_scheduler)?;
        let (port, ca) = (home.port(specs::SCHEDULER)?, cluster.pki.file("ca.crt"));
        let scheduler = Server::new(home, spec, move || {
            expect_200(https_get(port, "/healthz", &ca))
        });
        let spec = specs::kwok(home, cluster.kubeconfig(), &kwok)?;
        let port = home.port(specs::KWOK)?;
        let kwok = Server::new(home, spec, move || expect_200(http_get(port, "/healthz")));
        scheduler.start()?;
        kwok.start()?;
        cluster.apply(NODE)?;
        cluster.kubectl(&[
            "wait",
            "--for=condition=Ready",
            "node/simulated",
            "--timeout=60s",
        ])?;
        // Every new node has it, until a controller that isn't started here takes it off.
        let taint = "node.kubernetes.io/not-ready:NoSchedule-";
        cluster.kubectl(&["taint", "node", "simulated", taint])?;
        Ok(Self {
            _servers: [scheduler, kwok],
        })
    }
}
