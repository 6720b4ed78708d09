//! Settings of who the operator is in the records, and of what it may take over.

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::{ClusterArgs, parse::parse_duration};
use crate::{
    controller::validate::Allowances,
    domain::{archive::Retention, observed::Rules},
};

/// Who the operator is in the records, and what it may take over.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tenants")]
pub struct TenancyArgs {
    /// Name of this cluster in the records [default: uid of namespace kube-system]
    #[arg(long, env = "CLUSTER_ID")]
    pub cluster_id: Option<String>,
    /// Namespaces from which records that never had an owner may be adopted, comma-separated [default: the operator's own]
    #[arg(long, env = "ADOPTION_NAMESPACES", value_delimiter = ',')]
    pub adoption_namespaces: Option<Vec<String>>,
    /// How long a name stays claimed after a rename, for clients that still write to it
    #[arg(long, env = "NAME_QUARANTINE", default_value = "60s", value_parser = parse_duration)]
    pub name_quarantine: Duration,
    /// How long an archive is kept where spec.archiveRetention doesn't say it: hours, minutes, seconds
    #[arg(long, env = "ARCHIVE_RETENTION", default_value_t)]
    pub archive_retention: Retention,
}

impl TenancyArgs {
    /// What plans depend on.
    #[must_use]
    pub fn rules(&self) -> Rules {
        let name_quarantine = SignedDuration::try_from(self.name_quarantine);
        Rules {
            name_quarantine: name_quarantine.unwrap_or(SignedDuration::MAX),
        }
    }

    /// What wishes depend on.
    #[must_use]
    pub fn allowances(&self, cluster: &ClusterArgs) -> Allowances {
        let adoption_namespaces = self.adoption_namespaces.clone();
        Allowances {
            adoption_namespaces: adoption_namespaces
                .unwrap_or_else(|| vec![cluster.operator_namespace.clone()]),
            archive_retention: self.archive_retention,
        }
    }
}
