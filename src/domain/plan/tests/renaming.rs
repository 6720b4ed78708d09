use super::scene::*;
use crate::domain::{
    credential::{ObservedCredential, SecretName},
    email::Email,
    observed::EmailHolder,
    plan::{Next, next},
    record::{OrganizationRecord, State, Stray},
    step::{AdminChange, Learned, Look, Step},
};

fn wished() -> Scene {
    serving().desire(|desired| desired.name = name("acme-labs"))
}

fn under_way(clear: bool) -> Scene {
    wished().own(renaming(clear), Some(admin()))
}

fn theirs() -> OrganizationRecord {
    OrganizationRecord {
        id: OTHER,
        organization_name: name("acme-labs"),
        owner: Some(owner("other", "labs", "uid-2")),
        ..active()
    }
}

fn email_taken(scene: Scene) -> Scene {
    scene
        .desire(|desired| desired.email = Email::parse("ceo@acme.example").unwrap())
        .observe(|seen| {
            seen.email_holder = Some(EmailHolder {
                admin: crate::domain::ids::AdminId([4; 12]),
            });
        })
}

#[test]
fn a_name_that_is_taken_out_of_the_spec_is_no_wish_for_another() {
    let unset = |scene: Scene| scene.desire(|desired| desired.name_is_default = true);
    assert_eq!(unset(wished()).line(), "InvalidSpec");
    assert_eq!(unset(serving()).line(), "Succeeded");
}

#[test]
fn through_a_mongos_no_rename_is_begun_and_the_tenant_stays_served() {
    assert_eq!(wished().sharded().line(), "Unsupported");
    assert_eq!(serving().sharded().line(), "Succeeded");
}

#[test]
fn a_taken_name_and_a_foreign_collection_stand_against_the_intent() {
    assert_eq!(wished().claimant(theirs()).line(), "NameConflict");
    assert_eq!(
        wished().there("org_acme-labs", 5, None).line(),
        "CollectionConflict"
    );
}

#[test]
fn a_wish_is_taken_as_a_whole() {
    assert_eq!(email_taken(wished()).line(), "EmailConflict");
    let lost = ObservedCredential::Missing(SecretName("acme-login".to_owned()));
    assert_eq!(
        wished().observe(|seen| seen.credential = lost).line(),
        "SecretNotFound"
    );
}

#[test]
fn the_intent_is_noted_with_both_claims() {
    let record = wished().after();
    assert_eq!(record.names, [name("acme"), name("acme-labs")]);
    let State::Renaming(intent) = record.state else {
        panic!("no intent")
    };
    assert_eq!(
        (intent.from, intent.to, intent.clear),
        (name("acme"), name("acme-labs"), false)
    );
}

#[test]
fn the_own_quarantined_name_may_be_taken_back_and_what_lies_there_is_ours() {
    let mut record = active();
    record.names.push(name("acme-labs"));
    record.quarantine.push(left("acme-labs", 9));
    let back = wished().own(record, Some(admin())).after();
    assert_eq!(back.names, [name("acme"), name("acme-labs")]);
    assert!(back.quarantine.is_empty());
    assert!(matches!(back.state, State::Renaming(intent) if intent.clear));
}

#[test]
fn the_new_name_is_looked_at_after_the_claim() {
    assert!(matches!(under_way(false).after().state, State::Renaming(intent) if intent.clear));
    let back = under_way(false).there("org_acme-labs", 5, None).after();
    assert_eq!(
        (back.state, back.names),
        (State::Active, vec![name("acme")])
    );
    assert!(back.quarantine.is_empty());
}

#[test]
fn what_was_seen_before_the_claim_is_not_believed_after_it() {
    let (Next::Do(intent), before) = wished().next() else {
        panic!("no intent")
    };
    assert!(before.seen.looked_at(&collection("org_acme-labs")));
    let after = before.seen.after(&intent, Learned::Done);
    let Next::Do(Step::Look(Look::Collections(names))) = next(&before.wish, &after) else {
        panic!("no look");
    };
    assert!(names.contains(&collection("org_acme-labs")));
}

#[test]
fn then_the_collection_moves() {
    assert_eq!(
        under_way(true).line(),
        "rename collection org_acme to org_acme-labs"
    );
    assert_eq!(
        under_way(true).unfenced().line(),
        "rename collection org_acme to org_acme-labs"
    );
}

#[test]
fn then_the_record_says_so_and_the_old_name_is_quarantined() {
    let moved = || under_way(true).gone("org_acme");
    for (scene, number) in [
        (moved().there("org_acme-labs", 1, None), 1),
        (moved().unfenced().there("org_acme-labs", 7, None), 7),
    ] {
        let record = scene.after();
        assert_eq!(record.organization_name, name("acme-labs"));
        assert_eq!(record.collection_name, collection("org_acme-labs"));
        assert_eq!(record.collection_uuid, Some(uuid(number)));
        assert_eq!(record.names, [name("acme-labs"), name("acme")]);
        assert_eq!(record.quarantine, [left("acme", 60)]);
        assert_eq!(record.state, State::Active);
    }
}

#[test]
fn gone_from_the_old_name_alone_is_no_proof_of_arrival() {
    let lost = under_way(true).gone("org_acme");
    assert_eq!(lost.clone().line(), "DataMissing");
    assert_eq!(lost.clone().unfenced().line(), "DataMissing");
    let stray = lost.there("org_acme-labs", 5, None);
    assert_eq!(stray.line(), "DataMissing");
}

#[test]
fn what_clients_wrote_early_under_the_new_name_is_a_stray_and_makes_room() {
    let record = under_way(true).there("org_acme-labs", 6, None).after();
    let stray = Stray {
        slot: 0,
        uuid: uuid(6),
        from: collection("org_acme-labs"),
        kept: false,
    };
    assert_eq!(record.strays, [stray]);
    let noted = under_way(true)
        .own(record, Some(admin()))
        .there("org_acme-labs", 6, None);
    let place = "_stray.010101010101010101010101.0";
    assert_eq!(
        noted.line(),
        format!("rename collection org_acme-labs to {place}")
    );
}

#[test]
fn email_and_password_of_the_same_wish_change_before_the_commit_point() {
    let scene =
        under_way(true).desire(|desired| desired.email = Email::parse("ceo@acme.example").unwrap());
    let Step::UpdateAdmin { changes, .. } = scene.step() else {
        panic!("no admin")
    };
    assert_eq!(changes, [AdminChange::Email, AdminChange::Tokens]);
}

#[test]
fn an_email_that_was_taken_meanwhile_turns_back_and_quarantines_the_new_name() {
    let record = email_taken(under_way(true)).after();
    assert_eq!(
        (record.state, record.quarantine),
        (State::Active, vec![left("acme-labs", 60)])
    );
    assert_eq!(record.names, [name("acme"), name("acme-labs")]);
}

#[test]
fn a_name_that_the_older_service_took_meanwhile_turns_back() {
    let moved = || {
        under_way(true)
            .claimant(theirs())
            .gone("org_acme")
            .there("org_acme-labs", 1, None)
    };
    assert_eq!(
        moved().line(),
        "rename collection org_acme-labs to org_acme"
    );
    let moved = moved().unfenced().there("org_acme-labs", 7, None);
    assert_eq!(moved.line(), "rename collection org_acme-labs to org_acme");
    let back = under_way(true).claimant(theirs()).after();
    assert_eq!(
        (back.state, back.organization_name),
        (State::Active, name("acme"))
    );
    let back = under_way(true)
        .claimant(theirs())
        .unfenced()
        .there("org_acme", 8, None)
        .after();
    assert_eq!(back.collection_uuid, Some(uuid(8)));
}

#[test]
fn an_intent_that_stands_is_finished_whatever_is_wished_meanwhile() {
    let other = under_way(true).desire(|desired| {
        desired.name = name("third");
        desired.email = Email::parse("ceo@acme.example").unwrap();
    });
    assert_eq!(other.line(), "rename collection org_acme to org_acme-labs");
    let refused = crate::domain::reason::Reason::InvalidSpec(String::new());
    let refused = under_way(true).wish(crate::domain::desired::Wish::Refused(refused));
    assert_eq!(
        refused.line(),
        "rename collection org_acme to org_acme-labs"
    );
}

#[test]
fn an_intent_that_stands_is_finished_though_the_name_wished_since_is_taken() {
    let third = OrganizationRecord {
        organization_name: name("third"),
        names: vec![name("third")],
        ..theirs()
    };
    let scene = under_way(true)
        .claimant(third)
        .desire(|desired| desired.name = name("third"));
    assert_eq!(scene.line(), "rename collection org_acme to org_acme-labs");
}

#[test]
fn a_name_that_the_older_service_took_turns_back_also_under_another_wish() {
    let refused = crate::domain::reason::Reason::InvalidSpec(String::new());
    let refused = crate::domain::desired::Wish::Refused(refused);
    let scene = under_way(true).claimant(theirs()).wish(refused);
    assert_eq!(scene.line(), "record of acme: roll the rename back");
}

#[test]
fn a_lost_secret_doesnt_stop_a_rename_that_has_begun() {
    let lost = ObservedCredential::Missing(SecretName("acme-login".to_owned()));
    let scene = under_way(true).observe(|seen| seen.credential = lost);
    assert_eq!(scene.line(), "rename collection org_acme to org_acme-labs");
}
