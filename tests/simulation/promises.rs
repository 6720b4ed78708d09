//! What holds whenever the controller has come to rest.

use std::collections::{BTreeMap, BTreeSet};

use kube::ResourceExt;
use organization_operator::crd::{Organization, OrganizationSpec, change::CHANGE_ANNOTATION};
use proptest::{prop_assert, prop_assert_eq, test_runner::TestCaseError};

use crate::{
    acts::{Act, REQUESTED},
    world::{World, text},
};

/// Every tenant document, by `_id`, with the collections that it is in.
pub type Contents = BTreeMap<i32, Vec<String>>;

pub fn hold(
    world: &World,
    act: &Act,
    doomed: Option<&String>,
    before: &Contents,
    former: &BTreeMap<String, OrganizationSpec>,
) -> Result<(), TestCaseError> {
    let told = || format!("after {act:?}:\n{}", world.describe());
    everyone_says_why(world).map_err(|why| TestCaseError::fail(format!("{why} {}", told())))?;
    ready_is_true(world).map_err(|why| TestCaseError::fail(format!("{why} {}", told())))?;
    changes_are_answered(world, act, former)
        .map_err(|why| TestCaseError::fail(format!("{why} {}", told())))?;
    one_owner_each(world).map_err(|why| TestCaseError::fail(format!("{why} {}", told())))?;
    nothing_is_lost(world, doomed, before)
        .map_err(|why| TestCaseError::fail(format!("{why} {}", told())))
}

fn ready(object: &Organization) -> Option<(&str, &str, i64)> {
    let status = object.status.as_ref()?;
    let ready = status
        .conditions
        .iter()
        .find(|condition| condition.type_ == "Ready")?;
    Some((&ready.status, &ready.reason, ready.observed_generation?))
}

/// No object without a condition about its present spec; no finalizer that is stuck without one.
fn everyone_says_why(world: &World) -> Result<(), TestCaseError> {
    for object in world.cluster.objects() {
        let Some((_, reason, generation)) = ready(&object) else {
            return Err(TestCaseError::fail(format!(
                "{} says nothing",
                object.name_any()
            )));
        };
        prop_assert_eq!(Some(generation), object.metadata.generation);
        prop_assert!(
            !["InternalError", "MongoUnavailable"].contains(&reason),
            "{}",
            reason
        );
        // What can be let go is let go at once here: nothing fails.
        prop_assert!(
            object.metadata.deletion_timestamp.is_none(),
            "{} does not go",
            object.name_any()
        );
    }
    Ok(())
}

/// Ready=True is the truth: record, collection and admin are as the spec says.
fn ready_is_true(world: &World) -> Result<(), TestCaseError> {
    let names = world.store.collection_names();
    for object in world.cluster.objects() {
        if !matches!(ready(&object), Some(("True", ..))) {
            continue;
        }
        let wished = object.spec.organization_name.clone().unwrap_or_default();
        let records = world.store.documents("organizations");
        let record = records
            .iter()
            .find(|record| text(record, "organization_name") == Some(&wished));
        let Some(record) = record else {
            return Err(TestCaseError::fail(format!("{wished} has no record")));
        };
        let owner = record
            .get_document("owner")
            .and_then(|owner| owner.get_str("uid"));
        prop_assert_eq!(owner.ok(), object.metadata.uid.as_deref());
        prop_assert_eq!(text(record, "state").unwrap_or("active"), "active");
        let home = format!("org_{wished}");
        prop_assert!(names.contains(&home), "{} is not there", home);
        let admins = world.store.documents("admins");
        let admin = admins
            .iter()
            .find(|admin| admin.get("_id") == record.get("admin_id"));
        let email = admin.and_then(|admin| admin.get_str("email").ok());
        prop_assert_eq!(email, Some(object.spec.admin.email.as_str()));
        let namespace = object.namespace().unwrap_or_default();
        let hash = world.cluster.secret_value(&namespace, "login", "hash");
        let stored = admin.and_then(|admin| admin.get_str("password").ok());
        prop_assert_eq!(stored, hash.as_deref());
        let tokens = admin.and_then(|admin| admin.get_i64("token_version").ok());
        let told = object
            .status
            .as_ref()
            .and_then(|status| status.token_version);
        prop_assert_eq!(tokens, told);
        let link = admin.and_then(|admin| admin.get("organization_id"));
        prop_assert_eq!(link, record.get("_id"));
    }
    Ok(())
}

/// A change that was asked for is answered, whole or not at all, and nothing of the asking is left.
fn changes_are_answered(
    world: &World,
    act: &Act,
    former: &BTreeMap<String, OrganizationSpec>,
) -> Result<(), TestCaseError> {
    for object in world.cluster.objects() {
        let pending = object.annotations().contains_key(CHANGE_ANNOTATION);
        prop_assert!(!pending, "{} has a change pending", object.name_any());
    }
    let (Act::AskCreate { object, .. } | Act::AskUpdate { object, .. }) = act else {
        return Ok(());
    };
    let name = REQUESTED[*object];
    let there = world.cluster.object("one", name);
    let answer = there
        .as_ref()
        .and_then(|object| object.status.as_ref()?.last_change.clone());
    if former.contains_key(name) && matches!(act, Act::AskCreate { .. }) {
        // It was there: nothing was asked for.
        return Ok(());
    }
    if let Some(answer) = &answer {
        prop_assert_eq!(&answer.id, &world.last_change());
    }
    match (former.get(name), there, answer) {
        // Nobody asked, or what was asked for was refused.
        (None, None, _) => Ok(()),
        (None, Some(_), Some(answer)) => {
            prop_assert_eq!(answer.outcome, "Done");
            Ok(())
        }
        (Some(former), Some(object), Some(answer)) => {
            if answer.outcome == "Done" {
                let ready = ready(&object).map(|(ready, ..)| ready);
                prop_assert_eq!(ready, Some("True"));
            } else {
                prop_assert_eq!(former, &object.spec);
            }
            Ok(())
        }
        (former, there, answer) => Err(TestCaseError::fail(format!(
            "{name} was {former:?} and is {there:?}, answered {answer:?}"
        ))),
    }
}

/// One name, one organization; one collection, one organization; one object, one organization.
fn one_owner_each(world: &World) -> Result<(), TestCaseError> {
    let records = world.store.documents("organizations");
    for field in ["organization_name", "collection_name", "collection_uuid"] {
        let mut seen = BTreeSet::new();
        // What a hand made of a record that nobody owns is put right by whoever takes it over.
        for record in records.iter().filter(|record| record.contains_key("owner")) {
            if let Some(value) = record.get(field) {
                prop_assert!(
                    seen.insert(value.to_string()),
                    "two records have {} {}",
                    field,
                    value
                );
            }
        }
    }
    Ok(())
}

/// Every document that was there is still there, exactly once, unless a person dropped its
/// collection or deleted its organization under policy Delete.
fn nothing_is_lost(
    world: &World,
    doomed: Option<&String>,
    before: &Contents,
) -> Result<(), TestCaseError> {
    let after = world.contents();
    for (document, places) in &after {
        prop_assert_eq!(places.len(), 1, "document {} is in {:?}", document, places);
    }
    for (document, places) in before {
        let may_go = doomed.is_some_and(|doomed| places.contains(doomed));
        prop_assert!(
            may_go || after.contains_key(document),
            "document {} of {:?} is lost",
            document,
            places
        );
    }
    Ok(())
}
