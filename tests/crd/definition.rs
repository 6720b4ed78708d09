//! The definition as it is generated: fit for an API server, and for a person who reads it.

use organization_operator::crd::definition;
use serde_json::{Value, json};

use crate::rules::schema;

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/crds/organizations.organization-operator.dev.yaml"
);

/// Calls `visit` with the path of every schema in `schema`.
fn walk(path: &str, schema: &Value, visit: &mut impl FnMut(&str, &Value)) {
    visit(path, schema);
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        walk(&format!("{path}.{name}"), field, visit);
    }
    if schema["items"].is_object() {
        walk(&format!("{path}[]"), &schema["items"], visit);
    }
}

fn paths_where(wrong: impl Fn(&Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    walk("", &schema().unwrap_or_default(), &mut |path, schema| {
        if wrong(schema) {
            found.push(path.to_owned());
        }
    });
    found
}

#[test]
fn the_file_in_crds_is_what_the_code_generates() {
    let generated = definition::yaml().unwrap();
    let kept = std::fs::read_to_string(FILE).unwrap();
    let differing = generated
        .lines()
        .zip(kept.lines())
        .position(|(a, b)| a != b);
    let line = differing.map_or("the end".to_owned(), |line| format!("line {}", line + 1));
    assert!(
        generated == kept,
        "{FILE} differs from {line} on; run `make crds`"
    );
}

#[test]
fn every_text_and_list_is_bounded() {
    let unbounded = paths_where(|schema| match schema["type"].as_str() {
        Some("string") => ["maxLength", "enum", "format"]
            .iter()
            .all(|bound| schema[bound].is_null()),
        Some("array") => schema["maxItems"].is_null(),
        _ => !schema["additionalProperties"].is_null(),
    });
    assert_eq!(unbounded, [""; 0]);
}

#[test]
fn every_field_is_explained_in_plain_text() {
    // apiVersion, kind and metadata are the API server's to explain.
    let unexplained = paths_where(|schema| {
        let text = schema["description"].as_str().unwrap_or_default();
        text.is_empty() || text.contains('`') || text.contains('\n')
    });
    assert_eq!(unexplained, [""; 0]);
}

#[test]
fn nothing_is_in_it_that_an_api_server_stores_as_null_or_does_not_know() {
    let formats = ["int64", "date-time"].map(Value::from);
    let odd = paths_where(|schema| {
        !schema["nullable"].is_null()
            || !(schema["format"].is_null() || formats.contains(&schema["format"]))
            || ["minimum", "maximum"]
                .iter()
                .any(|bound| schema[bound].is_f64())
    });
    assert_eq!(odd, [""; 0]);
}

#[test]
fn rules_for_the_whole_object_are_about_what_never_changes() {
    // They are not ratcheted: an object that one of them refuses can't lose its finalizer.
    let schema = schema().unwrap();
    let rules = schema["x-kubernetes-validations"].as_array().unwrap();
    let texts: Vec<_> = rules
        .iter()
        .map(|rule| rule["rule"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["self.metadata.name.size() <= 57"]);
}

#[test]
fn a_new_object_is_in_progress_before_anyone_has_touched_it() {
    assert_eq!(
        schema().unwrap()["properties"]["status"]["default"],
        json!({"observedGeneration": -1})
    );
}
