//! The part after the @-sign: a name in the public DNS, mapped by UTS-46, checked by IDNA 2008.

use icu_normalizer::uts46::Uts46MapperBorrowed;

use super::characters::{self, Characters, Spaces};
use super::idna2008::{self, MAX_LABEL};
use super::literal;
use super::reason::{EmailError, Separator};

/// The longest domain, in bytes (RFC 1035).
const MAX_DOMAIN: usize = 253;

/// Names that never have a mailbox which the world can reach. `example` and `internal` may.
const SPECIAL_USE: [&str; 6] = ["arpa", "invalid", "local", "localhost", "onion", "test"];

/// A domain in its two equal forms.
pub(super) struct DomainName {
    /// Labels in Punycode where they need it: what is looked up.
    pub(super) ascii: String,
    /// Labels in Unicode: what is stored and shown.
    pub(super) unicode: String,
}

impl DomainName {
    pub(super) fn parse(given: &str) -> Result<Self, EmailError> {
        if given.is_empty() {
            return Err(EmailError::NoDomain);
        }
        if let Some(literal) = given
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            return Err(EmailError::Bracketed(literal::fault_of(literal)));
        }
        // Before all that takes time in proportion to the square of the length.
        if let Some(excess) = over(given.chars().count(), MAX_DOMAIN) {
            return Err(EmailError::DomainTooLong { excess });
        }
        check_characters(given)?;
        let mapped = map(given)?;
        check_separators(&mapped)?;
        let ascii = encode(&mapped)?;
        check_lengths(&ascii)?;
        check_top_level(&ascii)?;
        let unicode = decode(&ascii)?;
        Ok(Self { ascii, unicode })
    }
}

fn over(length: usize, limit: usize) -> Option<usize> {
    length.checked_sub(limit).filter(|excess| *excess > 0)
}

fn is_host_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '.' || !c.is_ascii()
}

fn check_characters(given: &str) -> Result<(), EmailError> {
    if let Some(found) = Characters::refused(given, is_host_character) {
        return Err(EmailError::DomainCharacters(found));
    }
    characters::check_safe(given, Spaces::Unsafe)?;
    match Characters::refused(given, |c| !holds_a_period(c)) {
        Some(found) => Err(EmailError::DomainCharacters(found)),
        None => Ok(()),
    }
}

/// Compatibility characters that contain a period, such as `⒈` and `㏂`. U+FF0E is one as a whole
/// and is mapped to it.
fn holds_a_period(c: char) -> bool {
    matches!(c,
        '\u{2024}'..='\u{2026}' | '\u{2488}'..='\u{249b}' | '\u{33c2}' | '\u{33c7}' | '\u{33d8}'
        | '\u{fe52}' | '\u{1f100}')
}

/// UTS-46, non-transitional: lower case, NFC, every kind of full stop a period.
fn map(given: &str) -> Result<String, EmailError> {
    let uts46 = Uts46MapperBorrowed::new();
    let is_disallowed = |c: char| {
        uts46
            .map_normalize(std::iter::once(c))
            .any(|c| c == char::REPLACEMENT_CHARACTER)
    };
    if let Some((index, character)) = given.chars().enumerate().find(|(_, c)| is_disallowed(*c)) {
        return Err(EmailError::DisallowedInDomain {
            character,
            position: index + 1,
        });
    }
    let mapped: String = uts46.map_normalize(given.chars()).collect();
    match Characters::refused(&mapped, is_host_character) {
        Some(found) => Err(EmailError::MappedDomainCharacters(found)),
        None => Ok(mapped),
    }
}

fn check_separators(domain: &str) -> Result<(), EmailError> {
    check_ends(domain, '.', Separator::Period)?;
    if domain.contains("..") {
        return Err(EmailError::TwoPeriods);
    }
    check_ends(domain, '-', Separator::Hyphen)?;
    if domain.contains(".-") || domain.contains("-.") {
        return Err(EmailError::PeriodBesideHyphen);
    }
    let is_reserved =
        |label: &str| !label.starts_with("xn") && label.chars().skip(2).take(2).eq(['-', '-']);
    if domain.split('.').any(is_reserved) {
        Err(EmailError::ReservedLabel)
    } else {
        Ok(())
    }
}

fn check_ends(domain: &str, sign: char, separator: Separator) -> Result<(), EmailError> {
    if domain.ends_with(sign) {
        Err(EmailError::DomainEndsWith(separator))
    } else if domain.starts_with(sign) {
        Err(EmailError::DomainStartsWith(separator))
    } else {
        Ok(())
    }
}

/// An ASCII domain stays as it is, Punycode that is none included: [`decode`] judges it later.
fn encode(mapped: &str) -> Result<String, EmailError> {
    if mapped.is_ascii() {
        return Ok(mapped.to_owned());
    }
    let labels: Result<Vec<_>, _> = mapped.split('.').map(idna2008::label_to_ascii).collect();
    Ok(labels.map_err(EmailError::InvalidLabel)?.join("."))
}

fn check_lengths(ascii: &str) -> Result<(), EmailError> {
    if let Some(excess) = over(ascii.len(), MAX_DOMAIN) {
        return Err(EmailError::EncodedDomainTooLong { excess });
    }
    match ascii
        .split('.')
        .find_map(|label| over(label.len(), MAX_LABEL))
    {
        Some(excess) => Err(EmailError::LabelTooLong { excess }),
        None => Ok(()),
    }
}

fn check_top_level(ascii: &str) -> Result<(), EmailError> {
    let Some((_, top)) = ascii.rsplit_once('.') else {
        return Err(EmailError::NoPeriod);
    };
    if !ascii.ends_with(|c: char| c.is_ascii_alphabetic()) {
        Err(EmailError::NoTopLevelDomain)
    } else if SPECIAL_USE.contains(&top) {
        Err(EmailError::SpecialUseDomain)
    } else {
        Ok(())
    }
}

fn decode(ascii: &str) -> Result<String, EmailError> {
    if !ascii.contains("xn--") {
        return Ok(ascii.to_owned());
    }
    let unicode = idna2008::domain_to_unicode(ascii).map_err(EmailError::InvalidPunycode)?;
    // IDNA takes joiners where a script needs them; the rule for what can be seen does not.
    characters::check_safe(&unicode, Spaces::Unsafe)?;
    Ok(unicode)
}
