//! What a scenario says of its end, whatever was broken.

use anyhow::{Result, ensure};
use kube::ResourceExt as _;

use super::Bench;
use crate::{
    faults::scenarios::{Scenario, Tokens},
    oracle::Snapshot,
};

impl Bench {
    /// The run without faults is what the scenario says.
    pub(super) fn is_expected(&self) -> Result<()> {
        let Scenario {
            objects,
            collections,
            claims,
            effects,
            ..
        } = self.scenario;
        let (rested, end) = (&self.sound.rested, &self.sound.end);
        let normal = end.normal();
        for (name, documents) in *collections {
            let line = format!("collection {name} {documents:?}");
            ensure!(
                normal.lines().any(|there| there == line),
                "no {line} in\n{normal}"
            );
        }
        ensure!(
            end.collections.len() == collections.len(),
            "collections in\n{normal}"
        );
        ensure!(end.objects.len() == objects.len(), "objects in\n{normal}");
        for (object, (name, reason)) in end.objects.iter().zip(*objects) {
            let conditions = object.status.iter().flat_map(|status| &status.conditions);
            let said: Vec<_> = conditions.map(|told| told.reason.as_str()).collect();
            ensure!(
                object.name_any().starts_with(name) && said.contains(reason),
                "{said:?} in\n{normal}"
            );
        }
        let claimed = rested
            .records
            .first()
            .and_then(|record| record.get_array("names").ok());
        let claimed: Vec<_> = claimed
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str())
            .collect();
        ensure!(claimed == *claims, "claims are {claimed:?}");
        ensure!(
            self.done(&self.sound) == *effects,
            "effects are {:?}",
            self.done(&self.sound)
        );
        let is_refused = matches!(self.sound.answer, Some(Err(_)));
        ensure!(
            is_refused == self.scenario.refused,
            "answered {:?}",
            self.sound.answer
        );
        self.tokens_are(end)
    }

    pub(super) fn tokens_are(&self, end: &Snapshot) -> Result<()> {
        let version = |snapshot: &Snapshot| {
            let admin = snapshot.admins.first()?;
            Some(admin.get_i64("token_version").unwrap_or(0))
        };
        let (before, after) = (version(&self.before), version(end));
        match self.scenario.tokens {
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
