//! What has to hold of any state of rest.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use kube::ResourceExt as _;
use mongodb::bson::{Bson, Document};
use organization_operator::crd::{
    Access, Organization, OrganizationStatus, change::CHANGE_ANNOTATION,
};

use super::Snapshot;

/// Reasons that say that something is broken, which at rest nothing is.
const BROKEN: [&str; 2] = ["InternalError", "MongoUnavailable"];

impl Snapshot {
    /// No object without a condition about its present spec; no finalizer that is stuck without one;
    /// no change that is neither made nor taken back.
    pub(super) fn everyone_says_why(&self) -> Result<()> {
        for object in &self.objects {
            let name = object.name_any();
            let (_, reason) = ready(object).with_context(|| format!("{name} says nothing"))?;
            let generation = status(object).and_then(|status| status.observed_generation);
            ensure!(
                generation == object.metadata.generation,
                "{name} speaks of another spec"
            );
            ensure!(!BROKEN.contains(&reason), "{name}: {reason}");
            let pending = object.annotations().contains_key(CHANGE_ANNOTATION);
            ensure!(!pending, "{name} has a change pending");
        }
        Ok(())
    }

    /// Ready=True is the truth: record, collection and admin are as the spec says.
    pub(super) fn ready_is_true(&self) -> Result<()> {
        for object in &self.objects {
            if matches!(ready(object), Some(("True", _))) {
                let name = object.name_any();
                self.is_as_wished(object)
                    .with_context(|| format!("{name} is not as it says"))?;
            }
        }
        Ok(())
    }

    fn is_as_wished(&self, object: &Organization) -> Result<()> {
        let told = status(object).context("no status")?;
        let record = self.record_of(object).context("it owns no record")?;
        let name = object
            .spec
            .organization_name
            .clone()
            .unwrap_or_else(|| object.name_any());
        ensure!(
            text(record, "organization_name") == Some(&name),
            "its record is of another name"
        );
        ensure!(
            text(record, "state").unwrap_or("active") == "active",
            "its record is not active"
        );
        let disabled = object.spec.access == Access::Disabled;
        ensure!(
            record.get_bool("disabled").unwrap_or(false) == disabled,
            "access"
        );
        ensure!(
            record
                .get_array("names")
                .is_ok_and(|names| names.contains(&name.as_str().into())),
            "its name is not claimed"
        );
        let home = format!("org_{name}");
        let stored = self
            .collections
            .get(&home)
            .context("its collection is not there")?;
        ensure!(
            record.get("collection_uuid") == Some(&stored.uuid),
            "its collection is another"
        );
        ensure!(
            told.collection_name.as_deref() == Some(&home),
            "status has another collection"
        );
        ensure!(told.operation.is_none(), "status has an operation");
        let admin = self
            .admins
            .iter()
            .find(|admin| admin.get("_id") == record.get("admin_id"));
        let admin = admin.context("its admin is not there")?;
        ensure!(
            text(admin, "email") == Some(&object.spec.admin.email),
            "his address is another"
        );
        ensure!(
            admin.get("organization_id") == record.get("_id"),
            "his link is another"
        );
        ensure!(
            text(admin, "organization_name") == Some(&name),
            "his older link is another"
        );
        ensure!(
            admin.get_i64("token_version").unwrap_or(0) == told.token_version.unwrap_or(0),
            "status has other tokens"
        );
        self.credential_is_wished(object, admin)
    }

    /// The stored hash is of the Secret that the spec speaks of. An adopted admin of whom the spec
    /// says nothing keeps his own.
    fn credential_is_wished(&self, object: &Organization, admin: &Document) -> Result<()> {
        let spec = &object.spec.admin;
        let reference = spec
            .password_secret_ref
            .as_ref()
            .or(spec.password_hash_secret_ref.as_ref());
        let generated = format!("{}-admin", object.name_any());
        let wished = reference.map_or(generated.as_str(), |reference| &reference.name);
        let namespace = object.namespace();
        let mut secrets = self.secrets.iter();
        let secret = secrets
            .find(|secret| Some(&secret.namespace) == namespace.as_ref() && secret.name == wished);
        if reference.is_none() && text(admin, "credential_version").is_none() {
            return Ok(());
        }
        let secret = secret.with_context(|| format!("Secret {wished} is not there"))?;
        ensure!(
            secret.opens.contains(&spec.email),
            "Secret {wished} does not open it"
        );
        Ok(())
    }

    /// One name, one organization; one collection, one organization; one object, one organization;
    /// one admin, one organization.
    pub(super) fn one_owner_each(&self) -> Result<()> {
        for field in [
            "organization_name",
            "collection_name",
            "collection_uuid",
            "admin_id",
        ] {
            let mut seen = BTreeSet::new();
            // What a hand made of a record that nobody owns is put right by whoever takes it over.
            for record in self
                .records
                .iter()
                .filter(|record| record.contains_key("owner"))
            {
                if let Some(value) = record.get(field) {
                    ensure!(
                        seen.insert(value.to_string()),
                        "two records have {field} {value}"
                    );
                }
            }
        }
        let mut claims = BTreeSet::new();
        for record in &self.records {
            for name in record.get_array("names").into_iter().flatten() {
                ensure!(claims.insert(name.to_string()), "{name} is claimed twice");
            }
        }
        Ok(())
    }

    /// Nothing is on its way any more: no trash, no intent, no admin of nobody, no stray that nobody
    /// was told of.
    pub(super) fn nothing_half_done(&self) -> Result<()> {
        let trash = self
            .collections
            .keys()
            .find(|name| name.starts_with("_trash."));
        ensure!(trash.is_none(), "{trash:?} is left");
        for admin in &self.admins {
            if let Some(link) = admin.get("organization_id") {
                let linked = self
                    .records
                    .iter()
                    .any(|record| record.get("_id") == Some(link));
                ensure!(linked, "admin {:?} is of nobody", text(admin, "email"));
            }
        }
        for record in &self.records {
            let owner = record.get_document("owner").ok();
            let uid = owner.and_then(|owner| text(owner, "uid"));
            let is_live = self
                .objects
                .iter()
                .any(|object| object.uid().as_deref() == uid);
            ensure!(
                uid.is_none() || is_live,
                "record {} is an orphan",
                name_of(record)
            );
        }
        Ok(())
    }

    fn record_of(&self, object: &Organization) -> Option<&Document> {
        let uid = object.uid()?;
        self.records.iter().find(|record| {
            let owner = record.get_document("owner");
            owner.is_ok_and(|owner| text(owner, "uid") == Some(&uid))
        })
    }
}

/// What it is called, or was before it went into the archive.
pub(super) fn name_of(record: &Document) -> &str {
    let operation = record.get_document("operation").ok();
    let former = operation.and_then(|operation| text(operation, "name"));
    former.or(text(record, "organization_name")).unwrap_or("?")
}

pub(super) fn text<'a>(document: &'a Document, field: &str) -> Option<&'a str> {
    document.get(field).and_then(Bson::as_str)
}

pub(super) fn status(object: &Organization) -> Option<&OrganizationStatus> {
    object.status.as_ref()
}

/// Status and reason of condition Ready.
pub fn ready(object: &Organization) -> Option<(&str, &str)> {
    let conditions = &status(object)?.conditions;
    let ready = conditions
        .iter()
        .find(|condition| condition.type_ == "Ready")?;
    Some((&ready.status, &ready.reason))
}
