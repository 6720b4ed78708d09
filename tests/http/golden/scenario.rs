//! Who is there when pairs are asked, and in what order they are.

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use organization_operator::{
    crd::{Access, DeletionPolicy},
    store::memory::MemoryStore,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::pair::{Pair, Placeholders};
use crate::{
    forge,
    world::{JWT_SECRET, Settings, World},
};

/// The password of everybody.
const PASSWORD: &str = "Secret123";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    #[serde(rename = "scenario")]
    title: String,
    /// Made through HTTP and logged in: `admin@<name>.io`.
    #[serde(default)]
    organizations: Vec<String>,
    /// Made by the older service.
    #[serde(default)]
    older: Vec<Older>,
    /// Kept by a person with kubectl, and logged in.
    #[serde(default)]
    declared: Vec<String>,
    /// Of those, who is disabled once logged in.
    #[serde(default)]
    disabled: Vec<String>,
    /// Collections that are nobody's.
    #[serde(default)]
    collections: Vec<String>,
    /// Other than the defaults.
    #[serde(default)]
    settings: Wished,
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Older {
    name: String,
    created_at: Timestamp,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wished {
    no_self_service: Option<bool>,
    anonymous_read: Option<bool>,
    retain: Option<bool>,
    max_organizations: Option<usize>,
    creates: Option<u32>,
    account_failures: Option<u32>,
}

impl Wished {
    fn of(&self, mut settings: Settings) -> Settings {
        let (service, limiter) = (&mut settings.service, &mut settings.limiter);
        service.self_service = self.no_self_service != Some(true);
        service.anonymous_read = self.anonymous_read == Some(true);
        if self.retain == Some(true) {
            service.deletion_policy = DeletionPolicy::Retain;
        }
        if let Some(most) = self.max_organizations {
            service.max_organizations = most;
        }
        if let Some(creates) = self.creates {
            limiter.creates = creates;
        }
        if let Some(failures) = self.account_failures {
            limiter.account_failures = failures;
        }
        settings
    }
}

impl Scenario {
    pub fn length(&self) -> usize {
        self.pairs.len()
    }

    /// Gives what was not answered as it should be.
    pub async fn play(&self, settings: Settings) -> Result<Vec<String>> {
        let world = World::with(self.settings.of(settings))?;
        let prepared = self.prepare(&world).await;
        let placeholders = prepared.with_context(|| self.title.clone())?;
        let mut wrong = Vec::new();
        for pair in &self.pairs {
            if let Err(error) = pair.check(&world, &placeholders).await {
                wrong.push(format!("{}: {error:#}", self.title));
            }
        }
        Ok(wrong)
    }

    async fn prepare(&self, world: &World) -> Result<Placeholders> {
        let mut placeholders = Placeholders::new();
        for name in &self.organizations {
            world.created(name, &email(name), PASSWORD).await?;
        }
        for name in &self.declared {
            world.declared(name, &email(name), PASSWORD).await?;
        }
        for older in &self.older {
            let Older { name, created_at } = older;
            let email = email(name);
            let planted = world.older(name, &email, PASSWORD, *created_at).await?;
            let token = planted.token(world.service.clock.now());
            placeholders.insert(format!("older:{name}"), token);
        }
        let names = self.organizations.iter().chain(&self.declared);
        let older = self.older.iter().map(|older| &older.name);
        for name in names.chain(older) {
            let (access, refresh) = world.session(&email(name), PASSWORD).await?;
            placeholders.insert(format!("token:{name}"), access);
            placeholders.insert(format!("refresh:{name}"), refresh);
            let [id, admin] = ids(&world.store, name)?;
            let forged = forged(&id, &admin, name);
            placeholders.insert(format!("id:{name}"), id);
            placeholders.insert(format!("admin:{name}"), admin);
            placeholders.insert(format!("endless:{name}"), forged);
        }
        for name in &self.disabled {
            world.patch(name, |spec| spec.access = Access::Disabled)?;
            let is_written = |world: &World| {
                let mut records = world.store.documents("organizations").into_iter();
                let is_off = records.any(|record| record.get_bool("disabled").unwrap_or(false));
                is_off.then_some(())
            };
            world.until(is_written).await?;
        }
        for name in &self.collections {
            world.store.plant_collection(name)?;
        }
        Ok(placeholders)
    }
}

fn email(name: &str) -> String {
    format!("admin@{}.io", name.to_ascii_lowercase())
}

fn ids(store: &MemoryStore, name: &str) -> Result<[String; 2]> {
    let mut records = store.documents("organizations").into_iter();
    let record = records.find(|record| record.get_str("organization_name").ok() == Some(name));
    let record = record.context("no record")?;
    let [id, admin] = ["_id", "admin_id"].map(|id| record.get_object_id(id));
    Ok([id?.to_hex(), admin?.to_hex()])
}

/// Signed with the right key, and good for ever: no `exp`.
fn forged(id: &str, admin: &str, name: &str) -> String {
    let claims: Value = json!({
        "sub": admin, "email": email(name), "organization_name": name, "org_id": id,
    });
    forge::older(JWT_SECRET, &claims)
}
