//! The rules in CEL, in-process, and the controller's own judgement of the same manifests.

use std::collections::BTreeSet;

use kube::core::{
    DeserializeGuard,
    cel::{CompiledSchema, Validator, compile_schema},
};
use organization_operator::{
    controller::validate::{Allowances, validate},
    crd::{
        Organization,
        definition::{self, DefinitionError},
    },
    domain::{archive::Retention, desired::Wish, email::Email},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cases::{Case, Judge, cases, valid};

pub fn schema() -> Result<Value, DefinitionError> {
    let mut definition = definition::definition()?;
    Ok(definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"].take())
}

/// Field and message of every rule that refuses the object.
fn refusals(rules: &CompiledSchema, object: &Value, old: Option<&Value>) -> Vec<(String, String)> {
    match Validator::new().validate_compiled(rules, object, old) {
        Ok(()) => Vec::new(),
        Err(errors) => errors
            .iter()
            .map(|error| (error.field_path.clone(), error.message.clone()))
            .collect(),
    }
}

#[test]
fn every_rule_refuses_what_it_is_for_alone_and_says_why() {
    let rules = compile_schema(&schema().unwrap());
    assert!(!rules.has_errors(), "{:?}", rules.compilation_errors());
    for case in cases().unwrap() {
        let Case { at, says, .. } = &case;
        let expected = match case.by {
            Judge::Rule => vec![(at.clone(), says.clone())],
            Judge::Nobody | Judge::Strict => Vec::new(),
            // That it has no more to say is the API server's test: it stops at some of these.
            Judge::Schema => continue,
        };
        let said = refusals(&rules, &case.object, case.old.as_ref());
        assert_eq!(said, expected, "{}", case.it);
    }
}

#[test]
fn every_rule_has_a_case() {
    fn messages(schema: &Value, found: &mut BTreeSet<String>) {
        if let Value::Object(fields) = schema {
            for rule in schema["x-kubernetes-validations"]
                .as_array()
                .into_iter()
                .flatten()
            {
                found.insert(
                    rule["message"]
                        .as_str()
                        .unwrap_or("a rule without a message")
                        .to_owned(),
                );
            }
            fields.values().for_each(|field| messages(field, found));
        }
    }
    let mut all = BTreeSet::new();
    messages(&schema().unwrap(), &mut all);
    let by_rule = |case: &Case| case.by == Judge::Rule;
    let said: BTreeSet<_> = cases()
        .unwrap()
        .into_iter()
        .filter(by_rule)
        .map(|case| case.says)
        .collect();
    assert_eq!(said, all);
}

#[test]
fn what_gets_past_admission_is_judged_once_more_by_the_controller() {
    let allowances = Allowances {
        adoption_namespaces: Vec::new(),
        archive_retention: Retention::default(),
    };
    for case in cases().unwrap() {
        let object: DeserializeGuard<Organization> = serde_json::from_value(case.object).unwrap();
        let judged = match validate(&object, &allowances) {
            Wish::Present(_) | Wish::Suspended => "Accepted".to_owned(),
            Wish::Refused(reason) => reason.kind().to_string(),
            Wish::Absent(_) => "Absent".to_owned(),
        };
        assert_eq!(judged, case.code, "{}", case.it);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    /// Else a change that the HTTP service takes would be refused on its way to the object.
    #[test]
    fn no_rule_refuses_an_address_that_the_http_contract_takes(
        before in r#"[ \t]{0,3}|[A-Za-z. ]{0,300}<|"[ -~]{0,9}" <|<"#,
        local in r"[a-z!#+._-]{1,9}|[a-zé我]{1,100}",
        domain in r"[a-z0-9ü-]{1,63}\.([a-z]{1,40}\.){0,3}(io|example)",
        after in r">|[ \t\x1c-\x1f\u{85}\u{a0}\u{2003}\u{3000}]{0,300}|> ",
    ) {
        let email = format!("{before}{local}@{domain}{after}");
        prop_assume!(Email::parse(&email).is_ok());
        let mut object = valid("acme");
        object["spec"]["admin"]["email"] = json!(email);
        let refusals = RULES.with(|rules| refusals(rules, &object, None));
        prop_assert_eq!(refusals, vec![]);
    }
}

thread_local! {
    static RULES: CompiledSchema = compile_schema(&schema().unwrap_or_default());
}
