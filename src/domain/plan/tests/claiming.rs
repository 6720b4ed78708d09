use super::scene::*;
use crate::domain::{
    credential::{CredentialFault, ObservedCredential, SecretName},
    desired::{Adoption, Disposal, Leaving, Wish},
    observed::EmailHolder,
    reason::Reason,
    record::{OrganizationRecord, OwnerSeen, State, StoredTenant},
    step::Step,
};

const TAKEN: &str = "NameConflict";

fn ownerless(released: Option<crate::domain::record::Owner>) -> OrganizationRecord {
    OrganizationRecord {
        id: OTHER,
        owner: None,
        released,
        ..active()
    }
}

fn legacy() -> OrganizationRecord {
    OrganizationRecord {
        names: Vec::new(),
        collection_uuid: None,
        revision: None,
        ..ownerless(None)
    }
}

#[test]
fn an_object_that_is_gone_needs_nothing() {
    assert_eq!(scene().observe(|seen| seen.object = None).line(), "Gone");
}

#[test]
fn an_object_that_goes_without_our_finalizer_needs_nothing() {
    let absent = Wish::Absent(Leaving {
        disposal: Disposal::Delete,
        is_protected: false,
        disabled: false,
    });
    assert_eq!(
        serving()
            .wish(absent)
            .object(|object| object.finalizer = false)
            .line(),
        "Gone"
    );
}

#[test]
fn an_object_that_goes_without_a_record_of_its_own_is_let_go() {
    let absent = Wish::Absent(Leaving {
        disposal: Disposal::Delete,
        is_protected: false,
        disabled: false,
    });
    let theirs = OrganizationRecord {
        owner: Some(owner("other", "acme", "uid-2")),
        ..active()
    };
    let scene = scene()
        .wish(absent)
        .claimant(theirs)
        .there("org_acme", 1, None);
    assert_eq!(scene.line(), "remove the finalizer from the object");
}

#[test]
fn the_finalizer_comes_before_anything_else() {
    assert_eq!(
        scene().object(|object| object.finalizer = false).line(),
        "add the finalizer to the object"
    );
}

#[test]
fn a_suspended_or_refused_organization_is_left_alone() {
    assert_eq!(serving().wish(Wish::Suspended).line(), "Suspended");
    assert_eq!(
        serving()
            .wish(Wish::Refused(Reason::InvalidSpec(String::new())))
            .line(),
        "InvalidSpec"
    );
}

#[test]
fn a_free_name_is_claimed_before_anything_is_made() {
    let Step::InsertRecord(record) = scene().step() else {
        panic!("no claim")
    };
    assert_eq!(record.state, State::Provisioning);
    assert_eq!(record.names, [name("acme")]);
    assert_eq!(record.owner, Some(me()));
    assert_eq!(record.collection_uuid, None);
}

#[test]
fn a_foreign_collection_is_a_conflict_also_when_it_is_empty() {
    assert_eq!(
        scene().there("org_acme", 5, None).line(),
        "CollectionConflict"
    );
    assert_eq!(
        scene().kept("org_acme", 5, None, None, false).line(),
        "CollectionConflict"
    );
}

#[test]
fn a_marked_collection_that_is_held_or_not_empty_is_a_conflict() {
    assert_eq!(
        scene()
            .kept("org_acme", 5, Some(OTHER), Some(OTHER), true)
            .line(),
        "CollectionConflict"
    );
    assert_eq!(
        scene().kept("org_acme", 5, Some(OTHER), None, false).line(),
        "CollectionConflict"
    );
}

#[test]
fn the_empty_leftover_of_a_dead_controller_is_no_conflict() {
    let line = scene().there("org_acme", 5, Some(OTHER)).line();
    assert_eq!(
        line,
        "claim the name acme for organization 090909090909090909090909"
    );
}

#[test]
fn a_taken_email_claims_nothing() {
    let scene = scene().observe(|seen| seen.email_holder = Some(EmailHolder { admin: ADMIN }));
    assert_eq!(scene.line(), "EmailConflict");
}

#[test]
fn an_unusable_credential_claims_nothing() {
    let secret = SecretName("acme-login".to_owned());
    let invalid = CredentialFault::Invalid {
        secret: secret.clone(),
        key: "password".to_owned(),
        why: String::new(),
    };
    for (credential, expected) in [
        (
            ObservedCredential::Missing(secret.clone()),
            "SecretNotFound",
        ),
        (
            ObservedCredential::Foreign(secret.clone()),
            "SecretConflict",
        ),
        (ObservedCredential::Leaving(secret), "Progressing"),
        (ObservedCredential::Faulty(invalid), "SecretInvalid"),
    ] {
        assert_eq!(
            scene().observe(|seen| seen.credential = credential).line(),
            expected
        );
    }
}

#[test]
fn what_another_holds_is_a_conflict() {
    let theirs = OrganizationRecord {
        owner: Some(owner("other", "acme", "uid-2")),
        ..active()
    };
    assert_eq!(scene().claimant(theirs.clone()).line(), TAKEN);
    let other_cluster = owner("team", "acme", "uid-1");
    let theirs = OrganizationRecord {
        owner: Some(crate::domain::record::Owner {
            cluster: "there".to_owned(),
            ..other_cluster
        }),
        ..theirs
    };
    assert_eq!(scene().claimant(theirs).line(), TAKEN);
}

#[test]
fn a_record_that_cant_be_read_is_somebodys() {
    let unreadable = StoredTenant::Unreadable {
        id: OTHER,
        owner: OwnerSeen::Nobody,
        field: "state",
    };
    assert_eq!(scene().held_by(unreadable).line(), TAKEN);
}

#[test]
fn a_free_record_beside_one_that_is_held_is_a_conflict() {
    let theirs = OrganizationRecord {
        owner: Some(owner("other", "acme", "uid-2")),
        ..active()
    };
    let scene = scene().claimant(ownerless(Some(me()))).claimant(theirs);
    assert_eq!(scene.line(), TAKEN);
}

#[test]
fn the_former_object_of_this_place_is_succeeded_whether_it_released_or_vanished() {
    let former = owner("team", "acme", "uid-0");
    let released = scene().claimant(ownerless(Some(former.clone()))).after();
    assert_eq!((released.owner, released.released), (Some(me()), None));
    let vanished = OrganizationRecord {
        owner: Some(former),
        ..active()
    };
    assert_eq!(scene().claimant(vanished).after().owner, Some(me()));
}

#[test]
fn what_another_object_of_the_namespace_released_needs_leave_to_adopt() {
    let former = owner("team", "acme-old", "uid-0");
    let scene = || scene().claimant(ownerless(Some(former.clone())));
    assert_eq!(scene().line(), "AdoptionRequired");
    let allowed = scene().desire(|desired| desired.may_adopt = Adoption::OwnNamespace);
    assert_eq!(allowed.line(), "record of acme: take it back");
}

#[test]
fn what_another_namespace_released_is_never_taken() {
    let scene = scene()
        .claimant(ownerless(Some(owner("other", "acme", "uid-0"))))
        .desire(|desired| desired.may_adopt = Adoption::Unowned);
    assert_eq!(scene.line(), "AdoptionRequired");
}

#[test]
fn a_record_that_never_had_an_owner_is_adopted_only_with_leave() {
    let scene = || scene().claimant(legacy()).there("org_acme", 5, None);
    assert_eq!(scene().line(), "AdoptionRequired");
    assert_eq!(
        scene()
            .desire(|desired| desired.may_adopt = Adoption::OwnNamespace)
            .line(),
        "AdoptionRequired"
    );
    let adopted = scene()
        .desire(|desired| desired.may_adopt = Adoption::Unowned)
        .after();
    assert_eq!(adopted.owner, Some(me()));
    assert_eq!(adopted.names, [name("acme")]);
    assert_eq!(adopted.collection_uuid, Some(uuid(5)));
}

#[test]
fn an_adopted_record_doesnt_bring_anothers_collection() {
    let scene = scene()
        .claimant(legacy())
        .kept("org_acme", 5, None, Some(OWN), false)
        .desire(|desired| desired.may_adopt = Adoption::Unowned);
    assert_eq!(scene.line(), "CollectionConflict");
}

#[test]
fn a_tenant_whose_record_is_lost_is_never_silently_made_anew() {
    assert_eq!(scene().known().line(), "DataMissing");
    let asked = scene().known().object(|object| object.recreate = true);
    assert!(matches!(asked.step(), Step::InsertRecord(_)));
}
