//! What a pass has seen. Filled by reads, carried forward by confirmed steps, decided on by
//! [`plan`](super::plan).

mod after;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    credential::ObservedCredential,
    desired::Wish,
    ids::{AdminId, CollectionUuid, OrganizationId},
    names::{CollectionName, OrgName},
    record::{OrganizationRecord, Owner, State, StoredTenant, Tenant},
};

/// What the server does with `collectionUUID`; probed once at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capability {
    /// UUIDs last through renames, and commands are fenced by them (MongoDB 6.0 and later).
    Fenced,
    /// UUIDs change with renames, and commands don't look at them.
    Unfenced,
    /// It is a mongos: UUIDs last, but whether a rename or a drop is one step, and fenced, depends on
    /// shards that can't be seen from here. So nothing is moved or dropped.
    Sharded,
}

/// The object, by live read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedObject {
    /// Who asks: cluster, namespace, name, uid.
    pub owner: Owner,
    /// metadata.generation.
    pub generation: Option<i64>,
    /// Our finalizer is on it.
    pub finalizer: bool,
    /// status.organizationId: the tenant that it once had.
    pub known: Option<KnownTenant>,
    /// The recreate annotation asks for something that status doesn't answer yet.
    pub recreate: bool,
    /// The name that a person confirms as his wish, whatever the spec's generation.
    pub confirmed_name: Option<OrgName>,
    /// The name in the spec that is put back if the pending change through HTTP is refused.
    pub former_name: Option<OrgName>,
}

/// What status remembers of the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownTenant {
    /// status.organizationId.
    pub id: OrganizationId,
    /// status.tokenVersion.
    pub token_version: i64,
}

/// A collection as listCollections tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedCollection {
    /// info.uuid.
    pub uuid: CollectionUuid,
    /// Whose creation it was, by the marker in its options.
    pub marker: Option<OrganizationId>,
}

/// What else was asked about a collection, by its UUID.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Particulars {
    /// Whose home it is by a record's `collection_uuid`; `Some(None)`: nobody's.
    pub holder: Option<Option<OrganizationId>>,
    /// It has no document.
    pub empty: Option<bool>,
}

/// The admin who holds the wished e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailHolder {
    /// `_id` in `admins`.
    pub admin: AdminId,
}

/// The settings that plans depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long a name that was left stays claimed.
    pub name_quarantine: SignedDuration,
}

/// Ids for what this pass may make: randomness as an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshIds {
    /// For a record.
    pub organization: OrganizationId,
    /// For an admin.
    pub admin: AdminId,
}

/// All that a pass has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The time of the decision.
    pub now: Timestamp,
    /// What the server can do.
    pub capability: Capability,
    /// The settings that plans depend on.
    pub rules: Rules,
    /// Ids to be used.
    pub fresh: FreshIds,
    /// The object; `None`: it is gone, or another one by now.
    pub object: Option<ObservedObject>,
    /// The tenant whose record is owned by the object's uid.
    pub own: Option<StoredTenant>,
    /// The name that was asked for: the wished one, or the one that a rename is on its way to.
    pub asked_name: Option<OrgName>,
    /// Other records that hold the name that was asked for.
    pub claimants: Vec<StoredTenant>,
    /// Who has the wished e-mail address.
    pub email_holder: Option<EmailHolder>,
    /// The record that the wish wants to come back from, whatever its state.
    pub archive: Option<StoredTenant>,
    /// Names that were looked at; `None`: no collection there.
    pub collections: BTreeMap<CollectionName, Option<ObservedCollection>>,
    /// Where a collection was found by its UUID; `None`: nowhere.
    pub found: BTreeMap<CollectionUuid, Option<CollectionName>>,
    /// What else was asked about collections.
    pub particulars: BTreeMap<CollectionUuid, Particulars>,
    /// The credential that the spec speaks of.
    pub credential: ObservedCredential,
    /// What this pass has done so far that no later read would tell.
    pub done: Done,
}

/// What a pass has done or learned that no record holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// Whether the live object, read after everything else, still asks for its deletion, and as it
    /// was begun.
    pub deletion_confirmed: Option<bool>,
    /// The generated Secret was taken away.
    pub secret_deleted: bool,
    /// The admin's tokens were ended.
    pub tokens_ended: bool,
    /// The tenant's admins were deleted.
    pub admins_deleted: bool,
    /// Strays that were merged, with the number of clashing documents.
    pub merged: BTreeMap<CollectionName, u64>,
    /// Where a collection must be though nobody has looked since; with what was known of it.
    pub expected: BTreeMap<CollectionName, Option<ObservedCollection>>,
}

impl Observed {
    /// The own tenant, where it can be read.
    #[must_use]
    pub fn tenant(&self) -> Option<&Tenant> {
        match &self.own {
            Some(StoredTenant::Readable(tenant)) => Some(tenant),
            Some(StoredTenant::Unreadable { .. }) | None => None,
        }
    }

    /// The collection under that name, if it was looked at and is there.
    #[must_use]
    pub fn at(&self, name: &CollectionName) -> Option<&ObservedCollection> {
        self.collections.get(name).and_then(Option::as_ref)
    }

    /// Whether that name was looked at.
    #[must_use]
    pub fn looked_at(&self, name: &CollectionName) -> bool {
        self.collections.contains_key(name)
    }

    /// Takes in the answer to a look at these names.
    pub fn note_collections(
        &mut self,
        names: &BTreeSet<CollectionName>,
        there: Vec<(CollectionName, ObservedCollection)>,
    ) {
        self.collections
            .extend(names.iter().map(|name| (name.clone(), None)));
        self.collections
            .extend(there.into_iter().map(|(name, seen)| (name, Some(seen))));
    }

    /// What else is known of a collection.
    #[must_use]
    pub fn particulars(&self, uuid: CollectionUuid) -> Particulars {
        self.particulars.get(&uuid).cloned().unwrap_or_default()
    }
}

/// The names to be looked at in the first look of a pass, for that wish and that record.
#[must_use]
pub fn names_of_interest(
    wish: &Wish,
    record: Option<&OrganizationRecord>,
) -> BTreeSet<CollectionName> {
    let wished = wish
        .desired()
        .map(|desired| CollectionName::of_tenant(&desired.name));
    wished
        .into_iter()
        .chain(record.into_iter().flat_map(names_of_record))
        .collect()
}

/// Every name under which a tenant's documents may be, by its record.
#[must_use]
pub fn names_of_record(record: &OrganizationRecord) -> BTreeSet<CollectionName> {
    let target = match &record.state {
        State::Renaming(renaming) => Some(&renaming.to),
        State::Provisioning
        | State::Active
        | State::Deleting { .. }
        | State::Archiving { .. }
        | State::Archived(_)
        | State::Restoring(_)
        | State::Purging(_) => None,
    };
    let called = (!record.state.is_nameless()).then_some(&record.organization_name);
    let public = record.names.iter().chain(called).chain(target);
    let strays = record.strays.iter();
    public
        .map(CollectionName::of_tenant)
        .chain([
            record.collection_name.clone(),
            CollectionName::trash(record.id),
            CollectionName::archive(record.id),
        ])
        .chain(strays.clone().map(|stray| stray.from.clone()))
        .chain(strays.map(|stray| CollectionName::stray(record.id, stray.slot)))
        .collect()
}

/// The names that the tenant claims, as collections: what is swept before they are released.
#[must_use]
pub fn claimed_collections(record: &OrganizationRecord) -> BTreeSet<CollectionName> {
    let names: &[OrgName] = &record.names;
    names
        .iter()
        .chain([&record.organization_name])
        .map(CollectionName::of_tenant)
        .collect()
}
