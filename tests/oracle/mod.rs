//! The oracle: judges what is there once everything has come to rest, whatever was broken on the way.
//! It knows nothing of how that was read, so that simulation and real servers share it.

pub mod expected;
pub mod normal;
pub mod sound;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use mongodb::bson::{Bson, Document};
use organization_operator::crd::Organization;

use self::sound::text;

/// All there is.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Documents of `organizations`.
    pub records: Vec<Document>,
    /// Documents of `admins`.
    pub admins: Vec<Document>,
    /// All other collections, by name; those of the service left out.
    pub collections: BTreeMap<String, Stored>,
    /// All organizations of the cluster.
    pub objects: Vec<Organization>,
    /// All Secrets beside them.
    pub secrets: Vec<SeenSecret>,
}

/// A collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its UUID, as records keep it.
    pub uuid: Bson,
    /// Its documents.
    pub documents: Vec<Document>,
}

/// A Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenSecret {
    /// metadata.namespace.
    pub namespace: String,
    /// metadata.name.
    pub name: String,
    /// metadata.uid and metadata.resourceVersion, as credential versions name them.
    pub version: String,
    /// The e-mail addresses whose stored hash one of its values is, or opens.
    pub opens: Vec<String>,
}

/// A document that a client was told is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// Its `_id`.
    pub id: i32,
    /// Whose it is, by the id of the organization; `None`: a stranger's, in `written_to`.
    pub owner: Option<String>,
    /// The collection that it was written to.
    pub written_to: String,
    /// Whether policy Delete may have taken it.
    pub doomed: bool,
}

impl Snapshot {
    /// What has to hold of any state of rest.
    pub fn judge(&self) -> Result<()> {
        self.everyone_says_why()?;
        self.ready_is_true()?;
        self.one_owner_each()?;
        self.nothing_half_done()
    }

    /// Whether tenants are called, logged in to and stored as in `other`, whoever looks after them.
    pub fn serves_as(&self, other: &Self) -> Result<()> {
        let served = |snapshot: &Self| {
            let names: Vec<_> = snapshot
                .records
                .iter()
                .map(|it| text(it, "organization_name").map(str::to_owned))
                .collect();
            let logins = snapshot.admins.iter().map(|it| {
                [text(it, "email"), text(it, "password")].map(|it| it.map(str::to_owned))
            });
            let logins: Vec<_> = logins.collect();
            let documents = snapshot
                .collections
                .iter()
                .map(|(name, stored)| (name.clone(), stored.documents.clone()));
            (names, logins, documents.collect::<Vec<_>>())
        };
        ensure!(
            served(self) == served(other),
            "served otherwise:\n{}",
            self.normal()
        );
        Ok(())
    }

    /// Every acknowledged document is there, once, in its tenant's collection, and nobody else has it.
    pub fn keeps(&self, acknowledged: &[Acknowledged]) -> Result<()> {
        self.has_all(acknowledged, |_, _| false)
    }

    /// As [`Self::keeps`], where UUIDs change and two processes act: nothing fences a rename that another
    /// one has given up meanwhile. Its tenant's data is out of sight then, which it says, and may be
    /// kept where nobody else is at home.
    pub fn keeps_unfenced(&self, acknowledged: &[Acknowledged]) -> Result<()> {
        self.has_all(acknowledged, |record, place| {
            let recorded = record.get("collection_uuid");
            let mut stored = self.collections.values();
            let is_in_sight = stored.any(|it| recorded == Some(&it.uuid));
            let mut holders = self.records.iter();
            let holder = holders.find(|it| text(it, "collection_name") == Some(place));
            !is_in_sight && holder.is_none()
        })
    }

    fn has_all(
        &self,
        acknowledged: &[Acknowledged],
        may_be: impl Fn(&Document, &str) -> bool,
    ) -> Result<()> {
        for written in acknowledged {
            let id = Bson::Int32(written.id);
            let has_it =
                |stored: &Stored| stored.documents.iter().any(|it| it.get("_id") == Some(&id));
            let mut places = self.collections.iter().filter(|(_, stored)| has_it(stored));
            let place = places.next().map(|(name, _)| name);
            ensure!(places.next().is_none(), "{written:?} is there twice");
            let Some(place) = place else {
                ensure!(written.doomed, "{written:?} is lost");
                continue;
            };
            match &written.owner {
                None => ensure!(
                    *place == written.written_to,
                    "{written:?} was moved to {place}"
                ),
                Some(owner) => self.is_owners(owner, place, written, &may_be)?,
            }
        }
        Ok(())
    }

    /// Whether a place is of that owner: the home of its tenant, a stray of it, where it may be besides,
    /// or where a client wrote after its tenant was gone.
    fn is_owners(
        &self,
        id: &str,
        place: &str,
        written: &Acknowledged,
        may_be: impl Fn(&Document, &str) -> bool,
    ) -> Result<()> {
        let has_id = |record: &&Document| {
            record
                .get_object_id("_id")
                .is_ok_and(|it| it.to_hex() == id)
        };
        let Some(record) = self.records.iter().find(has_id) else {
            // The tenant is gone: what was written late is kept, and is nobody's.
            let mut records = self.records.iter();
            let holder = records.find(|it| text(it, "collection_name") == Some(place));
            ensure!(holder.is_none(), "{written:?} is in another's {place}");
            return Ok(());
        };
        let home = text(record, "collection_name").context("a record without home")?;
        let is_stray = place.starts_with(&format!("_stray.{id}."));
        ensure!(
            place == home || is_stray || may_be(record, place),
            "{written:?} is in {place}, not in {home}"
        );
        Ok(())
    }

    /// What is left once the sweep has done its part, and how much that was. A command that arrives
    /// after another process has finished with an organization can't be told from one in time: it may
    /// leave a claim, an admin or an empty collection of an object that is gone, which hold nothing,
    /// or move the collection of a tenant that was released, which is found by its UUID.
    pub fn swept(&self) -> (Self, usize) {
        let mut swept = self.clone();
        let uids: Vec<_> = self
            .objects
            .iter()
            .filter_map(|object| object.metadata.uid.as_deref())
            .collect();
        swept.records.retain(|record| {
            let owner = record
                .get_document("owner")
                .ok()
                .and_then(|owner| text(owner, "uid"));
            let is_claim = !record.contains_key("collection_uuid");
            !(is_claim && owner.is_some_and(|uid| !uids.contains(&uid)))
        });
        // An archive has its admin inside: one beside it holds nothing but his address.
        let ids: Vec<_> = swept
            .records
            .iter()
            .filter(|record| text(record, "state") != Some("archived"))
            .filter_map(|record| record.get("_id").cloned())
            .collect();
        swept.admins.retain(|admin| {
            admin
                .get("organization_id")
                .is_none_or(|id| ids.contains(id))
        });
        let homes: Vec<_> = swept
            .records
            .iter()
            .filter_map(|record| text(record, "collection_name"))
            .collect();
        let is_left = |name: &str, stored: &Stored| {
            name.starts_with("org_") && !homes.contains(&name) && stored.documents.is_empty()
        };
        swept
            .collections
            .retain(|name, stored| !is_left(name, stored));
        for record in swept
            .records
            .iter()
            .filter(|record| !record.contains_key("owner"))
        {
            let moved = swept
                .collections
                .iter()
                .find(|(_, stored)| record.get("collection_uuid") == Some(&stored.uuid));
            let moved = moved.map(|(name, _)| name.clone());
            if let (Some(name), Some(home)) = (moved, text(record, "collection_name"))
                && let Some(stored) = swept.collections.remove(&name)
            {
                swept.collections.insert(home.to_owned(), stored);
            }
        }
        let known: Vec<_> = swept
            .admins
            .iter()
            .filter_map(|admin| text(admin, "email"))
            .collect();
        for secret in &mut swept.secrets {
            secret.opens.retain(|email| known.contains(&email.as_str()));
        }
        let size = |snapshot: &Self| {
            snapshot.records.len() + snapshot.admins.len() + snapshot.collections.len()
        };
        let fewer = size(self) - size(&swept);
        let moved = usize::from(fewer == 0 && swept.collections != self.collections);
        (swept, fewer + moved)
    }
}
