//! Values that are no good are refused, with their path.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::{helm::CHART, rendered::objects};

/// What the schema says of every value, by its path in values.yaml.
fn leaves(schema: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match schema["properties"].as_object() {
        Some(properties) => {
            for (name, schema) in properties {
                leaves(schema, &format!("{path}/{name}"), found);
            }
        }
        None => found.push((path.to_owned(), schema.clone())),
    }
}

fn schema() -> Result<Value> {
    let text = std::fs::read_to_string(format!("{CHART}/values.schema.json"))?;
    Ok(serde_json::from_str(&text)?)
}

/// Something that a value of that schema is not.
fn violation(schema: &Value) -> Value {
    if schema["type"] == "boolean" {
        return json!("maybe");
    }
    if let Some(least) = schema["minimum"].as_i64() {
        return json!(least - 1);
    }
    if schema["type"] == "array" {
        return json!("one");
    }
    if schema["type"] == "object" {
        return json!(7);
    }
    if schema["pattern"].is_string() || schema["enum"].is_array() {
        return json!("$ no such thing\u{7}");
    }
    json!({"a": "map"})
}

/// Values with that one set.
fn with(path: &str, value: Value) -> Value {
    let names = path.trim_start_matches('/').rsplit('/');
    names.fold(value, |inner, name| json!({ name: inner }))
}

/// What Helm says to these values.
fn refusal(values: &Value) -> Result<String> {
    let file = std::env::temp_dir().join(format!("values-{:?}.json", std::thread::current().id()));
    std::fs::write(&file, values.to_string())?;
    let said = objects(&["--values", &file.to_string_lossy()]);
    std::fs::remove_file(&file)?;
    match said {
        Ok(_) => bail!("taken: {values}"),
        Err(error) => Ok(format!("{error:#}")),
    }
}

#[test]
fn each_value_that_breaks_the_schema_is_refused_with_its_path() -> Result<()> {
    let mut all = Vec::new();
    leaves(&schema()?, "", &mut all);
    all.retain(|(path, _)| path != "/global");
    for (path, schema) in &all {
        let said = refusal(&with(path, violation(schema)))?;
        ensure!(said.contains(&format!("'{path}'")), "{path}: {said}");
    }
    println!("{} values violated, and refused", all.len());
    Ok(())
}

#[test]
fn a_value_that_the_chart_does_not_know_is_refused_wherever_it_is() -> Result<()> {
    let mut all = Vec::new();
    leaves(&schema()?, "", &mut all);
    let parents: std::collections::BTreeSet<_> = all
        .iter()
        .map(|(path, _)| path.rsplit_once('/').map_or("", |(parent, _)| parent))
        .collect();
    for parent in parents {
        let said = refusal(&with(&format!("{parent}/noSuchValue"), json!(1)))?;
        ensure!(said.contains("'noSuchValue'"), "{parent}: {said}");
        ensure!(said.contains(&format!("'{parent}'")), "{parent}: {said}");
    }
    Ok(())
}

#[test]
fn every_value_is_in_the_schema_and_every_default_fits_it() -> Result<()> {
    let defaults = std::fs::read_to_string(format!("{CHART}/values.yaml"))?;
    let defaults: Value = serde_saphyr::from_str(&defaults)?;
    let mut all = Vec::new();
    leaves(&schema()?, "", &mut all);
    all.retain(|(path, _)| path != "/global" && !path.contains("/resources/"));
    for (path, _) in &all {
        defaults
            .pointer(path)
            .with_context(|| format!("values.yaml has no {path}"))?;
    }
    objects(&[]).map(drop)
}

#[test]
fn what_contradicts_itself_is_refused() -> Result<()> {
    for (values, said) in [
        (json!({"watchNamespaces": ["a"]}), "'/clusterId'"),
        (
            json!({"watchNamespaces": ["a"], "clusterId": "c", "secrets": {"watch": "cluster"}}),
            "'/secrets/watch'",
        ),
        (
            json!({"secrets": {"watch": "namespaces"}}),
            "'/secrets/watch'",
        ),
        (
            json!({"watchNamespaces": ["a"], "clusterId": "c", "api": {"namespace": "b"}}),
            "api.namespace: b is none of watchNamespaces",
        ),
    ] {
        let refused = refusal(&values)?;
        ensure!(refused.contains(said), "{values}: {refused}");
    }
    Ok(())
}
