//! A real browser, driven over HTTP (WebDriver).

use std::path::PathBuf;

use crate::home::{self, Home};
use crate::probe::listens;
use crate::process::Spec;
use crate::server::{self, Server};
use crate::tools;

/// Why there is no browser.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its programs can't be had.
    #[error(transparent)]
    Tools(#[from] tools::Error),
    /// Its directory can't be used.
    #[error(transparent)]
    Home(#[from] home::Error),
    /// Its driver doesn't start.
    #[error(transparent)]
    Server(#[from] server::Error),
}

/// Chromium's driver on a loopback port. All calls block.
#[derive(Debug)]
pub struct Browser {
    port: u16,
    profile: PathBuf,
    program: PathBuf,
    /// Ended with this, and the browser with it.
    _driver: Server,
}

impl Browser {
    /// Starts the driver `name` (of its log and pid file) and waits until it answers.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn start(home: &Home, name: &str) -> Result<Self, Error> {
        let tools = tools::chromium()?;
        let port = home.port(name)?;
        let profile = home.data(name);
        // A browser outlives a driver that is killed. Its lock leads to `<host>-<process id>`.
        let lock = profile.join("SingletonLock");
        let sweep = format!(
            r#"pid=$(readlink '{}') && kill -KILL "${{pid##*-}}""#,
            lock.display()
        );
        let spec = Spec {
            name: name.to_owned(),
            program: tools.driver,
            args: vec![format!("--port={port}")],
            env: Vec::new(),
            sweep: Some(sweep),
        };
        let driver = Server::new(home, spec, move || listens(port));
        driver.start()?;
        Ok(Self {
            port,
            profile,
            program: tools.browser,
            _driver: driver,
        })
    }

    /// Where WebDriver's clients connect to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The browser that is to be driven.
    #[must_use]
    pub fn program(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    /// How the browser is to be started: without a screen, also as root, with a profile of its own,
    /// and asking nobody on the internet for anything.
    #[must_use]
    pub fn args(&self) -> Vec<String> {
        let fixed = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,1600",
        ];
        let profile = format!("--user-data-dir={}", self.profile.display());
        fixed
            .into_iter()
            .map(str::to_owned)
            .chain([profile])
            .collect()
    }
}
