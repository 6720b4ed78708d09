//! Drift, found for all organizations at once: everything the database holds of tenants is read in a
//! handful of commands, and only those that differ from it have a pass. Writes nothing itself, but
//! for records whose object is gone without us.

mod compare;

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt as _;
use kube::{ResourceExt as _, core::DeserializeGuard};

use crate::{
    controller::{
        abandoned, context::Context, observe::key_of, purge::purge, requeue::spread,
        waiting::Waker, watch::Organizations,
    },
    crd::Organization,
    domain::{
        inventory::Inventory,
        orphans::{KnownObjects, OrphanKind, abandoned as abandoned_in, expired, orphans},
        sweep::Moment,
    },
    store::port::StoreError,
};

/// Objects that are judged without a pause: a few milliseconds, after which others have their turn.
const JUDGED_AT_A_TIME: usize = 100;

/// Archives that a sweep drops: whoever archives by the thousand has them dropped over some sweeps.
const PURGED_AT_A_TIME: usize = 100;

/// What a sweep needs.
pub struct Sweep {
    /// What passes are given.
    pub context: Arc<Context>,
    /// The organizations, as they are watched.
    pub organizations: Vec<Organizations>,
    /// The namespaces that are watched; `None`: all.
    pub namespaces: Vec<Option<String>>,
    /// How those that differ get their pass.
    pub waker: Waker,
}

/// What a sweep found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Organizations that were compared.
    pub compared: usize,
    /// Those of them that differ, and were woken.
    pub differing: usize,
    /// What has no object, by kind.
    pub orphans: BTreeMap<OrphanKind, usize>,
    /// Documents that were written late: collections that are on their way home.
    pub merging: usize,
    /// And those that a person has to decide on.
    pub kept: usize,
}

impl Sweep {
    /// Sweeps about every `interval`, from one interval after the first lists on: at the start each
    /// organization has a pass anyway. Never ends.
    pub async fn run(self, interval: Duration) {
        for store in &self.organizations {
            // A writer that is gone ends the process by way of its own task.
            let _ = store.wait_until_ready().await;
        }
        loop {
            tokio::time::sleep(spread(interval)).await;
            let swept = AssertUnwindSafe(self.sweep()).catch_unwind().await;
            match swept {
                Ok(Ok(findings)) => {
                    self.context.metrics.note_sweep(&findings);
                    tracing::debug!(?findings, "swept");
                }
                Ok(Err(error)) => {
                    self.context.metrics.note_failed_sweep();
                    tracing::warn!(%error, "a sweep failed; the next one is tried as usual");
                }
                Err(_) => {
                    self.context.metrics.note_failed_sweep();
                    tracing::error!("a sweep panicked; the next one is tried as usual");
                }
            }
        }
    }

    /// One sweep: three cursors, and nothing more where all agree.
    ///
    /// # Errors
    /// [`StoreError`] where the inventory can't be taken; nothing was compared.
    pub async fn sweep(&self) -> Result<Findings, StoreError> {
        let context = &*self.context;
        let inventory = context.store.take_inventory().await?;
        // After the inventory: an object that it has no record of may be younger, but is known.
        let objects: Vec<_> = self
            .organizations
            .iter()
            .flat_map(Organizations::state)
            .collect();
        let known = KnownObjects {
            cluster: context.settings.cluster_id.clone(),
            namespaces: self.namespaces.clone(),
            uids: objects.iter().filter_map(|object| object.uid()).collect(),
        };
        let mut findings = self.compare(&objects, &inventory).await;
        for owner in abandoned_in(&inventory, &known) {
            abandoned::settle(owner, context).await;
        }
        let now = context.clock.now();
        for id in expired(&inventory, &known, now).take(PURGED_AT_A_TIME) {
            purge(id, context).await;
        }
        for orphan in orphans(&inventory, &known) {
            *findings.orphans.entry(orphan.kind).or_default() += 1;
        }
        for stray in inventory.records().flat_map(|record| &record.strays) {
            if stray.kept {
                findings.kept += 1;
            } else {
                findings.merging += 1;
            }
        }
        Ok(findings)
    }

    async fn compare(
        &self,
        objects: &[Arc<DeserializeGuard<Organization>>],
        inventory: &Inventory,
    ) -> Findings {
        let moment = Moment {
            now: self.context.clock.now(),
            capability: self.context.store.capability(),
            rules: self.context.settings.rules,
        };
        let mut findings = Findings::default();
        for some in objects.chunks(JUDGED_AT_A_TIME) {
            for object in some {
                findings.compared += 1;
                if !compare::agrees(object, inventory, &moment, &self.context.settings) {
                    findings.differing += 1;
                    let key = key_of(object);
                    tracing::info!(
                        namespace = key.namespace,
                        name = key.name,
                        "an organization and the database differ"
                    );
                    self.waker.wake(&key.namespace, &key.name);
                }
            }
            tokio::task::yield_now().await;
        }
        findings
    }
}

#[cfg(test)]
mod tests;
