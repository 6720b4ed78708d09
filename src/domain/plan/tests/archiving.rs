use super::scene::*;
use crate::domain::{
    archive::Retention,
    desired::{Disposal, Leaving, Wish},
    observed::{Capability, Done, Observed},
    plan::{Next, next},
    record::{OrganizationRecord, State},
    step::Step,
};

fn archiving(committed: bool) -> OrganizationRecord {
    OrganizationRecord {
        state: State::Archiving {
            archive: archive(committed.then(admin)),
            committed,
        },
        disabled: true,
        ..active()
    }
}

fn on_the_way(committed: bool) -> Scene {
    leaving(Disposal::Archive(Retention::default())).own(archiving(committed), Some(admin()))
}

fn in_place(committed: bool) -> Scene {
    on_the_way(committed)
        .gone("org_acme")
        .there(ARCHIVE, 1, None)
}

#[test]
fn logins_end_with_the_intent_before_anything_moves() {
    let record = leaving(Disposal::Archive(Retention::default())).after();
    assert!(record.disabled);
    assert_eq!(record.state, archiving(false).state);
}

#[test]
fn a_protected_organization_is_not_touched() {
    for disposal in [
        Disposal::Retain,
        Disposal::Archive(Retention::default()),
        Disposal::Delete,
    ] {
        let protected = leaving(disposal).wish(Wish::Absent(Leaving {
            disposal,
            is_protected: true,
            disabled: false,
        }));
        assert_eq!(protected.line(), "DeletionProtected");
    }
}

#[test]
fn what_protects_nothing_lets_go() {
    let wish = Wish::Absent(Leaving {
        disposal: Disposal::Delete,
        is_protected: true,
        disabled: false,
    });
    let scene = scene().wish(wish);
    assert_eq!(scene.line(), "remove the finalizer from the object");
}

#[test]
fn the_collection_goes_under_its_private_name_and_then_there_is_no_turning_back() {
    assert_eq!(
        on_the_way(false).line(),
        format!("rename collection org_acme to {ARCHIVE}")
    );
    for scene in [in_place(false), in_place(false).unfenced()] {
        let State::Archiving { archive, committed } = scene.after().state else {
            panic!("another state")
        };
        assert!(committed);
        assert_eq!(archive.admin, Some(admin()));
    }
}

#[test]
fn where_uuids_change_the_new_one_is_noted() {
    let scene = on_the_way(false)
        .unfenced()
        .gone("org_acme")
        .there(ARCHIVE, 5, None);
    assert_eq!(scene.after().collection_uuid, Some(uuid(5)));
}

#[test]
fn a_policy_edited_before_the_commit_point_counts() {
    for disposal in [Disposal::Retain, Disposal::Delete] {
        let scene = leaving(disposal)
            .own(archiving(false), Some(admin()))
            .observe(|seen| seen.done.tokens_ended = true);
        assert_eq!(scene.after().state, State::Active);
    }
    let edited = leaving(Disposal::Delete)
        .own(archiving(true), Some(admin()))
        .gone("org_acme")
        .there(ARCHIVE, 1, None);
    assert_eq!(edited.line(), "delete the admin of acme");
}

#[test]
fn what_was_moved_back_by_one_who_knew_of_no_archive_goes_there_again() {
    assert_eq!(
        on_the_way(true).line(),
        format!("rename collection org_acme to {ARCHIVE}")
    );
}

#[test]
fn documents_written_late_come_along_into_the_archive() {
    let late = in_place(true).there("org_acme", 6, None);
    let record = late.clone().after();
    assert_eq!(record.strays[0].uuid, uuid(6));
    let (noted, scene) = late.next();
    let Next::Do(noted) = noted else {
        panic!("it rests")
    };
    let scene = scene.carried_out(&noted);
    let moved = scene.clone().step();
    assert_eq!(
        moved.to_string(),
        "rename collection org_acme to _stray.010101010101010101010101.0"
    );
    assert_eq!(
        scene.carried_out(&moved).line(),
        format!(
            "copy the documents of _stray.010101010101010101010101.0 into {ARCHIVE}, overwriting none"
        )
    );
}

#[test]
fn without_a_collection_to_come_to_late_documents_are_set_aside() {
    let lost = on_the_way(true).gone("org_acme").there("org_acme", 6, None);
    assert_eq!(
        lost.line(),
        "rename collection org_acme to _stray.010101010101010101010101.2"
    );
}

#[test]
fn name_and_address_are_free_and_the_owner_is_remembered() {
    let scene = in_place(true);
    assert!(matches!(scene.clone().step(), Step::DeleteAdmins(_)));
    let deleted = |seen: &mut Observed| {
        seen.done = Done {
            admins_deleted: true,
            ..Done::default()
        };
    };
    let record = scene.observe(deleted).after();
    assert_eq!(record.state, archived().state);
    assert_eq!(
        (record.owner.clone(), record.released.clone()),
        (None, Some(me()))
    );
    assert_eq!(record.names, []);
    assert_eq!(record.collection_name, collection(ARCHIVE));
    assert_eq!(record.collection_uuid, Some(uuid(1)));
    assert!(!record.claims(&name("acme")));
}

#[test]
fn undone_it_comes_home_from_the_archive() {
    for scene in [serving(), serving().unfenced()] {
        let mut record = active();
        if scene.seen.capability == Capability::Unfenced {
            record.collection_uuid = None;
        }
        let back = scene
            .own(record, Some(admin()))
            .gone("org_acme")
            .there(ARCHIVE, 1, None);
        assert_eq!(
            back.line(),
            format!("rename collection {ARCHIVE} to org_acme")
        );
    }
}

#[test]
fn a_policy_edited_in_the_very_pass_counts_too() {
    let edited = in_place(false).deletion_withdrawn();
    assert_eq!(edited.line(), "Archiving");
}

#[test]
fn names_are_looked_at_once_more_after_the_commit_point() {
    let (Next::Do(commit), scene) = in_place(false).next() else {
        panic!("it rests")
    };
    let scene = scene.carried_out(&commit);
    let Next::Do(Step::Look(_)) = next(&scene.wish, &scene.seen) else {
        panic!("nobody looks")
    };
}
