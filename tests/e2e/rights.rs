//! What the operators of the tests may do: what the chart grants, and no more.

use std::{path::PathBuf, process::Command};

use anyhow::{Context as _, Result, ensure};
use organization_operator_harness::{control_plane::ControlPlane, tools};

use crate::servers::servers;

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/charts/organization-operator");

/// Of the account, whatever the release.
const ACCOUNT: &str = "organization-operator";

/// Worlds that need the whole cluster, whatever is wished. Roles of a namespace that is deleted go
/// before its organizations, which nobody may read then; and one watches the Secrets of all.
const OF_CLUSTER: [&str; 5] = [
    "api-homeless",
    "namespace",
    "namespace-gone",
    "watch-cluster",
    "whole",
];

/// For whom the chart grants: the cluster, or the namespaces that a world has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Cluster,
    Namespaced,
}

impl Mode {
    /// Of that world: one half of them has the one, by their names, and one the other. `E2E_RIGHTS` says
    /// it for all that don't need the whole cluster.
    pub fn of(world: &str) -> Result<Self> {
        if OF_CLUSTER.contains(&world) {
            return Ok(Self::Cluster);
        }
        let is_odd = world.bytes().map(u32::from).sum::<u32>() % 2 == 1;
        match std::env::var("E2E_RIGHTS").as_deref() {
            Ok("namespaced") => Ok(Self::Namespaced),
            Err(_) if is_odd => Ok(Self::Namespaced),
            Ok("cluster") | Err(_) => Ok(Self::Cluster),
            Ok(other) => anyhow::bail!("E2E_RIGHTS={other}: cluster or namespaced"),
        }
    }

    /// What goes with it, as the chart has it.
    pub fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Cluster => &[],
            Self::Namespaced => &[("SECRETS_WATCH", "namespaces"), ("CLUSTER_ID", "tests")],
        }
    }
}

/// The namespaces of a world.
pub struct Place {
    /// Where the operator is, its Lease and its account: no test deletes it.
    pub own: String,
    /// Where it watches. Organizations are made in the first through HTTP.
    pub watched: [String; 2],
}

impl Place {
    /// Of the world of that namespace.
    pub fn of(namespace: &str) -> Self {
        Self {
            own: own_namespace(namespace),
            watched: [namespace.to_owned(), format!("{namespace}-elsewhere")],
        }
    }

    /// All of them.
    pub fn namespaces(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.own).chain(&self.watched)
    }
}

/// Who the operator is that has its Lease, and its account, in the world of that namespace.
pub fn account(namespace: &str) -> String {
    let own = own_namespace(namespace);
    format!("system:serviceaccount:{own}:{ACCOUNT}")
}

/// Where the operator of a world is.
pub fn own_namespace(world: &str) -> String {
    format!("{world}-lease")
}

/// Grants it there, and gives the kubeconfig of the account.
pub fn grant(cluster: &ControlPlane, mode: Mode, place: &Place) -> Result<PathBuf> {
    cluster.apply(&rendered(mode, place)?)?;
    Ok(cluster.kubeconfig_of_account(&place.own, ACCOUNT)?)
}

/// Takes it all away; the account stays. [`grant`] gives it back.
pub fn take_away(cluster: &ControlPlane, mode: Mode, place: &Place) -> Result<()> {
    let rendered = rendered(mode, place)?;
    let documents = rendered.split("---\n");
    let bindings: Vec<_> = documents
        .filter(|document| document.contains("Binding\n"))
        .collect();
    let args = ["delete", "--filename=-"];
    cluster.kubectl_with(&args, &bindings.join("---\n"))?;
    Ok(())
}

fn rendered(mode: Mode, place: &Place) -> Result<String> {
    let [first, second] = &place.watched;
    let lease = format!("--set=leaderElection.namespace={}", place.own);
    let api = format!("--set=api.namespace={first}");
    let watched = format!("--set=watchNamespaces={{{first},{second}}},clusterId=tests");
    let mut command = Command::new(tools::chart_tools()?.helm);
    command.args(["template", ACCOUNT, CHART, "--namespace", &place.own]);
    command.args([&lease, &api]);
    if mode == Mode::Namespaced {
        command.arg(watched);
    }
    for component in ["controller", "api"] {
        command.arg(format!("--show-only=templates/{component}/rbac.yaml"));
    }
    let output = command
        .env_clear()
        .env("HOME", servers()?.home.dir())
        .output();
    let output = output.context("helm")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
