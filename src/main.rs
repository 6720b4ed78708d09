//! The binary: no logic, see [`organization_operator::cli`].

fn main() -> std::process::ExitCode {
    organization_operator::cli::run()
}
