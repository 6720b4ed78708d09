use uuid::Uuid;

use super::*;
use crate::domain::{
    credential::ObservedCredential,
    email::Email,
    hash::BcryptHash,
    ids::{AdminId, CollectionUuid, OrganizationId},
    names::OrgName,
    observed::{Capability, Done, FreshIds, ObservedCollection, Rules},
    record::{AdminRecord, Naming, StoredTenant, Stray},
};

const ID: OrganizationId = OrganizationId([1; 12]);

fn now() -> Timestamp {
    "2026-11-23T10:00:00.123456Z".parse().unwrap()
}

fn name() -> OrgName {
    OrgName::parse("acme").unwrap()
}

fn seen() -> Observed {
    let home = CollectionName::of_tenant(&name());
    let record = OrganizationRecord {
        id: ID,
        organization_name: name(),
        collection_name: home.clone(),
        admin_id: AdminId([2; 12]),
        created_at: now(),
        names: vec![name()],
        owner: None,
        naming: Naming::default(),
        released: None,
        state: State::Active,
        quarantine: Vec::new(),
        strays: Vec::new(),
        collection_uuid: Some(CollectionUuid(Uuid::nil())),
        disabled: false,
        revision: Some(1),
    };
    let admin = AdminRecord {
        id: AdminId([2; 12]),
        email: Email::parse("admin@acme.example").unwrap(),
        password: BcryptHash::from_record(String::new()),
        organization_id: Some(ID),
        organization_name: name(),
        token_version: 3,
        credential_version: None,
        created_at: now(),
        revision: Some(1),
    };
    let tenant = Tenant {
        record,
        admin: Some(admin),
    };
    let collection = ObservedCollection {
        uuid: CollectionUuid(Uuid::nil()),
        marker: None,
    };
    Observed {
        now: now(),
        capability: Capability::Fenced,
        rules: Rules {
            name_quarantine: jiff::SignedDuration::ZERO,
        },
        fresh: FreshIds {
            organization: ID,
            admin: AdminId([2; 12]),
        },
        object: None,
        own: Some(StoredTenant::Readable(Box::new(tenant))),
        asked_name: None,
        claimants: Vec::new(),
        email_holder: None,
        archive: None,
        collections: [(home, Some(collection))].into(),
        found: [].into(),
        particulars: [].into(),
        credential: ObservedCredential::Unseen,
        done: Done::default(),
    }
}

fn outcome<'a>(seen: Option<&'a Observed>, reason: &'a Reason) -> Outcome<'a> {
    Outcome {
        generation: Some(4),
        seen,
        reason,
        database: "master_db",
        now: now(),
        reconcile_at: None,
        recreate_at: None,
        change: None,
    }
}

/// What the API server gives back for what it was given.
fn stored(status: &OrganizationStatus) -> OrganizationStatus {
    serde_json::from_value(serde_json::to_value(status).unwrap()).unwrap()
}

fn truth<'a>(status: &'a OrganizationStatus, type_: &str) -> &'a str {
    &status
        .conditions
        .iter()
        .find(|condition| condition.type_ == type_)
        .unwrap()
        .status
}

#[test]
fn a_second_pass_with_the_same_outcome_differs_in_nothing_from_what_was_stored() {
    let seen = seen();
    let later = Timestamp::UNIX_EPOCH;
    let first = stored(&status_after(
        &OrganizationStatus::default(),
        &outcome(Some(&seen), &Reason::Succeeded),
    ));
    let again = Outcome {
        now: later,
        ..outcome(Some(&seen), &Reason::Succeeded)
    };
    assert_eq!(status_after(&first, &again), first);
}

#[test]
fn where_nobody_could_look_what_is_stays_as_it_was_said() {
    let seen = seen();
    let first = stored(&status_after(
        &OrganizationStatus::default(),
        &outcome(Some(&seen), &Reason::Succeeded),
    ));
    let away = status_after(&first, &outcome(None, &Reason::MongoUnavailable));
    assert_eq!(away.organization_id, Some(ID.to_string()));
    assert_eq!(away.collection_name.as_deref(), Some("org_acme"));
    for (type_, expected) in [
        ("Ready", "False"),
        ("Reconciling", "True"),
        ("Stalled", "False"),
        ("CollectionReady", "True"),
        ("AdminReady", "True"),
        ("InSync", "Unknown"),
    ] {
        assert_eq!(truth(&away, type_), expected, "{type_}");
    }
}

#[test]
fn a_lost_collection_is_not_ready_and_a_refused_change_leaves_it_so() {
    let seen = seen();
    let missing = Reason::DataMissing(Missing::Collection(CollectionName::of_tenant(&name())));
    let lost = status_after(
        &OrganizationStatus::default(),
        &outcome(Some(&seen), &missing),
    );
    assert_eq!(truth(&lost, "CollectionReady"), "False");
    let refused = Reason::NameConflict(name());
    let refused = status_after(
        &OrganizationStatus::default(),
        &outcome(Some(&seen), &refused),
    );
    assert_eq!(
        (truth(&refused, "Ready"), truth(&refused, "CollectionReady")),
        ("False", "True")
    );
}

#[test]
fn a_token_count_that_was_set_back_is_not_believed_unless_it_is_anothers() {
    let seen = seen();
    let reason = Reason::DataMissing(Missing::Collection(CollectionName::of_tenant(&name())));
    let before = status_after(
        &OrganizationStatus::default(),
        &outcome(Some(&seen), &reason),
    );
    assert_eq!(before.token_version, Some(3));
    let ahead = OrganizationStatus {
        token_version: Some(5),
        ..before
    };
    let kept = status_after(&ahead, &outcome(Some(&seen), &reason));
    assert_eq!(kept.token_version, Some(5));
    let anothers = OrganizationStatus {
        organization_id: Some(OrganizationId([9; 12]).to_string()),
        ..ahead
    };
    let own = status_after(&anothers, &outcome(Some(&seen), &reason));
    assert_eq!(own.token_version, Some(3));
}

#[test]
fn documents_that_clash_are_out_of_sync_though_the_organization_is_served() {
    let mut seen = seen();
    if let Some(StoredTenant::Readable(tenant)) = &mut seen.own {
        tenant.record.strays.push(Stray {
            slot: 1,
            uuid: CollectionUuid(Uuid::nil()),
            from: CollectionName::of_tenant(&name()),
            kept: true,
        });
    }
    let status = status_after(
        &OrganizationStatus::default(),
        &outcome(Some(&seen), &Reason::Succeeded),
    );
    assert_eq!(truth(&status, "Ready"), "True");
    assert_eq!(truth(&status, "InSync"), "False");
    let told = status.conditions.iter().find(|told| told.type_ == "InSync");
    let message = &told.unwrap().message;
    assert!(
        message.contains("_stray.010101010101010101010101.1"),
        "{message}"
    );
}

#[test]
fn the_recreate_annotation_is_answered_only_by_a_success() {
    let seen = seen();
    let value = "now".to_owned();
    let missing = Reason::DataMissing(Missing::Record(ID));
    let asked = |reason| Outcome {
        recreate_at: Some(&value),
        ..outcome(Some(&seen), reason)
    };
    let status = status_after(&OrganizationStatus::default(), &asked(&missing));
    assert_eq!(status.last_handled_recreate_at, None);
    let status = status_after(&OrganizationStatus::default(), &asked(&Reason::Succeeded));
    assert_eq!(status.last_handled_recreate_at.as_deref(), Some("now"));
}

#[test]
fn a_tenant_that_is_still_being_made_is_none_yet() {
    let mut seen = seen();
    if let Some(StoredTenant::Readable(tenant)) = &mut seen.own {
        tenant.record.state = State::Provisioning;
    }
    let status = status_after(
        &OrganizationStatus::default(),
        &outcome(Some(&seen), &Reason::Progressing),
    );
    assert_eq!(status.organization_id, None);
    assert_eq!(truth(&status, "CollectionReady"), "False");
}
