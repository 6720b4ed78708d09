use super::scene::*;
use crate::domain::{
    desired::Disposal,
    observed::Done,
    record::{OrganizationRecord, State, Stray},
    step::{AdminChange, Step},
};

const TRASH: &str = "_trash.010101010101010101010101";

fn deleting(committed: bool) -> OrganizationRecord {
    OrganizationRecord {
        state: State::Deleting { committed },
        disabled: true,
        ..active()
    }
}

fn on_the_way(committed: bool) -> Scene {
    leaving(Disposal::Delete).own(deleting(committed), Some(admin()))
}

#[test]
fn through_a_mongos_nothing_is_dropped_and_what_is_retained_goes_as_anywhere() {
    let delete = leaving(Disposal::Delete).sharded();
    assert_eq!(delete.line(), "Unsupported");
    let retain = leaving(Disposal::Retain).sharded();
    assert_eq!(retain.after().released, Some(me()));
}

#[test]
fn retain_releases_and_remembers_and_then_lets_go() {
    let record = leaving(Disposal::Retain).after();
    assert_eq!((record.owner, record.released), (None, Some(me())));
    assert_eq!(
        (record.state, record.names),
        (State::Active, vec![name("acme")])
    );
    let scene = leaving(Disposal::Retain).observe(|seen| seen.own = None);
    assert_eq!(scene.line(), "remove the finalizer from the object");
}

#[test]
fn retain_keeps_nobody_waiting_for_a_collection_that_is_lost() {
    assert_eq!(
        leaving(Disposal::Retain).gone("org_acme").after().owner,
        None
    );
}

#[test]
fn retain_brings_late_documents_home_before_it_gives_up_the_name() {
    let mut record = active();
    record.names.push(name("old"));
    record.quarantine.push(left("old", 9));
    let scene = || leaving(Disposal::Retain).own(record.clone(), Some(admin()));
    assert_eq!(scene().there("org_old", 6, None).after().strays.len(), 1);
    assert_eq!(scene().after().names, [name("acme")]);
}

#[test]
fn a_rename_is_finished_before_the_tenant_goes() {
    let scene = leaving(Disposal::Delete).own(renaming(true), Some(admin()));
    assert_eq!(scene.line(), "rename collection org_acme to org_acme-labs");
}

#[test]
fn a_claim_that_never_became_a_tenant_is_undone_under_either_policy() {
    let provisioning = || OrganizationRecord {
        state: State::Provisioning,
        collection_uuid: None,
        ..active()
    };
    for disposal in [Disposal::Retain, Disposal::Delete] {
        let scene = || {
            leaving(disposal)
                .gone("org_acme")
                .own(provisioning(), Some(admin()))
        };
        assert_eq!(scene().line(), "delete the admin of acme");
        assert_eq!(
            scene().own(provisioning(), None).line(),
            "delete the record of acme"
        );
        let made = scene().there("org_acme", 1, Some(OWN));
        assert_eq!(made.after().state, State::Active);
    }
}

#[test]
fn deletion_says_so_first_and_ends_logins() {
    let record = leaving(Disposal::Delete).after();
    assert_eq!(record.state, State::Deleting { committed: false });
    assert!(record.disabled);
}

#[test]
fn then_the_collection_goes_into_the_trash_from_wherever_it_is() {
    assert_eq!(
        on_the_way(false).line(),
        format!("rename collection org_acme to {TRASH}")
    );
    let elsewhere = on_the_way(false)
        .gone("org_acme")
        .there("elsewhere", 1, None);
    assert_eq!(
        elsewhere.line(),
        format!("rename collection elsewhere to {TRASH}")
    );
}

#[test]
fn then_the_deletion_is_committed_if_the_live_object_still_asks_for_it() {
    let trashed = || on_the_way(false).gone("org_acme").there(TRASH, 1, None);
    assert_eq!(trashed().after().state, State::Deleting { committed: true });
    assert_eq!(trashed().deletion_withdrawn().line(), "Dropping");
}

#[test]
fn a_collection_that_is_missing_already_is_no_obstacle() {
    assert_eq!(
        on_the_way(false).gone("org_acme").after().state,
        State::Deleting { committed: true }
    );
}

#[test]
fn a_deletion_that_is_withdrawn_ends_all_tokens_and_is_undone() {
    let withdrawn = |scene: Scene| scene.own(deleting(false), Some(admin()));
    let Step::UpdateAdmin { changes, .. } = withdrawn(leaving(Disposal::Retain)).step() else {
        panic!()
    };
    assert_eq!(changes, [AdminChange::Tokens]);
    let ended = |scene: Scene| withdrawn(scene).observe(|seen| seen.done.tokens_ended = true);
    for scene in [leaving(Disposal::Retain), serving()] {
        let record = ended(scene.clone()).after();
        assert_eq!(
            (record.state, record.disabled, record.collection_uuid),
            (State::Active, false, Some(uuid(1)))
        );
        assert_eq!(ended(scene).unfenced().after().collection_uuid, None);
    }
}

#[test]
fn upkeep_brings_back_what_was_in_the_trash() {
    let back = serving().gone("org_acme").there(TRASH, 1, None);
    assert_eq!(
        back.line(),
        format!("rename collection {TRASH} to org_acme")
    );
    let unidentified = OrganizationRecord {
        collection_uuid: None,
        ..active()
    };
    let back = serving()
        .unfenced()
        .own(unidentified, Some(admin()))
        .gone("org_acme")
        .there(TRASH, 7, None);
    assert_eq!(
        back.line(),
        format!("rename collection {TRASH} to org_acme")
    );
}

#[test]
fn past_the_commit_point_only_private_names_are_dropped() {
    let committed = |scene: Scene| scene.gone("org_acme").there(TRASH, 1, None);
    assert_eq!(
        committed(on_the_way(true)).line(),
        format!("drop collection {TRASH}")
    );
    assert_eq!(
        committed(leaving(Disposal::Retain).own(deleting(true), None)).line(),
        format!("drop collection {TRASH}")
    );
}

#[test]
fn merged_strays_go_with_the_tenant() {
    let mut record = deleting(true);
    record.strays.push(Stray {
        slot: 1,
        uuid: uuid(6),
        from: collection("org_old"),
        kept: true,
    });
    let place = "_stray.010101010101010101010101.1";
    let scene = on_the_way(true)
        .own(record, None)
        .gone("org_acme")
        .there(place, 6, None);
    assert_eq!(scene.line(), format!("drop collection {place}"));
}

#[test]
fn what_was_written_late_under_a_claimed_name_is_set_aside_and_kept() {
    let dropped = || on_the_way(true).gone("org_acme");
    let late = dropped().there("org_acme", 6, None);
    assert_eq!(
        late.line(),
        "rename collection org_acme to _stray.010101010101010101010101.2"
    );
    let theirs = dropped().kept("org_acme", 6, None, Some(OTHER), false);
    assert_eq!(theirs.line(), "delete the admin of acme");
}

#[test]
fn what_was_moved_back_by_one_who_knew_of_no_deletion_goes_into_the_trash_again() {
    assert_eq!(
        on_the_way(true).line(),
        format!("rename collection org_acme to {TRASH}")
    );
}

#[test]
fn the_names_are_looked_at_again_after_the_drop() {
    let (_, before) = on_the_way(true)
        .gone("org_acme")
        .there(TRASH, 1, None)
        .next();
    let drop = Step::DropCollection {
        name: collection(TRASH),
        uuid: uuid(1),
    };
    let after = before.seen.after(&drop, crate::domain::step::Learned::Done);
    assert!(!after.looked_at(&collection("org_acme")));
}

#[test]
fn then_the_admin_then_the_record_then_the_finalizer_goes() {
    let dropped = || on_the_way(true).gone("org_acme");
    assert_eq!(dropped().line(), "delete the admin of acme");
    let done = Done {
        admins_deleted: true,
        ..Done::default()
    };
    assert_eq!(
        dropped().observe(|seen| seen.done = done).line(),
        "delete the record of acme"
    );
}

#[test]
fn a_wish_to_exist_past_the_commit_point_begins_anew_after_the_destruction() {
    let scene = serving()
        .gone("org_acme")
        .there(TRASH, 1, None)
        .own(deleting(true), None);
    assert_eq!(scene.line(), format!("drop collection {TRASH}"));
}
