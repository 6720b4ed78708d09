//! What deploy/gitops says to Argo CD and Flux.

mod health;

use std::{fs, path::Path};

use jiff::Timestamp;
use organization_operator::{
    controller::status::{Outcome, status_after},
    crd::OrganizationStatus,
    domain::reason::{Reason, samples::one_of_each},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::health::{health, wished};

/// The object after a pass about its generation 2 that ended for that reason.
fn object(reason: &Reason) -> Value {
    let outcome = Outcome {
        generation: Some(2),
        seen: None,
        reason,
        database: "master_db",
        now: Timestamp::UNIX_EPOCH,
        reconcile_at: None,
        recreate_at: None,
        change: None,
    };
    let status = status_after(&OrganizationStatus::default(), &outcome);
    json!({"metadata": {"generation": 2}, "status": status})
}

#[test]
fn argo_cd_shows_each_reason_for_what_it_is() {
    for reason in one_of_each() {
        let (status, message) = health(&object(&reason)).unwrap();
        assert_eq!(status, wished(reason.kind()), "{reason:?}");
        assert_eq!(message, format!("{}: {reason}", reason.kind()));
    }
}

#[test]
fn argo_cd_does_not_believe_what_was_said_of_an_older_spec() {
    for reason in one_of_each() {
        let mut object = object(&reason);
        object["metadata"]["generation"] = json!(3);
        assert_eq!(health(&object).unwrap().0, "Progressing", "{reason:?}");
    }
}

#[test]
fn argo_cd_waits_for_an_object_that_nobody_has_looked_at() {
    for status in [
        json!({"observedGeneration": -1}),
        json!({"observedGeneration": 1}),
        Value::Null,
    ] {
        let mut object = json!({"metadata": {"generation": 1}});
        if !status.is_null() {
            object["status"] = status;
        }
        assert_eq!(health(&object).unwrap().0, "Progressing", "{object}");
    }
}

#[test]
fn what_a_person_has_to_decide_on_is_told_although_the_organization_is_healthy() {
    let mut object = object(&Reason::Succeeded);
    let conditions = object["status"]["conditions"].as_array_mut().unwrap();
    let in_sync = conditions.iter_mut().find(|it| it["type"] == "InSync");
    let in_sync = in_sync.unwrap();
    in_sync["status"] = json!("False");
    in_sync["reason"] = json!("StrayKept");
    in_sync["message"] = json!("Look at _stray.1.");
    let told = (
        "Healthy".to_owned(),
        "StrayKept: Look at _stray.1.".to_owned(),
    );
    assert_eq!(health(&object).unwrap(), told);
}

#[test]
fn every_manifest_can_be_read_and_says_what_it_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/gitops");
    let mut kinds = Vec::new();
    for tool in ["argocd", "flux"] {
        for entry in fs::read_dir(folder.join(tool)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for document in serde_saphyr::from_multiple::<Manifest>(&text).unwrap() {
                assert!(!document.metadata.name.is_empty(), "{}", path.display());
                kinds.push(format!("{} {}", document.api_version, document.kind));
            }
        }
    }
    kinds.sort();
    let wished = [
        "argoproj.io/v1alpha1 Application",
        "helm.toolkit.fluxcd.io/v2 HelmRelease",
        "kustomize.toolkit.fluxcd.io/v1 Kustomization",
        "source.toolkit.fluxcd.io/v1 GitRepository",
        "source.toolkit.fluxcd.io/v1 GitRepository",
    ];
    assert_eq!(kinds, wished);
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    api_version: String,
    kind: String,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}
