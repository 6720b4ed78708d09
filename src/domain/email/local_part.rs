//! The part before the @-sign.

use icu_normalizer::ComposingNormalizerBorrowed;

use super::address::Address;
use super::characters::{self, Characters, Spaces, is_international_atext};
use super::reason::EmailError;

/// Mailboxes whose name is the same in any case (RFC 2142). All others keep theirs.
const CASELESS_MAILBOXES: [&str; 15] = [
    "info",
    "marketing",
    "sales",
    "support",
    "abuse",
    "noc",
    "security",
    "postmaster",
    "hostmaster",
    "usenet",
    "news",
    "webmaster",
    "www",
    "uucp",
    "ftp",
];

/// The local part in NFC. There is no limit of 64 bytes: longer ones are in use.
pub(super) fn normalize(address: &Address<'_>) -> Result<String, EmailError> {
    check(&address.unquoted, address.quoted)?;
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let normal = nfc.normalize(&address.unquoted).into_owned();
    // NFC can bring in what was not there: U+037E becomes a semicolon.
    check(&normal, address.quoted)
        .map_err(|fault| EmailError::AfterNormalization(Box::new(fault)))?;
    if address.quoted {
        return Err(EmailError::QuotedLocalPart);
    }
    let lower = normal.to_ascii_lowercase();
    Ok(if CASELESS_MAILBOXES.contains(&lower.as_str()) {
        lower
    } else {
        normal
    })
}

fn check(local_part: &str, quoted: bool) -> Result<(), EmailError> {
    if local_part.is_empty() {
        return Err(EmailError::NoLocalPart);
    }
    if is_dot_atom(local_part) {
        return characters::check_safe(local_part, Spaces::Unsafe);
    }
    if quoted {
        return match Characters::refused(local_part, |c| !c.is_ascii_control()) {
            Some(found) => Err(EmailError::QuotedCharacters(found)),
            None => characters::check_safe(local_part, Spaces::Allowed),
        };
    }
    Err(fault_of(local_part))
}

fn is_dot_atom(text: &str) -> bool {
    text.split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_international_atext))
}

fn fault_of(local_part: &str) -> EmailError {
    let allowed = |c| c == '.' || is_international_atext(c);
    if let Some(found) = Characters::refused(local_part, allowed) {
        EmailError::LocalCharacters(found)
    } else if local_part.ends_with('.') {
        EmailError::LocalEndsWithPeriod
    } else if local_part.starts_with('.') {
        EmailError::LocalStartsWithPeriod
    } else {
        EmailError::TwoPeriods
    }
}
