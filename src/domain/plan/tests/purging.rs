use jiff::{SignedDuration, Timestamp};

use super::scene::*;
use crate::domain::{
    archive::{Archive, Retention},
    plan::{Next, Rest, next_for_archive},
    record::{OrganizationRecord, State},
    step::{Look, Step},
};

fn since(archived_at: Option<Timestamp>) -> OrganizationRecord {
    OrganizationRecord {
        state: State::Archived(Box::new(Archive {
            archived_at,
            ..*archive(Some(admin()))
        })),
        ..archived()
    }
}

fn kept(record: OrganizationRecord) -> Next {
    next_for_archive(&scene().in_archive(record).seen)
}

#[test]
fn an_archive_stays_until_its_time_is_over() {
    let week = SignedDuration::from_secs(Retention::default().seconds());
    let almost = now() - week + SignedDuration::from_secs(1);
    for since_when in [None, Some(now()), Some(almost)] {
        assert_eq!(kept(since(since_when)), Next::Rest(Rest::Gone));
    }
    let Next::Do(Step::UpdateRecord { after, .. }) = kept(since(Some(now() - week))) else {
        panic!("it stays")
    };
    assert!(matches!(after.state, State::Purging(_)));
}

#[test]
fn nothing_but_an_archive_ever_ends_so() {
    for record in [active(), renaming(true)] {
        assert_eq!(kept(record), Next::Rest(Rest::Gone));
    }
}

#[test]
fn what_it_was_is_dropped_and_then_its_record_goes() {
    let record = OrganizationRecord {
        state: State::Purging(archive(Some(admin()))),
        ..archived()
    };
    let scene = scene().in_archive(record.clone()).there(ARCHIVE, 1, None);
    let (first, looked) = scene.next_by(next_for_archive);
    let Next::Do(first) = first else {
        panic!("it rests")
    };
    assert_eq!(first.to_string(), format!("drop collection {ARCHIVE}"));
    let (second, looked) = looked.carried_out(&first).next_by(next_for_archive);
    let Next::Do(second) = second else {
        panic!("it rests")
    };
    assert_eq!(second, Step::DeleteAdmins(Box::new(record.clone())));
    let (last, _) = looked.carried_out(&second).next_by(next_for_archive);
    assert_eq!(last, Next::Do(Step::DeleteRecord(Box::new(record))));
}

#[test]
fn nothing_is_dropped_before_it_was_looked_for() {
    let purging = OrganizationRecord {
        state: State::Purging(archive(None)),
        ..archived()
    };
    assert!(matches!(
        kept(purging),
        Next::Do(Step::Look(Look::Collections(_)))
    ));
}
