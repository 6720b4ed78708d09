//! Where a tenant stands in its life.

use jiff::Timestamp;

use crate::domain::{archive::Archive, names::OrgName};

/// Where a tenant stands in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The name is claimed, the collection not there yet (or not known to be).
    Provisioning,
    /// Nothing is under way.
    Active,
    /// The intent to rename stands.
    Renaming(Renaming),
    /// On the way out.
    Deleting {
        /// Past the commit point of destruction: nothing brings the data back.
        committed: bool,
    },
    /// On the way into the archive.
    Archiving {
        /// What it will be.
        archive: Box<Archive>,
        /// The collection is there, and `archive` holds the admin: nothing turns back.
        committed: bool,
    },
    /// In the archive: nobody's, under no name.
    Archived(Box<Archive>),
    /// On the way back, under the name that the record has now.
    Restoring(Box<Archive>),
    /// Its time in the archive is over: it is being dropped.
    Purging(Box<Archive>),
}

/// An intent to rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    /// The name until now.
    pub from: OrgName,
    /// The name to come.
    pub to: OrgName,
    /// Seen absent after the claim: whatever appears under `to` from here on was written by the
    /// tenant's own clients.
    pub clear: bool,
    /// When the intent was written.
    pub started_at: Timestamp,
    /// The owner's metadata.generation that asked for it, where that is known.
    pub generation: Option<i64>,
}

impl State {
    /// What is kept, or was, or will be, in the archive.
    #[must_use]
    pub fn archive(&self) -> Option<&Archive> {
        match self {
            Self::Archiving { archive, .. }
            | Self::Archived(archive)
            | Self::Restoring(archive)
            | Self::Purging(archive) => Some(archive),
            Self::Provisioning | Self::Active | Self::Renaming(_) | Self::Deleting { .. } => None,
        }
    }

    /// Whether the tenant has given its name up: it lives under its id.
    #[must_use]
    pub fn is_nameless(&self) -> bool {
        matches!(self, Self::Archived(_) | Self::Purging(_))
    }
}
