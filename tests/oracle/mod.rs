//! The oracle: judges what is there once everything has come to rest, whatever was broken on the way.
//! It knows nothing of how that was read, so that simulation and real servers share it.

pub mod normal;
mod sound;

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
    /// Whose it is: namespace and name of the tenant's object; `None`: a stranger's, in `written_to`.
    pub owner: Option<(String, String)>,
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

    /// That both are the same end, but for what may differ: see `normal`.
    pub fn same_end(&self, other: &Self) -> Result<()> {
        let (this, that) = (self.normal(), other.normal());
        ensure!(
            this == that,
            "another end.\n--- without faults\n{that}\n--- with faults\n{this}"
        );
        Ok(())
    }

    /// Every acknowledged document is there, once, and nobody else has it.
    pub fn keeps(&self, acknowledged: &[Acknowledged]) -> Result<()> {
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
                Some(owner) => self.is_owners(owner, place, written)?,
            }
        }
        Ok(())
    }

    /// Whether a place is of that owner: the home of its tenant, a stray of it, or where a client
    /// wrote after its tenant was gone.
    fn is_owners(
        &self,
        (namespace, name): &(String, String),
        place: &str,
        written: &Acknowledged,
    ) -> Result<()> {
        let held = |record: &&Document| {
            ["owner", "released"].iter().any(|field| {
                record.get_document(field).is_ok_and(|it| {
                    text(it, "namespace") == Some(namespace) && text(it, "name") == Some(name)
                })
            })
        };
        let Some(record) = self.records.iter().find(held) else {
            // The tenant is gone: what was written late is kept, and is nobody's.
            let holder = self
                .records
                .iter()
                .find(|it| text(it, "collection_name") == Some(place));
            ensure!(holder.is_none(), "{written:?} is in another's {place}");
            return Ok(());
        };
        let id = record.get_object_id("_id")?.to_hex();
        let home = record
            .get_str("collection_name")
            .context("a record without home")?;
        let is_stray = place.starts_with(&format!("_stray.{id}."));
        ensure!(
            place == home || is_stray,
            "{written:?} is in {place}, not in {home}"
        );
        Ok(())
    }
}
