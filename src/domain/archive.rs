//! What is kept of a tenant whose object is gone, and for how long.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::{names::OrgName, record::AdminRecord};

/// How long an archive is kept: whole seconds, more than none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Retention(u32);

/// A text that is no retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RetentionError {
    /// Not hours, minutes and seconds.
    #[error(
        "it must be hours, minutes and seconds, in this order and without spaces, such as 168h or \
         1h30m"
    )]
    Syntax,
    /// No time at all.
    #[error("it must be more than zero; to keep no archive, use deletionPolicy Delete")]
    Zero,
    /// More than a century.
    #[error("it is longer than the operator can count; use at most 999999h")]
    TooLong,
}

/// The units, in their order, with their seconds.
const UNITS: [(char, u32); 3] = [('h', 3600), ('m', 60), ('s', 1)];

/// The most digits a unit may have.
const DIGITS: usize = 6;

impl Retention {
    /// As a record keeps it.
    ///
    /// # Errors
    /// [`RetentionError::Zero`] and [`RetentionError::TooLong`].
    pub fn from_seconds(seconds: i64) -> Result<Self, RetentionError> {
        match u32::try_from(seconds) {
            Ok(0) => Err(RetentionError::Zero),
            Ok(seconds) => Ok(Self(seconds)),
            Err(_) if seconds < 0 => Err(RetentionError::Zero),
            Err(_) => Err(RetentionError::TooLong),
        }
    }

    /// In seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        i64::from(self.0)
    }

    /// When an archive of that time is over.
    #[must_use]
    pub fn end(self, archived_at: Timestamp) -> Timestamp {
        archived_at
            .saturating_add(SignedDuration::from_secs(self.seconds()))
            .unwrap_or(Timestamp::MAX)
    }
}

impl Default for Retention {
    /// A week.
    fn default() -> Self {
        Self(7 * 24 * 3600)
    }
}

impl FromStr for Retention {
    type Err = RetentionError;

    /// `168h`, `1h30m`, `90s`: the rule of `spec.archiveRetention`.
    fn from_str(text: &str) -> Result<Self, RetentionError> {
        let mut rest = text;
        let mut seconds = 0_u64;
        for (unit, weight) in UNITS {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, after) = rest.split_at(digits);
            if let Some(after) = after.strip_prefix(unit) {
                if number.is_empty() || number.len() > DIGITS {
                    return Err(RetentionError::Syntax);
                }
                let number: u64 = number.parse().map_err(|_| RetentionError::Syntax)?;
                seconds += number * u64::from(weight);
                rest = after;
            }
        }
        if !rest.is_empty() || text.is_empty() {
            return Err(RetentionError::Syntax);
        }
        Self::from_seconds(i64::try_from(seconds).map_err(|_| RetentionError::TooLong)?)
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0;
        for (unit, weight) in UNITS {
            if left >= weight {
                write!(f, "{}{unit}", left / weight)?;
                left %= weight;
            }
        }
        Ok(())
    }
}

/// What a record keeps while its tenant has no name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// The name that it had.
    pub name: OrgName,
    /// The admin as he was; `None` until he is taken out of `admins`, or where there was none.
    pub admin: Option<AdminRecord>,
    /// How long it is kept.
    pub retention: Retention,
    /// Since when, by the server's clock, which writes it.
    pub archived_at: Option<Timestamp>,
}

impl Archive {
    /// When it may be dropped; `None` until that is known.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        self.archived_at.map(|since| self.retention.end(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_minutes_and_seconds_are_added_up() {
        for (text, seconds) in [
            ("168h", 604_800),
            ("1h30m", 5400),
            ("90s", 90),
            ("0h1s", 1),
            ("999999h", 3_599_996_400),
        ] {
            assert_eq!(
                text.parse::<Retention>().map(Retention::seconds),
                Ok(seconds)
            );
        }
    }

    #[test]
    fn whatever_the_definition_refuses_is_refused_here_too() {
        for text in [
            "", "h", "1", "1d", "1m1h", "1h 1m", "-1h", "1h1h", "1234567s", "1.5h",
        ] {
            assert_eq!(
                text.parse::<Retention>(),
                Err(RetentionError::Syntax),
                "{text}"
            );
        }
        for text in ["0s", "0h0m0s", "00h"] {
            assert_eq!(
                text.parse::<Retention>(),
                Err(RetentionError::Zero),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_printed_is_read_again() {
        for text in ["168h", "1h30m", "1m1s"] {
            assert_eq!(text.parse::<Retention>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_archive_ends_its_retention_after_its_beginning() {
        let since = Timestamp::from_second(1000).unwrap();
        let end = "1m".parse::<Retention>().unwrap().end(since);
        assert_eq!(end.as_second(), 1060);
    }
}
