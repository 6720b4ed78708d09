//! Helm and the chart.

use std::{path::Path, process::Command, sync::OnceLock};

use anyhow::{Context as _, Result, anyhow, bail};
use organization_operator_harness::tools::{self, ChartTools};

pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
pub const CHART: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../charts/organization-operator"
);

/// Of Helm where it has no cluster.
const HOME: &str = env!("CARGO_TARGET_TMPDIR");

pub fn chart_tools() -> Result<&'static ChartTools> {
    static TOOLS: OnceLock<Result<ChartTools, String>> = OnceLock::new();
    let tools = TOOLS.get_or_init(|| tools::chart_tools().map_err(|error| error.to_string()));
    tools.as_ref().map_err(|error| anyhow!("{error}"))
}

/// Runs Helm with nothing of the caller's environment; gives what it said, and fails with it.
pub fn helm(home: &Path, kubeconfig: Option<&Path>, args: &[&str]) -> Result<String> {
    helm_at(&chart_tools()?.helm, home, kubeconfig, args)
}

/// As [`helm`], by that program.
pub fn helm_at(
    program: &Path,
    home: &Path,
    kubeconfig: Option<&Path>,
    args: &[&str],
) -> Result<String> {
    let mut command = Command::new(program);
    command.args(args).env_clear().env("HOME", home);
    if let Some(kubeconfig) = kubeconfig {
        command.env("KUBECONFIG", kubeconfig);
    }
    let output = command.output().context("helm")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let why = String::from_utf8_lossy(&output.stderr);
    bail!("helm {}: {said}{why}", args.join(" "))
}

/// Helm without a cluster.
pub fn offline(args: &[&str]) -> Result<String> {
    helm(Path::new(HOME), None, args)
}

/// As [`offline`], by that program.
pub fn offline_at(program: &Path, args: &[&str]) -> Result<String> {
    helm_at(program, Path::new(HOME), None, args)
}

/// The values files of the chart's ci folder, in order.
pub fn values_files() -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(format!("{CHART}/ci"))? {
        files.push(entry?.path().to_string_lossy().into_owned());
    }
    files.sort();
    Ok(files)
}
