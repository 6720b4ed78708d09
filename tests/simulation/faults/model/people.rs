//! What people and clients do while the controllers race.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::SignedDuration;
use kube::ResourceExt as _;
use mongodb::bson::{Document, oid::ObjectId};
use organization_operator::crd::{DeletionPolicy, Organization};
use serde_json::json;

use super::{
    super::place::{NAMESPACE, Place},
    scheduler::Dice,
};
use crate::oracle::Acknowledged;

const OBJECTS: [&str; 3] = ["red", "blue", "green"];
const NAMES: [&str; 3] = ["acme", "beta", "gamma"];
const EMAILS: [&str; 4] = ["a@x.io", "b@x.io", "c@x.io", "d@x.io"];
const SECRETS: [&str; 2] = ["login", "other"];

/// What they did that allows documents to go.
#[derive(Debug, Default)]
pub struct People {
    /// Organizations whose object was deleted under policy Delete.
    doomed: BTreeSet<String>,
}

impl People {
    pub fn act(&mut self, place: &Place, dice: &mut Dice) -> Result<()> {
        let object = OBJECTS[dice.roll(OBJECTS.len())];
        if dice.roll(5) == 0 {
            self.delete(place, object);
            return Ok(());
        }
        let policy = if dice.roll(2) == 0 {
            "Delete"
        } else {
            "Retain"
        };
        let wish = json!({
            "organizationName": NAMES[dice.roll(NAMES.len())],
            "admin": {
                "email": EMAILS[dice.roll(EMAILS.len())],
                "passwordHashSecretRef": {"name": SECRETS[dice.roll(SECRETS.len())]},
            },
            "access": if dice.roll(6) == 0 { "Disabled" } else { "Enabled" },
            "deletionPolicy": policy,
        });
        tracing::debug!(object, %wish, "applied");
        place.apply(object, &wish)?;
        self.note(place);
        Ok(())
    }

    fn delete(&mut self, place: &Place, object: &str) {
        tracing::debug!(object, "deleted");
        place.cluster.delete(NAMESPACE, object);
        self.note(place);
    }

    /// Whoever is going under policy Delete may take its documents with it.
    fn note(&mut self, place: &Place) {
        for object in place.cluster.objects() {
            let is_going = object.metadata.deletion_timestamp.is_some();
            if is_going && object.spec.deletion_policy == DeletionPolicy::Delete {
                self.doomed
                    .extend(owned(place, &object.uid().unwrap_or_default()));
            }
        }
    }

    /// What was written, and what of it may be gone.
    pub fn acknowledged(&self, place: &Place) -> Vec<Acknowledged> {
        let mut written = place.acknowledged();
        for document in &mut written {
            document.doomed = document
                .owner
                .as_ref()
                .is_some_and(|owner| self.doomed.contains(owner));
        }
        written
    }
}

/// Clients write by the name that status shows.
pub fn clients_write(place: &Place) {
    place.clients_write();
    let written = place.acknowledged();
    tracing::debug!(last = ?written.last(), "clients wrote");
}

/// Time passes. More than a quarantine only while every status tells of what is, and no rename is
/// under way: a client that keeps an old name for longer is a window that is told to users.
pub fn wait(place: &Place, dice: &mut Dice) {
    let objects = place.cluster.objects();
    let records = place.store.documents("organizations");
    let renaming = records
        .iter()
        .any(|record| record.get_str("state").ok() == Some("renaming"));
    let is_current = |object: &Organization| {
        let Some(status) = &object.status else {
            return true;
        };
        let shown = (
            status.organization_id.as_deref(),
            status.collection_name.as_deref(),
        );
        let is = |record: &Document| {
            let id = record.get_object_id("_id").ok().map(ObjectId::to_hex);
            (id.as_deref(), record.get_str("collection_name").ok()) == shown
        };
        object.metadata.deletion_timestamp.is_none()
            && (status.collection_name.is_none() || records.iter().any(is))
    };
    let is_current = !renaming && objects.iter().all(is_current);
    let seconds = if is_current && dice.roll(4) == 0 {
        61
    } else {
        1
    };
    place.advance(SignedDuration::from_secs(seconds));
}

/// The organizations that the object of that uid has.
fn owned(place: &Place, uid: &str) -> Vec<String> {
    let records = place.store.documents("organizations").into_iter();
    let owned = records.filter(|record| {
        let owner = record.get_document("owner");
        owner.is_ok_and(|owner| owner.get_str("uid").ok() == Some(uid))
    });
    owned
        .filter_map(|record| Some(record.get_object_id("_id").ok()?.to_hex()))
        .collect()
}
