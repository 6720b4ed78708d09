//! What a scenario says of its end, whatever was broken.

use anyhow::{Result, ensure};

use super::Bench;
use crate::faults::scenarios::Scenario;

impl Bench {
    /// The run without faults is what the scenario says.
    pub(super) fn is_expected(&self) -> Result<()> {
        let Scenario {
            objects,
            collections,
            claims,
            effects,
            tokens,
            ..
        } = self.scenario;
        let (rested, end) = (&self.sound.rested, &self.sound.end);
        end.is_only(objects, collections)?;
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
        end.tokens_are(*tokens, &self.before)
    }
}
