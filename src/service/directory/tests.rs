use super::*;
use crate::crd::{OrganizationSpec, OrganizationStatus};

fn organization(namespace: &str, name: &str) -> Organization {
    let spec: OrganizationSpec =
        serde_json::from_value(serde_json::json!({"admin": {"email": "a@x.io"}})).unwrap();
    let mut object = Organization::new(name, spec);
    object.metadata.namespace = Some(namespace.to_owned());
    object.metadata.uid = Some(format!("{namespace}/{name}"));
    object.status = Some(OrganizationStatus::default());
    object
}

fn scopes() -> [Scope; 2] {
    ["a", "b"].map(|namespace| Some(namespace.to_owned()))
}

#[test]
fn a_list_of_one_namespace_says_nothing_of_another() {
    let [a, b] = scopes();
    let directory = Directory::of(scopes());
    directory.replace(&a, vec![organization("a", "one"), organization("a", "two")]);
    assert!(!directory.is_listed());
    directory.replace(&b, vec![organization("b", "one")]);
    assert!(directory.is_listed());
    assert!(directory.object("a", "one").is_some());

    directory.replace(&a, vec![organization("a", "two")]);
    assert!(directory.object("a", "one").is_none());
    assert!(directory.departed("a/one").is_some());
    assert!(directory.object("a", "two").is_some());
    assert!(directory.object("b", "one").is_some());
    assert!(directory.departed("b/one").is_none());
}

#[test]
fn it_is_current_while_every_watch_is() {
    let [a, b] = scopes();
    let directory = Directory::of(scopes());
    directory.replace(&a, Vec::new());
    directory.trust(&b);
    assert!(!directory.is_current(), "nothing is known of the other yet");
    directory.replace(&b, Vec::new());
    assert!(directory.is_current());
    directory.doubt(&a);
    directory.trust(&b);
    assert!(
        !directory.is_current(),
        "the other goes on, this one doesn't"
    );
    directory.trust(&a);
    assert!(directory.is_current());
    directory.doubt(&b);
    directory.replace(&b, Vec::new());
    assert!(directory.is_current());
}
