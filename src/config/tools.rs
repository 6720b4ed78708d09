//! The settings of the commands that look at a database and go again.

use clap::{Args, ValueEnum};

use super::{ClusterArgs, MongoArgs};

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
