//! The operators of a system: `operator`, `operator-2` and so on, of which one acts.

use organization_operator_harness::home::Home;

/// The name of the first one.
pub(super) const FIRST: &str = "operator";

/// As many as a system may have.
const MOST: u8 = 9;

/// What operator `number` is called, from 1 on.
pub(super) fn name(number: u8) -> String {
    match number {
        1 => FIRST.to_owned(),
        _ => format!("{FIRST}-{number}"),
    }
}

/// The names of all that `home` may hold.
pub(super) fn names() -> impl DoubleEndedIterator<Item = String> {
    (1..=MOST).map(name)
}

/// How many there are to be where nobody says it: those that were started and not ended in order,
/// killed ones too.
pub(super) fn count(home: &Home) -> u8 {
    let was_started = |number: &u8| home.pid_file(&name(*number)).exists();
    (1..=MOST).rev().find(was_started).unwrap_or(1)
}

/// The names of those that are more than `count`.
pub(super) fn beyond(count: u8) -> impl Iterator<Item = String> {
    (count + 1..=MOST).map(name)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use organization_operator_harness::home::Lifetime;

    use super::*;

    #[test]
    fn there_are_as_many_as_were_started_and_one_where_none_was() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::open(dir.path(), "test", Duration::ZERO, Lifetime::Owner).unwrap();
        assert_eq!(count(&home), 1);
        for (number, file) in [(1, "operator"), (2, "operator-2")] {
            std::fs::write(home.pid_file(file), "1").unwrap();
            assert_eq!(count(&home), number);
        }
        assert_eq!(beyond(2).next().as_deref(), Some("operator-3"));
        assert_eq!(names().count(), 9);
    }
}
