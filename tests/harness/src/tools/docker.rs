//! Docker, where an engine answers.

use std::path::PathBuf;
use std::process::Command;

use super::Error;
use super::progress::{output, run};
use crate::tell;

/// The client and what it must know of its caller.
#[derive(Debug, Clone)]
pub struct Docker {
    /// `docker`, looked up in PATH.
    pub program: PathBuf,
    /// The variables by which it finds its engine.
    pub env: Vec<(String, String)>,
}

/// A Docker engine that answers and has `image`, which is pulled when it isn't there yet.
#[must_use]
pub fn docker(image: &str) -> Option<Docker> {
    let absent = || Error::Missing {
        program: "docker",
        remedy: "optional",
    };
    output(
        Command::new("docker").args(["version", "--format", "{{.Server.Version}}"]),
        absent(),
    )
    .ok()?;
    if output(
        Command::new("docker").args(["image", "inspect", image]),
        absent(),
    )
    .is_err()
    {
        tell::progress(&format!("Pulling {image}, once."));
        let mut pull = Command::new("docker");
        pull.args(["pull", "--quiet", image]);
        if let Err(error) = run(&mut pull, absent(), |_, _| "pulling".to_owned()) {
            tell::progress(&format!("  {error}\n  Going on without Docker."));
            return None;
        }
    }
    let names = [
        "HOME",
        "DOCKER_HOST",
        "DOCKER_CONTEXT",
        "DOCKER_CONFIG",
        "XDG_RUNTIME_DIR",
    ];
    let value = |name: &str| Some((name.to_owned(), std::env::var(name).ok()?));
    Some(Docker {
        program: "docker".into(),
        env: names.into_iter().filter_map(value).collect(),
    })
}
