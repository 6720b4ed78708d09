//! What others do: the older service, people with kubectl, people with a shell.

use std::time::Duration;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use kube::ResourceExt as _;
use mongodb::bson::{DateTime, Document};
use organization_operator::{
    crd::{Organization, OrganizationSpec},
    store::memory::OlderTenant,
};
use secrecy::SecretString;
use serde_json::json;

use tokio::time::Instant;

use super::{COST, PERIOD, World};
use crate::forge;

/// How long anything that is waited for may take, machine and neighbours included.
const PATIENCE: Duration = Duration::from_secs(20);

/// A tenant of the older service: who it is.
#[derive(Debug, Clone)]
pub struct OlderIds {
    admin: String,
    name: String,
    email: String,
}

impl OlderIds {
    /// A token as the older service mints them, until an hour from `now`; `org_id` as it wrote it
    /// where it knew none.
    pub fn token(&self, now: Timestamp) -> String {
        let claims = json!({
            "sub": self.admin, "email": self.email, "organization_name": self.name,
            "org_id": null, "exp": now.as_second() + 3600,
        });
        forge::older(super::JWT_SECRET, &claims)
    }
}

impl World {
    /// A tenant as the older service made it.
    pub async fn older(
        &self,
        name: &str,
        email: &str,
        password: &str,
        created_at: Timestamp,
    ) -> Result<OlderIds> {
        let hash = self.pool.hash(SecretString::from(password), COST).await?;
        let [_, admin] = self.store.plant_older(&OlderTenant {
            name,
            email,
            password: hash.expose(),
            created_at: DateTime::from_millis(created_at.as_millisecond()),
        })?;
        Ok(OlderIds {
            admin: admin.to_hex(),
            name: name.to_owned(),
            email: email.to_owned(),
        })
    }

    /// An organization that a person keeps with kubectl, once it is ready.
    pub async fn declared(&self, name: &str, email: &str, password: &str) -> Result<()> {
        let hash = self.pool.hash(SecretString::from(password), COST).await?;
        let data = [("passwordHash", hash.expose())];
        self.cluster.put_secret("team", name, &data);
        let spec = json!({
            "organizationName": name,
            "admin": {"email": email, "passwordHashSecretRef": {"name": name, "key": "passwordHash"}},
            "deletionPolicy": "Delete",
        });
        self.cluster
            .apply("team", name, serde_json::from_value(spec)?);
        self.until(|world| {
            let status = world.cluster.object("team", name)?.status?;
            status.token_version.map(drop)
        })
        .await
    }

    /// The object of the organization of that name, whoever keeps it.
    pub fn object_of(&self, name: &str) -> Result<Organization> {
        let mut objects = self.cluster.objects().into_iter();
        let is_it = |object: &Organization| object.spec.organization_name.as_deref() == Some(name);
        objects.find(is_it).context("no such object")
    }

    /// `kubectl edit`: another spec, whoever keeps the object.
    pub fn patch(&self, name: &str, edit: impl FnOnce(&mut OrganizationSpec)) -> Result<()> {
        let object = self.object_of(name)?;
        let mut spec = object.spec.clone();
        edit(&mut spec);
        let namespace = object.namespace().unwrap_or_default();
        self.cluster.apply(&namespace, &object.name_any(), spec);
        Ok(())
    }

    /// As a person with a shell would, behind the watch's back.
    pub fn edit_record(&self, name: &str, update: &Document) -> Result<()> {
        let edited = self
            .store
            .edit_where("organizations", "organization_name", name, update)?;
        anyhow::ensure!(edited, "no such record");
        Ok(())
    }

    /// As a person with a shell would, behind the watch's back.
    pub fn edit_admin(&self, email: &str, update: &Document) -> Result<()> {
        let edited = self.store.edit_where("admins", "email", email, update)?;
        anyhow::ensure!(edited, "no such admin");
        Ok(())
    }

    /// Waits until there is what is looked for. Looks after each change in the cluster, and now and
    /// then, since the database gives no sign.
    pub async fn until<T>(&self, look: impl Fn(&Self) -> Option<T>) -> Result<T> {
        let patience = Instant::now() + PATIENCE;
        while Instant::now() < patience {
            let next = Instant::now() + PERIOD;
            let found = self.service.directory.until(next, |_| look(self)).await;
            if let Some(found) = found {
                return Ok(found);
            }
        }
        anyhow::bail!("it did not come")
    }

    /// Everything that a change could have changed: objects as they are wished for, records,
    /// collections with their documents, Secrets.
    pub fn everything(&self) -> String {
        let objects = self.cluster.objects();
        let objects = objects
            .iter()
            .map(|object| format!("{:?} {:?}", object.name_any(), object.spec));
        let collections = self.store.collection_names();
        let changed = |name: &&String| *name != "_refresh_tokens";
        let documents = collections.iter().filter(changed).map(|name| {
            let mut documents = self.store.documents(name);
            documents.iter_mut().for_each(forget_bookkeeping);
            format!("{name} {documents:?}")
        });
        let secrets = self.cluster.secret_names();
        let all: Vec<_> = objects.chain(documents).collect();
        format!("{}\n{secrets:?}", all.join("\n"))
    }
}

/// What a pass may write though nothing changes.
fn forget_bookkeeping(document: &mut Document) {
    document.remove("revision");
}
