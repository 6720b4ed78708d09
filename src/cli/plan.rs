//! `organization-operator plan`.

use std::process::ExitCode;

use crate::config::PlanArgs;

pub async fn run(_args: PlanArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not yet")
}
