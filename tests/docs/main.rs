//! The documents against the code: what they leave out, and what they name that isn't there.

mod runbook;

use anyhow::{Context as _, Result};

/// A file of this checkout.
fn read(path: &str) -> Result<String> {
    let whole = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&whole).with_context(|| whole)
}
