use super::*;

fn name() -> OrgName {
    OrgName::parse("acme").unwrap()
}

fn reasons(told: &[Telling]) -> Vec<(&str, bool)> {
    told.iter()
        .map(|telling| (telling.reason, telling.warning))
        .collect()
}

#[test]
fn a_failure_is_told_when_it_begins_and_not_again() {
    let reason = Reason::NameConflict(name());
    assert_eq!(reasons(&tell(None, &[], &reason)), [("NameConflict", true)]);
    assert_eq!(
        reasons(&tell(Some("Succeeded"), &[], &reason)),
        [("NameConflict", true)]
    );
    assert_eq!(tell(Some("NameConflict"), &[], &reason), []);
}

#[test]
fn a_return_to_success_is_told_once() {
    assert_eq!(
        reasons(&tell(Some("MongoUnavailable"), &[], &Reason::Succeeded)),
        [("Succeeded", false)]
    );
    assert_eq!(tell(Some("Succeeded"), &[], &Reason::Succeeded), []);
}

#[test]
fn what_is_only_under_way_is_no_event() {
    assert_eq!(tell(None, &[], &Reason::Progressing), []);
    assert_eq!(tell(Some("Succeeded"), &[], &Reason::Dropping), []);
}

#[test]
fn a_note_is_cut_between_characters() {
    let note = bounded("é".repeat(MAX_NOTE));
    assert_eq!(note.len(), MAX_NOTE);
}
