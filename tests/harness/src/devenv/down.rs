//! `down`: ends what `up` started, and nothing else.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use organization_operator_harness::home::{Home, Lifetime};
use organization_operator_harness::process::{Process, Spec};

use super::system::SERVERS;
use super::{PATIENCE, operators};
use organization_operator_harness::tell;

/// The operator drains for up to 25 s; a database writes out what it holds.
const GRACE: Duration = Duration::from_secs(30);

pub(super) fn down(home: &Path) -> Result<(), Box<dyn Error>> {
    if !home.exists() {
        tell::say("nothing is up");
        return Ok(());
    }
    let launcher = std::env::current_exe()?;
    let home = Home::open(home, "down", PATIENCE, Lifetime::Detached { launcher })?;
    let mut ended = 0;
    // Those that stand by first, so that none of them takes over.
    let operators = operators::names().rev();
    for name in operators.chain(SERVERS.map(str::to_owned)) {
        ended += u8::from(end(&home, name)?);
    }
    let outcome = if ended == 0 {
        "nothing is up"
    } else {
        "all is down; data, ports and keys stay"
    };
    tell::say(outcome);
    Ok(())
}

/// Ends a part that an earlier process of ours left running; gives whether it ran.
pub(super) fn end(home: &Home, name: String) -> Result<bool, Box<dyn Error>> {
    let pid = Process::left_running(home, &name);
    if let Some(pid) = pid {
        tell::say(&format!("  {name:<24} ending process {pid}"));
    }
    let file = home.pid_file(&name);
    // Known by its pid file alone: nothing else about it is needed to end it.
    let spec = Spec {
        name,
        program: "true".into(),
        args: Vec::new(),
        env: Vec::new(),
        sweep: None,
    };
    let process = Process::new(home, spec);
    process.stop(GRACE)?;
    // That of one that was killed stays behind, and would count as one to be brought back.
    let _ = fs::remove_file(file);
    Ok(pid.is_some())
}
