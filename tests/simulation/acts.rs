//! What people and tenants' clients do.

use jiff::SignedDuration;
use mongodb::bson::doc;
use organization_operator::crd::{
    Access, AdminSpec, AdoptionPolicy, DeletionPolicy, OrganizationSpec, RECREATE_ANNOTATION,
    SecretKeyReference, change::Asked,
};
use proptest::prelude::*;

use crate::world::{World, text};

/// Few of each, so that they meet.
const NAMESPACES: [&str; 2] = ["one", "two"];
const OBJECTS: [&str; 2] = ["red", "blue"];
/// Objects of the service's own.
pub const REQUESTED: [&str; 2] = ["green", "white"];
const NAMES: [&str; 3] = ["acme", "beta", "gamma"];
const EMAILS: [&str; 3] = ["a@x.io", "b@x.io", "c@x.io"];
const HASHES: [&str; 2] = [
    "$2b$10$abcdefghijklmnopqrstuuC6qtbz1Wm3e5TqzVq0Jm1rIYbR8oqYy",
    "$2b$10$zyxwvutsrqponmlkjihgfeC6qtbz1Wm3e5TqzVq0Jm1rIYbR8oqYy",
];

#[derive(Debug, Clone)]
pub enum Act {
    Apply {
        namespace: usize,
        object: usize,
        wish: Wish,
    },
    Delete {
        namespace: usize,
        object: usize,
    },
    ChangeSecret {
        namespace: usize,
        hash: usize,
    },
    /// A client writes by a name that it knows, whether or not a collection is there.
    Write {
        name: usize,
    },
    /// A person, or another program, makes a collection.
    MakeForeign {
        name: usize,
    },
    RemoveForeign {
        name: usize,
    },
    DropByHand {
        name: usize,
    },
    EditRecord {
        name: usize,
        to: usize,
    },
    ForgetClaims {
        name: usize,
    },
    /// A stranger asks for an organization through HTTP.
    AskCreate {
        object: usize,
        wish: Wish,
    },
    /// Its admin asks for another name and address.
    AskUpdate {
        object: usize,
        name: usize,
        email: usize,
    },
    /// Another password, and tokens that were dead.
    EditAdmin {
        email: usize,
        hash: usize,
    },
    AskForRecreation {
        namespace: usize,
        object: usize,
        value: u8,
    },
    LegacyTenant {
        name: usize,
        email: usize,
    },
    Wait {
        seconds: i64,
    },
}

#[derive(Debug, Clone)]
pub struct Wish {
    name: usize,
    email: usize,
    policy: DeletionPolicy,
    access: Access,
    adoption: AdoptionPolicy,
    suspend: bool,
    /// Comes back from the oldest archive, if there is one.
    restore: bool,
}

fn any_wish() -> impl Strategy<Value = Wish> {
    (
        0..NAMES.len(),
        0..EMAILS.len(),
        prop_oneof![
            Just(DeletionPolicy::Retain),
            Just(DeletionPolicy::Archive),
            Just(DeletionPolicy::Delete)
        ],
        prop_oneof![4 => Just(Access::Enabled), 1 => Just(Access::Disabled)],
        prop_oneof![Just(AdoptionPolicy::Never), Just(AdoptionPolicy::IfUnowned)],
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.3),
    )
        .prop_map(
            |(name, email, policy, access, adoption, suspend, restore)| Wish {
                name,
                email,
                policy,
                access,
                adoption,
                suspend,
                restore,
            },
        )
}

pub fn any_act() -> impl Strategy<Value = Act> {
    let namespace = 0..NAMESPACES.len();
    let object = 0..OBJECTS.len();
    let name = 0..NAMES.len();
    prop_oneof![
        8 => (namespace.clone(), object.clone(), any_wish())
            .prop_map(|(namespace, object, wish)| Act::Apply { namespace, object, wish }),
        3 => (namespace.clone(), object.clone())
            .prop_map(|(namespace, object)| Act::Delete { namespace, object }),
        1 => (namespace.clone(), 0..HASHES.len())
            .prop_map(|(namespace, hash)| Act::ChangeSecret { namespace, hash }),
        6 => name.clone().prop_map(|name| Act::Write { name }),
        1 => name.clone().prop_map(|name| Act::MakeForeign { name }),
        1 => name.clone().prop_map(|name| Act::RemoveForeign { name }),
        1 => name.clone().prop_map(|name| Act::DropByHand { name }),
        1 => (name.clone(), 0..NAMES.len()).prop_map(|(name, to)| Act::EditRecord { name, to }),
        1 => name.clone().prop_map(|name| Act::ForgetClaims { name }),
        3 => (0..REQUESTED.len(), any_wish())
            .prop_map(|(object, wish)| Act::AskCreate { object, wish }),
        4 => (0..REQUESTED.len(), 0..NAMES.len(), 0..EMAILS.len())
            .prop_map(|(object, name, email)| Act::AskUpdate { object, name, email }),
        1 => (0..EMAILS.len(), 0..HASHES.len())
            .prop_map(|(email, hash)| Act::EditAdmin { email, hash }),
        1 => (namespace, object, 0..4_u8)
            .prop_map(|(namespace, object, value)| Act::AskForRecreation { namespace, object, value }),
        1 => (name, 0..EMAILS.len()).prop_map(|(name, email)| Act::LegacyTenant { name, email }),
        2 => prop_oneof![Just(1_i64), Just(61)].prop_map(|seconds| Act::Wait { seconds }),
    ]
}

fn collection(name: usize) -> String {
    format!("org_{}", NAMES[name])
}

impl Wish {
    /// As the service asks: it never suspends, and adopts only what it was asked to.
    fn requested(&self) -> OrganizationSpec {
        OrganizationSpec {
            suspend: false,
            access: Access::Enabled,
            adoption_policy: AdoptionPolicy::Never,
            ..self.spec()
        }
    }

    fn spec(&self) -> OrganizationSpec {
        OrganizationSpec {
            organization_name: Some(NAMES[self.name].to_owned()),
            display_name: None,
            admin: AdminSpec {
                email: EMAILS[self.email].to_owned(),
                password_secret_ref: None,
                password_hash_secret_ref: Some(SecretKeyReference {
                    name: "login".to_owned(),
                    key: "hash".to_owned(),
                }),
            },
            access: self.access,
            suspend: self.suspend,
            deletion_policy: self.policy,
            archive_retention: None,
            deletion_protection: false,
            adoption_policy: self.adoption,
            restore_from: None,
        }
    }
}

fn ask_create(world: &mut World, object: &str, wish: &Wish) {
    let namespace = NAMESPACES[0];
    if world.cluster.object(namespace, object).is_none() {
        world
            .cluster
            .put_secret(namespace, "login", &[("hash", HASHES[0])]);
        world.ask(namespace, object, Asked::Create, &wish.requested());
    }
}

fn ask_update(world: &mut World, object: &str, name: &str, email: &str) {
    if let Some(there) = world.cluster.object(NAMESPACES[0], object)
        && let Ok(former) = serde_json::to_value(&there.spec)
    {
        let mut wished = there.spec;
        wished.organization_name = Some(name.to_owned());
        email.clone_into(&mut wished.admin.email);
        world.ask(NAMESPACES[0], object, Asked::Update { former }, &wished);
    }
}

impl Act {
    /// What is refused (a name that is taken, a document that isn't there) has no effect.
    pub fn perform(&self, world: &mut World) {
        let store = &world.store;
        match self {
            Self::Apply {
                namespace,
                object,
                wish,
            } => {
                let namespace = NAMESPACES[*namespace];
                if world
                    .cluster
                    .secret_value(namespace, "login", "hash")
                    .is_none()
                {
                    world
                        .cluster
                        .put_secret(namespace, "login", &[("hash", HASHES[0])]);
                }
                let mut spec = wish.spec();
                spec.restore_from = world.oldest_archive().filter(|_| wish.restore);
                world.cluster.apply(namespace, OBJECTS[*object], spec);
            }
            Self::Delete { namespace, object } => {
                world
                    .cluster
                    .delete(NAMESPACES[*namespace], OBJECTS[*object]);
            }
            Self::ChangeSecret { namespace, hash } => {
                world.cluster.put_secret(
                    NAMESPACES[*namespace],
                    "login",
                    &[("hash", HASHES[*hash])],
                );
            }
            Self::Write { name } => {
                world.next_document += 1;
                let _ = store.plant(&collection(*name), doc! {"_id": world.next_document});
            }
            Self::MakeForeign { name } => {
                let _ = store.plant_collection(&collection(*name));
            }
            Self::RemoveForeign { name } => {
                let held = store
                    .documents("organizations")
                    .iter()
                    .any(|record| text(record, "collection_name") == Some(&collection(*name)));
                if !held {
                    store.drop_by_hand(&collection(*name));
                }
            }
            Self::DropByHand { name } => store.drop_by_hand(&collection(*name)),
            Self::EditRecord { name, to } => {
                world.edit_record(
                    NAMES[*name],
                    &doc! {"$set": {"organization_name": NAMES[*to]}},
                );
            }
            Self::ForgetClaims { name } => {
                world.edit_record(NAMES[*name], &doc! {"$unset": {"names": ""}});
            }
            Self::AskCreate { object, wish } => ask_create(world, REQUESTED[*object], wish),
            Self::AskUpdate {
                object,
                name,
                email,
            } => ask_update(world, REQUESTED[*object], NAMES[*name], EMAILS[*email]),
            Self::EditAdmin { email, hash } => {
                let edit = doc! {"$set": {"password": HASHES[*hash], "token_version": 0_i64}};
                world.edit_admin(EMAILS[*email], &edit);
            }
            Self::AskForRecreation {
                namespace,
                object,
                value,
            } => {
                let value = value.to_string();
                let (namespace, object) = (NAMESPACES[*namespace], OBJECTS[*object]);
                world
                    .cluster
                    .annotate(namespace, object, RECREATE_ANNOTATION, &value);
            }
            Self::LegacyTenant { name, email } => world.plant_legacy(NAMES[*name], EMAILS[*email]),
            Self::Wait { seconds } => world.clock.advance(SignedDuration::from_secs(*seconds)),
        }
    }

    /// The collection whose documents may go with this act, seen from before it.
    pub fn doomed(&self, world: &World) -> Option<String> {
        match self {
            Self::DropByHand { name } | Self::RemoveForeign { name } => Some(collection(*name)),
            Self::Delete { namespace, object } => {
                let object = world
                    .cluster
                    .object(NAMESPACES[*namespace], OBJECTS[*object])?;
                let is_wished = object.spec.deletion_policy == DeletionPolicy::Delete;
                object
                    .status?
                    .collection_name
                    .filter(|_| is_wished && !object.spec.suspend)
            }
            _ => None,
        }
    }
}
