//! What Helm makes of the chart, as objects.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    cluster::NAMESPACE,
    helm::{CHART, offline},
};

/// The release that templates are rendered for.
pub const RELEASE: &str = "organization-operator";

/// The command that renders it.
pub fn template() -> [&'static str; 5] {
    ["template", RELEASE, CHART, "--namespace", NAMESPACE]
}

pub fn text(args: &[&str]) -> Result<String> {
    offline(&[&template(), args].concat())
}

pub fn objects(args: &[&str]) -> Result<Vec<Value>> {
    parse(&text(args)?)
}

pub fn parse(text: &str) -> Result<Vec<Value>> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).context("not YAML")?;
    let is_object = |document: &Value| document.is_object();
    Ok(documents.into_iter().filter(is_object).collect())
}

/// `Kind namespace/name`.
pub fn place(object: &Value) -> String {
    let text = |pointer| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (kind, name) = (text("/kind"), text("/metadata/name"));
    match text("/metadata/namespace") {
        "" => format!("{kind} {name}"),
        namespace => format!("{kind} {namespace}/{name}"),
    }
}

/// The one object of that kind and name.
pub fn one<'a>(objects: &'a [Value], kind: &str, name: &str) -> Result<&'a Value> {
    let mut found = objects
        .iter()
        .filter(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.next().with_context(|| format!("no {kind} {name}"))
}
