//! docs/API-REFERENCE.md: the definition as a table for people. `make crds` writes it.

use std::{env, fmt::Write as _, fs};

use kube::CustomResourceExt as _;
use organization_operator::crd::Organization;
use serde_json::Value;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/API-REFERENCE.md");

/// The fields below a schema, and theirs, in order.
fn rows(schema: &Value, place: &str, text: &mut String) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{place}{name}");
        let is_required = schema["required"].as_array();
        let is_required = is_required.is_some_and(|names| names.iter().any(|it| it == name));
        let _ = writeln!(
            text,
            "| `{path}`{} | {} | {} | {} |",
            if is_required { ", required" } else { "" },
            kind(field),
            allowed(field).join("; "),
            in_a_cell(field["description"].as_str().unwrap_or_default()),
        );
        rows(field, &format!("{path}."), text);
        rows(&field["items"], &format!("{path}[]."), text);
    }
}

fn kind(field: &Value) -> &str {
    match (field["type"].as_str(), field["format"].as_str()) {
        (Some("string"), Some("date-time")) => "time",
        (kind, _) => kind.unwrap_or_default(),
    }
}

/// What a value may be, and what it is where nobody says it.
fn allowed(field: &Value) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(values) = field["enum"].as_array() {
        let values = values.iter().filter_map(Value::as_str);
        all.push(
            values
                .map(|value| format!("`{value}`"))
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    let length = (field["minLength"].as_u64(), field["maxLength"].as_u64());
    match length {
        (Some(least), Some(most)) if least == most => all.push(format!("{most} characters")),
        (Some(least), Some(most)) => all.push(format!("{least} to {most} characters")),
        (None, Some(most)) => all.push(format!("at most {most} characters")),
        _ => {}
    }
    if !field["default"].is_null() && field["type"] != "object" {
        all.push(format!(
            "default `{}`",
            field["default"].to_string().trim_matches('"')
        ));
    }
    for rule in field["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
    {
        all.push(in_a_cell(rule["message"].as_str().unwrap_or_default()));
    }
    all
}

fn in_a_cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn reference() -> Result<String, serde_json::Error> {
    let definition = serde_json::to_value(Organization::crd())?;
    let version = &definition["spec"]["versions"][0];
    let schema = &version["schema"]["openAPIV3Schema"];
    let mut text = format!(
        "# Organization\n\n`{}/{}`, namespaced, short name `org`, category `tenancy`. Generated from the definition; a test keeps it so.\n\n{}\n",
        definition["spec"]["group"].as_str().unwrap_or_default(),
        version["name"].as_str().unwrap_or_default(),
        schema["description"].as_str().unwrap_or_default(),
    );
    for part in ["spec", "status"] {
        let field = &schema["properties"][part];
        let _ = write!(
            text,
            "\n## {part}\n\n{}\n",
            in_a_cell(field["description"].as_str().unwrap_or_default())
        );
        for rule in allowed(field) {
            let _ = write!(text, "\n- {rule}\n");
        }
        text.push_str("\n| field | type | allowed | what it is |\n|---|---|---|---|\n");
        rows(field, "", &mut text);
    }
    let of_all = allowed(schema).concat();
    let _ = write!(text, "\n## metadata\n\n{of_all}.\n");
    Ok(text)
}

#[test]
fn the_reference_says_what_the_definition_says() {
    let text = reference().unwrap();
    if env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(PATH, &text).unwrap();
    }
    let present = fs::read_to_string(PATH).unwrap();
    assert_eq!(present, text, "run `make crds`, and look at the difference");
}

#[test]
fn every_field_of_the_spec_is_explained() {
    let text = reference().unwrap();
    let unexplained: Vec<_> = text.lines().filter(|line| line.ends_with("|  |")).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
    assert!(text.lines().filter(|line| line.starts_with("| `")).count() >= 40);
}
