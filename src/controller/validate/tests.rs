use serde_json::{Value, json};

use super::*;

fn object(spec: &Value) -> DeserializeGuard<Organization> {
    named("acme", spec)
}

fn named(name: &str, spec: &Value) -> DeserializeGuard<Organization> {
    let mut base = json!({"admin": {"email": "admin@acme.example"}});
    json_patch::merge(&mut base, spec);
    serde_json::from_value(json!({
        "apiVersion": "organization-operator.dev/v1alpha1",
        "kind": "Organization",
        "metadata": {"name": name, "namespace": "team"},
        "spec": base,
    }))
    .unwrap()
}

fn going(spec: &Value) -> DeserializeGuard<Organization> {
    let mut object = object(spec);
    object.meta_mut().deletion_timestamp =
        Some(serde_json::from_value(json!("2026-11-23T10:00:00Z")).unwrap());
    object
}

fn allowances() -> Allowances {
    Allowances {
        adoption_namespaces: vec!["tenancy".to_owned()],
        archive_retention: Retention::default(),
    }
}

fn wished(object: &DeserializeGuard<Organization>) -> Desired {
    match validate(object, &allowances()) {
        Wish::Present(desired) => desired,
        other => panic!("{other:?}"),
    }
}

fn refusal(object: &DeserializeGuard<Organization>) -> String {
    match validate(object, &allowances()) {
        Wish::Refused(reason) => format!("{}: {reason}", reason.kind()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_left_out_is_filled_in() {
    let desired = wished(&object(&json!({})));
    assert_eq!(desired.name.as_str(), "acme");
    assert_eq!(
        desired.credential,
        CredentialSource::Generated {
            secret: SecretName("acme-admin".to_owned())
        }
    );
    assert_eq!(
        (desired.disabled, desired.may_adopt),
        (false, Adoption::Never)
    );
}

#[test]
fn a_skipped_admission_step_is_no_hole() {
    let both = json!({"name": "a", "key": "b"});
    for (spec, expected) in [
        (
            json!({"organizationName": ""}),
            "spec.organizationName: it has 0 characters",
        ),
        (json!({"organizationName": "a"}), "it has 1 characters"),
        (
            json!({"organizationName": "a".repeat(65)}),
            "it has 65 characters",
        ),
        (
            json!({"organizationName": "ac me"}),
            "character 3 is not allowed",
        ),
        (
            json!({"organizationName": "ac\u{200b}me"}),
            "character 3 is not allowed",
        ),
        (
            json!({"admin": {"email": "jane"}}),
            "spec.admin.email: An email address must have an @-sign.",
        ),
        (
            json!({"admin": {"email": "a@x.io\r\nBcc: b"}}),
            "Carriage return and line feed",
        ),
        (
            json!({"admin": {"passwordSecretRef": both, "passwordHashSecretRef": both}}),
            "exclude each other",
        ),
        (
            json!({"admin": {"passwordSecretRef": {"name": "", "key": "b"}}}),
            "name and key must both be given",
        ),
        (
            json!({"admin": {"passwordHashSecretRef": {"name": "a", "key": ""}}}),
            "name and key must both be given",
        ),
        (
            json!({"admin": {"passwordSecretRef": {"name": "../configmaps/a", "key": "b"}}}),
            "no Secret can have that name",
        ),
        (
            json!({"admin": {"passwordHashSecretRef": {"name": "a", "key": "../b"}}}),
            "no Secret can have that key",
        ),
    ] {
        let said = refusal(&object(&spec));
        assert!(
            said.starts_with("InvalidSpec: ") && said.contains(expected),
            "{spec}: {said}"
        );
        assert!(said.ends_with('.') && !said.ends_with(".."), "{said}");
    }
}

#[test]
fn a_metadata_name_that_cant_stand_in_is_told_apart() {
    for name in ["a.b", "x", &"a".repeat(58)] {
        assert!(
            refusal(&named(name, &json!({}))).contains("metadata.name"),
            "{name}"
        );
    }
    assert_eq!(
        wished(&named("a.b", &json!({"organizationName": "ab"})))
            .name
            .as_str(),
        "ab"
    );
}

#[test]
fn an_archive_is_asked_for_by_its_id() {
    let from = json!({"restoreFrom": {"organizationId": "0123456789abcdef01234567"}});
    let id = wished(&object(&from)).restore_from.map(|id| id.to_string());
    assert_eq!(id.as_deref(), Some("0123456789abcdef01234567"));
    let no_id = json!({"restoreFrom": {"organizationId": "acme"}});
    assert!(refusal(&object(&no_id)).contains("24 hexadecimal digits"));
}

#[test]
fn a_retention_that_makes_no_sense_is_told_while_it_can_be_corrected() {
    let spec = json!({"deletionPolicy": "Archive", "archiveRetention": "a week"});
    assert!(refusal(&object(&spec)).contains("spec.archiveRetention"));
}

#[test]
fn records_without_an_owner_are_adopted_only_from_where_it_is_allowed() {
    let adopting = object(&json!({"adoptionPolicy": "IfUnowned"}));
    assert_eq!(wished(&adopting).may_adopt, Adoption::OwnNamespace);
    let mut allowed = adopting;
    allowed.meta_mut().namespace = Some("tenancy".to_owned());
    assert_eq!(wished(&allowed).may_adopt, Adoption::Unowned);
}

#[test]
fn only_a_plain_delete_policy_deletes_and_an_archive_is_kept_as_long_as_it_says() {
    let disposal = |object: &DeserializeGuard<Organization>| match validate(object, &allowances()) {
        Wish::Absent(leaving) => leaving.disposal,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        disposal(&going(&json!({"deletionPolicy": "Delete"}))),
        Disposal::Delete
    );
    let archive = |retention: &str| Disposal::Archive(retention.parse().unwrap());
    for (spec, expected) in [
        (json!({}), archive("168h")),
        (json!({"archiveRetention": "2h"}), archive("2h")),
        (json!({"archiveRetention": "a week"}), archive("168h")),
    ] {
        let mut spec = spec;
        spec["deletionPolicy"] = json!("Archive");
        assert_eq!(disposal(&going(&spec)), expected, "{spec}");
    }
    for spec in [
        json!({}),
        json!({"deletionPolicy": "Archive", "suspend": true}),
        json!({"deletionPolicy": "Delete", "suspend": true}),
        // Can't be read.
        json!({"deletionPolicy": "Burn"}),
        json!({"admin": null, "deletionPolicy": "Delete"}),
    ] {
        assert_eq!(disposal(&going(&spec)), Disposal::Retain, "{spec}");
    }
}

#[test]
fn an_object_that_cant_be_read_says_so() {
    assert!(refusal(&object(&json!({"access": "Sometimes"}))).contains("can't be read"));
}

#[test]
fn a_suspended_object_is_left_alone_whatever_else_it_says() {
    let spec = json!({"suspend": true, "organizationName": ""});
    assert_eq!(validate(&object(&spec), &allowances()), Wish::Suspended);
}
