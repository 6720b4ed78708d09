//! The command line: one file a subcommand. Exit codes: [`exit`].

mod adopt;
mod api;
mod connect;
mod controller;
pub mod crd;
mod elected;
mod hash;
mod health;
pub mod openapi;
mod orphans;
mod output;
mod plan;
mod process;
mod run;

use std::process::ExitCode;

use clap::Parser;

use self::api::Unwatched;
use crate::{
    auth::secret_files::LoadError,
    config::{Cli, Command},
    runtime::{database::OpenError, telemetry},
};

/// What the process's exit code says.
pub mod exit {
    /// Done; or stopped because it was told to.
    pub const OK: u8 = 0;
    /// `plan`: there is something to do; `orphans`: there are some; `health`: one is not well.
    pub const SOMETHING: u8 = 1;
    /// A setting is wrong.
    pub const BAD_SETTING: u8 = 2;
    /// It could not begin, or came to no answer.
    pub const FAILED: u8 = 3;
    /// A task without which the process is of no use ended.
    pub const TASK_LOST: u8 = 4;
    /// It led, and lost the Lease: it must not go on, and is to be started again.
    pub const LEASE_LOST: u8 = 5;
}

/// Parses the command line and does what it says.
#[must_use]
pub fn run() -> ExitCode {
    // Before anything opens a connection: there is one TLS stack, and no default to fall back to.
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        return fail("a TLS provider is installed already", exit::FAILED);
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nobody reads it any more: then nobody misses it.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::BAD_SETTING));
        }
    };
    if let Err(error) = telemetry::start(&cli.log) {
        return fail(error, exit::BAD_SETTING);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(error, exit::FAILED),
    };
    let code = runtime.block_on(async {
        match cli.command {
            Command::Run(args) => run::run(*args).await,
            Command::Controller(args) => controller::run(*args).await,
            Command::Api(args) => api::run(*args).await,
            Command::Crd => {
                crd::print(&mut std::io::stdout())?;
                Ok(ExitCode::from(exit::OK))
            }
            Command::Openapi => {
                openapi::print(&mut std::io::stdout())?;
                Ok(ExitCode::from(exit::OK))
            }
            Command::Plan(args) => plan::run(*args).await,
            Command::Orphans(args) => orphans::run(*args).await,
            Command::Adopt(args) => adopt::run(*args).await,
            Command::Hash(args) => hash::run(&args),
            Command::Health(args) => health::run(&args).await,
        }
    });
    code.unwrap_or_else(|error| fail(format!("{error:#}"), code_of(&error)))
}

fn code_of(error: &anyhow::Error) -> u8 {
    let is_bad_url = error
        .downcast_ref::<OpenError>()
        .is_some_and(OpenError::is_bad_setting);
    if is_bad_url || error.is::<LoadError>() || error.is::<Unwatched>() {
        exit::BAD_SETTING
    } else {
        exit::FAILED
    }
}

fn fail(error: impl std::fmt::Display, code: u8) -> ExitCode {
    eprintln!("organization-operator: {error}");
    ExitCode::from(code)
}
