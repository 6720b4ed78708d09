//! Programs of this machine: what they print, or why they failed.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use organization_operator_harness::log;

/// Lines of error output that a failure shows.
const TAIL: usize = 30;

/// What the program printed, without blanks at its ends.
///
/// # Errors
/// It can't be started or fails: with the end of its error output.
pub fn output(program: &str, args: &[&str]) -> Result<String> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    let output = command
        .output()
        .with_context(|| format!("{program} can't be started"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "`{program} {}` failed ({}):\n{}",
        args.join(" "),
        output.status,
        log::tail(&said, TAIL)
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// For programs that take long: what they print is seen at once.
///
/// # Errors
/// It can't be started or fails.
pub fn seen(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("{program} can't be started"))?;
    ensure!(status.success(), "{program} failed ({status})");
    Ok(())
}
