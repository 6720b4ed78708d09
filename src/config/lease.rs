//! Settings of the election among replicas.

use std::time::Duration;

use clap::{ArgAction, Args};

use super::{ClusterArgs, parse::parse_duration};
use crate::runtime::leader::Candidacy;

/// Which of several replicas acts.
#[derive(Debug, Clone, Args)]
pub struct LeaseArgs {
    /// Of several replicas, let only the one act that holds Lease organization-operator
    #[arg(long, env = "LEADER_ELECTION", default_value_t = true, action = ArgAction::Set)]
    pub leader_election: bool,
    /// Namespace of the Lease [default: the operator's own]
    #[arg(long, env = "LEASE_NAMESPACE")]
    pub lease_namespace: Option<String>,
    /// How long the Lease holds: a replica that dies is replaced that much later. Renewed four times as often
    #[arg(long, env = "LEASE_DURATION", default_value = "4s", value_parser = parse_duration)]
    pub lease_duration: Duration,
    /// Who this replica is [default: organization-operator and its process id]
    #[arg(long, env = "POD_NAME")]
    pub pod_name: Option<String>,
    /// Which installation this replica is of, as in `<namespace>/<release>`: it is not ready while another one holds the Lease [default: all replicas are of one]
    #[arg(long, env = "INSTALLATION")]
    pub installation: Option<String>,
}

impl LeaseArgs {
    /// Who takes part; `None`: nobody but this process acts.
    #[must_use]
    pub fn candidacy(&self, cluster: &ClusterArgs) -> Option<Candidacy> {
        let namespace = self.lease_namespace.clone();
        let itself = || format!("{}_{}", env!("CARGO_PKG_NAME"), std::process::id());
        self.leader_election.then(|| Candidacy {
            installation: self.installation.clone(),
            identity: self.pod_name.clone().unwrap_or_else(itself),
            namespace: namespace.unwrap_or_else(|| cluster.operator_namespace.clone()),
            duration: self.lease_duration,
        })
    }
}
