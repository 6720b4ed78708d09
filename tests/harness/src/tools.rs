//! The programs behind the servers: built or installed once, kept outside the checkout.

mod cache;
mod chromium;
mod docker;
mod go;
mod helm;
mod kubernetes;
mod lint;
mod progress;
mod python;
mod python_client;
mod secantus;

use std::path::PathBuf;

pub use chromium::{Chromium, chromium};
pub use docker::{Docker, docker};
pub use helm::{ChartTools, chart_tools};
pub use kubernetes::{ToolPaths, kubernetes};
pub use lint::{ChartLinters, chart_linters, hadolint};
pub use python_client::{older_client, schemathesis};
pub use secantus::secantus;

/// Why a tool can't be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program that this machine must bring is not there.
    #[error("`{program}` is missing: {remedy}")]
    Missing {
        /// The program.
        program: &'static str,
        /// How to get it.
        remedy: &'static str,
    },
    /// A command that builds or installs failed.
    #[error("`{command}` failed ({status}); the end of its output:\n{tail}")]
    Failed {
        /// The command, shortened.
        command: String,
        /// How it ended.
        status: String,
        /// The last lines of its output.
        tail: String,
    },
    /// The cache can't be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no place for a cache.
    #[error("neither XDG_CACHE_HOME nor HOME is set: where should built tools be kept?")]
    NoCache,
}

impl Error {
    fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}
