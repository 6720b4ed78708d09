//! Reads a JSON text once, front to back, keeping the members of the outermost object only.
//!
//! Where it stops in malformed JSON is where Python's json module stops (before 3.13, which
//! blames a trailing comma instead of what follows it). That decides the shape of this file: a
//! missing value is blamed on its first character, a string that never ends on its first quote.

#[cfg(test)]
mod tests;

use super::{
    object::{Member, Object},
    text::Text,
};

/// The deepest nesting; `{}` is 1 deep. No request needs more than 1, and each level costs stack.
pub const MAX_DEPTH: usize = 128;

/// The most digits of an integer: what Python converts.
const MAX_DIGITS: usize = 4_300;

/// Why a text isn't read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ScanError {
    /// Not JSON.
    #[error("no JSON after {code_points} code points")]
    Malformed {
        /// Code points before the fault.
        code_points: usize,
    },
    /// Arrays and objects within each other more than [`MAX_DEPTH`] deep.
    #[error("nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// An integer of more than [`MAX_DIGITS`] digits.
    #[error("an integer of more than {MAX_DIGITS} digits")]
    NumberTooLong,
}

/// The object that the text is; `None` when it is another JSON value.
pub(super) fn scan(text: &str) -> Result<Option<Object>, ScanError> {
    let mut scanner = Scanner {
        text,
        at: 0,
        depth: 0,
    };
    scanner.skip_whitespace();
    let object = if scanner.peek() == Some(b'{') {
        let mut object = Object::default();
        scanner.object(|key, member| {
            // A key that isn't Unicode is nobody's field.
            if let Text::Unicode(key) = key {
                object.push(key, member);
            }
        })?;
        Some(object)
    } else {
        scanner.value()?;
        None
    };
    scanner.skip_whitespace();
    match scanner.peek() {
        None => Ok(object),
        Some(_) => Err(scanner.malformed(scanner.at)),
    }
}

pub(super) struct Scanner<'text> {
    pub(super) text: &'text str,
    /// The byte that comes next.
    pub(super) at: usize,
    depth: usize,
}

impl Scanner<'_> {
    fn value(&mut self) -> Result<Member, ScanError> {
        match self.peek() {
            Some(b'"') => Ok(self.string()?.into()),
            Some(b'{') => self.object(|_, _| {}).map(|()| Member::Other),
            Some(b'[') => self
                .elements(b']', |scanner| scanner.value().map(drop))
                .map(|()| Member::Other),
            _ if self.take_word("null") => Ok(Member::Null),
            _ if self.take_word("true") || self.take_word("false") => Ok(Member::Other),
            _ => self.number().map(|()| Member::Other),
        }
    }

    fn object(&mut self, mut keep: impl FnMut(Text, Member)) -> Result<(), ScanError> {
        self.elements(b'}', |scanner| {
            if scanner.peek() != Some(b'"') {
                return Err(scanner.malformed(scanner.at));
            }
            let key = scanner.string()?;
            scanner.skip_whitespace();
            scanner.expect(b':')?;
            scanner.skip_whitespace();
            keep(key, scanner.value()?);
            Ok(())
        })
    }

    /// From an opening bracket to after its closing one.
    fn elements(
        &mut self,
        close: u8,
        mut element: impl FnMut(&mut Self) -> Result<(), ScanError>,
    ) -> Result<(), ScanError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ScanError::TooDeep);
        }
        self.at += 1;
        self.skip_whitespace();
        if !self.take(close) {
            loop {
                element(self)?;
                self.skip_whitespace();
                if self.take(close) {
                    break;
                }
                self.expect(b',')?;
                self.skip_whitespace();
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// As much as is a number: what follows is another's fault, so `01` fails after the 0.
    fn number(&mut self) -> Result<(), ScanError> {
        let start = self.at;
        self.take(b'-');
        let first = self.at;
        if !self.take(b'0') {
            self.take_digits();
        }
        let digits = self.at - first;
        if digits == 0 {
            return Err(self.malformed(start));
        }
        let integer_end = self.at;
        self.take_tail(|scanner| scanner.take(b'.'));
        self.take_tail(|scanner| {
            let exponent = scanner.take(b'e') || scanner.take(b'E');
            let _sign = exponent && (scanner.take(b'+') || scanner.take(b'-'));
            exponent
        });
        if self.at == integer_end && digits > MAX_DIGITS {
            return Err(ScanError::NumberTooLong);
        }
        Ok(())
    }

    /// A lead and at least one digit, or nothing.
    fn take_tail(&mut self, lead: impl FnOnce(&mut Self) -> bool) {
        let before = self.at;
        if !lead(self) || self.take_digits() == 0 {
            self.at = before;
        }
    }

    fn take_digits(&mut self) -> usize {
        let before = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - before
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), ScanError> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(self.malformed(self.at))
        }
    }

    fn skip_whitespace(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The fault is at that byte, where a character begins.
    pub(super) fn malformed(&self, at: usize) -> ScanError {
        ScanError::Malformed {
            code_points: self.text[..at].chars().count(),
        }
    }
}
