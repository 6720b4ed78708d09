use super::scene::*;
use crate::domain::{
    desired::{Adoption, Disposal, Leaving, Wish},
    email::Email,
    observed::KnownTenant,
    plan::{Next, next_before_withdrawal, unfold},
    record::{Naming, OrganizationRecord, State},
};

const NOTE: &str = "record of acme-labs: note that the spec is older than its name";
const HEED: &str = "record of acme-labs: note that the spec is of the present";
const INTENT: &str = "record of acme-labs: note the intent to rename";

fn naming(generation: Option<i64>, outdated: Option<&str>) -> Naming {
    Naming {
        generation,
        outdated: outdated.map(name),
    }
}

/// Called acme-labs since generation 5.
fn renamed(known: Naming) -> OrganizationRecord {
    OrganizationRecord {
        organization_name: name("acme-labs"),
        collection_name: collection("org_acme-labs"),
        names: vec![name("acme-labs")],
        naming: known,
        ..active()
    }
}

/// Asked for the name acme at that generation.
fn asked(generation: i64, known: Naming) -> Scene {
    let mut admin = admin();
    admin.organization_name = name("acme-labs");
    scene()
        .own(renamed(known), Some(admin))
        .there("org_acme-labs", 1, None)
        .object(|object| object.generation = Some(generation))
}

fn called(scene: Scene, text: &str) -> Scene {
    scene.desire(|desired| desired.name = name(text))
}

fn confirmed(scene: Scene, text: &str) -> Scene {
    scene.object(|object| object.confirmed_name = Some(name(text)))
}

fn taken_at(generation: i64) -> Naming {
    naming(Some(generation), None)
}

fn noted() -> Naming {
    naming(Some(5), Some("acme"))
}

#[test]
fn a_name_of_an_older_generation_is_noted_and_refused() {
    for generation in [1, 4, 5] {
        for unfenced in [false, true] {
            let scene = |known: Naming| {
                let scene = asked(generation, known);
                if unfenced { scene.unfenced() } else { scene }
            };
            assert_eq!(scene(taken_at(5)).line(), NOTE);
            assert_eq!(scene(taken_at(5)).after().naming, noted());
            assert_eq!(scene(noted()).line(), "SpecOutdated");
        }
    }
    assert_eq!(asked(6, taken_at(5)).line(), INTENT);
    assert_eq!(asked(3, noted()).sharded().line(), "SpecOutdated");
}

#[test]
fn a_noted_name_stays_refused_however_often_the_spec_is_edited() {
    assert_eq!(asked(600, noted()).line(), "SpecOutdated");
}

#[test]
fn where_no_generation_is_known_a_name_is_a_wish() {
    assert_eq!(asked(1, Naming::default()).line(), INTENT);
    let unnumbered = asked(1, taken_at(5)).object(|object| object.generation = None);
    assert_eq!(unnumbered.line(), INTENT);
}

#[test]
fn it_is_noted_before_whatever_else_has_to_be_waited_for() {
    let lost = asked(3, taken_at(5)).gone("org_acme-labs");
    assert_eq!(lost.line(), NOTE);
    let lost = asked(3, noted()).gone("org_acme-labs");
    assert_eq!(lost.line(), "DataMissing");
}

#[test]
fn a_spec_without_a_name_is_older_too() {
    let unset = |known| asked(3, known).desire(|desired| desired.name_is_default = true);
    assert_eq!(unset(taken_at(5)).line(), NOTE);
    assert_eq!(unset(noted()).line(), "SpecOutdated");
    // Confirmed or newer, it is still no name.
    assert_eq!(confirmed(unset(taken_at(5)), "acme").line(), "InvalidSpec");
    assert_eq!(unset(taken_at(2)).line(), "InvalidSpec");
}

#[test]
fn the_present_name_puts_the_spec_right_and_counts_from_there() {
    let right = |generation, known| called(asked(generation, known), "acme-labs");
    assert_eq!(right(3, noted()).line(), HEED);
    assert_eq!(right(3, noted()).after().naming, taken_at(3));
    assert_eq!(right(3, taken_at(5)).after().naming, taken_at(3));
    assert_eq!(right(7, noted()).after().naming, taken_at(5));
    for known in [taken_at(3), taken_at(2), Naming::default()] {
        assert_eq!(right(3, known).line(), "Succeeded");
    }
}

#[test]
fn a_third_name_is_a_wish_if_it_is_newer_and_noted_in_turn_if_it_is_older() {
    let third = |generation, known| called(asked(generation, known), "third");
    assert_eq!(third(6, noted()).line(), HEED);
    assert_eq!(third(6, noted()).after().naming, taken_at(5));
    assert_eq!(third(6, taken_at(5)).line(), INTENT);
    let older = third(5, noted()).after().naming;
    assert_eq!(older, naming(Some(5), Some("third")));
}

#[test]
fn a_name_that_a_person_confirms_is_a_wish_whatever_its_generation() {
    assert_eq!(confirmed(asked(3, noted()), "acme").line(), HEED);
    let intent = confirmed(asked(3, taken_at(5)), "acme").after();
    let State::Renaming(intent) = intent.state else {
        panic!("no intent")
    };
    assert_eq!((intent.to, intent.generation), (name("acme"), Some(3)));
    let other = confirmed(asked(3, noted()), "another");
    assert_eq!(other.line(), "SpecOutdated");
}

#[test]
fn an_older_spec_shuts_but_neither_opens_nor_changes_anything() {
    let shut = asked(3, noted()).desire(|desired| desired.disabled = true);
    assert_eq!(shut.line(), "admin of acme-labs: end all tokens");
    let record = OrganizationRecord {
        disabled: true,
        ..renamed(noted())
    };
    let mut admin = admin();
    admin.organization_name = name("acme-labs");
    let shut = asked(3, noted()).own(record, Some(admin));
    assert_eq!(shut.line(), "SpecOutdated");
    let address = Email::parse("ceo@acme.example").unwrap();
    let readdressed = asked(3, noted()).desire(|desired| desired.email = address);
    assert_eq!(readdressed.line(), "SpecOutdated");
}

#[test]
fn nothing_is_begun_through_http_whose_way_back_is_an_older_spec() {
    let pending = |generation, former: &str, known| {
        called(asked(generation, known), "third")
            .object(|object| object.former_name = Some(name(former)))
    };
    // The change itself is one newer than what it would be taken back to.
    assert_eq!(pending(6, "acme", taken_at(5)).after().naming, noted());
    assert_eq!(pending(6, "acme", noted()).line(), "SpecOutdated");
    assert_eq!(pending(7, "acme", taken_at(5)).line(), INTENT);
    assert_eq!(pending(6, "acme-labs", taken_at(5)).line(), INTENT);
    // Done: what it came from is older by now.
    let done = |known| called(pending(5, "acme", known), "acme-labs");
    assert_eq!(done(taken_at(5)).line(), "Succeeded");
    // What it came from may be put back yet.
    assert_eq!(done(noted()).line(), "Succeeded");
}

#[test]
fn before_a_late_change_is_taken_back_the_older_spec_is_noted_and_nothing_else_done() {
    let late = |known| {
        called(asked(6, known), "third").object(|object| object.former_name = Some(name("acme")))
    };
    let before = |scene: Scene| {
        let wish = scene.wish.clone();
        scene.next_by(|seen| next_before_withdrawal(&wish, seen)).0
    };
    assert!(matches!(before(late(taken_at(5))), Next::Do(step) if step.to_string() == NOTE));
    assert!(matches!(before(late(noted())), Next::Rest(_)));
    assert!(matches!(before(late(taken_at(4))), Next::Rest(_)));
}

#[test]
fn whoever_takes_a_name_notes_at_which_generation() {
    assert_eq!(claimed().naming, taken_at(3));
    let former = owner("team", "acme", "uid-0");
    let released = OrganizationRecord {
        owner: None,
        naming: Naming::default(),
        released: Some(former),
        ..active()
    };
    assert_eq!(scene().claimant(released).after().naming, taken_at(3));
    let older = OrganizationRecord {
        owner: None,
        naming: Naming::default(),
        names: Vec::new(),
        ..active()
    };
    let adopting = scene().desire(|desired| desired.may_adopt = Adoption::Unowned);
    assert_eq!(adopting.claimant(older).after().naming, taken_at(3));
    let restoring = called(scene(), "third")
        .desire(|desired| desired.restore_from = Some(OWN))
        .in_archive(archived())
        .there(ARCHIVE, 1, None);
    assert_eq!(restoring.after().naming, taken_at(3));
}

fn claimed() -> OrganizationRecord {
    match scene().step() {
        crate::domain::step::Step::InsertRecord(record) => *record,
        step => panic!("no claim: {step}"),
    }
}

#[test]
fn a_rename_that_is_done_is_of_the_generation_that_began_it() {
    // Until then it is of the one before.
    let intended = called(serving(), "acme-labs");
    assert_eq!(intended.after().naming, taken_at(1));
    // By now another name is wished, at generation 3.
    let done = called(scene(), "third")
        .own(renaming(true), Some(admin()))
        .there("org_acme-labs", 1, None);
    assert_eq!(done.after().naming, taken_at(2));
    let back = called(scene(), "acme-labs")
        .own(renaming(false), Some(admin()))
        .there("org_acme", 1, None)
        .there("org_acme-labs", 5, None);
    // Turned back, it may be wished at the same generation again.
    assert_eq!(back.after().naming, taken_at(1));
}

#[test]
fn generations_of_a_former_object_say_nothing_of_the_next() {
    let vanished = |record: OrganizationRecord| OrganizationRecord {
        owner: Some(owner("team", "acme", "uid-0")),
        naming: naming(Some(9), Some("acme")),
        ..record
    };
    let next = scene().claimant(vanished(active())).after();
    assert_eq!(next.naming, taken_at(3));
    let under_way = scene().claimant(vanished(renaming(true))).after();
    assert!(matches!(under_way.state, State::Renaming(intent) if intent.generation.is_none()));
}

#[test]
fn a_name_that_was_left_is_a_wish_of_a_new_object_and_none_of_one_that_had_it() {
    let quarantined = || OrganizationRecord {
        owner: Some(owner("team", "acme", "uid-0")),
        names: vec![name("acme-labs"), name("acme")],
        ..renamed(taken_at(9))
    };
    let taken = scene().claimant(quarantined()).after();
    assert_eq!(taken.naming, Naming::default());
    let had = KnownTenant {
        id: OWN,
        token_version: 0,
    };
    let taken = scene()
        .object(|object| object.known = Some(had))
        .claimant(quarantined());
    assert_eq!(taken.after().naming, taken_at(3));
}

#[test]
fn what_is_released_or_archived_forgets_generations() {
    let leaving = |disposal| {
        asked(3, noted()).wish(Wish::Absent(Leaving {
            disposal,
            is_protected: false,
            disabled: false,
        }))
    };
    assert_eq!(leaving(Disposal::Retain).after().naming, Naming::default());
}

#[test]
fn a_plan_says_that_the_spec_is_older() {
    // With all that is looked at until it rests.
    let (_, scene) = asked(3, noted()).next();
    let scene = scene.observe(|seen| seen.own = asked(3, taken_at(5)).seen.own);
    let plan = unfold(&scene.wish, scene.seen).to_string();
    let told = format!("  1. {NOTE}\nThen: SpecOutdated: The name acme is of a spec from before");
    assert!(plan.starts_with(&told), "{plan}");
}
