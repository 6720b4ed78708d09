//! Starting a child so that it ends with its owner, or so that it outlives it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::{Error, Running, Spec, identity};
use crate::home::{self, Home, Lifetime};

/// Leaves a watcher behind and becomes the command, whose process id is therefore the shell's.
///
/// The watcher reads the pipe that only the owner holds. A line says that the process has ended; the
/// end of the file that the owner is gone, whatever took it: so the process must go. PDEATHSIG would
/// need `unsafe` code and fires when a thread ends; a destructor doesn't run on `kill -9`.
const GUARD: &str = r#"
sweep=$1; shift
exec 3<&0
( trap '' HUP INT TERM
  read -r _ <&3 || { kill -KILL $$; [ -z "$sweep" ] || eval "$sweep"; }
) >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
"#;

pub(super) fn spawn(home: &Home, spec: &Spec) -> Result<Running, Error> {
    let log_path = home.log(&spec.name);
    let mut options = OpenOptions::new();
    options.create(true).append(true).mode(0o600);
    let log = options
        .open(&log_path)
        .map_err(home::Error::io(&log_path))?;
    let log_too = log.try_clone().map_err(home::Error::io(&log_path))?;

    let mut command = match home.lifetime() {
        Lifetime::Owner => {
            let mut shell = Command::new("sh");
            shell.args([
                "-c",
                GUARD,
                "guard",
                spec.sweep.as_deref().unwrap_or_default(),
            ]);
            shell.stdin(Stdio::piped());
            // Ctrl-C in a terminal goes to the owner alone, which ends its servers in order.
            shell.process_group(0);
            shell
        }
        Lifetime::Detached { launcher } => {
            let mut launch = Command::new(launcher);
            launch.args(["detach", "--"]).stdin(Stdio::null());
            launch
        }
    };
    command
        .arg(&spec.program)
        .args(&spec.args)
        .stdout(log)
        .stderr(log_too);
    // Whatever a program keeps in its user's home, it keeps in here.
    command
        .env_clear()
        .env("HOME", home.dir())
        .current_dir(home.dir());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.envs(spec.env.iter().cloned());
    command.env(identity::MARK, identity::mark(home, &spec.name));
    let spawned = command.spawn();
    let mut child = spawned.map_err(|source| Error::Spawn {
        name: spec.name.clone(),
        program: spec.program.clone(),
        source,
    })?;
    Ok(match home.lifetime() {
        Lifetime::Owner => {
            let leash = child.stdin.take();
            Running::Child { child, leash }
        }
        Lifetime::Detached { .. } => Running::Detached { pid: child.id() },
    })
}
