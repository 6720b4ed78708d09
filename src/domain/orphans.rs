//! What the database holds that no object speaks for, and why. Told, never acted on.

mod admins;
mod archives;
mod collections;

use std::{collections::HashSet, fmt};

pub use archives::expired;

use self::admins::Named;
use super::{
    inventory::{InventoriedTenant, Inventory},
    record::{OrganizationRecord, Owner, OwnerSeen, State, StoredTenant},
};

macro_rules! orphan_kinds {
    ($($(#[$doc:meta])* $kind:ident,)*) => {
        /// Why something has no object.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum OrphanKind {
            $($(#[$doc])* $kind,)*
        }

        impl OrphanKind {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The word that metrics and tables carry.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind),)* }
            }
        }
    };
}

orphan_kinds! {
    /// An organization whose object was deleted under policy Retain.
    Retained,
    /// An organization in the archive, until its time is over.
    Archived,
    /// An organization that the older service made, and that nobody has adopted.
    OlderService,
    /// An organization whose object went without the operator: its finalizer was taken off, or the
    /// cluster was put back to a state in which it isn't there.
    ObjectGone,
    /// A record that can't be read, and that nobody owns or whose object is gone.
    UnreadableRecord,
    /// An admin whom no organization has.
    AdminWithoutOrganization,
    /// A collection of a tenant's name that is no organization's.
    CollectionWithoutRecord,
    /// Documents that were written late and clash with others, kept for a person to decide on.
    KeptStray,
    /// Documents that were written late, to an organization that is gone.
    StrayOfNobody,
    /// What was about to be dropped, of an organization that is gone.
    TrashOfNobody,
    /// An archive of which no record speaks.
    ArchiveOfNobody,
}

impl fmt::Display for OrphanKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that no object speaks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Orphan {
    /// Why.
    pub kind: OrphanKind,
    /// What it is: an organization with its id, an admin with his address, a collection.
    pub what: String,
    /// What led to it, in a sentence.
    pub why: String,
    /// What to do about it, in a sentence.
    pub advice: String,
}

/// The objects that there are, as far as somebody looked.
#[derive(Debug, Clone, Default)]
pub struct KnownObjects {
    /// The cluster that was looked at, as records name it.
    pub cluster: String,
    /// The namespaces that were looked at; `None`: all.
    pub namespaces: Vec<Option<String>>,
    /// metadata.uid of every object there.
    pub uids: HashSet<String>,
}

impl KnownObjects {
    /// Whether the owner's object would be among these, and isn't. Of other clusters and namespaces
    /// nothing is known.
    #[must_use]
    pub fn lack(&self, owner: &Owner) -> bool {
        self.covers(owner) && !self.uids.contains(&owner.uid)
    }

    fn covers(&self, owner: &Owner) -> bool {
        let mut scopes = self.namespaces.iter();
        let is_within = |scope: &Option<String>| match scope {
            None => true,
            Some(namespace) => *namespace == owner.namespace,
        };
        owner.cluster == self.cluster && scopes.any(is_within)
    }
}

/// All that no object speaks for, by kind.
#[must_use]
pub fn orphans(inventory: &Inventory, objects: &KnownObjects) -> Vec<Orphan> {
    let tenants = inventory.tenants().iter();
    let tenants = tenants.filter_map(|found| tenant(found, objects));
    let admins = inventory.admins().iter();
    let named = Named::by(inventory);
    let admins = admins.filter_map(|admin| named.lacks(admin, inventory));
    let owned = inventory.tenants().iter();
    let owned: HashSet<_> = owned.flat_map(InventoriedTenant::places).collect();
    let collections = inventory.collections().iter();
    let collections =
        collections.filter_map(|(name, there)| collections::lone(name, there, &owned, inventory));
    let mut orphans: Vec<_> = tenants.chain(admins).chain(collections).collect();
    orphans.sort();
    orphans
}

/// The records whose object would have to be there and isn't. To be looked at one by one, record
/// first, before anything is done about them.
pub fn abandoned<'a>(
    inventory: &'a Inventory,
    objects: &'a KnownObjects,
) -> impl Iterator<Item = &'a Owner> {
    let owners = inventory
        .records()
        .filter_map(|record| record.owner.as_ref());
    owners.filter(|owner| objects.lack(owner))
}

fn tenant(found: &InventoriedTenant, objects: &KnownObjects) -> Option<Orphan> {
    match &found.tenant {
        StoredTenant::Readable(tenant) => lone_record(&tenant.record, objects),
        StoredTenant::Unreadable { id, owner, field } => {
            let absence = absence(owner, objects)?;
            Some(Orphan {
                kind: OrphanKind::UnreadableRecord,
                what: match &found.called {
                    Some(name) => format!("organization {name:?} ({id})"),
                    None => format!("organization {id}"),
                },
                why: format!("Field {field} can't be read.{absence}"),
                advice: format!(
                    "Correct field {field} of the document with that _id in organizations (or, for \
                     admins.…, of its admin)."
                ),
            })
        }
    }
}

/// That no object speaks for a damaged record, in words; `None` where one does, or may.
fn absence(owner: &OwnerSeen, objects: &KnownObjects) -> Option<String> {
    match owner {
        OwnerSeen::Nobody => Some(String::new()),
        OwnerSeen::Somewhere(uid) => {
            (!objects.uids.contains(uid)).then(|| format!(" No object has its owner's uid, {uid}."))
        }
        OwnerSeen::Known(owner) => objects
            .lack(owner)
            .then(|| format!(" Its object {}/{} is gone.", owner.namespace, owner.name)),
    }
}

fn lone_record(record: &OrganizationRecord, objects: &KnownObjects) -> Option<Orphan> {
    let OrganizationRecord {
        id,
        organization_name,
        owner,
        released,
        ..
    } = record;
    let what = format!("organization {organization_name} ({id})");
    if let Some(archive) = record
        .state
        .archive()
        .filter(|_| record.state.is_nameless())
    {
        return Some(archives::archived(*id, what, archive, released.as_ref()));
    }
    match (owner, released) {
        (Some(owner), _) if objects.lack(owner) => Some(Orphan {
            kind: OrphanKind::ObjectGone,
            what,
            why: format!(
                "Its object {}/{} went without the operator{}.",
                owner.namespace,
                owner.name,
                under_way(&record.state)
            ),
            advice: format!(
                "Apply Organization {}/{} with organizationName {organization_name} again, and it is \
                 taken back with all data. Otherwise the operator releases it as under Retain.",
                owner.namespace, owner.name
            ),
        }),
        (Some(_), _) => None,
        (None, Some(former)) => Some(Orphan {
            kind: OrphanKind::Retained,
            what,
            why: format!(
                "Its object {}/{} is gone, and its data was kept.",
                former.namespace, former.name
            ),
            advice: format!(
                "To have it back, apply Organization {}/{} with organizationName \
                 {organization_name}. To have it gone, do so with deletionPolicy Delete, and delete \
                 that.",
                former.namespace, former.name
            ),
        }),
        (None, None) => Some(Orphan {
            kind: OrphanKind::OlderService,
            what,
            why: "The older service made it, and nobody has adopted it.".to_owned(),
            advice: "`organization-operator adopt` prints an Organization that takes it over."
                .to_owned(),
        }),
    }
}

fn under_way(state: &State) -> &'static str {
    match state {
        State::Active => "",
        State::Provisioning => " while it was being made",
        State::Renaming(_) => " while it was being renamed",
        State::Deleting { .. } => " while it was being deleted",
        State::Archiving { .. } => " while it was being archived",
        State::Archived(_) | State::Purging(_) => " from the archive",
        State::Restoring(_) => " while it came back from the archive",
    }
}
