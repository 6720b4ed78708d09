use super::scene::*;
use crate::domain::{
    desired::{Adoption, Disposal},
    email::Email,
    ids::AdminId,
    observed::EmailHolder,
    plan::Next,
    record::{OrganizationRecord, State},
    step::Step,
};

fn restoring() -> OrganizationRecord {
    OrganizationRecord {
        names: vec![name("acme")],
        owner: Some(me()),
        released: None,
        collection_name: collection("org_acme"),
        state: State::Restoring(archive(Some(admin()))),
        ..archived()
    }
}

/// The archive is asked for, and is there.
fn asked() -> Scene {
    scene()
        .desire(|desired| desired.restore_from = Some(OWN))
        .in_archive(archived())
        .there(ARCHIVE, 1, None)
}

fn on_the_way(with_admin: bool) -> Scene {
    scene()
        .desire(|desired| desired.restore_from = Some(OWN))
        .own(restoring(), with_admin.then(admin))
        .there(ARCHIVE, 1, None)
}

fn taken_address(scene: Scene) -> Scene {
    scene.observe(|seen| {
        seen.email_holder = Some(EmailHolder {
            admin: AdminId([9; 12]),
        });
    })
}

#[test]
fn the_name_that_is_wished_now_is_claimed_for_it() {
    let record = asked()
        .desire(|desired| desired.name = name("acme-labs"))
        .after();
    assert_eq!(record.id, OWN);
    assert_eq!(record.owner, Some(me()));
    assert_eq!(record.names, [name("acme-labs")]);
    assert_eq!(record.collection_name, collection("org_acme-labs"));
    assert_eq!(record.state, restoring().state);
}

#[test]
fn nothing_is_made_anew_where_an_archive_is_asked_for() {
    let gone = scene().desire(|desired| desired.restore_from = Some(OWN));
    assert_eq!(gone.line(), "RestoreRefused");
}

#[test]
fn only_the_namespace_that_it_was_archived_from_has_it_back() {
    let theirs = OrganizationRecord {
        released: Some(owner("other", "acme", "uid-1")),
        ..archived()
    };
    assert_eq!(asked().in_archive(theirs).line(), "RestoreRefused");
    let renamed_object = OrganizationRecord {
        released: Some(owner("team", "another", "uid-1")),
        ..archived()
    };
    assert_eq!(asked().in_archive(renamed_object).after().owner, Some(me()));
    let stranger = asked().desire(|desired| desired.may_adopt = Adoption::Nothing);
    assert_eq!(stranger.line(), "RestoreRefused");
}

#[test]
fn one_that_is_being_dropped_is_gone_for_good() {
    let purging = OrganizationRecord {
        state: State::Purging(archive(Some(admin()))),
        ..archived()
    };
    assert_eq!(asked().in_archive(purging).line(), "RestoreRefused");
}

#[test]
fn what_came_back_once_and_was_retained_is_taken_back_by_the_same_manifest() {
    let retained = OrganizationRecord {
        owner: None,
        released: Some(me()),
        ..active()
    };
    let scene = asked()
        .in_archive(retained.clone())
        .claimant(retained)
        .gone(ARCHIVE)
        .there("org_acme", 1, None);
    assert_eq!(scene.after().owner, Some(me()));
}

#[test]
fn whatever_stands_against_it_is_told_before_anything_is_claimed() {
    let named = OrganizationRecord {
        id: OTHER,
        owner: Some(owner("other", "labs", "uid-2")),
        ..active()
    };
    assert_eq!(asked().claimant(named).line(), "NameConflict");
    assert_eq!(
        asked().there("org_acme", 6, None).line(),
        "CollectionConflict"
    );
    assert_eq!(taken_address(asked()).line(), "EmailConflict");
}

#[test]
fn the_admin_comes_first_with_the_wished_address_and_no_token_of_before() {
    let scene = on_the_way(false).desire(|desired| {
        desired.email = Email::parse("new@acme.example").unwrap();
    });
    let Step::RestoreAdmin(back) = scene.step() else {
        panic!("another step")
    };
    assert_eq!(back.email.as_str(), "new@acme.example");
    assert_eq!(back.password, admin().password);
    assert_eq!(back.token_version, admin().token_version + 1);
}

#[test]
fn then_the_collection_comes_home_and_it_is_active() {
    assert_eq!(
        on_the_way(true).line(),
        format!("rename collection {ARCHIVE} to org_acme")
    );
    let home = on_the_way(true).gone(ARCHIVE).there("org_acme", 1, None);
    let record = home.after();
    assert_eq!(record.state, State::Active);
    assert_eq!(record.collection_uuid, Some(uuid(1)));
    assert!(!record.disabled);
}

#[test]
fn where_uuids_change_the_one_it_came_home_with_is_noted() {
    let home = on_the_way(true)
        .unfenced()
        .gone(ARCHIVE)
        .there("org_acme", 5, None);
    assert_eq!(home.after().collection_uuid, Some(uuid(5)));
}

#[test]
fn one_without_its_collection_comes_back_and_says_so() {
    let lost = on_the_way(true).gone(ARCHIVE);
    assert_eq!(lost.clone().after().state, State::Active);
    let (Next::Do(step), scene) = lost.next() else {
        panic!("it rests")
    };
    assert_eq!(scene.carried_out(&step).line(), "DataMissing");
}

#[test]
fn what_appeared_under_its_name_meanwhile_sends_it_back_into_the_archive() {
    let appeared = || on_the_way(true).there("org_acme", 6, None);
    assert!(matches!(appeared().step(), Step::DeleteAdmins(_)));
    let record = appeared()
        .observe(|seen| seen.done.admins_deleted = true)
        .after();
    assert_eq!(record.state, archived().state);
    assert_eq!((record.owner, record.released), (None, Some(me())));
    assert_eq!(record.names, []);
}

#[test]
fn an_address_taken_meanwhile_sends_it_back_into_the_archive_and_is_told() {
    let taken = taken_address(on_the_way(false));
    assert_eq!(taken.clone().after().state, archived().state);
    let (Next::Do(step), scene) = taken.next() else {
        panic!("it rests")
    };
    assert_eq!(scene.carried_out(&step).line(), "EmailConflict");
}

#[test]
fn deleted_on_its_way_it_goes_back_or_as_its_policy_says() {
    let not_yet = leaving(Disposal::Delete)
        .own(restoring(), None)
        .gone("org_acme")
        .there(ARCHIVE, 1, None);
    assert_eq!(not_yet.after().state, archived().state);
    let almost = leaving(Disposal::Delete).own(restoring(), Some(admin()));
    assert_eq!(almost.after().state, State::Active);
}
