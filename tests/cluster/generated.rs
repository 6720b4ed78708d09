//! Files that Helm and its helpers write, kept in Git for those who have neither. With
//! `UPDATE_GENERATED=1` they are written, else compared.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};

use crate::{
    helm::{CHART, ROOT, chart_tools},
    rendered::text,
};

/// That file of the checkout holds that text.
pub fn agrees(path: &str, text: &str) -> Result<()> {
    let full = Path::new(ROOT).join(path);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        if let Some(folder) = full.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&full, text)?;
    }
    let present = fs::read_to_string(&full).with_context(|| path.to_owned())?;
    ensure!(
        present == text,
        "{path} is out of date: `make manifests`, and look at the difference"
    );
    Ok(())
}

const HEAD: &str = "# Generated from charts/organization-operator; see `make manifests`.\n";

/// What Helm renders of these kinds, each with or without a name, less what only Helm has a use for.
fn manifests(flags: &[&str], wished: &[&str]) -> Result<String> {
    let mut all = HEAD.to_owned();
    for document in text(flags)?.split("\n---") {
        let is_wished = |wished: &&str| {
            let (kind, name) = wished.split_once(' ').unwrap_or((wished, ""));
            let name = format!("\nmetadata:\n  name: {name}\n");
            document.contains(&format!("\nkind: {kind}\n"))
                && (wished == &kind || document.contains(&name))
        };
        if !wished.iter().any(is_wished) || document.contains("helm.sh/hook") {
            continue;
        }
        all += "---\n";
        let lines = document.lines().filter(|line| !is_helms(line));
        all.extend(lines.flat_map(|line| [line, "\n"]));
    }
    Ok(all)
}

fn is_helms(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty()
        || line == "---"
        || ["helm.sh/", "app.kubernetes.io/managed-by", "# Source:"]
            .iter()
            .any(|prefix| line.starts_with(prefix))
}

/// The chart's default, with a Lease where namespaces can be exchanged, and a short name for the
/// Secret.
pub const BASE: &str = "--set=mongodb.existingSecret=mongo,leaderElection.namespace=tenancy";

const OF_CLUSTER: &[&str] = &[
    "CustomResourceDefinition",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];
const RIGHTS: &[&str] = &[
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
];
const WORK: &[&str] = &["Deployment", "Service"];

#[test]
fn what_is_applied_without_helm_is_what_helm_renders() -> Result<()> {
    let replicas = "--set=replicas=2";
    let policy = "--set=networkPolicy.enabled=true";
    let namespaced = format!("--values={CHART}/ci/namespaced-values.yaml");
    let separate = "--set=api.separate=true";
    for (file, flags, wished) in [
        ("base/definition", &[BASE][..], OF_CLUSTER),
        ("base/rbac", &[BASE], RIGHTS),
        ("base/operator", &[BASE], WORK),
        (
            "components/ha/disruption-budget",
            &[BASE, replicas],
            &["PodDisruptionBudget"],
        ),
        (
            "components/networkpolicy/networkpolicy",
            &[BASE, policy],
            &["NetworkPolicy"],
        ),
        (
            "components/separate-api/api",
            &[BASE, separate],
            &[
                "ServiceAccount organization-operator-api",
                "PodDisruptionBudget organization-operator-api",
                "Deployment organization-operator-api",
            ],
        ),
        (
            "overlays/namespaced/operator",
            &[&namespaced],
            &[RIGHTS, WORK].concat(),
        ),
    ] {
        agrees(&format!("deploy/{file}.yaml"), &manifests(flags, wished)?)?;
    }
    Ok(())
}

#[test]
fn the_charts_readme_says_what_its_values_say() -> Result<()> {
    let tools = chart_tools()?;
    let mut command = Command::new(&tools.helm_docs);
    command.args(["--dry-run", "--sort-values-order=file", "--log-level=error"]);
    let output = command.arg("--chart-search-root").arg(CHART).output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    agrees("charts/organization-operator/README.md", &text)
}
