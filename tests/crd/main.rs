//! The definition of the custom resource: generated, fit for an API server, and its rules.

use std::collections::BTreeSet;

use kube::core::cel::{Validator, compile_schema};
use organization_operator::crd::definition::{self, DefinitionError};
use serde::Deserialize;
use serde_json::{Value, json};

/// A refusal, as `tests/refusals.yaml` describes it; the end-to-end suite shows that the API server
/// refuses all of them.
#[derive(Debug, Deserialize)]
struct Refusal {
    it: String,
    by: String,
    #[serde(default = "nothing")]
    merge: Value,
    #[serde(default = "nothing")]
    then: Value,
    name: Option<String>,
    says: String,
}

fn nothing() -> Value {
    json!({})
}

fn refusals() -> Result<Vec<Refusal>, serde_saphyr::Error> {
    serde_saphyr::from_str(include_str!("../refusals.yaml"))
}

fn schema() -> Result<Value, DefinitionError> {
    let mut definition = definition::definition()?;
    Ok(definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"].take())
}

fn valid(name: &str) -> Value {
    json!({
        "apiVersion": "organization-operator.dev/v1alpha1",
        "kind": "Organization",
        "metadata": {"name": name},
        "spec": {"admin": {"email": "admin@acme.example"}},
    })
}

fn merge(into: &mut Value, patch: &Value) {
    json_patch::merge(into, patch);
}

fn messages(object: &Value, old: Option<&Value>) -> Result<Vec<String>, DefinitionError> {
    let compiled = compile_schema(&schema()?);
    Ok(
        match Validator::new().validate_compiled(&compiled, object, old) {
            Ok(()) => Vec::new(),
            Err(errors) => errors.iter().map(|error| error.message.clone()).collect(),
        },
    )
}

#[test]
fn every_rule_refuses_what_it_is_for_and_says_why() {
    for refusal in refusals()
        .unwrap()
        .iter()
        .filter(|refusal| refusal.by == "rule")
    {
        let mut old = valid(refusal.name.as_deref().unwrap_or("acme"));
        let mut object = old.clone();
        merge(&mut object["spec"], &refusal.merge);
        let is_transition = refusal.then != nothing();
        if is_transition {
            merge(&mut old["spec"], &refusal.merge);
            merge(&mut object["spec"], &refusal.then);
        }
        let said = messages(&object, is_transition.then_some(&old)).unwrap();
        let found = said.iter().any(|message| message.contains(&refusal.says));
        assert!(found, "{}: {said:?}", refusal.it);
    }
}

#[test]
fn every_rule_is_refused_by_some_case() {
    fn rules(schema: &Value, found: &mut BTreeSet<String>) {
        match schema {
            Value::Object(fields) => {
                for rule in fields
                    .get("x-kubernetes-validations")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    found.insert(rule["message"].as_str().unwrap().to_owned());
                }
                fields.values().for_each(|field| rules(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| rules(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    rules(&schema().unwrap(), &mut found);
    assert!(!found.is_empty());
    for message in found {
        assert!(
            refusals()
                .unwrap()
                .iter()
                .any(|refusal| message.contains(&refusal.says)),
            "{message}"
        );
    }
}

#[test]
fn what_the_http_service_would_take_is_taken() {
    for email in [
        "a@x.io",
        "j@münchen.de",
        "Jane <jane@x.io>",
        "a.b+c@sub.example",
        "我@x.io",
    ] {
        let mut object = valid("acme");
        object["spec"]["admin"]["email"] = json!(email);
        assert_eq!(messages(&object, None).unwrap(), [""; 0], "{email}");
    }
}

#[test]
fn an_object_that_is_older_than_a_rule_can_still_be_labelled_and_deleted() {
    // Root rules are not ratcheted: only what can never change may be judged there.
    let schema = schema().unwrap();
    let root = schema["x-kubernetes-validations"].as_array().unwrap();
    for rule in root {
        assert!(
            !rule["rule"].as_str().unwrap().contains("self.spec"),
            "{rule}"
        );
    }
}

#[test]
fn a_new_object_is_in_progress_before_anyone_has_touched_it() {
    assert_eq!(
        schema().unwrap()["properties"]["status"]["default"],
        json!({"observedGeneration": -1})
    );
}

#[test]
fn nothing_in_the_definition_surprises_an_api_server() {
    let text = definition::yaml().unwrap();
    for surprise in ["nullable", "uint", "format: int32\n    minimum: 0.0"] {
        assert!(!text.contains(surprise), "{surprise}");
    }
}

#[test]
fn every_text_list_and_map_is_bounded() {
    fn unbounded(path: &str, schema: &Value, found: &mut Vec<String>) {
        let is_open = match schema["type"].as_str() {
            Some("string") => {
                schema["maxLength"].is_null()
                    && schema["enum"].is_null()
                    && schema["format"].is_null()
            }
            Some("array") => schema["maxItems"].is_null(),
            _ => false,
        };
        if is_open {
            found.push(path.to_owned());
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            unbounded(&format!("{path}.{name}"), field, found);
        }
    }
    let mut found = Vec::new();
    unbounded("spec", &schema().unwrap()["properties"]["spec"], &mut found);
    assert_eq!(found, [""; 0]);
}

#[test]
fn the_file_in_crds_is_what_the_code_generates() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/crds/organizations.organization-operator.dev.yaml"
    );
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        definition::yaml().unwrap(),
        "run `make crds`"
    );
}
