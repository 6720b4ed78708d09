mod simulation;

use jiff::Timestamp;

use super::*;

const HOLDS: Duration = Duration::from_secs(4);

fn term(holder: &str) -> Term {
    Term {
        holder: holder.to_owned(),
        acquired: Some(Timestamp::UNIX_EPOCH),
    }
}

fn held(version: &str, holder: &str) -> Sighting {
    Sighting {
        version: version.to_owned(),
        term: Some(term(holder)),
        duration: HOLDS,
        installation: None,
    }
}

fn candidate(now: Instant) -> Election {
    Election::new(Timing::of(HOLDS), now)
}

/// One that took the Lease, as version 1, with a write that was sent then.
fn leader(sent: Instant) -> Election {
    let mut leader = candidate(sent);
    leader.saw(None, sent);
    leader.tries(term("me"));
    leader.wrote(sent, "1".to_owned());
    leader
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[test]
fn where_no_lease_was_ever_seen_it_is_made_at_once() {
    let now = Instant::now();
    let mut election = candidate(now);
    assert_eq!(election.next(now), Next::Look);
    election.saw(None, now);
    assert_eq!(election.next(now), Next::Take(None));
}

#[test]
fn anothers_lease_is_taken_once_it_was_seen_unchanged_for_its_duration_and_not_before() {
    let now = Instant::now();
    let mut election = candidate(now);
    election.saw(Some(held("1", "other")), now);
    for half in 1..8 {
        let later = now + HOLDS * half / 8;
        assert_eq!(election.next(later), Next::Look, "{half}");
        election.saw(Some(held("1", "other")), later);
    }
    let last = now + HOLDS - seconds(0.1);
    election.saw(Some(held("1", "other")), last);
    assert_eq!(election.next(last), Next::Wait(now + HOLDS));
    assert_eq!(election.next(now + HOLDS), Next::Take(Some("1".to_owned())));
}

#[test]
fn a_renewal_that_was_seen_begins_the_wait_anew() {
    let now = Instant::now();
    let mut election = candidate(now);
    election.saw(Some(held("1", "other")), now);
    let renewed = now + seconds(3.9);
    election.saw(Some(held("2", "other")), renewed);
    assert_eq!(
        election.next(now + HOLDS),
        Next::Wait(renewed + Timing::of(HOLDS).look)
    );
    let due = renewed + HOLDS;
    assert_eq!(election.next(due), Next::Take(Some("2".to_owned())));
}

#[test]
fn a_released_lease_is_taken_at_once() {
    let now = Instant::now();
    let mut election = candidate(now);
    election.saw(Some(held("1", "other")), now);
    let released = Sighting {
        term: None,
        ..held("2", "")
    };
    let later = now + seconds(0.5);
    election.saw(Some(released), later);
    assert_eq!(election.next(later), Next::Take(Some("2".to_owned())));
}

#[test]
fn a_lease_that_was_deleted_is_waited_for_as_long_as_one_that_was_renewed_just_then() {
    let now = Instant::now();
    let mut election = candidate(now);
    election.saw(Some(held("1", "other")), now);
    let gone = now + seconds(3.5);
    election.saw(None, gone);
    assert_eq!(
        election.next(gone),
        Next::Wait(gone + Timing::of(HOLDS).look)
    );
    election.saw(None, now + HOLDS);
    let last = gone + HOLDS - seconds(0.1);
    election.saw(None, last);
    assert_eq!(election.next(last), Next::Wait(gone + HOLDS));
    assert_eq!(election.next(gone + HOLDS), Next::Take(None));
}

#[test]
fn a_leader_leads_from_the_sending_of_what_was_confirmed_and_ends_before_the_lease_does() {
    let sent = Instant::now();
    let leader = leader(sent);
    let until = sent + seconds(3.5);
    assert_eq!(leader.leads_until(), Some(until));
    assert_eq!(leader.next(sent), Next::Wait(sent + seconds(1.0)));
    let due = sent + seconds(1.0);
    assert_eq!(leader.next(due), Next::Renew(Some("1".to_owned())));
    assert_eq!(leader.next(until), Next::End(Loss::Silence));
}

#[test]
fn a_renewal_without_an_answer_prolongs_nothing_and_is_looked_for() {
    let sent = Instant::now();
    let mut leader = leader(sent);
    let until = leader.leads_until();
    let failed = sent + seconds(2.5);
    leader.failed(failed);
    assert_eq!(leader.leads_until(), until);
    let again = failed + Timing::of(HOLDS).retry;
    assert_eq!(leader.next(failed), Next::Wait(again));
    assert_eq!(leader.next(again), Next::Look);
    // It was done after all.
    leader.saw(Some(held("2", "me")), again);
    assert_eq!(leader.leads_until(), until);
    assert_eq!(leader.next(again), Next::Renew(Some("2".to_owned())));
}

#[test]
fn a_leader_whose_lease_is_anothers_is_none_at_once() {
    let sent = Instant::now();
    let of_former_process = Term {
        acquired: Some(Timestamp::MAX),
        ..term("me")
    };
    for another in [Some(term("other")), Some(of_former_process), None] {
        let mut leader = leader(sent);
        leader.failed(sent);
        let seen = Sighting {
            term: another,
            ..held("2", "")
        };
        leader.saw(Some(seen), sent);
        assert_eq!(leader.next(sent), Next::End(Loss::Taken));
        assert_eq!(leader.leads_until(), None);
    }
}

#[test]
fn a_leader_whose_lease_was_deleted_makes_it_anew() {
    let sent = Instant::now();
    let mut leader = leader(sent);
    let due = sent + seconds(1.0);
    leader.failed(due);
    let again = due + Timing::of(HOLDS).retry;
    leader.saw(None, again);
    assert_eq!(leader.next(again), Next::Renew(None));
}

#[test]
fn what_was_tried_for_and_not_answered_is_taken_up_where_it_was_had() {
    let now = Instant::now();
    let mut election = candidate(now);
    election.saw(None, now);
    election.tries(term("me"));
    election.failed(now);
    let again = now + Timing::of(HOLDS).look;
    assert_eq!(election.next(now), Next::Wait(again));
    assert_eq!(election.next(again), Next::Look);
    election.saw(Some(held("1", "me")), again);
    assert_eq!(election.next(again), Next::Take(Some("1".to_owned())));
}

#[test]
fn who_was_refused_looks_before_it_tries_again() {
    let now = Instant::now();
    let mut election = candidate(now);
    election.saw(Some(held("1", "other")), now);
    let due = now + HOLDS;
    election.tries(term("me"));
    election.failed(due);
    let again = due + Timing::of(HOLDS).look;
    assert_eq!(election.next(again), Next::Look);
    election.saw(Some(held("2", "third")), again);
    assert_ne!(election.next(again), Next::Take(Some("2".to_owned())));
}

#[test]
fn who_led_before_takes_its_own_lease_up_at_once_and_waits_where_there_is_none() {
    let sent = Instant::now();
    let mut former = leader(sent);
    let now = sent + Duration::from_mins(1);
    assert_eq!(former.next(now), Next::End(Loss::Silence));
    former.stand_by(now);
    assert_eq!(former.next(now), Next::Look);
    former.saw(None, now);
    assert_ne!(
        former.next(now),
        Next::Take(None),
        "another may lead by now"
    );
    assert_eq!(former.next(now + HOLDS), Next::Take(None));
    former.saw(Some(held("9", "me")), now);
    assert_eq!(former.next(now), Next::Take(Some("9".to_owned())));
}

#[test]
fn while_nothing_answers_a_candidate_asks_no_more_often_than_it_looks() {
    let mut now = Instant::now();
    let begin = now;
    let mut election = candidate(now);
    election.saw(Some(held("1", "other")), now);
    let mut asked = 0;
    while now < begin + Duration::from_mins(1) {
        match election.next(now) {
            Next::Wait(until) => now = until,
            Next::Look | Next::Take(_) => {
                asked += 1;
                election.failed(now);
            }
            other => unreachable!("{other:?}"),
        }
    }
    assert!(asked <= 241, "{asked}");
}

#[test]
fn the_times_of_any_duration_leave_room_for_one_lost_request() {
    for tenths in 1..600 {
        let timing = Timing::of(Duration::from_millis(tenths * 100));
        let Timing {
            duration,
            margin,
            renew,
            request,
            look,
            retry,
        } = timing;
        assert_eq!(duration.subsec_nanos(), 0, "a Lease says whole seconds");
        assert!(duration.as_millis() >= u128::from(tenths) * 100);
        let leads = duration.checked_sub(margin).unwrap();
        assert!(renew + request + retry < leads, "{timing:?}");
        assert!(
            look <= Duration::from_millis(250) && !look.is_zero(),
            "{timing:?}"
        );
    }
}
