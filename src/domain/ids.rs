//! Identities that `MongoDB` gives: of records, and of collections.

use std::fmt;

use thiserror::Error;
use uuid::Uuid;

/// A text that is no `ObjectId`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an id has 24 hexadecimal digits")]
pub struct IdError;

fn parse_object_id(text: &str) -> Result<[u8; 12], IdError> {
    let digits = text.as_bytes();
    if digits.len() != 24 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(IdError);
    }
    let mut bytes = [0; 12];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| IdError)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| IdError)?;
    }
    Ok(bytes)
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 12]);

        impl $name {
            /// Reads 24 hexadecimal digits.
            ///
            /// # Errors
            /// [`IdError`] for anything else.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                parse_object_id(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

object_id! {
    /// `_id` of a document in `organizations`: who a tenant is, whatever it is called.
    OrganizationId
}

object_id! {
    /// `_id` of a document in `admins`.
    AdminId
}

/// The UUID under which `MongoDB` keeps a collection, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CollectionUuid(pub Uuid);

impl fmt::Display for CollectionUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_as_it_was_read() {
        let text = "65f0c0ffee0123456789abcd";
        assert_eq!(OrganizationId::parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn what_is_not_24_hexadecimal_digits_is_no_id() {
        for text in [
            "",
            "65f0",
            "65f0c0ffee0123456789abcg",
            "é5f0c0ffee0123456789abc",
            "+1+1+1+1+1+1+1+1+1+1+1+1",
        ] {
            assert_eq!(AdminId::parse(text), Err(IdError), "{text}");
        }
    }
}
