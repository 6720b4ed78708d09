//! The settings of the commands that look at a database and go again.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use clap::{Args, ValueEnum};
use http::Uri;

use super::{
    ClusterArgs, HEALTH_ADDRESS, MongoArgs,
    parse::{parse_duration, parse_http_url},
};

/// `orphans`.
#[derive(Debug, Clone, Args)]
pub struct OrphansArgs {
    /// How it is printed
    #[arg(short, long, default_value = "table", value_enum)]
    pub output: OutputFormat,
    /// Namespaces to look for objects in, comma-separated [default: all]
    #[arg(
        long,
        env = "WATCH_NAMESPACES",
        value_delimiter = ',',
        help_heading = "Kubernetes"
    )]
    pub watch_namespaces: Vec<String>,
    /// Name of this cluster in the records [default: uid of namespace kube-system]
    #[arg(long, env = "CLUSTER_ID", help_heading = "Tenants")]
    pub cluster_id: Option<String>,
    /// Where the tenants are.
    #[command(flatten)]
    pub mongo: MongoArgs,
}

impl OrphansArgs {
    /// Where objects are looked for; `None`: everywhere.
    #[must_use]
    pub fn namespaces(&self) -> Vec<Option<String>> {
        super::scopes(&self.watch_namespaces)
    }
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Table,
    /// An array of objects.
    Json,
}

/// `adopt`.
#[derive(Debug, Clone, Args)]
pub struct AdoptArgs {
    /// Apply the manifests too
    #[arg(long)]
    pub apply: bool,
    /// Namespace of the Organizations [default: the operator's own]
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Where the tenants are.
    #[command(flatten)]
    pub mongo: MongoArgs,
    /// Where the operator is.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

impl AdoptArgs {
    /// The namespace of the Organizations.
    #[must_use]
    pub fn namespace(&self) -> &str {
        let own = &self.cluster.operator_namespace;
        self.namespace.as_ref().unwrap_or(own)
    }
}

/// What is to be hashed.
#[derive(Debug, Clone, Args)]
pub struct HashArgs {
    /// bcrypt's cost
    #[arg(long, env = "BCRYPT_COST", default_value_t = 12, value_parser = clap::value_parser!(u32).range(10..=16))]
    pub cost: u32,
}

/// `health`.
#[derive(Debug, Clone, Args)]
pub struct HealthArgs {
    /// URLs to ask, http:// only [default: /readyz at --health-address]
    #[arg(value_name = "URL", value_parser = parse_http_url)]
    pub urls: Vec<Uri>,
    /// Address of /livez, /readyz and /metrics
    #[arg(long, env = "HEALTH_ADDRESS", default_value = HEALTH_ADDRESS)]
    pub health_address: SocketAddr,
    /// How long all answers may take
    #[arg(long, default_value = "5s", value_parser = parse_duration)]
    pub timeout: Duration,
}

impl HealthArgs {
    /// Whom to ask.
    #[must_use]
    pub fn urls(&self) -> Vec<Uri> {
        if self.urls.is_empty() {
            own_readyz(self.health_address).into_iter().collect()
        } else {
            self.urls.clone()
        }
    }
}

/// An operator that takes connections from everywhere is asked by way of loopback.
fn own_readyz(mut address: SocketAddr) -> Option<Uri> {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}/readyz").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_that_listens_everywhere_is_asked_by_way_of_loopback() {
        for (address, asked) in [
            ("0.0.0.0:8081", "http://127.0.0.1:8081/readyz"),
            ("[::]:8082", "http://[::1]:8082/readyz"),
            ("10.1.2.3:80", "http://10.1.2.3:80/readyz"),
        ] {
            let uri = own_readyz(address.parse().unwrap()).unwrap();
            assert_eq!(uri.to_string(), asked);
        }
    }
}
