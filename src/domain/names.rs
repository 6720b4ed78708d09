//! Names of organizations, and of the collections that follow from them.

use std::fmt;

use thiserror::Error;

use super::ids::OrganizationId;

/// The name of an organization: 2 to 64 of `A-Z a-z 0-9 _ -`, case kept and significant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgName(String);

/// Why a text is no name of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OrgNameError {
    /// Fewer than 2 or more than 64 characters.
    #[error("it has {0} characters; a name has 2 to 64")]
    Length(usize),
    /// A character outside of the alphabet, at this place (counted from 1).
    #[error("character {0} is not allowed; use A-Z, a-z, 0-9, _ and -")]
    Character(usize),
}

impl OrgName {
    /// Takes the text as it stands: nothing is trimmed or folded.
    ///
    /// # Errors
    /// [`OrgNameError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, OrgNameError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if let Some(place) = text.chars().position(|c| !allowed(c)) {
            return Err(OrgNameError::Character(place + 1));
        }
        match text.len() {
            2..=64 => Ok(Self(text.to_owned())),
            length => Err(OrgNameError::Length(length)),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrgName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The operator's own collections, which no tenant may ever be given.
pub const OWN_COLLECTIONS: [&str; 3] = ["organizations", "admins", "_refresh_tokens"];

/// The name of a collection that this operator may work on: a tenant's (public), or one of its
/// private names, which nobody else writes to and which alone are ever dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CollectionName(String);

/// A recorded collection name that can't be a tenant's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no tenant's collection can have that name")]
pub struct CollectionNameError;

impl CollectionName {
    /// `org_<name>`: where the tenant of that name lives.
    #[must_use]
    pub fn of_tenant(name: &OrgName) -> Self {
        Self(format!("org_{name}"))
    }

    /// `_trash.<id>`: what is about to be dropped.
    #[must_use]
    pub fn trash(id: OrganizationId) -> Self {
        Self(format!("_trash.{id}"))
    }

    /// `_archive.<id>`: what is kept of a tenant whose object is gone.
    #[must_use]
    pub fn archive(id: OrganizationId) -> Self {
        Self(format!("_archive.{id}"))
    }

    /// `_stray.<id>.<slot>`: documents written late under a name that was the tenant's.
    #[must_use]
    pub fn stray(id: OrganizationId, slot: u8) -> Self {
        Self(format!("_stray.{id}.{slot}"))
    }

    /// A name found in a record or in the database.
    ///
    /// # Errors
    /// [`CollectionNameError`] for a name that `MongoDB` reserves or that is the operator's own.
    pub fn recorded(text: &str) -> Result<Self, CollectionNameError> {
        let reserved = text.is_empty()
            || text.starts_with("system.")
            || text.contains('$')
            || text.contains('\0')
            || OWN_COLLECTIONS.contains(&text);
        if reserved {
            Err(CollectionNameError)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// Whether this is one of the operator's private names.
    #[must_use]
    pub fn is_private(&self) -> bool {
        ["_trash.", "_archive.", "_stray."]
            .iter()
            .any(|prefix| self.0.starts_with(prefix))
    }

    /// Whose private name it is, and of which kind.
    #[must_use]
    pub fn private(&self) -> Option<(PrivateKind, OrganizationId)> {
        let mut parts = self.0.split('.');
        let kind = match parts.next()? {
            "_trash" => PrivateKind::Trash,
            "_archive" => PrivateKind::Archive,
            "_stray" => PrivateKind::Stray,
            _ => return None,
        };
        Some((kind, OrganizationId::parse(parts.next()?).ok()?))
    }

    /// Whether this is a name that some tenant would have its documents under.
    #[must_use]
    pub fn is_of_a_tenant(&self) -> bool {
        let name = self.0.strip_prefix("org_");
        name.is_some_and(|name| OrgName::parse(name).is_ok())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a private name says of the collection under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivateKind {
    /// About to be dropped.
    Trash,
    /// Kept for a while after its organization was deleted.
    Archive,
    /// Written late.
    Stray,
}

impl fmt::Display for CollectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_names_that_look_odd_are_taken_as_they_stand() {
        let long = "a".repeat(64);
        for name in [
            "--",
            "__",
            "-1",
            "00",
            "admins",
            "organizations",
            "null",
            "Ab",
            "ab",
            &long,
        ] {
            assert_eq!(OrgName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn other_lengths_are_refused_with_the_length_found() {
        assert_eq!(OrgName::parse(""), Err(OrgNameError::Length(0)));
        assert_eq!(OrgName::parse("a"), Err(OrgNameError::Length(1)));
        assert_eq!(
            OrgName::parse(&"a".repeat(65)),
            Err(OrgNameError::Length(65))
        );
    }

    #[test]
    fn other_characters_are_refused_with_their_place() {
        for name in [
            "ac me",
            "ac.me",
            "ac/me",
            "ac$me",
            "ac\0me",
            "ac\nme",
            "acéme",
            "ac\u{200b}me",
            "ac\u{202e}me",
        ] {
            assert_eq!(
                OrgName::parse(name),
                Err(OrgNameError::Character(3)),
                "{name:?}"
            );
        }
    }

    #[test]
    fn no_tenant_is_ever_given_a_collection_of_the_operators_own() {
        for own in OWN_COLLECTIONS {
            assert_eq!(CollectionName::recorded(own), Err(CollectionNameError));
            if let Ok(name) = OrgName::parse(own) {
                assert!(!OWN_COLLECTIONS.contains(&CollectionName::of_tenant(&name).as_str()));
            }
        }
    }

    #[test]
    fn a_tenants_collection_is_public_and_the_operators_are_private() {
        let id = OrganizationId([7; 12]);
        assert!(!CollectionName::of_tenant(&OrgName::parse("_trash").unwrap()).is_private());
        assert!(CollectionName::trash(id).is_private());
        assert!(CollectionName::archive(id).is_private());
        assert!(CollectionName::stray(id, 0).is_private());
    }
}
