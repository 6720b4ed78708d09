use super::scene::*;
use crate::domain::{
    credential::{CredentialSource, ObservedCredential, SecretName},
    email::Email,
    hash::BcryptHash,
    observed::EmailHolder,
    plan::Next,
    record::{OrganizationRecord, State, Stray},
    step::{AdminChange, Step},
};

fn with(edit: impl FnOnce(&mut OrganizationRecord)) -> Scene {
    let mut record = active();
    edit(&mut record);
    serving().own(record, Some(admin()))
}

fn changes(scene: Scene) -> (Vec<AdminChange>, i64, bool) {
    match scene.step() {
        Step::UpdateAdmin {
            changes,
            after,
            rehash,
            ..
        } => (changes, after.token_version, rehash.is_some()),
        step => panic!("no admin is updated: {step}"),
    }
}

#[test]
fn a_tenant_as_wished_needs_nothing() {
    assert_eq!(serving().line(), "Succeeded");
}

#[test]
fn a_collection_that_is_nowhere_is_missing_and_never_made_anew_unasked() {
    assert_eq!(serving().gone("org_acme").line(), "DataMissing");
    let other = serving().gone("org_acme").there("org_acme", 6, None);
    assert_eq!(other.unfenced().line(), "DataMissing");
    let asked = serving()
        .gone("org_acme")
        .object(|object| object.recreate = true)
        .after();
    assert_eq!(
        (asked.state, asked.collection_uuid),
        (State::Provisioning, None)
    );
}

#[test]
fn a_collection_that_was_moved_by_hand_is_found_by_its_uuid_and_brought_home() {
    let scene = serving().gone("org_acme").there("elsewhere", 1, None);
    assert_eq!(scene.line(), "rename collection elsewhere to org_acme");
}

#[test]
fn what_lies_at_home_in_its_place_is_a_stray_unless_it_is_anothers() {
    let moved = || serving().there("elsewhere", 1, None);
    let stray = moved().there("org_acme", 6, None).after().strays;
    assert_eq!(
        stray,
        [Stray {
            slot: 0,
            uuid: uuid(6),
            from: collection("org_acme"),
            kept: false
        }]
    );
    assert_eq!(
        moved().kept("org_acme", 6, None, Some(OTHER), false).line(),
        "CollectionConflict"
    );
}

#[test]
fn an_unknown_uuid_is_taken_from_the_claimed_name_only_if_nothing_speaks_against_it() {
    let adopted = || with(|record| record.collection_uuid = None);
    assert_eq!(adopted().after().collection_uuid, Some(uuid(1)));
    assert_eq!(
        adopted().there("org_acme", 5, Some(OTHER)).line(),
        "CollectionConflict"
    );
    assert_eq!(
        adopted()
            .kept("org_acme", 5, None, Some(OTHER), false)
            .line(),
        "CollectionConflict"
    );
}

#[test]
fn an_edited_record_is_put_back() {
    assert_eq!(
        with(|record| record.names.clear()).after().names,
        [name("acme")]
    );
    let renamed_by_hand = with(|record| record.organization_name = name("evil"));
    assert_eq!(renamed_by_hand.after().organization_name, name("acme"));
    let moved = with(|record| record.collection_name = collection("org_evil"));
    assert_eq!(moved.after().collection_name, collection("org_acme"));
}

#[test]
fn an_edited_or_lost_admin_is_put_back() {
    let mut stranger = admin();
    stranger.organization_name = name("evil");
    assert_eq!(
        changes(serving().own(active(), Some(stranger))),
        (vec![AdminChange::Repair], 7, false)
    );
    let mut behind = admin();
    behind.organization_name = name("acme-labs");
    let mut renamed = active();
    renamed.names.push(name("acme-labs"));
    assert_eq!(
        changes(serving().own(renamed, Some(behind))),
        (vec![AdminChange::Link], 7, false)
    );
    let Step::InsertAdmin(again) = serving().known().own(active(), None).step() else {
        panic!()
    };
    assert_eq!((again.id, again.token_version), (ADMIN, 8));
}

#[test]
fn an_admin_of_another_organization_is_never_touched() {
    let mut theirs = admin();
    theirs.organization_id = Some(OTHER);
    assert_eq!(
        serving().own(active(), Some(theirs)).line(),
        "OperationUnknown"
    );
}

#[test]
fn a_new_email_ends_all_tokens_and_a_taken_one_changes_nothing() {
    let wished =
        || serving().desire(|desired| desired.email = Email::parse("ceo@acme.example").unwrap());
    assert_eq!(
        changes(wished()),
        (vec![AdminChange::Email, AdminChange::Tokens], 8, false)
    );
    let taken = EmailHolder {
        admin: crate::domain::ids::AdminId([4; 12]),
    };
    assert_eq!(
        wished()
            .observe(|seen| seen.email_holder = Some(taken))
            .line(),
        "EmailConflict"
    );
}

#[test]
fn a_new_password_is_hashed_and_ends_all_tokens_and_a_touched_secret_does_neither() {
    let moved = || {
        serving().observe(|seen| {
            seen.credential = ObservedCredential::Present {
                version: version("v2"),
                stored: None,
            };
        })
    };
    assert_eq!(
        changes(moved()),
        (vec![AdminChange::Password, AdminChange::Tokens], 8, true)
    );
    assert_eq!(
        changes(moved().same_credential()),
        (vec![AdminChange::CredentialVersion], 7, false)
    );
}

#[test]
fn a_hash_that_somebody_put_in_is_noticed_and_put_back_unless_it_is_of_the_same_password() {
    let edited = || {
        let mut admin = admin();
        admin.password = BcryptHash::from_record("another".to_owned());
        serving().own(active(), Some(admin))
    };
    assert_eq!(
        changes(edited()),
        (vec![AdminChange::Password, AdminChange::Tokens], 8, true)
    );
    let (Next::Do(step), before) = edited().same_credential().next() else {
        panic!("an edited hash is taken as it is")
    };
    let after = before.carried_out(&step);
    assert_eq!(after.line(), "Succeeded");
}

#[test]
fn tokens_that_are_dead_by_status_stay_dead_whatever_a_hand_or_a_backup_did_to_the_count() {
    let mut set_back = admin();
    set_back.token_version = 3;
    let scene = || serving().known().own(active(), Some(set_back.clone()));
    assert_eq!(
        changes(scene()),
        (vec![AdminChange::Repair, AdminChange::Tokens], 8, false)
    );
    // Whatever else a person has to see to first.
    let lost = scene().observe(|seen| seen.collections.clear());
    assert_eq!(
        changes(lost),
        (vec![AdminChange::Repair, AdminChange::Tokens], 8, false)
    );
    let of_another = scene().object(|object| object.known.as_mut().unwrap().id = OTHER);
    assert_eq!(of_another.line(), "Succeeded");
}

#[test]
fn a_lost_secret_keeps_the_old_hash_serving() {
    let lost = ObservedCredential::Missing(SecretName("acme-login".to_owned()));
    assert_eq!(
        serving().observe(|seen| seen.credential = lost).line(),
        "SecretNotFound"
    );
}

fn generated(scene: Scene) -> Scene {
    let secret = SecretName("acme-admin".to_owned());
    scene
        .desire(|desired| {
            desired.credential = CredentialSource::Generated {
                secret: secret.clone(),
            }
        })
        .observe(|seen| seen.credential = ObservedCredential::NotGenerated(secret.clone()))
}

#[test]
fn a_deleted_generated_secret_is_made_anew_but_an_adopted_admin_keeps_his_password() {
    assert_eq!(
        generated(serving()).line(),
        "generate a password into Secret acme-admin"
    );
    let mut adopted = admin();
    adopted.credential_version = None;
    assert_eq!(
        generated(serving().own(active(), Some(adopted))).line(),
        "Succeeded"
    );
}

#[test]
fn a_generated_secret_goes_when_a_reference_replaces_it() {
    let mut before = admin();
    before.credential_version = Some(version("generated/uid/1"));
    let scene = || serving().own(active(), Some(before.clone()));
    assert_eq!(scene().line(), "delete the generated Secret acme-admin");
    let deleted = scene().observe(|seen| seen.done.secret_deleted = true);
    assert_eq!(
        changes(deleted),
        (vec![AdminChange::Password, AdminChange::Tokens], 8, true)
    );
    let itself = scene().desire(|desired| {
        desired.credential = CredentialSource::Password {
            secret: SecretName("acme-admin".to_owned()),
            key: "password".to_owned(),
        };
    });
    assert_eq!(
        changes(itself),
        (vec![AdminChange::Password, AdminChange::Tokens], 8, true)
    );
}

#[test]
fn access_disabled_ends_all_tokens_first() {
    let scene = || serving().desire(|desired| desired.disabled = true);
    assert_eq!(changes(scene()), (vec![AdminChange::Tokens], 8, false));
    assert!(
        scene()
            .observe(|seen| seen.done.tokens_ended = true)
            .after()
            .disabled
    );
    assert!(!with(|record| record.disabled = true).after().disabled);
}

#[test]
fn access_is_disabled_though_a_rename_is_refused() {
    let theirs = OrganizationRecord {
        owner: Some(owner("other", "acme", "uid-2")),
        ..active()
    };
    let scene = serving().claimant(theirs).desire(|desired| {
        desired.name = name("taken");
        desired.disabled = true;
    });
    assert_eq!(changes(scene).0, [AdminChange::Tokens]);
}

#[test]
fn a_quarantined_name_is_released_when_its_time_is_over_and_nothing_lies_there() {
    let quarantined = |seconds| {
        with(|record| {
            record.names.push(name("old"));
            record.quarantine.push(left("old", seconds));
        })
    };
    assert_eq!(quarantined(1).line(), "Succeeded");
    assert_eq!(quarantined(0).after().names, [name("acme")]);
    assert!(quarantined(0).after().quarantine.is_empty());
    let stray = quarantined(0).there("org_old", 6, None).after().strays;
    assert_eq!(stray[0].from, collection("org_old"));
}

#[test]
fn a_stray_is_noted_then_moved_then_merged_then_dropped_then_forgotten() {
    let noted = || {
        with(|record| {
            record.names.push(name("old"));
            record.quarantine.push(left("old", 9));
            let stray = Stray {
                slot: 0,
                uuid: uuid(6),
                from: collection("org_old"),
                kept: false,
            };
            record.strays.push(stray);
        })
    };
    let place = "_stray.010101010101010101010101.0";
    assert_eq!(
        noted().there("org_old", 6, None).line(),
        format!("rename collection org_old to {place}")
    );
    let moved = || noted().there(place, 6, None);
    assert_eq!(
        moved().line(),
        format!("copy the documents of {place} into org_acme, overwriting none")
    );
    let merged =
        |clashes| moved().observe(|seen| seen.done.merged = [(collection(place), clashes)].into());
    assert_eq!(merged(0).line(), format!("drop collection {place}"));
    assert!(merged(3).after().strays[0].kept);
    assert!(noted().after().strays.is_empty());
}

#[test]
fn a_stray_that_clashes_is_kept_until_a_person_drops_it() {
    let kept = || {
        with(|record| {
            record.strays.push(Stray {
                slot: 0,
                uuid: uuid(6),
                from: collection("org_old"),
                kept: true,
            });
        })
    };
    let place = "_stray.010101010101010101010101.0";
    assert_eq!(kept().kept(place, 6, None, None, false).line(), "Succeeded");
    assert!(kept().after().strays.is_empty());
}

#[test]
fn a_second_stray_in_the_place_of_one_that_was_merged_is_merged_too() {
    let place = "_stray.010101010101010101010101.0";
    let scene = with(|record| {
        record.names.push(name("old"));
        record.quarantine.push(left("old", 9));
        record.strays.push(Stray {
            slot: 0,
            uuid: uuid(6),
            from: collection("org_old"),
            kept: false,
        });
    });
    let scene = scene.there("org_old", 6, None);
    let scene = scene.observe(|seen| seen.done.merged = [(collection(place), 0)].into());
    let (Next::Do(moved), scene) = scene.next() else {
        panic!("it rests");
    };
    assert_eq!(
        scene.carried_out(&moved).line(),
        format!("copy the documents of {place} into org_acme, overwriting none")
    );
}
