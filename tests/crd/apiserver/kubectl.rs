//! What a person with kubectl sees.

use std::{path::PathBuf, process::Command};

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::client::{Namespace, STRICT, cluster};
use crate::cases::valid;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/samples/acme.yaml");
const CRDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");

/// Its output, or all that it said when it failed. Unlike the harness', it finds `diff`.
fn kubectl(namespace: &Namespace, args: &[&str]) -> Result<Result<String, String>> {
    let cluster = cluster()?;
    let output = Command::new(cluster.kubectl_path())
        .args(args)
        .args(["--namespace", namespace.name])
        .env("KUBECONFIG", cluster.kubeconfig())
        .env("HOME", cluster.kubeconfig().with_file_name("kubectl"))
        .output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stdout) + &text(&output.stderr))
    })
}

fn file(name: &str, object: &Value) -> Result<PathBuf> {
    let path = cluster()?.kubeconfig().with_file_name(name);
    std::fs::write(&path, object.to_string())?;
    Ok(path)
}

#[tokio::test]
async fn the_sample_is_applied_once_and_then_nothing_differs() -> Result<()> {
    let namespace = Namespace::make("sample").await?;
    for how in [["--server-side=false"], ["--server-side"]] {
        let apply = [
            &["apply", "--validate=strict", "-f", SAMPLE],
            how.as_slice(),
        ]
        .concat();
        let said = kubectl(&namespace, &apply)?.map_err(|said| anyhow!(said))?;
        assert_eq!(said.lines().count(), 2, "{said}");
        let version = ["get", "org/acme", "-o=jsonpath={.metadata.resourceVersion}"];
        let before = kubectl(&namespace, &version)?;
        kubectl(&namespace, &apply)?.map_err(|said| anyhow!(said))?;
        assert_eq!(kubectl(&namespace, &version)?, before);
        let diff = [&["diff", "-f", SAMPLE], how.as_slice()].concat();
        assert_eq!(kubectl(&namespace, &diff)?, Ok(String::new()));
    }
    Ok(())
}

#[tokio::test]
async fn the_definition_is_kept_as_it_was_applied() -> Result<()> {
    let namespace = Namespace::make("kept").await?;
    let diff = ["diff", "--server-side", "-f", CRDS];
    assert_eq!(kubectl(&namespace, &diff)?, Ok(String::new()));
    Ok(())
}

#[tokio::test]
async fn a_list_shows_what_is_and_why() -> Result<()> {
    let namespace = Namespace::make("columns").await?;
    let made = namespace.create(&valid("acme"), STRICT).await?;
    made.map_err(|refusal| anyhow!("{refusal:?}"))?;
    let status = json!({"status": {
        "organizationName": "Acme",
        "collectionName": "org_Acme",
        "adminEmail": "admin@acme.example",
        "conditions": [{
            "type": "Ready",
            "status": "True",
            "reason": "Succeeded",
            "message": "All is well.",
            "lastTransitionTime": "2026-11-23T10:00:00Z",
        }],
    }});
    let path = format!("{}/status{STRICT}", namespace.path("acme"));
    let written = namespace.request("PATCH", &path, &status).await?;
    written.map_err(|refusal| anyhow!("{refusal:?}"))?;
    let columns = |text: &str| -> Vec<Vec<String>> {
        let cells = |line: &str| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .map(str::to_owned)
                .collect()
        };
        text.lines().map(cells).collect()
    };
    let age = |cells: &[String]| cells.iter().position(|cell| cell == "AGE");
    for (args, expected) in [
        (
            &["get", "org"][..],
            "NAME READY REASON ORGANIZATION COLLECTION AGE / acme True Succeeded Acme org_Acme",
        ),
        (
            &["get", "tenancy", "-o", "wide"],
            "NAME READY REASON ORGANIZATION COLLECTION AGE ADMIN POLICY MESSAGE / acme True Succeeded Acme org_Acme admin@acme.example Retain All is well.",
        ),
    ] {
        let said = kubectl(&namespace, args)?.map_err(|said| anyhow!(said))?;
        let mut table = columns(&said);
        // How old it is differs.
        if let (Some(age), Some(row)) =
            (table.first().and_then(|heads| age(heads)), table.get_mut(1))
        {
            row.remove(age);
        }
        let shown: Vec<_> = table.iter().map(|row| row.join(" ")).collect();
        assert_eq!(shown.join(" / "), expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_one_sentence_that_names_object_and_field() -> Result<()> {
    let namespace = Namespace::make("refusals").await?;
    let mut dotted = valid("acme");
    dotted["spec"]["organizationName"] = json!("acme.inc");
    let mut elsewhere = valid("acme");
    elsewhere["spec"]["admin"]["passwordSecretRef"] =
        json!({"name": "a", "key": "b", "namespace": "other"});
    let mut refusals = Vec::new();
    for (name, object) in [("dotted.json", dotted), ("elsewhere.json", elsewhere)] {
        let path = file(name, &object)?;
        let path = path.to_string_lossy();
        let said = kubectl(&namespace, &["apply", "-f", &path])?;
        refusals.push(said.err().unwrap_or_default().replace(path.as_ref(), name));
    }
    insta::assert_snapshot!(refusals.concat());
    Ok(())
}

#[tokio::test]
async fn every_field_is_explained() -> Result<()> {
    let namespace = Namespace::make("explain").await?;
    let mut pages = Vec::new();
    for field in [
        "org",
        "org.spec",
        "org.spec.admin",
        "org.spec.admin.passwordSecretRef",
        "org.status",
    ] {
        pages.push(kubectl(&namespace, &["explain", field])?.map_err(|said| anyhow!(said))?);
    }
    insta::assert_snapshot!(pages.join("----\n"));
    Ok(())
}
