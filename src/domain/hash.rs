//! A bcrypt hash, as a Secret gives it or a record of the database holds it.

use std::fmt;
use std::str::FromStr as _;

use bcrypt::HashParts;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

/// The costs that a hash made elsewhere may have. Below 10 a stolen hash is too cheap to guess
/// at; above 16 one comparison takes 4 s and more, which no login waits for.
pub const REFERENCE_COSTS: std::ops::RangeInclusive<u32> = 10..=16;

/// What bcrypt defines; a record may have any of them.
const COMPUTABLE_COSTS: std::ops::RangeInclusive<u32> = 4..=31;

/// 2b is today's; 2a, 2x and 2y are older writers' and verify as 2b does, as the older service's
/// library did it.
const PREFIXES: [&str; 4] = ["$2a$", "$2b$", "$2x$", "$2y$"];

/// Characters of a bcrypt string: `$2b$12$`, 22 of salt, 31 of hash.
const LENGTH: usize = 60;

/// A bcrypt string. Printed nowhere: `Debug` is redacted and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct BcryptHash {
    text: String,
    /// `None`: the text is no bcrypt hash, and no password matches it.
    cost: Option<u32>,
}

/// Why a hash from a Secret is refused. The messages complete "the password hash …" and never
/// hold the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HashFault {
    /// Not 60 characters; a final newline counts.
    #[error("must have {LENGTH} characters, without a newline at the end")]
    Length,
    /// Another scheme, or another version of bcrypt.
    #[error("must begin with $2a$, $2b$, $2x$ or $2y$")]
    Prefix,
    /// The two digits after the prefix are none, or outside [`REFERENCE_COSTS`].
    #[error(
        "must have a cost from {} to {}",
        REFERENCE_COSTS.start(),
        REFERENCE_COSTS.end()
    )]
    Cost,
    /// Salt or hash hold what bcrypt's Base64 can't.
    #[error("must be a whole bcrypt hash: this one is damaged after its cost")]
    Damaged,
}

impl BcryptHash {
    /// Parses what `passwordHashSecretRef` points to.
    ///
    /// # Errors
    /// The first fault, from left to right.
    pub fn parse(text: &str) -> Result<Self, HashFault> {
        let cost = parse_cost(text)?;
        if REFERENCE_COSTS.contains(&cost) {
            Ok(Self::new(text.to_owned(), Some(cost)))
        } else {
            Err(HashFault::Cost)
        }
    }

    /// Takes over what a document of `admins` holds, whatever it is: the older service, or a
    /// hand, may have written any cost and any damage, and that must not stop the tenant.
    #[must_use]
    pub fn from_record(text: String) -> Self {
        let cost = parse_cost(&text).ok();
        Self::new(text, cost)
    }

    /// A hash of a password that nobody knows, to be compared with where there is no other.
    #[must_use]
    pub fn nobodys(cost: u32) -> Self {
        let salt_and_hash = "TeyqR7jtslZzw5P9dcAYqeyWMtWlXiq2gGygxg//asFL43nuKlLPS";
        Self::from_record(format!("$2b${cost:02}${salt_and_hash}"))
    }

    fn new(text: String, cost: Option<u32>) -> Self {
        Self { text, cost }
    }

    /// The cost factor: 2^cost rounds. `None` for a damaged hash, which matches no password.
    #[must_use]
    pub fn cost(&self) -> Option<u32> {
        self.cost
    }

    /// Eight hexadecimal digits that follow from the text: enough to notice another one, and by far
    /// too few to tell it (salt and hash have 312 bits).
    #[must_use]
    pub fn seal(&self) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.text.as_bytes());
        let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
        format!("{:08x}", u32::from_be_bytes(first))
    }

    /// The text, for the database and for the comparison; nothing else needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

fn parse_cost(text: &str) -> Result<u32, HashFault> {
    if !PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
        return Err(HashFault::Prefix);
    }
    if text.len() != LENGTH {
        return Err(HashFault::Length);
    }
    // Checked here because the crate takes any number for a cost, "+9" among them.
    let [tens @ b'0'..=b'9', units @ b'0'..=b'9', b'$', ..] = &text.as_bytes()[4..] else {
        return Err(HashFault::Cost);
    };
    let cost = u32::from(tens - b'0') * 10 + u32::from(units - b'0');
    if !COMPUTABLE_COSTS.contains(&cost) {
        return Err(HashFault::Cost);
    }
    HashParts::from_str(text)
        .map(|_| cost)
        .map_err(|_| HashFault::Damaged)
}

impl fmt::Debug for BcryptHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BcryptHash")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}

impl Drop for BcryptHash {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl ZeroizeOnDrop for BcryptHash {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Made by the Python library that the older service used.
    const HASH: &str = "$2b$12$TeyqR7jtslZzw5P9dcAYqeyWMtWlXiq2gGygxg//asFL43nuKlLPS";

    fn with_cost(cost: &str) -> String {
        HASH.replacen("12", cost, 1)
    }

    #[test]
    fn the_four_prefixes_are_taken_and_kept_as_they_are() {
        for prefix in PREFIXES {
            let text = HASH.replacen("$2b$", prefix, 1);
            let hash = BcryptHash::parse(&text).unwrap();
            assert_eq!((hash.expose(), hash.cost()), (text.as_str(), Some(12)));
        }
    }

    #[test]
    fn a_reference_has_a_cost_from_10_to_16() {
        for cost in ["10", "16"] {
            assert!(BcryptHash::parse(&with_cost(cost)).is_ok(), "{cost}");
        }
        for cost in ["04", "09", "17", "31", "99", "+9", "1x", "xx"] {
            assert_eq!(
                BcryptHash::parse(&with_cost(cost)),
                Err(HashFault::Cost),
                "{cost}"
            );
        }
    }

    #[test]
    fn each_fault_is_told_apart() {
        let cases = [
            (String::new(), HashFault::Prefix),
            ("$2c".to_owned() + &HASH[3..], HashFault::Prefix),
            (
                "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned(),
                HashFault::Prefix,
            ),
            (format!("{HASH}\n"), HashFault::Length),
            (HASH[..59].to_owned(), HashFault::Length),
            (HASH.replacen("12$", "12-", 1), HashFault::Cost),
            (HASH.replacen("TeyqR", "Teyq!", 1), HashFault::Damaged),
            (HASH.replacen("Teyq", "Téq", 1), HashFault::Damaged),
            // Salt and hash end in bits that bcrypt leaves zero.
            (HASH.replacen("YqeyWM", "YqfyWM", 1), HashFault::Damaged),
        ];
        for (text, fault) in cases {
            assert_eq!(BcryptHash::parse(&text), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_record_may_hold_any_cost_and_any_damage() {
        assert_eq!(BcryptHash::from_record(with_cost("04")).cost(), Some(4));
        assert_eq!(BcryptHash::from_record(with_cost("31")).cost(), Some(31));
        for damaged in [
            "",
            "plain text",
            "é",
            "$2b$12$",
            &with_cost("03"),
            &with_cost("32"),
        ] {
            let hash = BcryptHash::from_record(damaged.to_owned());
            assert_eq!((hash.cost(), hash.expose()), (None, damaged));
        }
    }

    #[test]
    fn a_reference_equals_the_record_that_holds_the_same_text() {
        assert_eq!(
            BcryptHash::parse(HASH),
            Ok(BcryptHash::from_record(HASH.to_owned()))
        );
    }

    #[test]
    fn debug_and_messages_hold_no_part_of_the_hash() {
        let hash = BcryptHash::parse(HASH).unwrap();
        assert_eq!(format!("{hash:?}"), "BcryptHash { cost: Some(12), .. }");
        assert_eq!(
            [
                HashFault::Length,
                HashFault::Prefix,
                HashFault::Cost,
                HashFault::Damaged
            ]
            .map(|fault| format!("the password hash {fault}")),
            [
                "the password hash must have 60 characters, without a newline at the end",
                "the password hash must begin with $2a$, $2b$, $2x$ or $2y$",
                "the password hash must have a cost from 10 to 16",
                "the password hash must be a whole bcrypt hash: this one is damaged after its cost",
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), tail in "[!-~é]{50,56}") {
            let _ = BcryptHash::parse(&text);
            let _ = BcryptHash::parse(&format!("$2b$12${tail}"));
            let hash = BcryptHash::from_record(text.clone());
            prop_assert_eq!(hash.expose(), text);
        }
    }
}
