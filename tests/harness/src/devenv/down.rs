//! `down`: ends what `up` started, and nothing else.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use organization_operator_harness::home::{Home, Lifetime};
use organization_operator_harness::process::{Process, Spec};

use super::PATIENCE;
use super::system::PARTS;
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
    for name in PARTS {
        let Some(pid) = Process::left_running(&home, name) else {
            continue;
        };
        tell::say(&format!("  {name:<24} ending process {pid}"));
        // Known by its pid file alone: nothing else about it is needed to end it.
        let spec = Spec {
            name: name.to_owned(),
            program: "true".into(),
            args: Vec::new(),
            env: Vec::new(),
            sweep: None,
        };
        Process::new(&home, spec).stop(GRACE)?;
        ended += 1;
    }
    let outcome = if ended == 0 {
        "nothing is up"
    } else {
        "all is down; data, ports and keys stay"
    };
    tell::say(outcome);
    Ok(())
}
