//! The operator's real binary as a process.

use std::path::Path;
use std::time::Duration;

use crate::home::{self, Home};
use crate::probe::{expect_200, http_get};
use crate::process::Spec;
use crate::server::{Error, Server};

/// It drains for up to 25 s when it is asked to end.
const GRACE: Duration = Duration::from_secs(30);

/// An operator with its health, readiness and metrics on a loopback port that stays the same for a
/// home and a name. All calls block; all may come from any thread.
#[derive(Debug)]
pub struct Operator {
    port: u16,
    api_port: u16,
    server: Server,
}

impl Operator {
    /// The operator `name` (of its log and pid file), not started. It gets `env`, PATH, a HOME in
    /// `home`, `HEALTH_ADDRESS` and `API_ADDRESS`, and nothing else of the caller's environment.
    ///
    /// # Errors
    /// No port is free.
    pub fn new(
        home: &Home,
        name: &str,
        binary: &Path,
        args: &[&str],
        env: &[(&str, &str)],
    ) -> Result<Self, home::Error> {
        let port = home.port(name)?;
        let api_port = home.port(&format!("{name}-api"))?;
        let addresses = [
            ("HEALTH_ADDRESS", format!("127.0.0.1:{port}")),
            ("API_ADDRESS", format!("127.0.0.1:{api_port}")),
        ];
        let given = env.iter().map(|(key, value)| (*key, (*value).to_owned()));
        let spec = Spec {
            name: name.to_owned(),
            program: binary.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: given
                .chain(addresses)
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
            sweep: None,
        };
        let ready = move || expect_200(http_get(port, "/readyz"));
        Ok(Self {
            port,
            api_port,
            server: Server::new(home, spec, ready).with_grace(GRACE),
        })
    }

    /// Starts it, and doesn't wait for it.
    ///
    /// # Errors
    /// It runs already, or the binary is missing.
    pub fn spawn(&self) -> Result<(), Error> {
        Ok(self.server.process().start()?)
    }

    /// Starts it and waits until /readyz answers 200.
    ///
    /// # Errors
    /// It ends or doesn't become ready: with the end of its log.
    pub fn start(&self) -> Result<(), Error> {
        self.server.start()
    }

    /// Waits until /readyz answers 200.
    ///
    /// # Errors
    /// It ends or doesn't become ready within `limit`: with the end of its log.
    pub fn wait_ready(&self, limit: Duration) -> Result<(), Error> {
        self.server.wait_ready(limit)
    }

    /// SIGTERM, and waits until it has ended; kills it after 30 s.
    ///
    /// # Errors
    /// It can't be killed.
    pub fn terminate(&self) -> Result<(), Error> {
        self.server.stop()
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Errors
    /// It can't be killed.
    pub fn kill9(&self) -> Result<(), Error> {
        self.server.kill9()
    }

    /// Status and body of `path` (`/livez`, `/readyz`, `/metrics`).
    ///
    /// # Errors
    /// It doesn't answer; as a sentence.
    pub fn get(&self, path: &str) -> Result<(u16, String), String> {
        http_get(self.port, path)
    }

    /// All that it has written, over all its starts.
    #[must_use]
    pub fn log(&self) -> String {
        // Before the first start there is none.
        let bytes = std::fs::read(self.server.process().log()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// `127.0.0.1:PORT` of /livez, /readyz and /metrics.
    #[must_use]
    pub fn health_address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `http://127.0.0.1:PORT` of the HTTP API, where it serves one.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.api_port)
    }

    /// The process, for all else.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }
}
