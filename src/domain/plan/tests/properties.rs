//! What holds of every plan, whatever is wished and whatever was seen.

use proptest::prelude::*;

use super::scene::*;
use crate::domain::{
    archive::Retention,
    desired::{Adoption, Disposal, Leaving, Wish},
    ids::OrganizationId,
    names::CollectionName,
    observed::Capability,
    plan::{Next, next, predict},
    reason::Reason,
    record::{Naming, OrganizationRecord, Quarantine, STRAY_SLOTS, State, Stray},
    step::{RecordChange, Step},
};

/// A plan has at most so many steps that write.
const BOUND: usize = 40;

const PLACES: [&str; 5] = [
    "org_acme",
    "org_acme-labs",
    "_trash.010101010101010101010101",
    ARCHIVE,
    "elsewhere",
];

#[derive(Debug, Clone)]
struct Lying {
    marker: Option<OrganizationId>,
    holder: Option<OrganizationId>,
    empty: bool,
}

fn any_lying() -> impl Strategy<Value = Lying> {
    let id = prop_oneof![Just(None), Just(Some(OWN)), Just(Some(OTHER))];
    let holder = prop_oneof![Just(None), Just(Some(OTHER))];
    (id, holder, any::<bool>()).prop_map(|(marker, holder, empty)| Lying {
        marker,
        // What we made under our claim, no other can have taken for its own.
        holder: holder.filter(|_| marker != Some(OWN)),
        empty,
    })
}

fn any_record() -> impl Strategy<Value = OrganizationRecord> {
    let state = prop_oneof![
        Just(OrganizationRecord {
            state: State::Provisioning,
            collection_uuid: None,
            ..active()
        }),
        Just(active()),
        Just(renaming(false)),
        Just(renaming(true)),
        any::<bool>().prop_map(|committed| OrganizationRecord {
            state: State::Deleting { committed },
            ..active()
        }),
        (any::<bool>(), any::<bool>()).prop_map(|(committed, with_admin)| OrganizationRecord {
            state: State::Archiving {
                archive: archive(with_admin.then(admin)),
                committed,
            },
            ..active()
        }),
        any::<bool>().prop_map(|with_admin| OrganizationRecord {
            state: State::Restoring(archive(with_admin.then(admin))),
            ..active()
        }),
    ];
    (
        state,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(mut record, identified, quarantined, stray, disabled)| {
            if !identified {
                record.collection_uuid = None;
            }
            if quarantined {
                record.names.push(name("old"));
                record.quarantine.push(Quarantine {
                    name: name("old"),
                    until: now(),
                });
            }
            if stray {
                let from = collection("org_old");
                record.strays.push(Stray {
                    slot: 0,
                    uuid: uuid(9),
                    from,
                    kept: false,
                });
            }
            record.disabled = disabled;
            record
        })
}

fn any_naming() -> impl Strategy<Value = Naming> {
    let outdated = prop_oneof![Just("acme"), Just("acme-labs")].prop_map(name);
    (prop::option::of(1_i64..6), prop::option::of(outdated)).prop_map(|(generation, outdated)| {
        Naming {
            generation,
            outdated,
        }
    })
}

fn any_claimant() -> impl Strategy<Value = OrganizationRecord> {
    let theirs = owner("other", "labs", "uid-2");
    let base = OrganizationRecord {
        names: vec![name("acme"), name("acme-labs")],
        id: OTHER,
        collection_uuid: Some(uuid(7)),
        ..active()
    };
    prop_oneof![
        Just(OrganizationRecord {
            owner: Some(theirs.clone()),
            ..base.clone()
        }),
        Just(OrganizationRecord {
            owner: None,
            released: Some(theirs),
            ..base.clone()
        }),
        Just(OrganizationRecord {
            owner: None,
            released: Some(me()),
            ..base.clone()
        }),
        Just(OrganizationRecord {
            owner: None,
            names: Vec::new(),
            revision: None,
            ..base
        }),
    ]
}

fn any_wish() -> impl Strategy<Value = Wish> {
    let Wish::Present(desired) = scene().wish else {
        unreachable!("a scene begins with a wish")
    };
    let adoption = prop_oneof![
        Just(Adoption::Nothing),
        Just(Adoption::Never),
        Just(Adoption::OwnNamespace),
        Just(Adoption::Unowned)
    ];
    let disposal = prop_oneof![
        Just(Disposal::Retain),
        Just(Disposal::Archive(Retention::default())),
        Just(Disposal::Delete)
    ];
    prop_oneof![
        4 => (any::<bool>(), any::<bool>(), any::<bool>(), adoption).prop_map(move |(renamed, disabled, restored, may_adopt)| {
            let mut desired = desired.clone();
            desired.restore_from = restored.then_some(OWN);
            desired.name = name(if renamed { "acme-labs" } else { "acme" });
            desired.disabled = disabled;
            desired.may_adopt = may_adopt;
            Wish::Present(desired)
        }),
        3 => (disposal, any::<bool>(), prop::bool::weighted(0.1)).prop_map(|(disposal, disabled, is_protected)| {
            Wish::Absent(Leaving { disposal, is_protected, disabled })
        }),
        1 => Just(Wish::Suspended),
        1 => Just(Wish::Refused(Reason::InvalidSpec(String::new()))),
    ]
}

fn any_capability() -> impl Strategy<Value = Capability> {
    prop_oneof![
        4 => Just(Capability::Fenced),
        4 => Just(Capability::Unfenced),
        1 => Just(Capability::Sharded),
    ]
}

fn any_scene() -> impl Strategy<Value = Scene> {
    let lying = || prop::option::of(any_lying());
    (
        any_wish(),
        prop::option::of(any_record()),
        prop::option::of(any_claimant()),
        prop::option::of(0..PLACES.len()),
        (lying(), lying(), lying()),
        (
            any_capability(),
            any::<bool>(),
            any::<bool>(),
            any::<bool>(),
        ),
        (
            any_naming(),
            prop::bool::weighted(0.2),
            prop::bool::weighted(0.2),
        ),
    )
        .prop_map(
            |(
                wish,
                own,
                claimant,
                home,
                lying,
                (capability, finalizer, with_admin, asks_for_archive),
                (naming, is_confirmed, is_pending),
            )| {
                let mut scene = scene()
                    .wish(wish)
                    .object(|object| {
                        object.finalizer = finalizer;
                        object.confirmed_name = is_confirmed.then(|| name("acme-labs"));
                        object.former_name = is_pending.then(|| name("acme"));
                    })
                    .observe(|seen| seen.capability = capability);
                let others = [
                    ("org_acme", lying.0),
                    ("org_acme-labs", lying.1),
                    ("org_old", lying.2),
                ];
                for (number, (place, lying)) in (2..).zip(others) {
                    if let Some(Lying {
                        marker,
                        holder,
                        empty,
                    }) = lying
                    {
                        scene = scene.kept(place, number, marker, holder, empty);
                    }
                }
                if let Some(place) = home {
                    scene = scene.there(PLACES[place], 1, Some(OWN));
                }
                if let Some(mut record) = own {
                    record.naming = naming;
                    scene = scene.own(record, with_admin.then(admin));
                }
                if asks_for_archive && scene.seen.own.is_none() {
                    scene = scene.in_archive(archived());
                }
                match claimant {
                    Some(record) => scene.claimant(record),
                    None => scene,
                }
            },
        )
}

/// The writes of the whole plan, looks answered from the catalogue as it was.
fn writes(mut scene: Scene) -> Option<Vec<Step>> {
    let mut writes = Vec::new();
    while writes.len() <= BOUND {
        let (Next::Do(step), after) = scene.next() else {
            return Some(writes);
        };
        scene = after.carried_out(&step);
        writes.push(step);
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_wish_and_observation_give_the_same_step(scene in any_scene()) {
        prop_assert_eq!(next(&scene.wish, &scene.seen), next(&scene.wish, &scene.seen));
    }

    #[test]
    fn every_plan_comes_to_an_end(scene in any_scene()) {
        prop_assert!(writes(scene).is_some());
    }

    #[test]
    fn only_private_names_are_ever_dropped_and_never_under_retain(scene in any_scene()) {
        let is_retain = !matches!(&scene.wish, Wish::Absent(Leaving { disposal: Disposal::Delete, .. }));
        let is_committed = scene.seen.tenant().is_some_and(|tenant| {
            tenant.record.state == State::Deleting { committed: true }
        });
        for step in writes(scene).unwrap_or_default() {
            if let Step::DropCollection { name, .. } = &step {
                prop_assert!(name.is_private(), "{}", step);
                let is_stray = (0..STRAY_SLOTS).any(|slot| *name == CollectionName::stray(OWN, slot));
                prop_assert!(!is_retain || is_committed || is_stray, "{}", step);
            }
        }
    }

    #[test]
    fn nothing_is_moved_or_dropped_through_a_mongos(scene in any_scene()) {
        let scene = scene.observe(|seen| seen.capability = Capability::Sharded);
        for step in writes(scene).unwrap_or_default() {
            prop_assert!(!step.leads_to_a_move(), "{}", step);
        }
    }

    #[test]
    fn no_rename_is_begun_for_an_older_spec(scene in any_scene()) {
        let object = scene.seen.object.clone().unwrap();
        let generation = object.generation.unwrap();
        for step in writes(scene).unwrap_or_default() {
            if let Step::UpdateRecord { change: RecordChange::IntendRename, before, after } = &step {
                let State::Renaming(intent) = &after.state else { panic!("no intent") };
                let is_older = before.naming.generation.is_some_and(|taken| generation <= taken)
                    || before.naming.outdated.as_ref() == Some(&intent.to);
                prop_assert!(!is_older || object.confirmed_name.as_ref() == Some(&intent.to), "{}", step);
            }
        }
    }

    #[test]
    fn what_another_owns_is_never_touched(scene in any_scene()) {
        let held = scene.held_by_another();
        for step in writes(scene).unwrap_or_default() {
            match &step {
                Step::UpdateRecord { before: record, .. }
                | Step::DeleteRecord(record)
                | Step::DeleteAdmins(record) => {
                    let is_ours = record.owner.as_ref().is_none_or(|owner| owner.same_place(&me()));
                    prop_assert!(is_ours, "{}", step);
                }
                Step::MoveCollection { uuid, .. } | Step::DropCollection { uuid, .. } => {
                    prop_assert!(!held.contains(uuid), "{}", step);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn a_predicted_step_is_what_the_plan_subcommand_prints() {
    let (Next::Do(step), before) = scene().next() else {
        panic!("nothing to do")
    };
    let learned = predict(&step, &before.seen);
    assert!(before.seen.clone().after(&step, learned).tenant().is_some());
}
