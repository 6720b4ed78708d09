//! Commands that are for one very collection: fenced by its UUID, or after a look where the server
//! knows no fence.

use super::MemoryStore;
use crate::{
    domain::{ids::CollectionUuid, names::CollectionName, observed::Capability},
    store::port::{StoreError, refuse_public_drop, refuse_sharded},
};

impl MemoryStore {
    pub(super) fn is_fenced(&self) -> bool {
        self.capability == Capability::Fenced
    }

    fn refuse_where_sharded(&self) -> Result<(), StoreError> {
        if self.capability == Capability::Sharded {
            return Err(refuse_sharded());
        }
        Ok(())
    }

    /// The look that stands in for the fence.
    fn look(&self, name: &CollectionName) -> Option<CollectionUuid> {
        self.command("listCollections")
            .collection(name.as_str())
            .map(|there| there.uuid)
    }

    pub(super) fn moved(
        &self,
        from: &CollectionName,
        to: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<(), StoreError> {
        self.refuse_where_sharded()?;
        if !self.is_fenced() && self.look(from) != Some(uuid) {
            return Err(StoreError::Gone);
        }
        let mut server = self.command("renameCollection");
        if self.is_fenced() {
            server.fence(from.as_str(), uuid)?;
        }
        server.rename(from.as_str(), to.as_str())?;
        server.effects.renames += 1;
        if !self.is_fenced() {
            server.forget_identity(to.as_str());
        }
        Ok(())
    }

    pub(super) fn dropped(
        &self,
        name: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<(), StoreError> {
        if !name.is_private() {
            return Err(refuse_public_drop());
        }
        self.refuse_where_sharded()?;
        if self.is_fenced() {
            let mut server = self.command("drop");
            if server.fence(name.as_str(), uuid).is_ok() {
                server.drop_private(name.as_str());
                return Ok(());
            }
        }
        match self.look(name) {
            None => Ok(()),
            Some(there) if there == uuid && !self.is_fenced() => {
                self.command("drop").drop_private(name.as_str());
                Ok(())
            }
            Some(_) => Err(StoreError::Gone),
        }
    }

    pub(super) fn merged(
        &self,
        from: &CollectionName,
        into: &CollectionName,
        uuid: CollectionUuid,
    ) -> Result<u64, StoreError> {
        self.refuse_where_sharded()?;
        let strays: Vec<_> = self
            .command("find")
            .documents(from.as_str())
            .cloned()
            .collect();
        if strays.is_empty() {
            return Ok(0);
        }
        if !self.is_fenced() && self.look(into) != Some(uuid) {
            return Err(StoreError::Gone);
        }
        let mut server = self.command("insert");
        if self.is_fenced() {
            server.fence(into.as_str(), uuid)?;
        }
        let mut clashes = 0;
        for stray in strays {
            if server.has(into.as_str(), &stray) {
                continue;
            }
            if server.insert(into.as_str(), stray).is_err() {
                clashes += 1;
            }
        }
        Ok(clashes)
    }
}
