//! Strings of JSON, whose escapes can spell what Unicode can't hold.

use secrecy::SecretString;

use super::{
    object::Member,
    scan::{ScanError, Scanner},
};

/// A string of JSON.
pub(super) enum Text {
    Unicode(String),
    /// With half a surrogate pair in it.
    NotUnicode,
}

impl From<Text> for Member {
    fn from(text: Text) -> Self {
        match text {
            Text::Unicode(text) => Self::Text(SecretString::from(text)),
            Text::NotUnicode => Self::NotUnicode,
        }
    }
}

impl Scanner<'_> {
    /// From the opening quote to after the closing one.
    pub(super) fn string(&mut self) -> Result<Text, ScanError> {
        let quote = self.at;
        self.at += 1;
        let mut units = Units::default();
        loop {
            let rest = &self.text[self.at..];
            let special = |c: char| c == '"' || c == '\\' || c < ' ';
            let plain = rest.find(special).unwrap_or(rest.len());
            units.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape(quote, &mut units)?,
                Some(_) => return Err(self.malformed(self.at)),
                None => return Err(self.malformed(quote)),
            }
        }
        self.at += 1;
        Ok(units.finish())
    }

    /// At a backslash.
    fn escape(&mut self, quote: usize, units: &mut Units) -> Result<(), ScanError> {
        let plain = match self.text.as_bytes().get(self.at + 1) {
            None => return Err(self.malformed(quote)),
            Some(b'u') => {
                units.push_unit(self.unit()?);
                return Ok(());
            }
            Some(b'b') => "\u{8}",
            Some(b'f') => "\u{c}",
            Some(b'n') => "\n",
            Some(b'r') => "\r",
            Some(b't') => "\t",
            Some(b'"') => "\"",
            Some(b'\\') => "\\",
            Some(b'/') => "/",
            Some(_) => return Err(self.malformed(self.at)),
        };
        units.push_str(plain);
        self.at += 2;
        Ok(())
    }

    /// At the backslash of `\uXXXX`. A fault in the digits is blamed on the `u`, and so is the end
    /// of the text right after them.
    fn unit(&mut self) -> Result<u16, ScanError> {
        let digits = self.text.get(self.at + 2..self.at + 6);
        let unit = digits
            .filter(|_| self.at + 6 < self.text.len())
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.malformed(self.at + 1))?;
        self.at += 6;
        Ok(unit)
    }
}

/// Puts together what escapes give in units of UTF-16.
#[derive(Default)]
struct Units {
    text: String,
    /// The first half of a pair, until it is known what follows it.
    high: Option<u16>,
    broken: bool,
}

impl Units {
    fn push_str(&mut self, text: &str) {
        if !text.is_empty() {
            self.broken |= self.high.take().is_some();
            self.text.push_str(text);
        }
    }

    fn push_unit(&mut self, unit: u16) {
        if let Some(high) = self.high.take() {
            if let Some(Ok(character)) = char::decode_utf16([high, unit]).next() {
                self.text.push(character);
                return;
            }
            self.broken = true;
        }
        match char::from_u32(unit.into()) {
            Some(character) => self.text.push(character),
            None if unit < 0xdc00 => self.high = Some(unit),
            None => self.broken = true,
        }
    }

    fn finish(self) -> Text {
        if self.broken || self.high.is_some() {
            Text::NotUnicode
        } else {
            Text::Unicode(self.text)
        }
    }
}
