//! What tests of many endings need: what was done, and where to begin again.

use std::sync::Mutex;

use super::{MemoryStore, server::Server};
use crate::{domain::ids::OrganizationId, store::port::StoreError};

/// What commands did to collections, those that changed nothing left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effects {
    /// Collections created.
    pub creates: u64,
    /// Collections renamed.
    pub renames: u64,
    /// Collections dropped.
    pub drops: u64,
}

impl Server {
    /// As the operator does.
    pub(super) fn create_marked(
        &mut self,
        name: &str,
        id: OrganizationId,
    ) -> Result<(), StoreError> {
        let was_there = self.collections.contains_key(name);
        self.create(name, Some(id))?;
        self.effects.creates += u64::from(!was_there);
        Ok(())
    }

    /// As the operator does.
    pub(super) fn drop_private(&mut self, name: &str) {
        self.effects.drops += u64::from(self.collections.remove(name).is_some());
    }
}

impl MemoryStore {
    /// What the operator's commands did to collections.
    #[must_use]
    pub fn effects(&self) -> Effects {
        self.server().effects
    }

    /// Another server in the same state, that goes its own way from here on.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            capability: self.capability,
            server: Mutex::new(self.server().clone()),
        }
    }
}
