//! Logs, to standard error.

use thiserror::Error;
use tracing_subscriber::{
    EnvFilter, filter::ParseError, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::config::{LogArgs, LogFormat};

/// Targets that print bodies (Secrets, documents, credentials on the wire) at the levels that are
/// cut off here, whatever --log-level says.
const SILENCED: [&str; 6] = [
    // Prints whole answers that it can't parse, Secrets among them, at WARN.
    "kube_client::client=error",
    "mongodb=info",
    "hyper=info",
    "hyper_util=info",
    "rustls=info",
    "tower=info",
];

/// The logs can't be set up.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// --log-level holds no filter.
    #[error("--log-level: {0}")]
    Level(#[from] ParseError),
    /// Somebody set them up before.
    #[error("the logs are set up already")]
    Twice,
}

/// Sets up the logs of the process.
///
/// # Errors
/// [`TelemetryError`].
pub fn start(args: &LogArgs) -> Result<(), TelemetryError> {
    let registry = tracing_subscriber::registry().with(filter(&args.log_level)?);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let started = match args.log_format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
    started.map_err(|_| TelemetryError::Twice)?;
    std::panic::set_hook(Box::new(|panic| {
        // Not its text, which may quote what a client sent.
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a panic");
    }));
    Ok(())
}

/// What is logged. The silenced targets come last, since the last directive for a target holds.
fn filter(level: &str) -> Result<EnvFilter, ParseError> {
    let filter = EnvFilter::builder().parse(level)?;
    SILENCED.iter().try_fold(filter, |filter, directive| {
        Ok(filter.add_directive(directive.parse()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_trace_the_targets_that_print_bodies_stay_silent() {
        let text = filter("trace,kube_client::client=trace,mongodb=trace")
            .unwrap()
            .to_string();
        for silenced in SILENCED {
            assert!(text.contains(silenced), "{silenced} is not in {text}");
        }
        assert!(!text.contains("mongodb=trace"), "{text}");
    }

    #[test]
    fn a_level_that_is_none_is_an_error() {
        assert!(filter("loud=very").is_err());
    }
}
