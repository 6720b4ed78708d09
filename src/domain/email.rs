//! An e-mail address in its one normal form.
//!
//! Existing clients know the older service's rules and reasons (Python's `email-validator`, as
//! pydantic calls it), so both are kept to the letter: which addresses are taken, what they are
//! stored as, which fault is found first and how it is worded. Where this file seems fussy,
//! `tests/golden.rs` has the address.

mod address;
mod characters;
mod domain_name;
mod idna2008;
mod literal;
mod local_part;
mod reason;
#[cfg(test)]
mod tests;

use std::fmt;

use address::Address;
pub use characters::Characters;
use domain_name::DomainName;
pub use reason::{BracketFault, EmailError, Excess, LabelFault, Separator};

/// The longest input that is looked at, in code points.
pub const MAX_INPUT: usize = 2048;

/// The longest address in bytes of UTF-8 (RFC 5321, with the two erratas of RFC 3696).
const MAX_BYTES: usize = 254;

/// An address that can be stored, answered and compared: local part in NFC and in its own case
/// (lower case for the mailboxes of RFC 2142), domain lower case and in Unicode.
///
/// It may be printed: status shows it. It must not get into errors and logs about documents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

impl Email {
    /// Parses an address, bare or as `Jane <jane@x.io>`, into its normal form. A normal form
    /// parses to itself.
    ///
    /// # Errors
    /// The first fault, in the order of the HTTP contract; its `Display` is the reason that
    /// clients know.
    pub fn parse(input: &str) -> Result<Self, EmailError> {
        if input.chars().count() > MAX_INPUT {
            return Err(EmailError::InputTooLong);
        }
        if input.contains(['\r', '\n']) {
            return Err(EmailError::LineBreak);
        }
        let address = Address::split(address::without_name(input))?;
        let local_part = local_part::normalize(&address)?;
        let domain = DomainName::parse(address.domain)?;
        let normal = format!("{local_part}@{}", domain.unicode);
        check_length(&address, &normal, &format!("{local_part}@{}", domain.ascii))?;
        // Last on purpose: a name around an address is only reported when all else is well.
        if address.named {
            return Err(EmailError::DisplayName);
        }
        Ok(Self(normal))
    }

    /// Takes over what a document of `admins` holds, as it stands: it was normal to whoever wrote
    /// it, and it is what the unique index compares.
    #[must_use]
    pub fn from_record(text: String) -> Self {
        Self(text)
    }

    /// The normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address as given counts too, since its owner may go on writing it that way; and the one
/// with the domain in Punycode, since mail is sent to that.
fn check_length(address: &Address<'_>, normal: &str, punycode: &str) -> Result<(), EmailError> {
    let given = format!("{}@{}", address.local_part, address.domain);
    let excess = |text: &str| {
        text.len()
            .checked_sub(MAX_BYTES)
            .filter(|excess| *excess > 0)
    };
    let fault = if let Some(bytes) = excess(&given) {
        let widest = given.chars().map(char::len_utf8).max().unwrap_or(1);
        Excess::AsGiven {
            least_characters: (bytes / widest).max(1),
            bytes,
        }
    } else if let Some(bytes) = excess(normal) {
        Excess::Normalized { bytes }
    } else if let Some(bytes) = excess(punycode) {
        Excess::Punycode { bytes }
    } else {
        return Ok(());
    };
    Err(EmailError::TooLong(fault))
}
