//! `run`: the system in the foreground, until Ctrl-C.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use organization_operator_harness::home::{Home, Lifetime};
use organization_operator_harness::process::Process;
use organization_operator_harness::{log, tell, tools};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::system::{SERVERS, System};
use super::{PATIENCE, Settings, env_file, operators, tour};

/// How often the parts are looked at: what a person notices as at once.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What a shell says of a process that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

pub(super) fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let tools = tools::kubernetes()?;
    let helm = tools::chart_tools()?.helm;
    let home = Home::open(&settings.home, "run", PATIENCE, Lifetime::Owner)?;
    if let Some(part) = operators::names()
        .chain(SERVERS.map(str::to_owned))
        .find(|part| Process::left_running(&home, part).is_some())
    {
        return Err(format!("{part} is up already: use it, or `make down` first").into());
    }
    let system = System::new(&home, &tools, settings)?;
    system.ensure(&settings.crds)?;
    let file = env_file::write(&home, &system, &helm)?;
    // Until here Ctrl-C ends this process, and with it whatever it has started.
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // The second one doesn't wait for an orderly end.
        flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&interrupted))?;
        flag::register(signal, Arc::clone(&interrupted))?;
    }
    tour::print(&home, &system, &file, "Ctrl-C");

    let outcome = watch(&system, &interrupted);
    tell::say("\nending");
    for server in system.servers()? {
        server.stop()?;
    }
    outcome
}

fn watch(system: &System, interrupted: &AtomicBool) -> Result<(), Box<dyn Error>> {
    let servers = system.servers()?;
    while !interrupted.load(Ordering::Relaxed) {
        for server in &servers {
            let process = server.process();
            if let Some(status) = process.ended() {
                let (name, path) = (process.name(), process.log());
                let (tail, path) = (log::tail_of(&path, 30), path.display());
                return Err(format!("{name} ended ({status}); the end of {path}:\n{tail}").into());
            }
        }
        thread::sleep(LOOK_EVERY);
    }
    Ok(())
}
