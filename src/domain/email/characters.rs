//! Which characters an address may hold, and how a reason lists those it may not.

use std::collections::BTreeSet;
use std::fmt;

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

use super::reason::EmailError;

/// Characters as a reason lists them: each once, sorted; letters, numbers, punctuation and
/// symbols in quotes, others by their Unicode name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Characters(Vec<String>);

impl Characters {
    /// Those of `text` that `allowed` refuses, sorted by how they are shown. `None`: none.
    pub(super) fn refused(text: &str, allowed: impl Fn(char) -> bool) -> Option<Self> {
        let shown: BTreeSet<String> = text.chars().filter(|c| !allowed(*c)).map(show).collect();
        (!shown.is_empty()).then(|| Self(shown.into_iter().collect()))
    }
}

impl fmt::Display for Characters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

fn show(c: char) -> String {
    match c {
        '\\' | '\'' => format!("\"{c}\""),
        _ if is_graphic(c) => format!("'{c}'"),
        // Names of control characters are aliases, which the older service did not look up.
        _ => unicode_names2::name(c).map_or_else(|| show_code_point(c), |name| name.to_string()),
    }
}

fn show_code_point(c: char) -> String {
    let value = u32::from(c);
    if value < 0xffff {
        format!("U+{value:04X}")
    } else {
        format!("U+{value:08X}")
    }
}

fn is_graphic(c: char) -> bool {
    is_in(c, GeneralCategoryGroup::Letter)
        || is_in(c, GeneralCategoryGroup::Number)
        || is_in(c, GeneralCategoryGroup::Punctuation)
        || is_in(c, GeneralCategoryGroup::Symbol)
}

/// Whether Unicode puts `c` into one of the categories of `group`.
pub(super) fn is_in(c: char, group: GeneralCategoryGroup) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// `atext` of RFC 5322: what an unquoted local part is made of, beside periods.
pub(super) fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// `atext` of RFC 6531, which adds all of Unicode beyond ASCII.
pub(super) fn is_international_atext(c: char) -> bool {
    is_atext(c) || !c.is_ascii()
}

/// What Python's `str.strip` and `\s` call white space: Unicode's, and four separators.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Whether spaces are welcome: only in what stands in quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spaces {
    Allowed,
    Unsafe,
}

/// Refuses what would make an address show as another one, or show differently beside other
/// text: a mark at the start, line separators, control, format, private and unassigned code
/// points.
pub(super) fn check_safe(text: &str, spaces: Spaces) -> Result<(), EmailError> {
    let is_safe = |(index, c): (usize, char)| {
        is_graphic(c)
            || (is_in(c, GeneralCategoryGroup::Mark) && index > 0)
            || (is_in(c, GeneralCategoryGroup::SpaceSeparator) && spaces == Spaces::Allowed)
    };
    // By code point here, where all other lists are sorted by what is shown.
    let found: BTreeSet<char> = text
        .char_indices()
        .filter(|at| !is_safe(*at))
        .map(|(_, c)| c)
        .collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(EmailError::UnsafeCharacters(Characters(
            found.into_iter().map(show).collect(),
        )))
    }
}
