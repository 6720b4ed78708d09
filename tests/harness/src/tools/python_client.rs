//! Clients of the HTTP API that are written in Python: tools of the tests only.

use std::path::PathBuf;

use super::Error;
use super::python::Environment;

const PYTHON_MISSING: &str = "clients of the HTTP API that the tests run are written in it. \
     Python 3.10 or newer with venv: https://python.org, or the packages `python3 python3-venv`";

const OLDER: Environment = Environment {
    name: "older-client",
    requirements: concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../clients/older/requirements.txt"
    ),
    remedy: PYTHON_MISSING,
};

const SCHEMATHESIS: Environment = Environment {
    name: "schemathesis",
    requirements: concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../clients/schemathesis/requirements.txt"
    ),
    remedy: PYTHON_MISSING,
};

/// A Python that has what a client of the older service imports.
///
/// # Errors
/// Python is missing, pip fails (with its output's end), or the cache can't be written.
pub fn older_client() -> Result<PathBuf, Error> {
    Ok(OLDER.bin()?.join("python"))
}

/// The program `schemathesis`, which makes requests of an API's own description.
///
/// # Errors
/// As [`older_client`].
pub fn schemathesis() -> Result<PathBuf, Error> {
    Ok(SCHEMATHESIS.bin()?.join("schemathesis"))
}
