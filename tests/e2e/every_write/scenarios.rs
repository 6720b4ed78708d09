//! What is asked of the operator while it is broken, and what is right.

use anyhow::{Context as _, Result};
use mongodb::bson::{doc, oid::ObjectId};
use serde_json::{Value, json};

use super::lane::Lane;
use crate::{
    api_whole::Tenant,
    oracle::expected::{Collections, Objects, Tokens},
    samples::{HASH, organization_with},
    tool::plant_older_with,
};

/// A hash of a password that nobody knows.
const OTHER_HASH: &str = "$2b$10$zyxwvutsrqponmlkjihgfeC6qtbz1Wm3e5TqzVq0Jm1rIYbR8oqYy";

/// What a person does, always of organization acme.
#[derive(Clone, Copy)]
pub enum Deed {
    /// Applies it, with these changes to the usual spec.
    Apply(fn() -> Value),
    /// Patches its spec.
    Patch(fn() -> Value),
    /// Applies one that restores the archive, with these changes.
    Restore(fn() -> Value),
    Delete,
    /// Puts another hash into its Secret.
    ChangePassword,
    /// Has the older service make it.
    PlantOlder,
    /// Asks for it through HTTP.
    Post,
    /// Changes name, address and password through HTTP.
    Put,
    /// Deletes it through HTTP.
    DeleteByHttp,
}

/// What a person asks for, and what comes of it.
pub struct Scenario {
    pub name: &'static str,
    /// What is there before; after the first of these a client writes document 1.
    pub given: &'static [Deed],
    pub act: Deed,
    pub objects: Objects,
    pub collections: Collections,
    /// Collections created, renamed, dropped.
    pub effects: [u64; 3],
    pub tokens: Tokens,
}

const PLAIN: Scenario = Scenario {
    name: "",
    given: &[MADE],
    act: Deed::Delete,
    objects: &[("acme", "Succeeded")],
    collections: &[("org_acme", &[1])],
    effects: [0, 0, 0],
    tokens: Tokens::Live,
};

const GOING: Scenario = Scenario {
    objects: &[],
    tokens: Tokens::None,
    ..PLAIN
};

const MADE: Deed = Deed::Apply(|| json!({"deletionPolicy": "Delete"}));
const MADE_TO_STAY: Deed = Deed::Apply(|| json!({"deletionPolicy": "Retain"}));
const MADE_FOR_THE_ARCHIVE: Deed = Deed::Apply(|| json!({"deletionPolicy": "Archive"}));

pub static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "create",
        given: &[],
        act: MADE,
        collections: &[("org_acme", &[])],
        effects: [1, 0, 0],
        tokens: Tokens::None,
        ..PLAIN
    },
    Scenario {
        name: "create with a generated password",
        given: &[],
        act: Deed::Apply(|| json!({"admin": {"email": "acme@acme.example"}})),
        collections: &[("org_acme", &[])],
        effects: [1, 0, 0],
        tokens: Tokens::None,
        ..PLAIN
    },
    Scenario {
        name: "rename",
        act: Deed::Patch(|| json!({"organizationName": "beta"})),
        collections: &[("org_beta", &[1])],
        effects: [0, 1, 0],
        ..PLAIN
    },
    Scenario {
        name: "rename, with another address",
        act: Deed::Patch(
            || json!({"organizationName": "beta", "admin": {"email": "new@acme.example"}}),
        ),
        collections: &[("org_beta", &[1])],
        effects: [0, 1, 0],
        tokens: Tokens::Dead,
        ..PLAIN
    },
    Scenario {
        name: "e-mail",
        act: Deed::Patch(|| json!({"admin": {"email": "new@acme.example"}})),
        tokens: Tokens::Dead,
        ..PLAIN
    },
    Scenario {
        name: "password",
        act: Deed::ChangePassword,
        tokens: Tokens::Dead,
        ..PLAIN
    },
    Scenario {
        name: "access",
        act: Deed::Patch(|| json!({"access": "Disabled"})),
        tokens: Tokens::Dead,
        ..PLAIN
    },
    Scenario {
        name: "adopt",
        given: &[Deed::PlantOlder],
        act: Deed::Apply(|| json!({"adoptionPolicy": "IfUnowned"})),
        ..PLAIN
    },
    Scenario {
        name: "take back",
        given: &[MADE_TO_STAY, Deed::Delete],
        act: MADE_TO_STAY,
        ..PLAIN
    },
    Scenario {
        name: "delete and retain",
        given: &[MADE_TO_STAY],
        tokens: Tokens::Live,
        ..GOING
    },
    Scenario {
        name: "delete",
        collections: &[],
        effects: [0, 1, 1],
        ..GOING
    },
    Scenario {
        name: "archive",
        given: &[MADE_FOR_THE_ARCHIVE],
        collections: &[("_archive.<acme>", &[1])],
        effects: [0, 1, 0],
        ..GOING
    },
    Scenario {
        name: "restore",
        given: &[MADE_FOR_THE_ARCHIVE, Deed::Delete],
        act: Deed::Restore(|| json!({"organizationName": "beta"})),
        collections: &[("org_beta", &[1])],
        effects: [0, 1, 0],
        tokens: Tokens::None,
        ..PLAIN
    },
    Scenario {
        name: "create through HTTP",
        given: &[],
        act: Deed::Post,
        collections: &[("org_acme", &[])],
        effects: [1, 0, 0],
        tokens: Tokens::None,
        ..PLAIN
    },
    Scenario {
        name: "change through HTTP",
        given: &[Deed::Post],
        act: Deed::Put,
        collections: &[("org_beta", &[1])],
        effects: [0, 1, 0],
        tokens: Tokens::Dead,
        ..PLAIN
    },
    Scenario {
        name: "delete through HTTP",
        given: &[Deed::Post],
        act: Deed::DeleteByHttp,
        collections: &[],
        effects: [0, 1, 1],
        ..GOING
    },
];

impl Scenario {
    /// Whether a collection is renamed or dropped.
    pub fn moves(&self) -> bool {
        let [_, renamed, dropped] = self.effects;
        renamed + dropped > 0
    }
}

impl Deed {
    /// Whether the answer says whether it was done.
    pub fn is_request(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::DeleteByHttp)
    }

    /// Whether all is done once it is.
    pub fn is_made_by_hand(self) -> bool {
        matches!(self, Self::PlantOlder)
    }
}

impl Lane {
    /// A token of the admin's, where the deed needs one.
    pub async fn token_for(&self, deed: Deed) -> Result<String> {
        match deed {
            Deed::Put | Deed::DeleteByHttp => self.api.token_of(&Tenant::new("acme")).await,
            _ => Ok(String::new()),
        }
    }

    /// Does it; gives the status of the answer, where there is one.
    pub async fn perform(&self, deed: Deed, token: &str) -> Result<Option<u16>> {
        let world = &self.api.world;
        let tenant = Tenant::new("acme");
        let answer = match deed {
            Deed::Apply(spec) => return self.apply(&spec()).await,
            Deed::Restore(changes) => {
                let archive = world.archive().await?.to_hex();
                let mut spec = changes();
                spec["restoreFrom"] = json!({"organizationId": archive});
                return self.apply(&spec).await;
            }
            Deed::Patch(spec) => {
                world.patch("acme", &json!({"spec": spec()})).await?;
                return Ok(None);
            }
            Deed::Delete => return world.delete("acme").await.map(|()| None),
            Deed::ChangePassword => {
                world.put_secret("login", &[("hash", OTHER_HASH)]).await?;
                return Ok(None);
            }
            Deed::PlantOlder => {
                let email = "acme@acme.example";
                plant_older_with(world, "acme", email, HASH).await?;
                return Ok(None);
            }
            Deed::Post => self.api.create_tenant(&tenant).await,
            Deed::Put => {
                let wish = json!({
                    "new_organization_name": "beta",
                    "email": "new@acme.example",
                    "password": "canary-changed-1",
                });
                self.api.update("acme", token, &wish).await
            }
            Deed::DeleteByHttp => self.api.delete("acme", token).await,
        };
        // Whoever is killed answers nothing.
        Ok(answer.ok().map(|answer| answer.status))
    }

    async fn apply(&self, spec: &Value) -> Result<Option<u16>> {
        let manifest = organization_with("acme", spec);
        self.api.world.apply(&manifest).await?;
        Ok(None)
    }
}

impl crate::world::World {
    /// The id of the only organization, which is in the archive.
    async fn archive(&self) -> Result<ObjectId> {
        let records = self
            .database
            .collection::<mongodb::bson::Document>("organizations");
        let archive = records.find_one(doc! {"state": "archived"}).await?;
        let archive = archive.context("there is no archive")?;
        Ok(archive.get_object_id("_id")?)
    }
}
