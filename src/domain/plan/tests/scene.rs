//! A scene to decide on: what is wished, what was seen, and a catalogue of collections from which
//! looks are answered.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::domain::{
    archive::{Archive, Retention},
    credential::{CredentialSource, ObservedCredential, SecretName},
    desired::{Adoption, Desired, Disposal, Leaving, Wish},
    email::Email,
    hash::BcryptHash,
    ids::{AdminId, CollectionUuid, OrganizationId},
    names::{CollectionName, OrgName},
    observed::{
        Capability, Done, FreshIds, KnownTenant, Observed, ObservedCollection, ObservedObject,
        Rules,
    },
    plan::{Next, Rest, next, predict},
    record::{
        AdminRecord, CredentialVersion, Naming, OrganizationRecord, Owner, Quarantine, Renaming,
        State, StoredTenant, Tenant,
    },
    step::{Learned, Look, Step},
};

pub const OWN: OrganizationId = OrganizationId([1; 12]);
pub const OTHER: OrganizationId = OrganizationId([2; 12]);
pub const ADMIN: AdminId = AdminId([3; 12]);
const FRESH: FreshIds = FreshIds {
    organization: OrganizationId([9; 12]),
    admin: AdminId([8; 12]),
};

pub fn now() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

pub fn uuid(number: u128) -> CollectionUuid {
    CollectionUuid(Uuid::from_u128(number))
}

pub fn name(text: &str) -> OrgName {
    OrgName::parse(text).unwrap()
}

pub fn collection(text: &str) -> CollectionName {
    CollectionName::recorded(text).unwrap()
}

pub fn version(text: &str) -> CredentialVersion {
    CredentialVersion(text.to_owned())
}

pub fn owner(namespace: &str, object: &str, uid: &str) -> Owner {
    Owner {
        cluster: "here".to_owned(),
        namespace: namespace.to_owned(),
        name: object.to_owned(),
        uid: uid.to_owned(),
    }
}

pub fn me() -> Owner {
    owner("team", "acme", "uid-1")
}

/// The active tenant acme of [`me`], at home under UUID 1.
pub fn active() -> OrganizationRecord {
    OrganizationRecord {
        id: OWN,
        organization_name: name("acme"),
        collection_name: collection("org_acme"),
        admin_id: ADMIN,
        created_at: now(),
        names: vec![name("acme")],
        owner: Some(me()),
        naming: Naming {
            generation: Some(1),
            outdated: None,
        },
        released: None,
        state: State::Active,
        quarantine: Vec::new(),
        strays: Vec::new(),
        collection_uuid: Some(uuid(1)),
        disabled: false,
        revision: Some(4),
    }
}

pub fn renaming(clear: bool) -> OrganizationRecord {
    OrganizationRecord {
        state: State::Renaming(Renaming {
            from: name("acme"),
            to: name("acme-labs"),
            clear,
            started_at: now(),
            generation: Some(2),
        }),
        names: vec![name("acme"), name("acme-labs")],
        ..active()
    }
}

pub fn admin() -> AdminRecord {
    let password = BcryptHash::from_record(String::new());
    AdminRecord {
        id: ADMIN,
        email: Email::parse("admin@acme.example").unwrap(),
        credential_version: Some(version("v1").sealed(&password)),
        password,
        organization_id: Some(OWN),
        organization_name: name("acme"),
        token_version: 7,
        created_at: now(),
        revision: Some(2),
    }
}

/// What is kept of [`active`], with its admin or without.
pub fn archive(admin: Option<AdminRecord>) -> Box<Archive> {
    Box::new(Archive {
        name: name("acme"),
        admin,
        retention: Retention::default(),
        archived_at: None,
    })
}

/// [`active`] once it is in the archive.
pub fn archived() -> OrganizationRecord {
    OrganizationRecord {
        collection_name: collection(ARCHIVE),
        names: Vec::new(),
        owner: None,
        naming: Naming::default(),
        released: Some(me()),
        state: State::Archived(archive(Some(admin()))),
        disabled: true,
        ..active()
    }
}

pub const ARCHIVE: &str = "_archive.010101010101010101010101";

pub fn left(text: &str, seconds_from_now: i64) -> Quarantine {
    Quarantine {
        name: name(text),
        until: now() + SignedDuration::from_secs(seconds_from_now),
    }
}

fn holds(claimant: &StoredTenant, name: &OrgName) -> bool {
    match claimant {
        StoredTenant::Readable(tenant) => tenant.record.claims(name),
        StoredTenant::Unreadable { .. } => true,
    }
}

/// A collection of the catalogue.
#[derive(Debug, Clone)]
struct Kept {
    seen: ObservedCollection,
    holder: Option<OrganizationId>,
    empty: bool,
}

#[derive(Debug, Clone)]
pub struct Scene {
    pub wish: Wish,
    pub seen: Observed,
    catalogue: BTreeMap<CollectionName, Kept>,
    claimants: Vec<StoredTenant>,
    same_credential: bool,
    deletion_confirmed: bool,
}

/// acme is wished, the finalizer is on, the database is empty, UUIDs last.
pub fn scene() -> Scene {
    let wish = Wish::Present(Desired {
        name: name("acme"),
        name_is_default: false,
        email: Email::parse("admin@acme.example").unwrap(),
        credential: CredentialSource::Password {
            secret: SecretName("acme-login".to_owned()),
            key: "password".to_owned(),
        },
        generated_secret: SecretName("acme-admin".to_owned()),
        disabled: false,
        restore_from: None,
        may_adopt: Adoption::Never,
    });
    let seen = Observed {
        now: now(),
        capability: Capability::Fenced,
        rules: Rules {
            name_quarantine: SignedDuration::from_secs(60),
        },
        fresh: FRESH,
        object: Some(ObservedObject {
            owner: me(),
            generation: Some(3),
            finalizer: true,
            known: None,
            recreate: false,
            confirmed_name: None,
            former_name: None,
        }),
        own: None,
        asked_name: None,
        claimants: Vec::new(),
        email_holder: None,
        archive: None,
        collections: BTreeMap::new(),
        found: BTreeMap::new(),
        particulars: BTreeMap::new(),
        credential: ObservedCredential::Present {
            version: version("v1"),
            stored: None,
        },
        done: Done::default(),
    };
    Scene {
        wish,
        seen,
        catalogue: BTreeMap::new(),
        claimants: Vec::new(),
        same_credential: false,
        deletion_confirmed: true,
    }
}

/// [`scene`] with the active tenant and its collection.
pub fn serving() -> Scene {
    scene()
        .own(active(), Some(admin()))
        .there("org_acme", 1, None)
}

/// [`serving`], with the object on its way out.
pub fn leaving(disposal: Disposal) -> Scene {
    serving().wish(Wish::Absent(Leaving {
        disposal,
        is_protected: false,
        disabled: false,
    }))
}

impl Scene {
    pub fn wish(mut self, wish: Wish) -> Self {
        self.wish = wish;
        self
    }

    pub fn desire(mut self, edit: impl FnOnce(&mut Desired)) -> Self {
        if let Wish::Present(desired) = &mut self.wish {
            edit(desired);
        }
        self
    }

    pub fn observe(mut self, edit: impl FnOnce(&mut Observed)) -> Self {
        edit(&mut self.seen);
        self
    }

    pub fn object(self, edit: impl FnOnce(&mut ObservedObject)) -> Self {
        self.observe(|seen| edit(seen.object.as_mut().unwrap()))
    }

    pub fn known(self) -> Self {
        self.object(|object| {
            object.known = Some(KnownTenant {
                id: OWN,
                token_version: 7,
            });
        })
    }

    pub fn unfenced(self) -> Self {
        self.observe(|seen| seen.capability = Capability::Unfenced)
    }

    pub fn sharded(self) -> Self {
        self.observe(|seen| seen.capability = Capability::Sharded)
    }

    pub fn own(mut self, record: OrganizationRecord, admin: Option<AdminRecord>) -> Self {
        self.seen.own = Some(StoredTenant::Readable(Box::new(Tenant { record, admin })));
        self
    }

    /// The archive that is asked for, if its id is.
    pub fn in_archive(self, record: OrganizationRecord) -> Self {
        let admin = None;
        let archived = StoredTenant::Readable(Box::new(Tenant { record, admin }));
        self.observe(|seen| seen.archive = Some(archived))
    }

    pub fn claimant(self, record: OrganizationRecord) -> Self {
        let tenant = Tenant {
            record,
            admin: None,
        };
        self.held_by(StoredTenant::Readable(Box::new(tenant)))
    }

    pub fn held_by(mut self, claimant: StoredTenant) -> Self {
        self.claimants.push(claimant);
        self
    }

    /// A collection, empty, nobody's home.
    pub fn there(self, text: &str, number: u128, marker: Option<OrganizationId>) -> Self {
        self.kept(text, number, marker, None, true)
    }

    pub fn kept(
        mut self,
        text: &str,
        number: u128,
        marker: Option<OrganizationId>,
        holder: Option<OrganizationId>,
        empty: bool,
    ) -> Self {
        let seen = ObservedCollection {
            uuid: uuid(number),
            marker,
        };
        self.catalogue.insert(
            collection(text),
            Kept {
                seen,
                holder,
                empty,
            },
        );
        self
    }

    pub fn gone(mut self, text: &str) -> Self {
        self.catalogue.remove(&collection(text));
        self
    }

    pub fn same_credential(mut self) -> Self {
        self.same_credential = true;
        self
    }

    pub fn deletion_withdrawn(mut self) -> Self {
        self.deletion_confirmed = false;
        self
    }

    fn by_uuid(&self, uuid: CollectionUuid) -> Option<(&CollectionName, &Kept)> {
        self.catalogue
            .iter()
            .find(|(_, kept)| kept.seen.uuid == uuid)
    }

    fn answer(&self, look: &Look) -> Learned {
        match look {
            Look::Collections(names) => Learned::Collections(
                names
                    .iter()
                    .filter_map(|name| Some((name.clone(), self.catalogue.get(name)?.seen.clone())))
                    .collect(),
            ),
            Look::Whereabouts(uuid) => {
                Learned::Whereabouts(self.by_uuid(*uuid).map(|(name, _)| name.clone()))
            }
            Look::Claimants(name) => Learned::Claimants(
                self.claimants
                    .iter()
                    .filter(|claimant| holds(claimant, name))
                    .cloned()
                    .collect(),
            ),
            Look::Holder(uuid) => {
                Learned::Holder(self.by_uuid(*uuid).and_then(|(_, kept)| kept.holder))
            }
            Look::Emptiness(name, _) => Learned::Answer(self.catalogue[name].empty),
            Look::Credential => Learned::Answer(self.same_credential),
            Look::Deletion => Learned::Answer(self.deletion_confirmed),
        }
    }

    /// The next write, or why the pass rests; looks are answered from the catalogue.
    pub fn next(self) -> (Next, Self) {
        let wish = self.wish.clone();
        self.next_by(|seen| next(&wish, seen))
    }

    /// As [`Self::next`], by another table.
    pub fn next_by(mut self, decide: impl Fn(&Observed) -> Next) -> (Next, Self) {
        loop {
            match decide(&self.seen) {
                Next::Do(Step::Look(look)) => {
                    let learned = self.answer(&look);
                    self.seen = self.seen.after(&Step::Look(look), learned);
                }
                next => return (next, self),
            }
        }
    }

    pub fn step(self) -> Step {
        match self.next() {
            (Next::Do(step), _) => step,
            (Next::Rest(rest), _) => panic!("it rests: {rest}"),
        }
    }

    pub fn after(self) -> OrganizationRecord {
        match self.step() {
            Step::UpdateRecord { after, .. } => *after,
            step => panic!("no record is updated: {step}"),
        }
    }

    /// The next write as a line, or the reason's name.
    pub fn line(self) -> String {
        match self.next().0 {
            Next::Do(step) => step.to_string(),
            Next::Rest(Rest::Gone) => "Gone".to_owned(),
            Next::Rest(Rest::Settled { reason, .. }) => reason.kind().to_string(),
        }
    }
}

impl Scene {
    /// Collections that another organization's record calls its home.
    pub fn held_by_another(&self) -> Vec<CollectionUuid> {
        let held = self
            .catalogue
            .values()
            .filter(|kept| kept.holder == Some(OTHER));
        held.map(|kept| kept.seen.uuid).collect()
    }

    /// The scene after a write was confirmed: the catalogue changes as the database would.
    pub fn carried_out(mut self, step: &Step) -> Self {
        match step {
            Step::CreateCollection { name, id } => {
                let seen = ObservedCollection {
                    uuid: uuid(100),
                    marker: Some(*id),
                };
                self.catalogue.insert(
                    name.clone(),
                    Kept {
                        seen,
                        holder: None,
                        empty: true,
                    },
                );
            }
            Step::MoveCollection { from, to, .. } => {
                if let Some(mut kept) = self.catalogue.remove(from) {
                    if self.seen.capability == Capability::Unfenced {
                        kept.seen.uuid.0 = Uuid::from_u128(kept.seen.uuid.0.as_u128() + 1000);
                        kept.seen.marker = None;
                    }
                    self.catalogue.insert(to.clone(), kept);
                }
            }
            Step::DropCollection { name, .. } => {
                self.catalogue.remove(name);
            }
            _ => {}
        }
        let learned = predict(step, &self.seen);
        self.seen = self.seen.after(step, learned);
        self
    }
}
