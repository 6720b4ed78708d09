//! An end, written so that two that may pass for one are equal.
//!
//! What may differ after a fault, and why: ids, uids, UUIDs (each run makes its own); revisions and
//! versions of Secrets (a step that was lost is taken once more); generations of the spec (a wish that
//! was followed by another may be seen or not); times; the count of dead tokens (a step before the one
//! that failed may end them twice, see [`super::Snapshot`]'s users, which compare whether they are
//! dead); documents that clients wrote meanwhile, which are judged one by one.

use std::collections::BTreeMap;

use kube::ResourceExt as _;
use mongodb::bson::{Bson, Document};
use organization_operator::crd::Organization;
use serde_json::Value;

use super::{
    SeenSecret, Snapshot, Stored,
    sound::{name_of, status, text},
};

/// Documents from here on were written by clients at a time that the fault decided.
pub const BY_CLIENTS: i32 = 1000;

/// What of an admin in the archive each run makes for itself.
const KEPT_BUT_PASSING: [&str; 7] = [
    "revision",
    "created_at",
    "_id",
    "token_version",
    "password",
    "credential_version",
    "organization_id",
];

impl Snapshot {
    /// The end as text, a line for each thing.
    pub fn normal(&self) -> String {
        let records = self
            .records
            .iter()
            .map(|record| format!("record {}", self.record(record)));
        let admins = self
            .admins
            .iter()
            .map(|admin| format!("admin {}", self.admin(admin)));
        let collections = self
            .collections
            .iter()
            .map(|(name, stored)| format!("collection {name} {:?}", ids(stored)));
        let objects = self
            .objects
            .iter()
            .map(|object| format!("object {}", described(object)));
        let secrets = self
            .secrets
            .iter()
            .map(|secret| format!("secret {}", opening(secret)));
        let lines = records
            .chain(admins)
            .chain(collections)
            .chain(objects)
            .chain(secrets);
        let mut lines: Vec<_> = lines.map(|line| self.without_ids(&line)).collect();
        lines.sort();
        lines.join("\n")
    }

    fn record(&self, record: &Document) -> String {
        let mut fields = sorted(record);
        for passing in ["revision", "created_at", "_id", "admin_id", "archived_at"] {
            fields.remove(passing);
        }
        let home = text(record, "collection_name").and_then(|name| self.collections.get(name));
        let is_home = home.is_some_and(|home| record.get("collection_uuid") == Some(&home.uuid));
        if let Some(uuid) = fields.get_mut("collection_uuid") {
            *uuid = Bson::String(if is_home { "home" } else { "not home" }.to_owned());
        }
        for held in ["owner", "released"] {
            if let Some(Bson::Document(owner)) = fields.get_mut(held) {
                let uid = owner.remove("uid");
                // Wishes that were seen or not, as the fault would have it.
                owner.remove("generation");
                let uid = uid.as_ref().and_then(Bson::as_str);
                let is_live = self
                    .objects
                    .iter()
                    .any(|object| object.uid().as_deref() == uid);
                owner.insert("live", is_live);
            }
        }
        if let Some(Bson::Document(operation)) = fields.get_mut("operation") {
            operation.remove("started_at");
            operation.remove("generation");
            if let Some(Bson::Document(admin)) = operation.get_mut("admin") {
                for passing in KEPT_BUT_PASSING {
                    admin.remove(passing);
                }
            }
            for (list, passing) in [("quarantine", "until"), ("strays", "uuid")] {
                let elements = operation.get_array_mut(list).into_iter().flatten();
                elements
                    .filter_map(Bson::as_document_mut)
                    .for_each(|element| {
                        element.remove(passing);
                    });
            }
        }
        format!("{fields:?}")
    }

    fn admin(&self, admin: &Document) -> String {
        let mut fields = sorted(admin);
        for passing in ["revision", "created_at", "_id", "token_version", "password"] {
            fields.remove(passing);
        }
        let version = text(admin, "credential_version").unwrap_or("none");
        let of = self
            .secrets
            .iter()
            .find(|secret| version.contains(&secret.version));
        let of = of.map_or("none that is there", |secret| &secret.name);
        fields.insert("credential_version", Bson::String(without_change(of)));
        let record = self
            .records
            .iter()
            .find(|record| record.get("_id") == admin.get("organization_id"));
        fields.insert(
            "organization_id",
            Bson::String(record.map_or("?", name_of).to_owned()),
        );
        format!("{fields:?}")
    }

    /// Ids in names and messages, by the name of the organization that has them.
    fn without_ids(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for record in &self.records {
            if let Ok(id) = record.get_object_id("_id") {
                line = line.replace(&id.to_hex(), &format!("<{}>", name_of(record)));
            }
        }
        let mut runs = line.split_inclusive(|c: char| !c.is_ascii_hexdigit());
        let blank = |run: &str| {
            let digits = run.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
            if digits.len() == 24 {
                run.replace(digits, "?")
            } else {
                run.to_owned()
            }
        };
        runs.by_ref().map(blank).collect()
    }
}

fn sorted(document: &Document) -> BTreeMap<&str, Bson> {
    document
        .iter()
        .map(|(field, value)| (field.as_str(), value.clone()))
        .collect()
}

fn ids(stored: &Stored) -> Vec<i32> {
    let ids = stored
        .documents
        .iter()
        .filter_map(|document| document.get_i32("_id").ok());
    let mut ids: Vec<_> = ids.filter(|id| *id < BY_CLIENTS).collect();
    ids.sort_unstable();
    ids
}

/// Spec, finalizers, annotations, and what status says, its times and counts left out.
fn described(object: &Organization) -> String {
    let place = format!(
        "{}/{}",
        object.namespace().unwrap_or_default(),
        object.name_any()
    );
    let spec = serde_json::to_value(&object.spec).unwrap_or_default();
    let mut told = serde_json::to_value(status(object)).unwrap_or_default();
    if let Some(fields) = told.as_object_mut() {
        for passing in [
            "observedGeneration",
            "createdAt",
            "tokenVersion",
            "credentialVersion",
            "adminId",
            // That something was asked for and taken back is told.
            "lastChange",
        ] {
            fields.remove(passing);
        }
        for condition in fields
            .get_mut("conditions")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(condition) = condition.as_object_mut() {
                condition.remove("lastTransitionTime");
                condition.remove("observedGeneration");
            }
        }
    }
    let going = object.metadata.deletion_timestamp.is_some();
    let (finalizers, annotations) = (object.finalizers(), object.annotations());
    without_change(&format!(
        "{place} going={going} {finalizers:?} {annotations:?} {spec} {told}"
    ))
}

fn opening(secret: &SeenSecret) -> String {
    format!(
        "{}/{} {:?}",
        secret.namespace,
        without_change(&secret.name),
        secret.opens
    )
}

/// The Secrets of changes through HTTP are called by the change.
fn without_change(text: &str) -> String {
    const LOGIN: &str = "-login-";
    match text.find(LOGIN) {
        Some(at) => {
            let (before, after) = text.split_at(at + LOGIN.len());
            let after = after.trim_start_matches(|c: char| c.is_ascii_hexdigit());
            format!("{before}*{}", without_change(after))
        }
        None => text.to_owned(),
    }
}
