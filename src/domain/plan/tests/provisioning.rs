use super::scene::*;
use crate::domain::{
    credential::ObservedCredential,
    credential::SecretName,
    observed::EmailHolder,
    record::{AdminRecord, OrganizationRecord, State},
    step::Step,
};

fn provisioning() -> OrganizationRecord {
    OrganizationRecord {
        state: State::Provisioning,
        collection_uuid: None,
        ..active()
    }
}

fn claimed() -> Scene {
    scene().own(provisioning(), None)
}

#[test]
fn the_admin_comes_before_the_collection() {
    assert_eq!(claimed().line(), "insert the admin of acme");
    assert_eq!(
        scene().own(provisioning(), Some(admin())).line(),
        "create collection org_acme"
    );
}

#[test]
fn a_generated_password_is_in_its_secret_before_its_hash_is_in_the_database() {
    let secret = SecretName("acme-admin".to_owned());
    let scene =
        claimed().observe(|seen| seen.credential = ObservedCredential::NotGenerated(secret));
    assert_eq!(scene.line(), "generate a password into Secret acme-admin");
}

#[test]
fn an_email_that_was_taken_meanwhile_gives_the_name_back() {
    let scene = claimed().observe(|seen| {
        seen.email_holder = Some(EmailHolder {
            admin: crate::domain::ids::AdminId([4; 12]),
        });
    });
    assert_eq!(scene.line(), "delete the record of acme");
}

#[test]
fn a_collection_with_our_marker_is_ours() {
    let scene = scene()
        .own(provisioning(), Some(admin()))
        .there("org_acme", 5, Some(OWN));
    let record = scene.after();
    assert_eq!(
        (record.state, record.collection_uuid),
        (State::Active, Some(uuid(5)))
    );
}

#[test]
fn a_collection_without_our_marker_is_not_ours_though_the_name_is() {
    let made = || scene().own(provisioning(), Some(admin()));
    assert_eq!(
        made().there("org_acme", 5, None).line(),
        "CollectionConflict"
    );
    assert_eq!(
        made().kept("org_acme", 5, Some(OTHER), None, false).line(),
        "CollectionConflict"
    );
}

#[test]
fn a_dead_controllers_leftover_is_set_aside_under_its_own_organization() {
    let scene = scene()
        .own(provisioning(), Some(admin()))
        .there("org_acme", 5, Some(OTHER));
    assert_eq!(
        scene.line(),
        "rename collection org_acme to _stray.020202020202020202020202.0"
    );
}

#[test]
fn a_wish_that_changed_meanwhile_begins_anew() {
    let scene = |admin: Option<AdminRecord>| {
        scene()
            .own(provisioning(), admin)
            .desire(|desired| desired.name = name("other"))
    };
    assert_eq!(scene(Some(admin())).line(), "delete the admin of acme");
    assert_eq!(scene(None).line(), "delete the record of acme");
}

#[test]
fn tokens_of_a_tenant_that_is_made_anew_after_a_loss_stay_dead() {
    let Step::InsertAdmin(admin) = claimed().known().step() else {
        panic!("no admin")
    };
    assert_eq!(admin.token_version, 8);
}
