//! The binary: no logic, see [`devenv`].

mod devenv;

use std::process::ExitCode;

fn main() -> ExitCode {
    devenv::main()
}
