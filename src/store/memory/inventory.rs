//! All of the database, in as many commands as a server with few documents needs.

use super::MemoryStore;
use crate::{
    domain::{inventory::Inventory, names::CollectionName, observed::ObservedCollection},
    store::{
        document::Stocktaking,
        index::{ADMINS, ORGANIZATIONS},
    },
};

impl MemoryStore {
    pub(super) fn inventory(&self) -> Inventory {
        let mut taken = Stocktaking::default();
        for admin in self.command("find").documents(ADMINS) {
            taken.note_admin(admin);
        }
        for record in self.command("find").documents(ORGANIZATIONS) {
            taken.note_record(record);
        }
        let server = self.command("listCollections");
        let there = server.names().filter_map(|name| {
            let there = server.collection(name)?;
            let seen = ObservedCollection {
                uuid: there.uuid,
                marker: there.marker,
            };
            Some((CollectionName::recorded(name).ok()?, seen))
        });
        taken.finish(there.collect())
    }
}
