//! What a password must be, and how one is made.
//!
//! The rule is the older service's, so that a password it accepted stays acceptable: letters and
//! digits are what Python's `str.isalpha` and `str.isdigit` call so, and nothing is trimmed or
//! normalised before it is judged.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use rand::{CryptoRng, RngExt as _};
use secrecy::{ExposeSecret as _, SecretString};

/// The fewest code points of a password.
pub const MIN_CODE_POINTS: usize = 6;

/// The most bytes of UTF-8 of a password: bcrypt looks at no more, so a longer one would match
/// every other that begins the same way.
pub const MAX_BYTES: usize = 72;

/// Code points of a generated password: 24 of 57 characters are 140 bits.
pub const GENERATED_CODE_POINTS: usize = 24;

/// Letters and digits that no font makes look like another: without `0 O`, `1 I l`.
const UNAMBIGUOUS: &[u8; 57] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Why a password is refused. The messages complete "the password …" and never hold the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer than [`MIN_CODE_POINTS`] code points.
    #[error("must have at least {MIN_CODE_POINTS} characters")]
    TooShort,
    /// No letter, or no digit.
    #[error("must have at least one letter and one digit")]
    NeedsLetterAndDigit,
    /// More than [`MAX_BYTES`] bytes of UTF-8.
    #[error("must have at most {MAX_BYTES} bytes of UTF-8")]
    TooLong,
    /// U+0000 somewhere in it: other bcrypt libraries end the password there.
    #[error("must not contain NUL")]
    ContainsNul,
}

/// Judges a password that is about to be set. What is only compared (a login) is not judged.
///
/// # Errors
/// The first fault, in the order that the HTTP contract fixes: length, characters, bytes, NUL.
pub fn check_strength(password: &str) -> Result<(), PasswordFault> {
    if password.chars().count() < MIN_CODE_POINTS {
        Err(PasswordFault::TooShort)
    } else if !(password.contains(is_letter) && password.contains(is_digit)) {
        Err(PasswordFault::NeedsLetterAndDigit)
    } else if password.len() > MAX_BYTES {
        Err(PasswordFault::TooLong)
    } else if password.contains('\0') {
        Err(PasswordFault::ContainsNul)
    } else {
        Ok(())
    }
}

/// Makes a password of [`GENERATED_CODE_POINTS`] letters and digits that passes
/// [`check_strength`], each such password being as likely as any other.
pub fn generate_password(rng: &mut impl CryptoRng) -> SecretString {
    // Drawing the whole anew keeps what is left uniform; putting a digit in afterwards would not.
    // 97 of 100 draws hold both a letter and a digit.
    loop {
        let password: String = (0..GENERATED_CODE_POINTS)
            .map(|_| char::from(UNAMBIGUOUS[rng.random_range(0..UNAMBIGUOUS.len())]))
            .collect();
        let password = SecretString::from(password);
        if check_strength(password.expose_secret()).is_ok() {
            return password;
        }
    }
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// Python's `str.isalpha` of one character: Lu, Ll, Lt, Lm or Lo.
fn is_letter(c: char) -> bool {
    use GeneralCategory::{
        LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter,
    };
    matches!(
        category(c),
        UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter
    )
}

/// Python's `str.isdigit` of one character: Unicode's `Numeric_Type` Decimal or Digit.
fn is_digit(c: char) -> bool {
    category(c) == GeneralCategory::DecimalNumber || is_typographic_digit(c)
}

/// `Numeric_Type=Digit`: superscripts, subscripts, circled and the like. Unicode adds no more to
/// this set (new digits get `Numeric_Type=Numeric`), so a list can't grow stale.
fn is_typographic_digit(c: char) -> bool {
    matches!(c,
        '\u{b2}' | '\u{b3}' | '\u{b9}'
        | '\u{1369}'..='\u{1371}' // Ethiopic
        | '\u{19da}' // New Tai Lue Tham one
        | '\u{2070}' | '\u{2074}'..='\u{2079}' | '\u{2080}'..='\u{2089}'
        | '\u{2460}'..='\u{2468}' | '\u{2474}'..='\u{247c}' | '\u{2488}'..='\u{2490}'
        | '\u{24ea}' | '\u{24f5}'..='\u{24fd}' | '\u{24ff}'
        | '\u{2776}'..='\u{277e}' | '\u{2780}'..='\u{2788}' | '\u{278a}'..='\u{2792}'
        | '\u{10a40}'..='\u{10a43}' // Kharoshthi
        | '\u{10e60}'..='\u{10e68}' // Rumi
        | '\u{11052}'..='\u{1105a}' // Brahmi
        | '\u{1f100}'..='\u{1f10a}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn six_code_points_with_a_letter_and_a_digit_are_enough() {
        for password in [
            "abcde1",
            "1abcde",
            "éèêëì7",
            "пароль٣",
            "  a  1",
            "密码密码密²",
            "ªªªªª①",
        ] {
            assert_eq!(check_strength(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn length_is_counted_in_code_points_before_anything_else() {
        for password in ["", "a1", "abcd1", "😀😀😀😀a", "\0"] {
            assert_eq!(
                check_strength(password),
                Err(PasswordFault::TooShort),
                "{password:?}"
            );
        }
    }

    #[test]
    fn a_letter_and_a_digit_are_needed_before_the_bytes_are_counted() {
        let long = "a".repeat(100);
        // Ⅷ is a letter number (Nl), ½ a number without digit (No), U+0301 a mark: none counts.
        for password in [
            "abcdef",
            "123456",
            "      ",
            "ⅧⅧⅧⅧⅧ1",
            "abcde½",
            "\u{301}11111",
            &long,
        ] {
            assert_eq!(
                check_strength(password),
                Err(PasswordFault::NeedsLetterAndDigit),
                "{password:?}"
            );
        }
    }

    #[test]
    fn seventy_two_bytes_fit_and_one_more_does_not() {
        let fits = format!("{}1", "a".repeat(71));
        assert_eq!(check_strength(&fits), Ok(()));
        assert_eq!(
            check_strength(&format!("{fits}\0")),
            Err(PasswordFault::TooLong)
        );
        let wide = format!("{}1", "é".repeat(36));
        assert_eq!(check_strength(&wide), Err(PasswordFault::TooLong));
    }

    #[test]
    fn nul_is_refused_wherever_it_stands() {
        for password in ["\0abcd1", "abc\0d1", "abcd1\0"] {
            assert_eq!(check_strength(password), Err(PasswordFault::ContainsNul));
        }
    }

    #[test]
    fn messages_tell_the_rule() {
        let messages = [
            PasswordFault::TooShort,
            PasswordFault::NeedsLetterAndDigit,
            PasswordFault::TooLong,
            PasswordFault::ContainsNul,
        ]
        .map(|fault| format!("the password {fault}"));
        assert_eq!(
            messages,
            [
                "the password must have at least 6 characters",
                "the password must have at least one letter and one digit",
                "the password must have at most 72 bytes of UTF-8",
                "the password must not contain NUL",
            ]
        );
    }

    #[test]
    fn digits_that_are_no_decimal_numbers_are_as_many_as_python_knows() {
        let digits = (char::MIN..=char::MAX).filter(|c| is_typographic_digit(*c));
        // python3: sum(chr(c).isdigit() and not chr(c).isdecimal() for c in range(0x110000))
        assert_eq!(digits.count(), 128);
    }

    #[test]
    fn a_generated_password_is_unambiguous_strong_and_never_the_same() {
        let mut rng = StdRng::seed_from_u64(4);
        let mut seen = BTreeSet::new();
        for _ in 0..2_000 {
            let password = generate_password(&mut rng);
            let password = password.expose_secret();
            assert_eq!(password.len(), GENERATED_CODE_POINTS);
            assert_eq!(check_strength(password), Ok(()));
            assert!(
                password.bytes().all(|b| UNAMBIGUOUS.contains(&b)),
                "{password}"
            );
            assert!(seen.insert(password.to_owned()));
        }
    }

    #[test]
    fn every_character_is_generated_about_as_often_as_the_others() {
        let mut rng = StdRng::seed_from_u64(4);
        let mut counts = [0_u32; 128];
        for _ in 0..5_000 {
            for byte in generate_password(&mut rng).expose_secret().bytes() {
                counts[usize::from(byte)] += 1;
            }
        }
        // 120,000 draws over 57 characters: 2,105 each, standard deviation 46; five of them, and
        // room for the two percent that rejection gives to digits.
        for byte in UNAMBIGUOUS {
            let count = counts[usize::from(*byte)];
            assert!(
                (1_830..=2_400).contains(&count),
                "{} {count}",
                char::from(*byte)
            );
        }
    }
}
