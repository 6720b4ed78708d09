//! What linters from elsewhere have to say: `make lint-extra`. The schemas are those of the control
//! plane's own version, so nothing is fetched.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use organization_operator_harness::tools;
use serde_json::{Map, Value, json};

use crate::{
    cluster::Cluster,
    helm::{CHART, ROOT, offline_at, values_files},
    rendered::{objects, parse, template, text},
};

/// One file for each kind, beside that of what they are made of.
const PLACE: &str = "{{.Group}}-{{.ResourceAPIVersion}}-{{.ResourceKind}}.json";
const DEFINITIONS: &str = "definitions.json";

/// Nobody but the Prometheus operator has its schema.
const OF_OTHERS: &str = "ServiceMonitor";

#[test]
#[ignore = "it installs linters: make lint-extra"]
fn hadolint_has_nothing_against_the_dockerfile() -> Result<()> {
    let mut command = Command::new(tools::hadolint()?);
    let judged = command
        .arg("Dockerfile")
        .current_dir(ROOT)
        .env_clear()
        .output()?;
    has_nothing_to_say(&judged)
}

#[test]
#[ignore = "it installs linters: make lint-extra"]
fn helm_3_has_nothing_against_the_chart_and_renders_what_helm_4_does() -> Result<()> {
    let helm_3 = tools::chart_linters()?.helm_3;
    let version = offline_at(&helm_3, &["version", "--short"])?;
    ensure!(version.starts_with("v3."), "{version}");
    for file in values_files()? {
        let values = ["--values", file.as_str()];
        offline_at(
            &helm_3,
            &[&["lint", "--strict", CHART], &values[..]].concat(),
        )?;
        // Built without a release's flags it takes itself for one of an older Kubernetes.
        let cluster = ["--kube-version=1.34.0"];
        let rendered = offline_at(&helm_3, &[&template(), &values[..], &cluster].concat())?;
        ensure!(parse(&rendered)? == objects(&values)?, "{file}");
    }
    Ok(())
}

#[test]
#[ignore = "it installs linters: make lint-extra"]
fn kubeconform_has_nothing_against_what_is_installed() -> Result<()> {
    let cluster = Cluster::start()?;
    let definition = format!("--filename={ROOT}/crds");
    cluster
        .plane
        .kubectl(&["apply", "--server-side", &definition])?;
    let named = "--for=condition=Established";
    cluster.plane.kubectl(&["wait", named, &definition])?;
    let schemas = cluster.home.dir().join("schemas");
    write_schemas(&cluster, &schemas)?;

    let mut manifests = Vec::new();
    for file in values_files()? {
        manifests.push(text(&["--values", &file])?);
    }
    for folder in ["overlays", "samples"] {
        for entry in fs::read_dir(format!("{ROOT}/deploy/{folder}"))? {
            let path = entry?.path();
            manifests.push(if path.is_dir() {
                cluster
                    .plane
                    .kubectl(&["kustomize", &path.to_string_lossy()])?
            } else {
                fs::read_to_string(path)?
            });
        }
    }
    let said = conform(&schemas, &manifests.join("\n---\n"))?;
    has_nothing_to_say(&said)?;
    let summary = String::from_utf8(said.stdout)?;
    println!("{summary}");
    // What isn't there is refused.
    let wrong = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"port": 1},
    });
    let said = conform(&schemas, &wrong.to_string())?;
    let text = String::from_utf8_lossy(&said.stdout);
    ensure!(!said.status.success() && text.contains("port"), "{text}");
    Ok(())
}

fn has_nothing_to_say(judged: &Output) -> Result<()> {
    let [said, complained] = [&judged.stdout, &judged.stderr].map(|it| String::from_utf8_lossy(it));
    ensure!(judged.status.success(), "{said}{complained}");
    Ok(())
}

fn conform(schemas: &Path, manifests: &str) -> Result<Output> {
    let place = format!("{}/{PLACE}", schemas.display());
    let mut kubeconform = Command::new(tools::chart_linters()?.kubeconform)
        .args(["-strict", "-summary", "-skip", OF_OTHERS])
        .args(["-schema-location", &place])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = kubeconform.stdin.take().context("no standard input")?;
    stdin.write_all(manifests.as_bytes())?;
    drop(stdin);
    Ok(kubeconform.wait_with_output()?)
}

/// Of every kind that the API server serves, by its own description.
fn write_schemas(cluster: &Cluster, folder: &Path) -> Result<()> {
    let described = cluster.plane.kubectl(&["get", "--raw", "/openapi/v2"])?;
    let mut described: Value = serde_json::from_str(&described)?;
    let mut definitions = described["definitions"].take();
    let all = definitions.as_object_mut().context("no definitions")?;
    fs::create_dir(folder)?;
    for (name, definition) in &*all {
        let kinds = &definition["x-kubernetes-group-version-kind"];
        for kind in kinds.as_array().into_iter().flatten() {
            let part = |name: &str| kind[name].as_str().unwrap_or_default();
            let (group, version) = (part("group"), part("version"));
            let group = if group.is_empty() { version } else { group };
            let file = format!("{group}-{version}-{}.json", part("kind").to_lowercase());
            let schema = json!({"$ref": format!("{DEFINITIONS}#/definitions/{name}")});
            fs::write(folder.join(file), schema.to_string())?;
        }
    }
    for definition in all.values_mut() {
        make_strict(definition);
    }
    let all = json!({"definitions": definitions});
    fs::write(folder.join(DEFINITIONS), all.to_string())?;
    Ok(())
}

/// As the API server reads it: what isn't described isn't there, a number may stand for its text where
/// either is told, and so may it for a quantity.
fn make_strict(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let either = fields.get("format").is_some_and(|it| it == "int-or-string")
                || fields.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true));
            if either {
                *fields = Map::from_iter([("type".to_owned(), json!(["integer", "string"]))]);
                return;
            }
            let is_closed = fields.contains_key("properties")
                && fields.get("type").is_some_and(|kind| kind == "object")
                && !fields.contains_key("additionalProperties")
                && !fields.contains_key("x-kubernetes-preserve-unknown-fields");
            if is_closed {
                fields.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            fields.values_mut().for_each(make_strict);
        }
        Value::Array(items) => items.iter_mut().for_each(make_strict),
        _ => {}
    }
}
