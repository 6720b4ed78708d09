//! IDNA 2008 (RFC 5891 to 5893), label by label.
//!
//! The `idna` crate speaks UTS-46, which is looser: it lets emoji and other symbols pass. This
//! file adds RFC 5892's tables of code points; Punycode, normalization, joiners and the Bidi Rule
//! are the crate's.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, Script};
use idna::uts46::{DnsLength, Hyphens, Uts46};
use idna::{AsciiDenyList, punycode};

use super::reason::LabelFault;

/// The longest label, in bytes (RFC 1035).
pub(super) const MAX_LABEL: usize = 63;

/// The ASCII form of one label that is mapped already.
pub(super) fn label_to_ascii(label: &str) -> Result<String, LabelFault> {
    domain_to_unicode(label)?;
    let ascii = Uts46::new()
        .to_ascii(
            label.as_bytes(),
            AsciiDenyList::EMPTY,
            Hyphens::Check,
            DnsLength::Ignore,
        )
        .map_err(|_| LabelFault::Malformed)?;
    if ascii.len() > MAX_LABEL {
        Err(LabelFault::TooLong)
    } else {
        Ok(ascii.into_owned())
    }
}

/// The Unicode form of a whole domain. One right-to-left label puts all others under the Bidi
/// Rule too, lest the labels show in another order than they have.
pub(super) fn domain_to_unicode(domain: &str) -> Result<String, LabelFault> {
    // First, because the crate doesn't say what it refuses.
    domain.split('.').try_for_each(check_code_points)?;
    let (unicode, outcome) =
        Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Check);
    outcome
        .map(|()| unicode.into_owned())
        .map_err(|_| LabelFault::Malformed)
}

fn check_code_points(label: &str) -> Result<(), LabelFault> {
    let characters = match label.strip_prefix("xn--") {
        Some(encoded) => punycode::decode(encoded).ok_or(LabelFault::Malformed)?,
        None => label.chars().collect(),
    };
    if characters.first().is_some_and(|c| is_mark(*c)) {
        return Err(LabelFault::BeginsWithMark);
    }
    for (index, &character) in characters.iter().enumerate() {
        let position = index + 1;
        match context_of(character) {
            None if is_valid(character) => {}
            None => {
                return Err(LabelFault::Disallowed {
                    character,
                    position,
                });
            }
            Some(rule) if rule.holds(&characters, index) => {}
            Some(_) => {
                return Err(LabelFault::OutOfContext {
                    character,
                    position,
                });
            }
        }
    }
    Ok(())
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn is_mark(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    matches!(category(c), NonspacingMark | SpacingMark | EnclosingMark)
}

/// PVALID of RFC 5892, for characters that UTS-46 maps to themselves: that takes care of section
/// 2.2 (upper case, compatibility forms) and most of 2.3 (ignorable ones).
fn is_valid(c: char) -> bool {
    is_valid_exception(c) || (is_letter_or_digit(c) && !is_disallowed_letter(c))
}

/// Section 2.1, without upper case: what is left of it after the mapping is an exception.
fn is_letter_or_digit(c: char) -> bool {
    use GeneralCategory::{
        DecimalNumber, LowercaseLetter, ModifierLetter, NonspacingMark, OtherLetter, SpacingMark,
    };
    matches!(
        category(c),
        LowercaseLetter
            | ModifierLetter
            | OtherLetter
            | NonspacingMark
            | SpacingMark
            | DecimalNumber
    )
}

fn is_valid_exception(c: char) -> bool {
    matches!(
        c,
        '-'
        // Section 2.6.
        | '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{3007}'
        // Cherokee, whose lower case is mapped to its upper case, and not the other way round.
        | '\u{13a0}'..='\u{13f5}'
    )
}

fn is_disallowed_letter(c: char) -> bool {
    matches!(c,
        // Section 2.6.
        '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}'
        // 2.4, blocks of marks for symbols and music.
        | '\u{20d0}'..='\u{20ff}' | '\u{1d100}'..='\u{1d1ff}' | '\u{1d200}'..='\u{1d24f}'
        // 2.9, conjoining letters of Hangul.
        | '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{d7b0}'..='\u{d7ff}')
}

/// What a CONTEXTO or CONTEXTJ character needs around it (RFC 5892, appendix A).
#[derive(Clone, Copy)]
enum Context {
    /// Joiners: the `idna` crate knows.
    Joiner,
    /// U+00B7 only as in Catalan, `l·l`.
    BetweenL,
    /// U+0375, the Greek numeral sign.
    BeforeGreek,
    /// Geresh and gershayim.
    AfterHebrew,
    /// U+30FB, a middle dot, in a label with kana or kanji.
    AmongJapanese,
    /// One set of Arabic digits, never with the other, which looks the same.
    WithoutDigits(char, char),
}

fn context_of(c: char) -> Option<Context> {
    match c {
        '\u{200c}' | '\u{200d}' => Some(Context::Joiner),
        '\u{b7}' => Some(Context::BetweenL),
        '\u{375}' => Some(Context::BeforeGreek),
        '\u{5f3}' | '\u{5f4}' => Some(Context::AfterHebrew),
        '\u{30fb}' => Some(Context::AmongJapanese),
        '\u{660}'..='\u{669}' => Some(Context::WithoutDigits('\u{6f0}', '\u{6f9}')),
        '\u{6f0}'..='\u{6f9}' => Some(Context::WithoutDigits('\u{660}', '\u{669}')),
        _ => None,
    }
}

impl Context {
    fn holds(self, label: &[char], index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|at| label.get(at)).copied();
        let after = label.get(index + 1).copied();
        let script = |c: char| CodePointMapData::<Script>::new().get(c);
        match self {
            Self::Joiner => true,
            Self::BetweenL => before == Some('l') && after == Some('l'),
            Self::BeforeGreek => after.is_some_and(|c| script(c) == Script::Greek),
            Self::AfterHebrew => before.is_some_and(|c| script(c) == Script::Hebrew),
            Self::AmongJapanese => label
                .iter()
                .any(|c| [Script::Hiragana, Script::Katakana, Script::Han].contains(&script(*c))),
            Self::WithoutDigits(first, last) => !label.iter().any(|c| (first..=last).contains(c)),
        }
    }
}
