//! Why an address is refused: every `Display` is a reason as clients of the older service know
//! it, and none quotes more of the address than single characters.

use super::characters::Characters;

/// The first fault of an address. Grouped by what was being read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    // The input as a whole.
    /// More than 2,048 code points.
    #[error("Length must not exceed 2048 characters")]
    InputTooLong,
    /// CR or LF anywhere.
    #[error("Carriage return and line feed characters are not allowed")]
    LineBreak,
    /// No `@` outside quotes.
    #[error("An email address must have an @-sign.")]
    NoAtSign,
    /// U+FF20 where `@` should be.
    #[error(
        "The email address has the \"full-width\" at-sign (@) character instead of a regular at-sign."
    )]
    FullWidthAtSign,
    /// U+FE6B where `@` should be.
    #[error(
        "The email address has the \"small commercial at\" character instead of a regular at-sign."
    )]
    SmallAtSign,
    /// `"a"b@x.io`.
    #[error("Extra character(s) found after close quote: {0}")]
    AfterCloseQuote(Characters),
    /// A name before `<…>` that would have to be quoted.
    #[error("The display name contains invalid characters when not quoted: {0}.")]
    DisplayNameCharacters(Characters),
    /// `Jane <a@x.io`.
    #[error(
        "An open angle bracket at the start of the email address has to be followed by a close angle bracket at the end."
    )]
    UnclosedAngleBracket,
    /// `Jane <a@x.io> x`.
    #[error("There can't be anything after the email address.")]
    AfterAngleBracket,
    /// A name that is left over once the usual `Jane <jane@x.io>` is taken off.
    #[error("A display name and angle brackets around the email address are not permitted here.")]
    DisplayName,

    // Either side of the @-sign.
    /// Invisible, unassigned or private characters, or a combining mark at the start.
    #[error("The email address contains unsafe characters: {0}.")]
    UnsafeCharacters(Characters),
    /// `a..b`, on either side.
    #[error("An email address cannot have two periods in a row.")]
    TwoPeriods,
    /// More than 254 bytes.
    #[error("The email address is too long {0}.")]
    TooLong(Excess),

    // Before the @-sign.
    /// Nothing before the `@`.
    #[error("There must be something before the @-sign.")]
    NoLocalPart,
    /// Characters that would have to be quoted.
    #[error("The email address contains invalid characters before the @-sign: {0}.")]
    LocalCharacters(Characters),
    /// Control characters inside quotes.
    #[error("The email address contains invalid characters in quotes before the @-sign: {0}.")]
    QuotedCharacters(Characters),
    /// `.a@x.io`.
    #[error("An email address cannot start with a period.")]
    LocalStartsWithPeriod,
    /// `a.@x.io`.
    #[error("An email address cannot have a period immediately before the @-sign.")]
    LocalEndsWithPeriod,
    /// Good as given, not any more in NFC.
    #[error("After Unicode normalization: {0}")]
    AfterNormalization(Box<EmailError>),
    /// `"a"@x.io`.
    #[error("Quoting the part before the @-sign is not allowed here.")]
    QuotedLocalPart,

    // After the @-sign.
    /// Nothing after the `@`.
    #[error("There must be something after the @-sign.")]
    NoDomain,
    /// `a@[127.0.0.1]`.
    #[error("{0}")]
    Bracketed(BracketFault),
    /// More than 253 code points as given.
    #[error("The email address is too long after the @-sign ({}).", too_many(*excess, "character"))]
    DomainTooLong {
        /// Code points over the limit.
        excess: usize,
    },
    /// More than 253 bytes in Punycode.
    #[error(
        "The email address is too long after the @-sign ({} after IDNA encoding).",
        too_many(*excess, "byte")
    )]
    EncodedDomainTooLong {
        /// Bytes over the limit.
        excess: usize,
    },
    /// What no host name has.
    #[error("The part after the @-sign contains invalid characters: {0}.")]
    DomainCharacters(Characters),
    /// What UTS-46 disallows.
    #[error(
        "The part after the @-sign contains invalid characters (Codepoint {} not allowed at position {position}).",
        code_point(*character)
    )]
    DisallowedInDomain {
        /// The disallowed one.
        character: char,
        /// Of the domain as given; the first is 1.
        position: usize,
    },
    /// Full-width forms of what no host name has.
    #[error(
        "The part after the @-sign contains invalid characters after Unicode normalization: {0}."
    )]
    MappedDomainCharacters(Characters),
    /// `a@.x.io`, `a@-x.io`.
    #[error("An email address cannot have a {0} immediately after the @-sign.")]
    DomainStartsWith(Separator),
    /// `a@x.io.`, `a@x.io-`.
    #[error("An email address cannot end with a {0}.")]
    DomainEndsWith(Separator),
    /// `a@x-.io`.
    #[error("An email address cannot have a period and a hyphen next to each other.")]
    PeriodBesideHyphen,
    /// `a@ab--c.io`: reserved (RFC 5890), and no Punycode.
    #[error(
        "An email address cannot have two letters followed by two dashes immediately after the @-sign or after a period, except Punycode."
    )]
    ReservedLabel,
    /// A label in Unicode that IDNA 2008 refuses.
    #[error("The part after the @-sign is invalid ({0}).")]
    InvalidLabel(LabelFault),
    /// A label of more than 63 bytes.
    #[error(
        "After the @-sign, periods cannot be separated by so many characters ({}).",
        too_many(*excess, "character")
    )]
    LabelTooLong {
        /// Bytes over the limit.
        excess: usize,
    },
    /// `a@x`.
    #[error("The part after the @-sign is not valid. It should have a period.")]
    NoPeriod,
    /// A last label that ends in no letter: `a@127.0.0.1`.
    #[error("The part after the @-sign is not valid. It is not within a valid top-level domain.")]
    NoTopLevelDomain,
    /// `a@x.test`.
    #[error(
        "The part after the @-sign is a special-use or reserved name that cannot be used with email."
    )]
    SpecialUseDomain,
    /// Punycode that stands for nothing, or for what IDNA 2008 refuses.
    #[error("The part after the @-sign is not valid IDNA ({0}).")]
    InvalidPunycode(LabelFault),
}

/// How far over 254 bytes, and in which of the three forms that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// The address as given, without a name around it.
    #[error("({})", characters_too_many(*least_characters, *bytes))]
    AsGiven {
        /// The fewest characters to take away: `bytes` when all is ASCII.
        least_characters: usize,
        /// Bytes over the limit.
        bytes: usize,
    },
    /// The normal form.
    #[error("after normalization ({})", too_many(*bytes, "byte"))]
    Normalized {
        /// Bytes over the limit.
        bytes: usize,
    },
    /// The normal form with its domain in Punycode.
    #[error(
        "when the part after the @-sign is converted to IDNA ASCII ({})",
        too_many(*bytes, "byte")
    )]
    Punycode {
        /// Bytes over the limit.
        bytes: usize,
    },
}

/// What parts a domain, and must not stand at its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Separator {
    /// `.`
    #[error("period")]
    Period,
    /// `-`
    #[error("hyphen")]
    Hyphen,
}

/// What IDNA 2008 refuses in one label. Positions count code points; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelFault {
    /// More than 63 bytes in Punycode.
    #[error("Label too long")]
    TooLong,
    /// A combining mark first.
    #[error("Label begins with an illegal combining character")]
    BeginsWithMark,
    /// A character that is never allowed, such as an emoji.
    #[error("Codepoint {} at position {position} not allowed", code_point(*character))]
    Disallowed {
        /// The disallowed one.
        character: char,
        /// Where in the label.
        position: usize,
    },
    /// A character that is only allowed beside certain others, such as the middle dot of Catalan.
    #[error("Codepoint {} not allowed at position {position}", code_point(*character))]
    OutOfContext {
        /// The one out of place.
        character: char,
        /// Where in the label.
        position: usize,
    },
    /// No valid Punycode, hyphens where none may be, right-to-left text that would show in
    /// another order than it has. The older service said which, with a quote of the label.
    #[error("Label is malformed")]
    Malformed,
}

/// `a@[…]` is refused whatever is in it, after a look at what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BracketFault {
    /// A good address, but not wanted.
    #[error("A bracketed IP address after the @-sign is not allowed here.")]
    NotAllowed,
    /// Digits and periods that are no IPv4 address.
    #[error(
        "The address in brackets after the @-sign is not valid: It is not an IPv4 address or is missing an address literal tag."
    )]
    Ipv4,
    /// No IPv6 address after `IPv6:`.
    #[error("The IPv6 address in brackets after the @-sign is not valid.")]
    Ipv6,
    /// `IPv6:fe80::1%eth0`.
    #[error("The IPv6 address in brackets after the @-sign is not valid (It has a zone index).")]
    Ipv6Zone,
    /// Neither IPv4 nor tagged.
    #[error(
        "The part after the @-sign in brackets is not an IPv4 address and has no address literal tag."
    )]
    NoTag,
    /// What no address literal holds.
    #[error("The part after the @-sign contains invalid characters in brackets: {0}.")]
    Characters(Characters),
    /// A tag other than `IPv6`.
    #[error("The part after the @-sign contains an invalid address literal tag in brackets.")]
    UnknownTag,
}

fn too_many(excess: usize, unit: &str) -> String {
    let plural = if excess > 1 { "s" } else { "" };
    format!("{excess} {unit}{plural} too many")
}

fn characters_too_many(least: usize, bytes: usize) -> String {
    let most = too_many(bytes, "character");
    if least == bytes {
        most
    } else {
        format!("{least}-{most}")
    }
}

fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}
