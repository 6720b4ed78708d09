//! The types in Rust against the definition: both hold the same fields, and nothing is written that
//! nobody set.

use organization_operator::crd::{Organization, OrganizationSpec, OrganizationStatus};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{cases::valid, rules::schema};

fn read_and_written<T: Serialize + DeserializeOwned>(value: &Value) -> serde_json::Result<Value> {
    serde_json::to_value(T::deserialize(value)?)
}

fn complete_spec() -> Value {
    json!({
        "organizationName": "Acme",
        "displayName": "Acme Inc.",
        "admin": {
            "email": "admin@acme.example",
            "passwordSecretRef": {"name": "acme-login", "key": "password"},
            "passwordHashSecretRef": {"name": "acme-login", "key": "passwordHash"},
        },
        "access": "Disabled",
        "suspend": true,
        "deletionPolicy": "Archive",
        "archiveRetention": "168h",
        "deletionProtection": true,
        "adoptionPolicy": "IfUnowned",
        "restoreFrom": {"organizationId": "65f0c0ffee0123456789abcd"},
    })
}

fn complete_status() -> Value {
    json!({
        "observedGeneration": 2,
        "organizationId": "65f0c0ffee0123456789abcd",
        "organizationName": "Acme",
        "database": "master_db",
        "collectionName": "org_Acme",
        "adminId": "65f0c0ffee0123456789abce",
        "adminEmail": "admin@acme.example",
        "createdAt": "2026-11-23T10:00:00.123000Z",
        "tokenVersion": 1,
        "operation": {
            "type": "Rename",
            "from": "Acme",
            "to": "Acme-labs",
            "startedAt": "2026-11-23T10:00:00Z",
        },
        "credentialVersion": "opaque",
        "lastHandledReconcileAt": "now",
        "lastHandledRecreateAt": "then",
        "lastChange": {"id": "1", "outcome": "Refused", "reason": "NameConflict"},
        "conditions": [{
            "type": "Ready",
            "status": "True",
            "reason": "Succeeded",
            "message": "All is well.",
            "lastTransitionTime": "2026-11-23T10:00:00Z",
            "observedGeneration": 2,
        }],
    })
}

/// The paths of all fields of a schema, or those of an example.
fn fields(of: &Value, properties: bool) -> Vec<String> {
    let (fields_of_it, items) = if properties {
        (&of["properties"], &of["items"])
    } else {
        (of, &of[0])
    };
    let mut found = Vec::new();
    for (name, field) in fields_of_it.as_object().into_iter().flatten() {
        found.push(name.clone());
        let inner = fields(field, properties);
        found.extend(inner.into_iter().map(|inner| format!("{name}.{inner}")));
    }
    if !items.is_null() {
        found.extend(fields(items, properties));
    }
    found
}

#[test]
fn every_field_of_the_definition_is_read_and_written_back_as_it_was() {
    let schema = schema().unwrap();
    let (spec, status) = (complete_spec(), complete_status());
    assert_eq!(
        fields(&spec, false),
        fields(&schema["properties"]["spec"], true)
    );
    assert_eq!(
        fields(&status, false),
        fields(&schema["properties"]["status"], true)
    );
    assert_eq!(read_and_written::<OrganizationSpec>(&spec).unwrap(), spec);
    assert_eq!(
        read_and_written::<OrganizationStatus>(&status).unwrap(),
        status
    );
}

#[test]
fn what_nobody_set_is_not_written() {
    let mut expected = valid("acme");
    // The same defaults as the schema's, so that writing them changes nothing.
    for (field, schema) in schema().unwrap()["properties"]["spec"]["properties"]
        .as_object()
        .unwrap()
    {
        if !schema["default"].is_null() {
            expected["spec"][field] = schema["default"].clone();
        }
    }
    assert_eq!(
        read_and_written::<Organization>(&valid("acme")).unwrap(),
        expected
    );
    assert_eq!(
        read_and_written::<OrganizationStatus>(&json!({})).unwrap(),
        json!({})
    );
}
