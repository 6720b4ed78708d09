//! SecantusDB: a server that speaks MongoDB's protocol, for machines without mongod and Docker.
//! GPL: a tool of tests and trials only.

use std::path::PathBuf;

use super::Error;
use super::python::Environment;

const ENVIRONMENT: Environment = Environment {
    name: "secantusdb",
    requirements: concat!(env!("CARGO_MANIFEST_DIR"), "/requirements.txt"),
    remedy: "without mongod or Docker it runs SecantusDB in MongoDB's place. \
     Python 3.10 or newer with venv: https://python.org, or the packages `python3 python3-venv`",
};

/// The server's program.
///
/// # Errors
/// Python is missing, pip fails (with its output's end), or the cache can't be written.
pub fn secantus() -> Result<PathBuf, Error> {
    Ok(ENVIRONMENT.bin()?.join("secantusd-py"))
}
