//! What a client is made of.

use std::{sync::Arc, time::Duration};

use mongodb::{
    error::ErrorKind,
    options::{
        ClientOptions, ReadConcern, ReadPreference, SelectionCriteria, ServerMonitoringMode,
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

use super::observer::{CommandObserver, event_handler};

/// How the store talks to MongoDB, whichever the URL.
#[derive(Clone)]
pub struct MongoSettings {
    /// The database of the records and of the tenants' collections.
    pub database: String,
    /// What the server's log calls this process, unless the URL says otherwise.
    pub app_name: String,
    /// How long anything may take.
    pub timeouts: MongoTimeouts,
    /// The most connections to a server, unless the URL says otherwise.
    pub max_pool_size: u32,
    /// Told of every command.
    pub observer: Arc<dyn CommandObserver>,
}

/// How long anything may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MongoTimeouts {
    /// Finding the primary, unless the URL says otherwise. Below [`Self::read`], so that the answer
    /// is "no primary" and not just "too late".
    pub server_selection: Duration,
    /// One connection, unless the URL says otherwise.
    pub connect: Duration,
    /// Between two looks at each server, unless the URL says otherwise.
    pub heartbeat: Duration,
    /// A connection that nobody uses, unless the URL says otherwise. Below what load balancers and
    /// servers allow it, some minutes: a write on one that they have closed has no known outcome.
    pub idle: Duration,
    /// A read, from the call to its answer.
    pub read: Duration,
    /// A write, from the call to its answer: past it the outcome is unknown, and the write goes on.
    pub write: Duration,
}

impl Default for MongoTimeouts {
    fn default() -> Self {
        Self {
            server_selection: Duration::from_secs(3),
            connect: Duration::from_secs(2),
            heartbeat: Duration::from_secs(2),
            idle: Duration::from_mins(1),
            read: Duration::from_secs(4),
            write: Duration::from_secs(10),
        }
    }
}

/// Why no client can be made of a URL. Never holds a part of it: the password may be anywhere in a
/// URL that is written wrongly.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConnectError {
    /// It is no connection string.
    #[error(
        "the MongoDB URL is no valid connection string: it begins with mongodb:// or \
         mongodb+srv://, names a host, percent-encodes user and password, and has only options \
         that the Rust driver knows"
    )]
    Url,
    /// The name behind mongodb+srv:// can't be resolved.
    #[error("the host name in the mongodb+srv:// URL can't be resolved")]
    Resolution,
    /// The files or options of TLS can't be used.
    #[error("the TLS options of the MongoDB URL can't be used: {0}")]
    Tls(String),
}

impl ConnectError {
    pub(super) fn of(error: &mongodb::error::Error) -> Self {
        match error.kind.as_ref() {
            ErrorKind::DnsResolve { .. } => Self::Resolution,
            ErrorKind::InvalidTlsConfig { message, .. } => Self::Tls(message.clone()),
            _ => Self::Url,
        }
    }
}

impl MongoSettings {
    pub(super) async fn client_options(
        &self,
        url: &SecretString,
    ) -> Result<ClientOptions, ConnectError> {
        let parsed = ClientOptions::parse(url.expose_secret()).await;
        let mut options = parsed.map_err(|error| ConnectError::of(&error))?;
        let timeouts = &self.timeouts;
        options
            .app_name
            .get_or_insert_with(|| self.app_name.clone());
        options
            .server_selection_timeout
            .get_or_insert(timeouts.server_selection);
        options.connect_timeout.get_or_insert(timeouts.connect);
        options.heartbeat_freq.get_or_insert(timeouts.heartbeat);
        options.max_idle_time.get_or_insert(timeouts.idle);
        options.max_pool_size.get_or_insert(self.max_pool_size);
        // The streaming monitor was unusable for 6.5 s after a state-change error.
        options.server_monitoring_mode = Some(ServerMonitoringMode::Poll);
        // Decisions are made on what is read: never on a secondary's past, or on what a new primary
        // may yet roll back.
        options.selection_criteria =
            Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
        options.read_concern = Some(ReadConcern::majority());
        options.command_event_handler = Some(event_handler(Arc::clone(&self.observer)));
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::mongo::observer::Unobserved;

    #[tokio::test]
    async fn connections_end_before_others_close_them_unless_the_url_says_when() {
        let settings = MongoSettings {
            database: "tenants".to_owned(),
            app_name: "test".to_owned(),
            timeouts: MongoTimeouts::default(),
            max_pool_size: 1,
            observer: Arc::new(Unobserved),
        };
        for (url, idle) in [
            ("mongodb://localhost", Duration::from_mins(1)),
            (
                "mongodb://localhost/?maxIdleTimeMS=5000",
                Duration::from_secs(5),
            ),
        ] {
            let options = settings.client_options(&SecretString::from(url)).await;
            assert_eq!(options.unwrap().max_idle_time, Some(idle), "{url}");
        }
    }
}
