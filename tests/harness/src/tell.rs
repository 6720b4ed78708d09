//! Telling a person, who may have stopped listening: `make up | head` must not end the system.

use std::io::Write;

/// A line on standard output: results.
pub fn say(line: &str) {
    // Nobody reads it: then nobody misses it. println! would panic.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line on standard error: what is being done, and what went wrong.
pub fn progress(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
