//! What the API server keeps.

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::client::{DRY, Namespace, STRICT};
use crate::cases::valid;

async fn created(namespace: &Namespace, object: &Value) -> Result<Value> {
    let answer = namespace.create(object, STRICT).await?;
    answer.map_err(|refusal| anyhow!("{refusal:?}"))
}

#[tokio::test]
async fn the_definition_is_established_and_without_a_complaint() -> Result<()> {
    let namespace = Namespace::make("definition").await?;
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/organizations.organization-operator.dev";
    let definition = namespace.get(path).await?;
    let conditions = definition["status"]["conditions"].as_array();
    let mut told: Vec<_> = conditions
        .into_iter()
        .flatten()
        .map(|condition| format!("{}={}", condition["type"], condition["status"]).replace('"', ""))
        .collect();
    told.sort();
    assert_eq!(told, ["Established=True", "NamesAccepted=True"]);
    Ok(())
}

#[tokio::test]
async fn a_new_object_holds_the_defaults_and_no_null_and_no_empty_list() -> Result<()> {
    let namespace = Namespace::make("defaults").await?;
    let mut object = valid("acme");
    object["spec"]["organizationName"] = Value::Null;
    let stored = created(&namespace, &object).await?;
    assert_eq!(
        stored["spec"],
        json!({
            "admin": {"email": "admin@acme.example"},
            "access": "Enabled",
            "suspend": false,
            "deletionPolicy": "Retain",
            "deletionProtection": false,
            "adoptionPolicy": "Never",
        })
    );
    assert_eq!(stored["status"], json!({"observedGeneration": -1}));
    Ok(())
}

#[tokio::test]
async fn a_status_that_is_forged_in_a_manifest_is_ignored() -> Result<()> {
    let namespace = Namespace::make("forged").await?;
    let mut object = valid("acme");
    object["status"] = json!({"observedGeneration": 1, "organizationName": "other"});
    let stored = created(&namespace, &object).await?;
    assert_eq!(stored["status"], json!({"observedGeneration": -1}));
    let replaced = namespace.replace(&object, STRICT).await?;
    assert_eq!(
        replaced.map(|stored| stored["status"].clone()),
        Ok(json!({"observedGeneration": -1}))
    );
    Ok(())
}

#[tokio::test]
async fn ten_thousand_labels_are_carried_and_more_than_an_object_holds_are_refused() -> Result<()> {
    let namespace = Namespace::make("labels").await?;
    let labelled = |count: usize, value: &str| {
        let labels: serde_json::Map<_, _> = (0..count)
            .map(|number| (format!("label-{number}"), json!(value)))
            .collect();
        let mut object = valid("acme");
        object["metadata"]["labels"] = Value::Object(labels);
        object
    };
    let many = namespace.create(&labelled(10_000, "x"), DRY).await?;
    assert!(many.is_ok(), "{many:?}");
    // 3 MiB is what the API server takes in one request.
    let too_many = namespace
        .create(&labelled(50_000, &"x".repeat(63)), DRY)
        .await?;
    assert_eq!(too_many.map(drop).map_err(|refusal| refusal.code), Err(413));
    Ok(())
}

#[tokio::test]
async fn objects_are_found_by_the_name_that_their_spec_sets() -> Result<()> {
    let namespace = Namespace::make("selector").await?;
    for (object_name, name) in [
        ("one", json!("Acme")),
        ("two", json!("ACME")),
        ("acme", Value::Null),
    ] {
        let mut object = valid(object_name);
        object["spec"]["organizationName"] = name;
        created(&namespace, &object).await?;
    }
    let path = format!(
        "{}?fieldSelector=spec.organizationName%3DAcme",
        namespace.path("")
    );
    let found = namespace.get(&path).await?;
    let names: Vec<_> = found["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| &item["metadata"]["name"])
        .collect();
    assert_eq!(names, ["one"]);
    Ok(())
}

#[tokio::test]
async fn whatever_was_asked_for_by_annotation_can_be_answered() -> Result<()> {
    // An answer that doesn't fit would stop every later write of status.
    let longest = 256 * 1024 - "organization-operator.dev/reconcile-at".len();
    let namespace = Namespace::make("annotation").await?;
    let mut object = valid("acme");
    object["metadata"]["annotations"] =
        json!({"organization-operator.dev/reconcile-at": "é".repeat(longest / 2)});
    let stored = created(&namespace, &object).await?;
    let echo = &stored["metadata"]["annotations"]["organization-operator.dev/reconcile-at"];
    let answers = json!({"status": {
        "lastHandledReconcileAt": echo,
        "lastHandledRecreateAt": "x".repeat(longest),
    }});
    let path = format!("{}/status{DRY}", namespace.path("acme"));
    let answer = namespace.request("PATCH", &path, &answers).await?;
    assert!(
        answer.is_ok(),
        "{:?}",
        answer.map_err(|refusal| refusal.causes)
    );
    Ok(())
}
