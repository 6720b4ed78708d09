//! `devenv`: the whole system on this machine, in the foreground or detached. The Makefile calls it.

mod down;
mod env_file;
mod operators;
mod run;
mod secret;
mod system;
mod tour;
mod up;

use std::error::Error;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use organization_operator_harness::{tell, tools};

/// How long one command waits for another one in the same directory: a start, with everything
/// there is to install.
const PATIENCE: Duration = Duration::from_mins(10);

/// A real Kubernetes control plane, a MongoDB and the operator, on loopback.
#[derive(Debug, Parser)]
#[command(name = "devenv")]
struct Cli {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Builds the control plane's programs and Helm, looks for a database and installs clients, unless that
    /// has been done.
    Tools,
    /// Starts everything and stays; Ctrl-C ends everything.
    Run(Settings),
    /// Starts everything, or what of it doesn't answer, and returns when the operator is ready.
    Up(Settings),
    /// Ends everything that `up` started; data, ports and keys stay.
    Down {
        /// Where it all lives.
        #[arg(long, default_value = ".run")]
        home: PathBuf,
    },
    /// Makes a session of its own and becomes the command.
    #[command(hide = true)]
    Detach {
        /// The command.
        #[arg(last = true, required = true)]
        command: Vec<std::ffi::OsString>,
    },
}

#[derive(Debug, Args)]
struct Settings {
    /// Where it all lives: data, logs, pid files, keys.
    #[arg(long, default_value = ".run")]
    home: PathBuf,
    /// The directory of the definitions (CRDs) that are applied.
    #[arg(long, default_value = "crds")]
    crds: PathBuf,
    /// The operator's binary; by default the one beside this program.
    #[arg(long, env = "DEVENV_OPERATOR")]
    operator: Option<PathBuf>,
    /// How many operators there shall be, of which one acts; by default as many as there are.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=9))]
    operators: Option<u8>,
}

pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Subcommands::Tools => prepare(),
        Subcommands::Run(settings) => run::run(&settings),
        Subcommands::Up(settings) => up::up(&settings),
        Subcommands::Down { home } => down::down(&home),
        Subcommands::Detach { command } => detach(&command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell::progress(&format!("devenv: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// What takes long, ahead of the tests, whose output nobody sees while they run.
fn prepare() -> Result<(), Box<dyn Error>> {
    tools::kubernetes()?;
    tools::chart_tools()?;
    tools::older_client()?;
    tools::schemathesis()?;
    tools::chromium()?;
    Ok(organization_operator_harness::mongo::prepare()?)
}

/// Returns only on failure.
fn detach(command: &[std::ffi::OsString]) -> Result<(), Box<dyn Error>> {
    nix::unistd::setsid()?;
    // A caller may have left pipes open for us (make's job server, a test runner's): whoever reads
    // from one would wait for as long as the command runs.
    let number = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    let open: Vec<i32> = std::fs::read_dir("/proc/self/fd")?
        .flatten()
        .filter_map(number)
        .collect();
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2) {
        // That of the directory itself is closed already.
        let _ = nix::unistd::close(descriptor);
    }
    let [program, args @ ..] = command else {
        return Err("no command".into());
    };
    let error = Command::new(program).args(args).exec();
    Err(format!("{}: {error}", program.to_string_lossy()).into())
}
