//! A cluster of a test's own, without any definition of ours.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use organization_operator_harness::{
    control_plane::{ControlPlane, Nodes},
    home::Home,
    mongo::MongoServer,
};
use serde_json::Value;

use crate::helm::{CHART, helm};

/// Of every release, unless a test says otherwise.
pub const NAMESPACE: &str = "tenancy";

pub struct Cluster {
    pub home: Home,
    pub plane: ControlPlane,
    _nodes: Nodes,
}

impl Cluster {
    pub fn start() -> Result<Self> {
        let home = Home::temporary(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("cluster"))?;
        let plane = ControlPlane::start_bare(&home)?;
        let nodes = Nodes::start(&home, &plane)?;
        Ok(Self {
            home,
            plane,
            _nodes: nodes,
        })
    }

    pub fn mongo(&self) -> Result<MongoServer> {
        Ok(MongoServer::for_tests(&self.home)?)
    }

    /// The Secret that the chart expects unless it is told of another.
    pub fn make_mongo_secret(&self, namespace: &str, mongo: &MongoServer) -> Result<()> {
        let url = format!("--from-literal=url={}", mongo.url());
        let name = "organization-operator-mongodb";
        let args = [
            "create",
            "secret",
            "generic",
            name,
            &url,
            "--namespace",
            namespace,
        ];
        self.plane.kubectl(&args)?;
        Ok(())
    }

    /// Helm, as an administrator of this cluster.
    pub fn helm(&self, args: &[&str]) -> Result<String> {
        helm(self.home.dir(), Some(self.plane.kubeconfig()), args)
    }

    /// Installs the chart in a namespace of the release's own.
    pub fn install(&self, release: &str, namespace: &str, flags: &[&str]) -> Result<()> {
        let into = ["--namespace", namespace, "--create-namespace"];
        let usual = ["install", release, CHART];
        self.helm(&[&usual[..], &into, flags].concat()).map(drop)
    }

    pub fn make_namespaces(&self, names: &[&str]) -> Result<()> {
        for name in names {
            self.plane.kubectl(&["create", "namespace", name])?;
        }
        Ok(())
    }

    /// An object as the API server has it; null: there is none.
    pub fn get(&self, namespace: &str, resource: &str) -> Result<Value> {
        let args = [
            "get",
            resource,
            "--namespace",
            namespace,
            "--ignore-not-found",
            "--output=json",
        ];
        let text = self.plane.kubectl(&args)?;
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| text)
    }

    /// The names of all objects of a kind there, in order.
    pub fn names(&self, namespace: &str, kind: &str) -> Result<Vec<String>> {
        let args = ["get", kind, "--namespace", namespace, "--output=name"];
        Ok(self
            .plane
            .kubectl(&args)?
            .lines()
            .map(ToOwned::to_owned)
            .collect())
    }

    /// Waits until an organization is ready.
    pub fn is_ready(&self, namespace: &str, organization: &str) -> Result<()> {
        let name = format!("organization/{organization}");
        let args = [
            "wait",
            "--for=condition=Ready",
            &name,
            "--namespace",
            namespace,
            "--timeout=120s",
        ];
        self.plane.kubectl(&args)?;
        let object = self.get(namespace, &name)?;
        let generation = &object["metadata"]["generation"];
        ensure!(
            &object["status"]["observedGeneration"] == generation,
            "{object}"
        );
        Ok(())
    }
}
