use std::{collections::BTreeSet, fmt::Write};

use super::{samples::one_of_each, *};

#[test]
fn every_reason_says_what_is_wrong_and_what_to_do() {
    let mut table = String::new();
    for reason in one_of_each() {
        let means = reason.kind().disposition();
        writeln!(
            table,
            "{} Ready={:?} Reconciling={} Stalled={} {:?}\n    {reason}",
            reason.kind(),
            means.ready,
            means.reconciling,
            means.stalled,
            means.recheck
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_snapshot_leaves_no_reason_out() {
    let shown: BTreeSet<_> = one_of_each().iter().map(Reason::kind).collect();
    assert_eq!(shown, ReasonKind::ALL.iter().copied().collect());
}
