//! Every setting of the process: a flag with an environment variable, parsed once.

mod api;
mod lease;
mod parse;
#[cfg(test)]
mod table;
mod tenancy;
#[cfg(test)]
mod tests;
mod tools;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use api::{ApiArgs, ApiDeletionPolicy};
use clap::{Args, Parser, Subcommand, ValueEnum};
pub use lease::LeaseArgs;
use parse::{parse_database, parse_duration, parse_mongo_url};
use secrecy::SecretString;
pub use tenancy::TenancyArgs;
pub use tools::{AdoptArgs, HashArgs, HealthArgs, OrphansArgs, OutputFormat};

/// Where /livez, /readyz and /metrics are unless a setting says otherwise.
const HEALTH_ADDRESS: &str = "0.0.0.0:8081";

/// Makes an organization (tenant) a Kubernetes resource and keeps MongoDB in agreement with it.
#[derive(Debug, Parser)]
#[command(name = "organization-operator", version, about, max_term_width = 100)]
pub struct Cli {
    /// How to log.
    #[command(flatten)]
    pub log: LogArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the controller and the HTTP service in one process until it is told to stop
    Run(Box<RunCommand>),
    /// Run the controller until it is told to stop
    Controller(Box<ControllerCommand>),
    /// Run the HTTP service until it is told to stop; a controller has to run beside it
    Api(Box<ApiCommand>),
    /// Print the definition of the custom resource
    Crd,
    /// Print the description of the HTTP API, OpenAPI 3.1
    Openapi,
    /// Print the steps that an Organization would need, and take none of them
    ///
    /// Exits with 0 if there is nothing to do, 1 if there is something, 2 and more on an error.
    Plan(Box<PlanArgs>),
    /// Print what the database holds that no Organization speaks for, why, and what to do
    ///
    /// Deletes nothing. Exits with 0 if there is nothing, 1 if there is something, 2 on an error.
    Orphans(Box<OrphansArgs>),
    /// Print the older service's organizations as manifests that take them over
    ///
    /// What can't be taken over is told on standard error. Nothing is written to a tenant.
    Adopt(Box<AdoptArgs>),
    /// Print the bcrypt hash of a password, for spec.admin.passwordHashSecretRef
    ///
    /// The password is read from standard input, or asked for where that is a terminal.
    Hash(HashArgs),
    /// Ask a running operator whether it is well: by default its /readyz
    ///
    /// Exits with 0 if every URL answers with a status of 2xx in time, else with 1.
    Health(HealthArgs),
}

/// How to log, to standard error.
#[derive(Debug, Clone, Args)]
pub struct LogArgs {
    /// What is logged: error, warn, info, debug, trace, or directives as in `info,mongodb=debug`
    #[arg(long, env = "LOG_LEVEL", default_value = "info", global = true)]
    pub log_level: String,
    /// How a line looks
    #[arg(
        long,
        env = "LOG_FORMAT",
        default_value = "json",
        value_enum,
        global = true
    )]
    pub log_format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// An object a line.
    Json,
}

/// Where the tenants are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "MongoDB")]
pub struct MongoArgs {
    /// Connection string, with user, password and TLS options where needed
    #[arg(long, env = "MONGO_URL", default_value = "mongodb://localhost:27017", hide_env_values = true, value_parser = parse_mongo_url)]
    pub mongo_url: SecretString,
    /// File that holds the connection string, preferred to --mongo-url; waited for, and read again when it changes
    #[arg(long, env = "MONGO_URL_FILE")]
    pub mongo_url_file: Option<PathBuf>,
    /// Where that file comes from, as in `Secret tenancy/mongo, key url`: said where it is missing or wrong
    #[arg(long, env = "MONGO_URL_SOURCE")]
    pub mongo_url_source: Option<String>,
    /// Database of the records and the tenants' collections
    #[arg(long, env = "MASTER_DB_NAME", default_value = "master_db", value_parser = parse_database)]
    pub master_db_name: String,
    /// Deadline of a read from MongoDB
    #[arg(long, env = "MONGO_READ_TIMEOUT", default_value = "4s", value_parser = parse_duration)]
    pub mongo_read_timeout: Duration,
    /// Deadline of a write to MongoDB; past it, its outcome is found out by a later read
    #[arg(long, env = "MONGO_WRITE_TIMEOUT", default_value = "10s", value_parser = parse_duration)]
    pub mongo_write_timeout: Duration,
}

/// Where the operator is.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Kubernetes")]
pub struct ClusterArgs {
    /// Namespace that the operator runs in
    #[arg(long, env = "POD_NAMESPACE", default_value = "default")]
    pub operator_namespace: String,
    /// Deadline of each call to the Kubernetes API
    #[arg(long, env = "KUBE_TIMEOUT", default_value = "10s", value_parser = parse_duration)]
    pub kube_timeout: Duration,
}

/// What every process that goes on running needs.
#[derive(Debug, Clone, Args)]
pub struct ProcessArgs {
    /// Where the tenants are.
    #[command(flatten)]
    pub mongo: MongoArgs,
    /// Where the operator is.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Namespaces to watch, comma-separated [default: all]
    #[arg(
        long,
        env = "WATCH_NAMESPACES",
        value_delimiter = ',',
        help_heading = "Kubernetes"
    )]
    pub watch_namespaces: Vec<String>,
    /// Cost of password hashes
    #[arg(long, env = "BCRYPT_COST", default_value_t = 12, value_parser = clap::value_parser!(u32).range(10..=14), help_heading = "Process")]
    pub bcrypt_cost: u32,
    /// Address of /livez, /readyz and /metrics
    #[arg(
        long,
        env = "HEALTH_ADDRESS",
        default_value = HEALTH_ADDRESS,
        help_heading = "Process"
    )]
    pub health_address: SocketAddr,
    /// How long work under way may take to end when the process is told to stop
    #[arg(long, env = "SHUTDOWN_GRACE", default_value = "20s", value_parser = parse_duration, help_heading = "Process")]
    pub shutdown_grace: Duration,
}

impl ProcessArgs {
    /// A scope for each namespace; `None`: all of them.
    #[must_use]
    pub fn namespaces(&self) -> Vec<Option<String>> {
        scopes(&self.watch_namespaces)
    }
}

/// A scope for each of them; none: one for all there are.
fn scopes(namespaces: &[String]) -> Vec<Option<String>> {
    if namespaces.is_empty() {
        vec![None]
    } else {
        namespaces.iter().cloned().map(Some).collect()
    }
}

/// The controller's settings.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Controller")]
pub struct ControllerArgs {
    /// Who it is in the records.
    #[command(flatten)]
    pub tenancy: TenancyArgs,
    /// Which of several replicas acts.
    #[command(flatten)]
    pub lease: LeaseArgs,
    /// Put the definition of this version in place at the start, unless a newer one is there
    #[arg(long, env = "INSTALL_CRDS")]
    pub install_crds: bool,
    /// Which Secrets are watched, so that a change is acted on within 5 s instead of 60 s
    #[arg(long, env = "SECRETS_WATCH", default_value = "cluster", value_enum)]
    pub secrets_watch: SecretsWatch,
    /// How many organizations are worked on at a time
    #[arg(long, env = "CONCURRENCY", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,
    /// How often all organizations are compared with the database, to find drift (varied by 20 %)
    #[arg(long, env = "SWEEP_INTERVAL", default_value = "5m", value_parser = parse_duration)]
    pub sweep_interval: Duration,
}

/// `controller`.
#[derive(Debug, Clone, Args)]
pub struct ControllerCommand {
    /// The process.
    #[command(flatten)]
    pub process: ProcessArgs,
    /// The controller.
    #[command(flatten)]
    pub controller: ControllerArgs,
}

/// `api`.
#[derive(Debug, Clone, Args)]
pub struct ApiCommand {
    /// The process.
    #[command(flatten)]
    pub process: ProcessArgs,
    /// The HTTP service.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// `run`.
#[derive(Debug, Clone, Args)]
pub struct RunCommand {
    /// The process.
    #[command(flatten)]
    pub process: ProcessArgs,
    /// The controller.
    #[command(flatten)]
    pub controller: ControllerArgs,
    /// The HTTP service.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// Which Secrets are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SecretsWatch {
    /// All of the cluster, their metadata only.
    Cluster,
    /// Those of --watch-namespaces, their metadata only.
    Namespaces,
    /// None: each is read by name, at most 60 s after a change.
    Off,
}

/// What is to be planned.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// File with one Organization, or - for standard input
    #[arg(short, long)]
    pub filename: PathBuf,
    /// Plan its deletion
    #[arg(long)]
    pub delete: bool,
    /// Namespace, where the file names none
    #[arg(short, long, default_value = "default")]
    pub namespace: String,
    /// Where the tenants are.
    #[command(flatten)]
    pub mongo: MongoArgs,
    /// Where the operator is.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Who it is in the records.
    #[command(flatten)]
    pub tenancy: TenancyArgs,
}
