//! The HTTP service's settings.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{ArgAction, Args, ValueEnum};
use ipnet::IpNet;
use secrecy::SecretString;

use super::parse::{parse_duration, parse_secret};
use crate::{
    auth::{limiter::LimiterSettings, secret_files::SecretSources},
    crd::DeletionPolicy,
    http::{client_address::TrustedProxies, server::ServerLimits},
};

/// The HTTP service's settings.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "HTTP service")]
pub struct ApiArgs {
    /// Address of the HTTP API
    #[arg(long, env = "API_ADDRESS", default_value = "0.0.0.0:8000")]
    pub api_address: SocketAddr,
    /// Namespace of the organizations that are made through HTTP [default: the operator's own]
    #[arg(long, env = "API_NAMESPACE")]
    pub api_namespace: Option<String>,
    /// Let strangers make organizations by POST /org/create, and adopt the older service's on their first write
    #[arg(long, env = "SELF_SERVICE")]
    pub self_service: bool,
    /// How many organizations may be made through HTTP in all
    #[arg(long, env = "MAX_ORGANIZATIONS", default_value_t = 1000)]
    pub max_organizations: usize,
    /// What becomes of the data of an organization that was made through HTTP, once it is deleted
    #[arg(
        long,
        env = "API_DELETION_POLICY",
        default_value = "delete",
        value_enum
    )]
    pub api_deletion_policy: ApiDeletionPolicy,
    /// Let everyone read every organization by GET /org/get, as the older service did
    #[arg(long, env = "ALLOW_ANONYMOUS_READ")]
    pub allow_anonymous_read: bool,
    /// Key that signs tokens, at least 32 bytes
    #[arg(long, env = "JWT_SECRET", hide_env_values = true, value_parser = parse_secret)]
    pub jwt_secret: Option<SecretString>,
    /// File that holds the key; read again when it changes, and preferred to --jwt-secret
    #[arg(long, env = "JWT_SECRET_FILE")]
    pub jwt_secret_file: Option<PathBuf>,
    /// Secret in the operator's own namespace that holds the key as jwt-secret, and another one that is accepted as jwt-secret-previous; made where there is none, read again when it changes, and preferred to both
    #[arg(long, env = "JWT_SECRET_NAME")]
    pub jwt_secret_name: Option<String>,
    /// Key that tokens are still accepted of, while keys are rotated
    #[arg(long, env = "JWT_SECRET_PREVIOUS", hide_env_values = true, value_parser = parse_secret)]
    pub jwt_secret_previous: Option<SecretString>,
    /// Files that hold such keys, comma-separated; read again when they change
    #[arg(long, env = "JWT_SECRET_PREVIOUS_FILES", value_delimiter = ',')]
    pub jwt_secret_previous_files: Vec<PathBuf>,
    /// Start with a short or well-known key: never where anybody else can reach it
    #[arg(long, env = "INSECURE_DEV")]
    pub insecure_dev: bool,
    /// Taken from the older service's settings, and changes nothing: a key is always required
    #[arg(long, env = "REQUIRE_JWT_SECRET", hide = true, num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    pub require_jwt_secret: Option<String>,
    /// How long an access token is good
    #[arg(long, env = "ACCESS_TOKEN_LIFETIME", default_value = "168h", value_parser = parse_duration)]
    pub access_token_lifetime: Duration,
    /// How long a refresh token is good, counted from its own issue
    #[arg(long, env = "REFRESH_TOKEN_LIFETIME", default_value = "720h", value_parser = parse_duration)]
    pub refresh_token_lifetime: Duration,
    /// Networks of the proxies whose X-Forwarded-For is believed, comma-separated
    #[arg(long, env = "TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
    /// Failed logins a minute of one client to one account, before it is refused unheard
    #[arg(long, env = "LOGIN_FAILURES", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub login_failures: u32,
    /// Failed logins a minute of one client to all accounts
    #[arg(long, env = "CLIENT_LOGIN_FAILURES", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub client_login_failures: u32,
    /// POST /org/create a minute of one client
    #[arg(long, env = "CREATES", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub creates: u32,
    /// Connections at a time
    #[arg(long, env = "API_CONNECTIONS", default_value_t = ServerLimits::default().connections)]
    pub api_connections: usize,
    /// How long requests are still taken after the process was told to stop: until nobody sends any more
    #[arg(long, env = "DRAIN_DELAY", default_value = "5s", value_parser = parse_duration)]
    pub drain_delay: Duration,
}

/// What of the process's grace is kept for what comes after the last request.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// What becomes of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ApiDeletionPolicy {
    /// It is dropped.
    Delete,
    /// It is kept in the archive for the operator's --archive-retention.
    Archive,
    /// It stays.
    Retain,
}

impl From<ApiDeletionPolicy> for DeletionPolicy {
    fn from(policy: ApiDeletionPolicy) -> Self {
        match policy {
            ApiDeletionPolicy::Delete => Self::Delete,
            ApiDeletionPolicy::Archive => Self::Archive,
            ApiDeletionPolicy::Retain => Self::Retain,
        }
    }
}

impl ApiArgs {
    /// Where the keys of the tokens are, but for the cluster's Secret.
    #[must_use]
    pub fn secrets(&self) -> SecretSources {
        SecretSources {
            secret: self.jwt_secret.clone(),
            secret_file: self.jwt_secret_file.clone(),
            object: None,
            previous: self.jwt_secret_previous.clone(),
            previous_files: self.jwt_secret_previous_files.clone(),
            insecure_dev: self.insecure_dev,
        }
    }

    /// How much is too much.
    #[must_use]
    pub fn throttling(&self) -> LimiterSettings {
        LimiterSettings {
            account_failures: self.login_failures,
            client_failures: self.client_login_failures,
            creates: self.creates,
            ..LimiterSettings::default()
        }
    }

    /// What clients may take up, in a process that has that long to end.
    #[must_use]
    pub fn limits(&self, grace: Duration) -> ServerLimits {
        ServerLimits {
            connections: self.api_connections,
            drain_accepting: self.drain_delay,
            drain_total: grace.saturating_sub(AFTERWARDS),
            ..ServerLimits::default()
        }
    }

    /// Whose X-Forwarded-For is believed.
    #[must_use]
    pub fn proxies(&self) -> TrustedProxies {
        TrustedProxies::new(self.trusted_proxies.clone())
    }
}
