//! `organization-operator openapi`: the HTTP API's description, for whoever makes a client of it.

use std::io::Write;

use thiserror::Error;

use super::output;
use crate::http::openapi;

/// The description didn't get out.
#[derive(Debug, Error)]
pub enum Error {
    /// There is none.
    #[error("the description can't be made")]
    Description(#[from] serde_json::Error),
    /// It can't be written there.
    #[error("the description can't be written")]
    Write(#[source] std::io::Error),
}

/// Writes the description, byte for byte as docs/ holds it.
///
/// # Errors
/// See [`Error`].
pub fn print(out: &mut impl Write) -> Result<(), Error> {
    output::write(out, &openapi::json()?).map_err(Error::Write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_the_same_bytes_each_time() {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        print(&mut first).unwrap();
        print(&mut second).unwrap();
        assert!(first.starts_with(b"{\n  \"openapi\": \"3.1.0\""));
        assert!(first.ends_with(b"}\n"));
        assert_eq!(first, second);
    }
}
