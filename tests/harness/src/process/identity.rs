//! Which process a pid file means: numbers are used again, so a number alone is never signalled.

use std::fs;

use crate::home::Home;

/// The variable by which a process of ours is recognised in `/proc/PID/environ`.
pub(super) const MARK: &str = "ORGANIZATION_OPERATOR_DEVENV";

/// What [`MARK`] is set to: unique for a home and a part of it.
pub(super) fn mark(home: &Home, name: &str) -> String {
    format!("{}#{name}", home.dir().display())
}

/// The process that the pid file of `name` means, if it runs.
pub(super) fn running(home: &Home, name: &str) -> Option<u32> {
    let pid = fs::read_to_string(home.pid_file(name))
        .ok()?
        .trim()
        .parse()
        .ok()?;
    is(pid, home, name).then_some(pid)
}

/// Process `pid` is the part `name` of this home. A dead one that nobody has reaped yet has no
/// environment any more, so it isn't.
pub(super) fn is(pid: u32, home: &Home, name: &str) -> bool {
    let entry = format!("{MARK}={}", mark(home, name));
    fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environ| {
        environ
            .split(|byte| *byte == 0)
            .any(|e| e == entry.as_bytes())
    })
}
