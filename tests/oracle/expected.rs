//! What is expected of an end by name: so that a run without faults is judged too, and no two ends
//! are equal only because both are wrong.

use anyhow::{Result, ensure};
use kube::ResourceExt as _;

use super::Snapshot;

/// What becomes of the tokens that the tenant had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// There was no tenant, or there is none any more.
    None,
    Live,
    Dead,
}

/// Collections by name, ids left out, with the documents that are not clients' of a fault's choice.
pub type Collections = &'static [(&'static str, &'static [i32])];

/// Objects by the beginning of their names, with a reason that each tells.
pub type Objects = &'static [(&'static str, &'static str)];

impl Snapshot {
    /// These collections are there, and these objects, and no others.
    pub fn is_only(&self, objects: Objects, collections: Collections) -> Result<()> {
        let normal = self.normal();
        for (name, documents) in collections {
            let line = format!("collection {name} {documents:?}");
            ensure!(
                normal.lines().any(|there| there == line),
                "no {line} in\n{normal}"
            );
        }
        ensure!(
            self.collections.len() == collections.len(),
            "collections in\n{normal}"
        );
        ensure!(self.objects.len() == objects.len(), "objects in\n{normal}");
        for (object, (name, reason)) in self.objects.iter().zip(objects) {
            let conditions = object.status.iter().flat_map(|status| &status.conditions);
            let said: Vec<_> = conditions.map(|told| told.reason.as_str()).collect();
            ensure!(
                object.name_any().starts_with(name) && said.contains(reason),
                "{said:?} in\n{normal}"
            );
        }
        Ok(())
    }

    /// What became of the tokens that there were in `before`.
    pub fn tokens_are(&self, tokens: Tokens, before: &Self) -> Result<()> {
        let version = |snapshot: &Self| {
            let admin = snapshot.admins.first()?;
            Some(admin.get_i64("token_version").unwrap_or(0))
        };
        let (before, after) = (version(before), version(self));
        match tokens {
            Tokens::None => Ok(()),
            Tokens::Live => {
                ensure!(before == after, "tokens died: {before:?} {after:?}");
                Ok(())
            }
            Tokens::Dead => {
                ensure!(
                    before.is_some() && before < after,
                    "tokens live: {before:?} {after:?}"
                );
                Ok(())
            }
        }
    }
}
