//! What is known after a step was confirmed: the same observation, carried forward.

use super::{Capability, Observed};
use crate::domain::{
    credential::ObservedCredential,
    names::CollectionName,
    record::{AdminRecord, OrganizationRecord, StoredTenant, Tenant},
    step::{AdminChange, Learned, Look, RecordChange, Step},
};

impl Observed {
    /// The observation after `step` was confirmed with `learned`. Total: what doesn't fit together
    /// teaches nothing.
    #[must_use]
    pub fn after(mut self, step: &Step, learned: Learned) -> Self {
        match step {
            Step::Look(look) => self.note_answer(look, learned),
            Step::AddFinalizer => self.set_finalizer(true),
            Step::RemoveFinalizer => self.set_finalizer(false),
            Step::CreateAdminSecret(_) => {
                if let Learned::Secret(version) = learned {
                    self.credential = ObservedCredential::Present {
                        version,
                        stored: Some(false),
                    };
                }
            }
            Step::DeleteAdminSecret(_) => self.done.secret_deleted = true,
            Step::InsertRecord(record) => self.set_record(record, 1),
            Step::UpdateRecord {
                change,
                before,
                after,
            } => {
                self.forget_new_claim(before, after);
                if *change == RecordChange::CommitArchive {
                    // As with a drop: what was seen before says nothing of the names after it.
                    self.forget_places();
                }
                self.own = self.own.take().or_else(|| self.take_claimant(before));
                let revision = before.revision.unwrap_or(0) + 1;
                if after.owner.is_some() {
                    self.set_record(after, revision);
                } else {
                    self.own = None;
                    self.note_archive(after, revision);
                }
            }
            Step::DeleteRecord(_) => {
                self.own = None;
                self.archive = None;
            }
            Step::InsertAdmin(new) => {
                if let Learned::Hash(password) = learned {
                    self.set_admin(Some(AdminRecord {
                        revision: Some(1),
                        ..new.with_password(password)
                    }));
                }
            }
            Step::RestoreAdmin(admin) => {
                self.done.admins_deleted = false;
                self.set_admin(Some(AdminRecord {
                    revision: Some(admin.revision.unwrap_or(0) + 1),
                    ..AdminRecord::clone(admin)
                }));
            }
            Step::UpdateAdmin {
                changes,
                before,
                after,
                rehash,
            } => {
                self.done.tokens_ended |= changes.contains(&AdminChange::Tokens);
                let mut admin = AdminRecord::clone(after);
                if let (Some(version), Learned::Hash(password)) = (rehash, learned) {
                    admin = admin.with_password(password, version);
                }
                admin.revision = Some(before.revision.unwrap_or(0) + 1);
                self.set_admin(Some(admin));
            }
            Step::DeleteAdmins(_) => {
                self.done.admins_deleted = true;
                self.set_admin(None);
            }
            Step::CreateCollection { name, .. } => {
                self.collections.remove(name);
                self.done.expected.insert(name.clone(), None);
            }
            Step::MoveCollection { from, to, uuid } => {
                self.found.remove(uuid);
                self.note_move(from, to);
            }
            // Whatever was seen before a drop doesn't say that names may be released after it.
            Step::DropCollection { name, .. } => {
                self.forget_places();
                self.done.expected.remove(name);
            }
            Step::MergeStray { from, .. } => {
                if let Learned::Clashes(clashes) = learned {
                    self.done.merged.insert(from.clone(), clashes);
                }
            }
        }
        self
    }

    fn note_answer(&mut self, look: &Look, learned: Learned) {
        match (look, learned) {
            (Look::Collections(names), Learned::Collections(there)) => {
                self.collections
                    .extend(names.iter().map(|name| (name.clone(), None)));
                self.collections
                    .extend(there.into_iter().map(|(name, seen)| (name, Some(seen))));
            }
            (Look::Whereabouts(uuid), Learned::Whereabouts(name)) => {
                self.found.insert(*uuid, name);
            }
            (Look::Claimants(name), Learned::Claimants(claimants)) => {
                self.asked_name = Some(name.clone());
                self.claimants = claimants;
            }
            (Look::Holder(uuid), Learned::Holder(holder)) => {
                self.particulars.entry(*uuid).or_default().holder = Some(holder);
            }
            (Look::Emptiness(_, uuid), Learned::Answer(empty)) => {
                self.particulars.entry(*uuid).or_default().empty = Some(empty);
            }
            (Look::Credential, Learned::Answer(same)) => {
                if let ObservedCredential::Present { stored, .. } = &mut self.credential {
                    *stored = Some(same);
                }
            }
            (Look::Deletion, Learned::Answer(confirmed)) => {
                self.done.deletion_confirmed = Some(confirmed);
            }
            _ => {}
        }
    }

    /// What was seen is only expected from here on: each place has to be looked at again.
    fn forget_places(&mut self) {
        let seen = std::mem::take(&mut self.collections);
        self.done
            .expected
            .extend(seen.into_iter().filter(|(_, there)| there.is_some()));
    }

    /// What was seen under a name before it was claimed says nothing of the time after: whoever
    /// made something there in between had every right to.
    fn forget_new_claim(&mut self, before: &OrganizationRecord, after: &OrganizationRecord) {
        for name in after.names.iter().filter(|name| !before.claims(name)) {
            self.collections.remove(&CollectionName::of_tenant(name));
        }
    }

    fn set_finalizer(&mut self, finalizer: bool) {
        if let Some(object) = &mut self.object {
            object.finalizer = finalizer;
        }
    }

    fn take_claimant(&mut self, record: &OrganizationRecord) -> Option<StoredTenant> {
        let place = self
            .claimants
            .iter()
            .position(|claimant| is_record(claimant, record))?;
        Some(self.claimants.remove(place))
    }

    fn set_record(&mut self, record: &OrganizationRecord, revision: i64) {
        let record = OrganizationRecord {
            revision: Some(revision),
            ..record.clone()
        };
        let admin = self.tenant().and_then(|tenant| tenant.admin.clone());
        self.own = Some(StoredTenant::Readable(Box::new(Tenant { record, admin })));
    }

    /// A record that went (back) into the archive may be asked for by this very wish.
    fn note_archive(&mut self, record: &OrganizationRecord, revision: i64) {
        if record.state.is_nameless() {
            let record = OrganizationRecord {
                revision: Some(revision),
                ..record.clone()
            };
            let admin = None;
            self.archive = Some(StoredTenant::Readable(Box::new(Tenant { record, admin })));
        }
    }

    fn set_admin(&mut self, admin: Option<AdminRecord>) {
        if let Some(StoredTenant::Readable(tenant)) = &mut self.own {
            tenant.admin = admin;
        }
    }

    /// What a confirmed rename says of both names. Where UUIDs last, all of it; elsewhere the new
    /// UUID has to be looked up.
    fn note_move(&mut self, from: &CollectionName, to: &CollectionName) {
        let moved = self.collections.remove(from).flatten();
        self.collections.insert(from.clone(), None);
        self.collections.remove(to);
        // What was copied from there before was another's: this one has still to be.
        self.done.merged.remove(to);
        self.done.expected.remove(from);
        self.done.expected.insert(to.clone(), None);
        if self.capability == Capability::Fenced && moved.is_some() {
            self.collections.insert(to.clone(), moved);
        }
    }
}

fn is_record(claimant: &StoredTenant, record: &OrganizationRecord) -> bool {
    matches!(claimant, StoredTenant::Readable(tenant) if tenant.record.id == record.id)
}
