//! Whether there is all of a tenant or nothing of it: object, record, admin, collection, login.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use k8s_openapi::api::core::v1::Secret;
use kube::{ResourceExt, api::ListParams};
use mongodb::bson::{Document, doc};
use organization_operator::crd::{Organization, change::CHANGE_ANNOTATION};

use crate::{
    api_world::ApiWorld,
    world::{ready, status},
};

/// A tenant as its client knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    pub name: String,
    pub email: String,
    pub password: String,
}

impl Tenant {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            email: format!("admin@{name}.example"),
            password: format!("canary-{name}-1"),
        }
    }
}

/// What is there of a tenant; anything between is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Whole,
    Absent,
}

impl ApiWorld {
    /// Makes it through HTTP.
    pub async fn made(&self, name: &str) -> Result<Tenant> {
        let tenant = Tenant::new(name);
        self.create_tenant(&tenant).await?.with(200)?;
        Ok(tenant)
    }

    pub async fn create_tenant(&self, tenant: &Tenant) -> Result<crate::api_world::Answer> {
        self.create(&tenant.name, &tenant.email, &tenant.password)
            .await
    }

    pub async fn token_of(&self, tenant: &Tenant) -> Result<String> {
        self.token(&tenant.email, &tenant.password).await
    }

    pub async fn objects(&self) -> Result<Vec<Organization>> {
        let listed = self
            .world
            .organizations()
            .list(&ListParams::default())
            .await?;
        Ok(listed.items)
    }

    pub async fn secrets(&self) -> Result<Vec<Secret>> {
        let listed = self.world.secrets().list(&ListParams::default()).await?;
        Ok(listed.items)
    }

    /// The objects that wish to be called so.
    pub async fn objects_called(&self, name: &str) -> Result<Vec<Organization>> {
        let wishes = |object: &Organization| {
            let name_given = object.spec.organization_name.clone();
            name_given.unwrap_or_else(|| object.name_any()) == name
        };
        Ok(self.objects().await?.into_iter().filter(wishes).collect())
    }

    async fn document(&self, collection: &str, filter: Document) -> Result<Option<Document>> {
        let collection = self.world.database.collection::<Document>(collection);
        Ok(collection.find_one(filter).await?)
    }

    /// Whether all of the tenant is there, in agreement, or nothing of it.
    pub async fn presence(&self, tenant: &Tenant) -> Result<Presence> {
        let objects = self.objects_called(&tenant.name).await?;
        let record = self
            .document("organizations", doc! {"organization_name": &tenant.name})
            .await?;
        let admin = self.document("admins", doc! {"email": &tenant.email});
        let admin = admin.await?;
        let home = format!("org_{}", tenant.name);
        match (&objects[..], record, admin) {
            ([], None, None) => {
                let left = self.world.collections_that_count().await?;
                ensure!(!left.contains(&home), "{home} is left behind");
                let refused = self.log_in(&tenant.email, &tenant.password).await?;
                refused.with(401)?;
                Ok(Presence::Absent)
            }
            ([object], Some(record), Some(admin)) => {
                ensure!(self.world.collections().await?.contains(&home), "no {home}");
                agree(tenant, object, &record, &admin)?;
                let token = self.token_of(tenant).await?;
                let read = self.read(&tenant.name, &token).await?.with(200)?.json()?;
                ensure!(read["collection_name"] == home.as_str(), "{read}");
                ensure!(read["admin_email"] == tenant.email.as_str(), "{read}");
                Ok(Presence::Whole)
            }
            (objects, record, admin) => bail!(
                "half of {tenant:?}:\n{}\n{record:?}\n{admin:?}",
                serde_json::to_string_pretty(objects)?
            ),
        }
    }

    /// Whether nothing of it is left half done: no change is pending, no object is between, and
    /// each Secret is an object's that there is, and referred to by it.
    pub async fn rests(&self) -> Result<Result<(), String>> {
        let objects = self.objects().await?;
        let mut referred = BTreeSet::from(["login".to_owned()]);
        for object in &objects {
            let rests = ready(object).is_some_and(|(truth, _)| truth != "Unknown")
                && status(object).observed_generation == object.metadata.generation
                && object.metadata.deletion_timestamp.is_none();
            if !rests || object.annotations().contains_key(CHANGE_ANNOTATION) {
                return Ok(Err(serde_json::to_string_pretty(object)?));
            }
            let admin = &object.spec.admin;
            let reference = admin.password_hash_secret_ref.as_ref();
            referred.extend(reference.map(|reference| reference.name.clone()));
            // What the operator makes itself, where nothing is referred to.
            referred.insert(format!("{}-admin", object.name_any()));
        }
        let owners: BTreeSet<_> = objects.iter().filter_map(ResourceExt::uid).collect();
        for secret in self.secrets().await? {
            let name = secret.name_any();
            let mut owned = secret.owner_references().iter();
            let is_owned = name == "login" || owned.any(|owner| owners.contains(&owner.uid));
            if !is_owned || !referred.contains(&name) {
                return Ok(Err(format!("Secret {name} is nobody's")));
            }
        }
        Ok(Ok(()))
    }

    /// Waits until nothing is between, as [`Self::rests`] tells.
    pub async fn at_rest(&self) -> Result<()> {
        let mut last = String::new();
        let looked = self.world.eventually("all is at rest", async || {
            let told = self.rests().await?;
            let rests = told.is_ok();
            last = told.err().unwrap_or_default();
            Ok(rests)
        });
        let looked = looked.await;
        looked.with_context(|| format!("at the last look:\n{last}"))
    }
}

fn agree(
    tenant: &Tenant,
    object: &Organization,
    record: &Document,
    admin: &Document,
) -> Result<()> {
    let told = status(object);
    let (truth, reason) = ready(object).context("it says nothing of Ready")?;
    ensure!(truth == "True", "{tenant:?} is not ready: {reason}");
    ensure!(
        told.organization_name.as_ref() == Some(&tenant.name),
        "{told:?}"
    );
    ensure!(told.admin_email.as_ref() == Some(&tenant.email), "{told:?}");
    let (id, admin_id) = (record.get_object_id("_id")?, admin.get_object_id("_id")?);
    ensure!(
        told.organization_id == Some(id.to_hex()),
        "{told:?}, {record}"
    );
    ensure!(
        told.admin_id == Some(admin_id.to_hex()),
        "{told:?}, {admin}"
    );
    ensure!(record.get_object_id("admin_id")? == admin_id, "{record}");
    ensure!(admin.get_object_id("organization_id")? == id, "{admin}");
    ensure!(
        admin.get_str("organization_name")? == tenant.name,
        "{admin}"
    );
    ensure!(record.get_str("collection_name")? == format!("org_{}", tenant.name));
    ensure!(record.get_str("state")? == "active", "under way: {record}");
    Ok(())
}
