//! Takes an address apart: a name around it, the part before the @-sign, the part after it.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::GeneralCategoryGroup;

use super::characters::{self, Characters, Spaces, is_atext, is_space};
use super::reason::EmailError;

/// How far a character looks ahead for marks that combine with it: itself, the 30 marks of the
/// Stream-Safe Text Format (UAX #15), one more. Without a bound the look is quadratic.
const COMBINING_WINDOW: usize = 32;

/// The parts of an address, none of them judged yet.
pub(super) struct Address<'a> {
    /// Whether it came in angle brackets.
    pub(super) named: bool,
    /// As given, with quotes.
    pub(super) local_part: &'a str,
    /// Without quotes and escapes.
    pub(super) unquoted: String,
    pub(super) quoted: bool,
    pub(super) domain: &'a str,
}

/// `Jane <jane@x.io>`, `"Jane D." <jane@x.io>` and `<jane@x.io>` without all but the address;
/// anything else as it stands. Outer spaces off.
pub(super) fn without_name(input: &str) -> &str {
    let text = input.trim_matches(is_space);
    in_brackets_after_words(text)
        .or_else(|| in_brackets_after_quotes(text))
        .or_else(|| in_brackets(text))
        .unwrap_or(text)
        .trim_matches(is_space)
}

fn in_brackets(text: &str) -> Option<&str> {
    text.strip_prefix('<')?
        .strip_suffix('>')
        .filter(|inner| !inner.is_empty())
}

fn in_brackets_after_words(text: &str) -> Option<&str> {
    let is_word = |c: char| {
        c == '.'
            || is_atext(c)
            || characters::is_in(c, GeneralCategoryGroup::Letter)
            || characters::is_in(c, GeneralCategoryGroup::Number)
    };
    let (name, _) = text.split_once('<')?;
    let is_name = !name.is_empty() && name.chars().all(|c| is_word(c) || is_space(c));
    is_name.then(|| in_brackets(&text[name.len()..])).flatten()
}

/// The name may hold quotes of its own: its end is the last one that an address follows.
fn in_brackets_after_quotes(text: &str) -> Option<&str> {
    let after_open = text.strip_prefix('"')?;
    after_open
        .rmatch_indices('"')
        .filter(|(length, _)| *length > 0)
        .find_map(|(length, _)| in_brackets(after_open[length + 1..].trim_start_matches(is_space)))
}

impl<'a> Address<'a> {
    /// Splits what [`without_name`] left. It may still have a name: one that is not as simple.
    pub(super) fn split(text: &'a str) -> Result<Self, EmailError> {
        let (left, right) = split_at_unquoted(text, &['@', '<'])?;
        let named = right.starts_with('<');
        let (local_part, right) = if named {
            check_name(left.trim_end_matches(is_space))?;
            split_at_unquoted(in_angle_brackets(right)?, &['@'])?
        } else {
            (left, right)
        };
        let (unquoted, quoted) = unquote(local_part)?;
        let domain = right.strip_prefix('@').unwrap_or(right);
        Ok(Self {
            named,
            local_part,
            unquoted,
            quoted,
            domain,
        })
    }
}

fn in_angle_brackets(text: &str) -> Result<&str, EmailError> {
    if !text.contains('>') {
        return Err(EmailError::UnclosedAngleBracket);
    }
    let inner = text.trim_end_matches(' ').strip_suffix('>');
    Ok(&inner.ok_or(EmailError::AfterAngleBracket)?[1..])
}

fn check_name(name: &str) -> Result<(), EmailError> {
    let (unquoted, quoted) = unquote(name)?;
    if !quoted && let Some(found) = Characters::refused(&unquoted, |c| is_atext(c) || c == ' ') {
        return Err(EmailError::DisplayNameCharacters(found));
    }
    characters::check_safe(&unquoted, Spaces::Allowed)
}

/// Splits before the first of `specials` that stands outside quotes and combines with nothing
/// after it (`<` and U+0338 are `≮`, which opens no bracket).
fn split_at_unquoted<'a>(
    text: &'a str,
    specials: &[char],
) -> Result<(&'a str, &'a str), EmailError> {
    let mut inside_quotes = false;
    let mut escaped = false;
    for (index, c) in text.char_indices() {
        if combines(&text[index..], c) {
            continue;
        }
        if inside_quotes {
            inside_quotes = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
        } else if c == '"' {
            inside_quotes = true;
        } else if specials.contains(&c) {
            return Ok(text.split_at(index));
        }
    }
    Err(if text.contains('\u{ff20}') {
        EmailError::FullWidthAtSign
    } else if text.contains('\u{fe6b}') {
        EmailError::SmallAtSign
    } else {
        EmailError::NoAtSign
    })
}

/// Whether NFC makes something else of `c`, the first character of `text`.
fn combines(text: &str, c: char) -> bool {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    nfc.normalize_iter(text.chars().take(COMBINING_WINDOW))
        .next()
        != Some(c)
}

/// Takes quotes and escapes off, where the text begins with a quote. Any escape is an escape.
fn unquote(text: &str) -> Result<(String, bool), EmailError> {
    let Some(inner) = text.strip_prefix('"') else {
        return Ok((text.to_owned(), false));
    };
    let mut unquoted = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => unquoted.extend(rest.next()),
            _ => unquoted.push(c),
        }
    }
    match Characters::refused(rest.as_str(), |_| false) {
        Some(found) => Err(EmailError::AfterCloseQuote(found)),
        None => Ok((unquoted, true)),
    }
}
