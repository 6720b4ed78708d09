//! What holds whenever the controller has come to rest.

use std::collections::BTreeMap;

use kube::ResourceExt;
use organization_operator::crd::OrganizationSpec;
use proptest::{prop_assert, prop_assert_eq, test_runner::TestCaseError};

use crate::{
    acts::{Act, REQUESTED},
    look::snapshot,
    oracle::sound::ready,
    world::World,
};

/// Every tenant document, by `_id`, with the collections that it is in.
pub type Contents = BTreeMap<i32, Vec<String>>;

pub async fn hold(
    world: &World,
    act: &Act,
    doomed: Option<&String>,
    before: &Contents,
    former: &BTreeMap<String, OrganizationSpec>,
) -> Result<(), TestCaseError> {
    let told = || format!("after {act:?}:\n{}", world.describe());
    let judged = snapshot(&world.cluster, &world.store).await;
    let judged = judged.and_then(|snapshot| snapshot.judge());
    judged.map_err(|why| TestCaseError::fail(format!("{why:#} {}", told())))?;
    nobody_is_stuck(world).map_err(|why| TestCaseError::fail(format!("{why} {}", told())))?;
    changes_are_answered(world, act, former)
        .map_err(|why| TestCaseError::fail(format!("{why} {}", told())))?;
    nothing_is_lost(world, doomed, before)
        .map_err(|why| TestCaseError::fail(format!("{why} {}", told())))
}

/// What can be let go is let go at once here: nothing fails.
fn nobody_is_stuck(world: &World) -> Result<(), TestCaseError> {
    for object in world.cluster.objects() {
        prop_assert!(
            object.metadata.deletion_timestamp.is_none(),
            "{} does not go",
            object.name_any()
        );
    }
    Ok(())
}

/// A change that was asked for is answered, whole or not at all.
fn changes_are_answered(
    world: &World,
    act: &Act,
    former: &BTreeMap<String, OrganizationSpec>,
) -> Result<(), TestCaseError> {
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
                let ready = ready(&object).map(|(ready, _)| ready);
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
