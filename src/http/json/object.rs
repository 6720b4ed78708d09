//! What is kept of a JSON object.

use secrecy::SecretString;

/// A member's value, as far as any field asks: every field of the contract is a string.
#[derive(Debug, Clone)]
pub enum Member {
    /// `null`.
    Null,
    /// A string. It may be a password, so every one is treated as such.
    Text(SecretString),
    /// A string that Unicode can't hold: half a surrogate pair, as in `"\ud800"`.
    NotUnicode,
    /// A number, a boolean, an array or an object.
    Other,
}

/// A JSON object. No `Debug`: its keys are the sender's.
#[derive(Default)]
pub struct Object(Vec<(String, Member)>);

impl Object {
    /// The member of that name; of several the last.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Member> {
        let mut from_the_last = self.0.iter().rev();
        from_the_last
            .find(|(name, _)| name == key)
            .map(|(_, member)| member)
    }

    pub(super) fn push(&mut self, key: String, member: Member) {
        self.0.push((key, member));
    }
}
