//! What is wrong with a request, field by field: types and messages are what clients of the older
//! service (pydantic's) know.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{email::EmailError, password};

/// One faulty field, or the body as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Detail {
    loc: Vec<Place>,
    msg: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// A step on the way to what is faulty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Place {
    /// A part of the request, or a field in it.
    Name(&'static str),
    /// Code points before the fault, in a body that is no JSON.
    CodePoints(usize),
}

/// What can be wrong; the `Display` is the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not there.
    #[error("Field required")]
    Missing,
    /// The body isn't JSON.
    #[error("JSON decode error")]
    NotJson,
    /// The body is something else than a JSON object.
    #[error("Input should be a valid dictionary or object to extract fields from")]
    NotAnObject,
    /// Something else than a string.
    #[error("Input should be a valid string")]
    NotAString,
    /// Half of a surrogate pair somewhere in it: JSON can spell it, UTF-8 can't.
    #[error("Input should be a valid string, unable to parse raw data as a unicode string")]
    NotUnicode,
    /// Fewer code points than that.
    #[error("String should have at least {0} characters")]
    TooShort(usize),
    /// More code points than that.
    #[error("String should have at most {0} characters")]
    TooLong(usize),
    /// A name with other characters.
    #[error("String should match pattern '^[A-Za-z0-9_-]+$'")]
    OutsideAlphabet,
    /// An e-mail that is none.
    #[error("value is not a valid email address: {0}")]
    Email(#[from] EmailError),
    /// An update that would rename an organization to what it is called.
    #[error("Value error, new_organization_name must be different from organization_name")]
    SameName,
}

impl Fault {
    /// A new password with fewer code points than one must have.
    #[must_use]
    pub fn short_password() -> Self {
        Self::TooShort(password::MIN_CODE_POINTS)
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotJson => "json_invalid",
            Self::NotAnObject => "model_attributes_type",
            Self::NotAString => "string_type",
            Self::NotUnicode => "string_unicode",
            Self::TooShort(_) => "string_too_short",
            Self::TooLong(_) => "string_too_long",
            Self::OutsideAlphabet => "string_pattern_mismatch",
            Self::Email(_) | Self::SameName => "value_error",
        }
    }
}

impl Detail {
    /// The body as a whole is faulty.
    #[must_use]
    pub fn of_body(fault: &Fault) -> Self {
        Self::new(vec![Place::Name("body")], fault)
    }

    /// The body stops being JSON after this many code points.
    #[must_use]
    pub fn not_json(code_points: usize) -> Self {
        let loc = vec![Place::Name("body"), Place::CodePoints(code_points)];
        Self::new(loc, &Fault::NotJson)
    }

    /// A field of the body is faulty.
    #[must_use]
    pub fn in_body(field: &'static str, fault: &Fault) -> Self {
        Self::new(vec![Place::Name("body"), Place::Name(field)], fault)
    }

    /// A parameter of the query is faulty.
    #[must_use]
    pub fn in_query(parameter: &'static str, fault: &Fault) -> Self {
        Self::new(vec![Place::Name("query"), Place::Name(parameter)], fault)
    }

    fn new(loc: Vec<Place>, fault: &Fault) -> Self {
        Self {
            loc,
            msg: fault.to_string(),
            kind: fault.kind(),
        }
    }
}
