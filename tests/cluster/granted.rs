//! What each installation may do, as a table that people can read: docs/RBAC.md.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{generated::agrees, pods::texts, rendered::objects};

const NAMESPACED: &[&str] = &[
    "--set",
    "watchNamespaces={team-a,team-b},clusterId=production",
];

/// Every way to install it that grants something else.
const MODES: [(&str, &[&str]); 6] = [
    (
        "The default: one pod with controller and API, for the whole cluster",
        &[],
    ),
    (
        "`api.separate: true`: a ServiceAccount for each",
        &["--set", "api.separate=true"],
    ),
    (
        "`secrets.watch: off`: Secrets are read by name, up to 60 s later",
        &["--set", "secrets.watch=off"],
    ),
    (
        "`clusterId` given, `leaderElection.namespace` the release's",
        &[
            "--set",
            "clusterId=production,leaderElection.namespace=tenancy",
        ],
    ),
    ("`watchNamespaces: [team-a, team-b]`", NAMESPACED),
    (
        "`watchNamespaces: [team-a, team-b]`, `secrets.watch: off`, `api.enabled: false`",
        &[
            "--set",
            "watchNamespaces={team-a,team-b},clusterId=production,secrets.watch=off,api.enabled=false",
        ],
    ),
];

/// The rows of one mode: who, where, what, verbs.
fn rows(objects: &[Value]) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    for binding in objects {
        let kind = binding["kind"].as_str().unwrap_or_default();
        if !kind.ends_with("RoleBinding") {
            continue;
        }
        let account = &binding["subjects"][0]["name"];
        let role = objects.iter().find(|role| {
            role["kind"] == binding["roleRef"]["kind"]
                && role["metadata"]["name"] == binding["roleRef"]["name"]
                && role["metadata"]["namespace"] == binding["metadata"]["namespace"]
        });
        let Some(role) = role else {
            anyhow::bail!("{binding} is bound to nothing");
        };
        let place = binding["metadata"]["namespace"]
            .as_str()
            .unwrap_or("*the cluster*");
        for rule in role["rules"].as_array().into_iter().flatten() {
            let group = texts(&rule["apiGroups"]).concat();
            let mut what = texts(&rule["resources"]).join(", ");
            if !group.is_empty() {
                let _ = write!(what, " ({group})");
            }
            let names = texts(&rule["resourceNames"]);
            if !names.is_empty() {
                let _ = write!(what, " `{}`", names.join("`, `"));
            }
            let verbs = texts(&rule["verbs"]).join(", ");
            let account = account.as_str().unwrap_or_default();
            rows.push(format!("| {account} | {place} | {what} | {verbs} |\n"));
        }
    }
    rows.sort();
    ensure!(!rows.is_empty(), "nothing is granted");
    Ok(rows)
}

#[test]
fn what_is_granted_is_what_the_table_says() -> Result<()> {
    let mut text = "# What the operator may do\n\n\
         Generated from the chart, release `organization-operator` in namespace `tenancy`; a test keeps it so. Nothing else is granted.\n"
        .to_owned();
    for (mode, flags) in MODES {
        let _ = write!(
            text,
            "\n## {mode}\n\n| ServiceAccount | where | what | verbs |\n|---|---|---|---|\n"
        );
        text.extend(rows(&objects(flags)?)?);
    }
    agrees("docs/RBAC.md", &text)
}
