//! The indexes that claims rest on: one table, for whoever makes them and whoever reads which of
//! them refused a write.

use super::port::UniqueKey;

/// The records.
pub(super) const ORGANIZATIONS: &str = "organizations";
/// The admins.
pub(super) const ADMINS: &str = "admins";
/// The refresh tokens. No claim rests on them: their indexes are made by whoever serves logins.
pub(super) const REFRESH_TOKENS: &str = "_refresh_tokens";

/// An ascending index on one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Index {
    pub collection: &'static str,
    /// The path of the field.
    pub field: &'static str,
    /// Documents without the field are not in it.
    pub sparse: bool,
    /// What it keeps unique, if anything.
    pub unique: Option<UniqueKey>,
}

/// In the order in which they are made, which is the order in which a server looks at them.
pub(super) const INDEXES: [Index; 6] = [
    // The older service's own two: not sparse, since that is how it made them, and an index of the
    // same name with other options is refused.
    unique(
        ORGANIZATIONS,
        "organization_name",
        UniqueKey::OrganizationName,
    ),
    unique(ADMINS, "email", UniqueKey::Email),
    // Ours are of fields that the older service's documents don't have.
    sparse(unique(ORGANIZATIONS, "names", UniqueKey::Names)),
    sparse(unique(ORGANIZATIONS, "owner.uid", UniqueKey::Owner)),
    sparse(unique(
        ORGANIZATIONS,
        "collection_uuid",
        UniqueKey::CollectionUuid,
    )),
    // Admins are deleted by their link; without it that would scan the collection.
    Index {
        collection: ADMINS,
        field: "organization_id",
        sparse: true,
        unique: None,
    },
];

const fn unique(collection: &'static str, field: &'static str, key: UniqueKey) -> Index {
    Index {
        collection,
        field,
        sparse: false,
        unique: Some(key),
    }
}

const fn sparse(index: Index) -> Index {
    Index {
        sparse: true,
        ..index
    }
}

impl Index {
    /// The name that MongoDB would give it, so that one that the older service made is the same.
    pub(super) fn name(&self) -> String {
        format!("{}_1", self.field)
    }

    /// The index that keeps `key` unique; none for [`UniqueKey::Id`], which the server keeps itself.
    pub(super) fn keeping(key: UniqueKey) -> Option<&'static Self> {
        INDEXES.iter().find(|index| index.unique == Some(key))
    }
}
