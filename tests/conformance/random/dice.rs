//! Dice with the faces of a small world, where everybody is in everybody's way.

use anyhow::Result;
use organization_operator::domain::{
    ids::CollectionUuid,
    names::CollectionName,
    record::{Naming, OrganizationRecord, State, Stray},
};
use rand::{RngExt as _, rngs::StdRng};

use crate::samples::{name, owner, tenant_collection, uuid};

/// What tenants are called.
const NAMES: [&str; 4] = ["acme", "bolt", "coil", "dune"];

/// Every collection that the sequence is about.
pub fn all_collections() -> Result<Vec<CollectionName>> {
    let tenants = NAMES.iter().map(|name| tenant_collection(name));
    let private = (1..=4).flat_map(|number| {
        let id = crate::samples::organization(number);
        [CollectionName::trash(id), CollectionName::stray(id, 0)]
    });
    tenants.chain(private.map(Ok)).collect()
}

/// The dice.
pub struct Dice<'a>(pub &'a mut StdRng);

impl Dice<'_> {
    pub fn number(&mut self) -> u8 {
        self.0.random_range(1..=4)
    }

    pub fn word(&mut self) -> &'static str {
        NAMES[self.0.random_range(0..NAMES.len())]
    }

    pub fn once_in(&mut self, times: u32) -> bool {
        self.0.random_range(0..times) == 0
    }

    pub fn uid(&mut self) -> String {
        format!("u{}", self.number())
    }

    /// Mostly one that was seen lately: those seen long ago are of collections long gone.
    pub fn uuid(&mut self, known: usize) -> CollectionUuid {
        let lately = known.saturating_sub(8);
        uuid(self.0.random_range(lately as u128..=known as u128))
    }

    /// Of few, so that two records come to want the same.
    pub fn home(&mut self) -> CollectionUuid {
        uuid(u128::from(self.number()))
    }

    pub fn collection(&mut self) -> Result<CollectionName> {
        let all = all_collections()?;
        Ok(all[self.0.random_range(0..all.len())].clone())
    }

    fn naming(&mut self) -> Result<Naming> {
        Ok(Naming {
            generation: Some(i64::from(self.number())),
            outdated: self.once_in(2).then(|| name(self.word())).transpose()?,
        })
    }

    /// Records as they might be: other names, another owner, another state than in the sample.
    pub fn changed(
        &mut self,
        mut record: OrganizationRecord,
        known: usize,
    ) -> Result<OrganizationRecord> {
        match self.0.random_range(0..12) {
            0 => record.organization_name = name(self.word())?,
            1 => record.names = vec![name(self.word())?, name(self.word())?],
            2 => record.names.clear(),
            3 => record.give_to(owner(&self.uid()), self.naming()?),
            4 => record.release(),
            // Seldom in the way of each other otherwise.
            5 | 9..=11 => record.collection_uuid = Some(self.home()),
            6 => record.state = State::Active,
            7 => {
                record.state = State::Deleting {
                    committed: self.once_in(2),
                }
            }
            _ => {
                record.strays = vec![Stray {
                    slot: 0,
                    uuid: self.uuid(known),
                    from: tenant_collection(self.word())?,
                    kept: self.once_in(2),
                }];
            }
        }
        Ok(record)
    }
}
