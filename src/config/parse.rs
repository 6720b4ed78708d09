//! Values of settings that clap can't parse itself.

use std::time::Duration;

use http::{Uri, uri::Scheme};
use secrecy::SecretString;

/// What MongoDB refuses in a database's name.
const NOT_IN_A_DATABASE_NAME: &[char] = &[
    '/', '\\', '.', ' ', '"', '$', '*', '<', '>', ':', '|', '?', '\0',
];

/// MongoDB's own bound, in bytes.
const MAX_DATABASE_NAME: usize = 63;

/// Databases that are MongoDB's own.
const RESERVED_DATABASES: [&str; 3] = ["admin", "config", "local"];

/// A connection string: only its scheme is judged here, and no error holds its text.
pub(super) fn parse_mongo_url(text: &str) -> Result<SecretString, String> {
    let text = text.trim();
    if text.starts_with("mongodb://") || text.starts_with("mongodb+srv://") {
        Ok(SecretString::from(text))
    } else {
        Err("a connection string begins with mongodb:// or mongodb+srv://".to_owned())
    }
}

/// Any text: what it has to be is judged where it is used.
#[expect(clippy::unnecessary_wraps, reason = "clap takes parsers that may fail")]
pub(super) fn parse_secret(text: &str) -> Result<SecretString, String> {
    Ok(SecretString::from(text))
}

pub(super) fn parse_database(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > MAX_DATABASE_NAME {
        return Err(format!(
            "a database name has 1 to {MAX_DATABASE_NAME} bytes"
        ));
    }
    if text.contains(NOT_IN_A_DATABASE_NAME) {
        return Err("a database name can't hold / \\ . space \" $ * < > : | ? or NUL".to_owned());
    }
    if RESERVED_DATABASES.contains(&text) {
        return Err("that database is MongoDB's own".to_owned());
    }
    Ok(text.to_owned())
}

/// `10s`, `5m`, `1h 30m`; more than nothing.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it must be more than nothing".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}; write it as in 10s, 5m or 1h")),
    }
}

/// `http://HOST[:PORT][/PATH]`.
pub(super) fn parse_http_url(text: &str) -> Result<Uri, String> {
    let uri = text.parse::<Uri>().map_err(|error| error.to_string())?;
    if uri.scheme() == Some(&Scheme::HTTP) && uri.host().is_some_and(|host| !host.is_empty()) {
        Ok(uri)
    } else {
        Err("a URL to ask begins with http:// and names a host".to_owned())
    }
}
