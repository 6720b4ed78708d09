//! Events: what happened, told once. Published by a task of its own from a bounded queue, so that
//! telling never changes the outcome.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client, Resource,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use tokio::sync::mpsc;

use super::cluster::ObjectKey;
use crate::{
    crd::Organization,
    domain::{
        names::OrgName,
        reason::{Reason, ReasonKind, Truth},
        record::OrganizationRecord,
        step::{AdminChange, RecordChange, Step},
    },
};

/// More than a burst of passes tells; beyond it, Events are dropped and the log says so.
const QUEUE: usize = 1024;

/// The API server's bound on a note, in bytes.
const MAX_NOTE: usize = 1024;

/// Something worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// Something is not as it should be.
    pub warning: bool,
    /// One word.
    pub reason: &'static str,
    /// A sentence.
    pub note: String,
}

/// What was done, whatever the pass came to afterwards.
#[must_use]
pub fn tell_done(writes: &[Step]) -> Vec<Telling> {
    writes.iter().filter_map(tell_step).collect()
}

/// What a pass has to tell: what was done, or else that the reason is another one than before.
#[must_use]
pub fn tell(previous: Option<&str>, writes: &[Step], reason: &Reason) -> Vec<Telling> {
    let done = tell_done(writes);
    let kind = reason.kind();
    let is_news = previous != Some(kind.as_str());
    let says_itself = !done.is_empty() && kind == ReasonKind::Succeeded;
    let mut told = done;
    if is_news && !says_itself && kind.disposition().ready != Truth::Unknown {
        let warning = kind.disposition().ready == Truth::False;
        told.push(Telling {
            warning,
            reason: kind.as_str(),
            note: reason.to_string(),
        });
    }
    told
}

fn tell_step(step: &Step) -> Option<Telling> {
    match step {
        Step::UpdateRecord {
            change,
            before,
            after,
        } => tell_record(*change, before, after),
        Step::UpdateAdmin {
            changes, before, ..
        } => tell_admin(changes, &before.organization_name),
        Step::Look(_)
        | Step::AddFinalizer
        | Step::RemoveFinalizer
        | Step::CreateAdminSecret(_)
        | Step::DeleteAdminSecret(_)
        | Step::InsertRecord(_)
        | Step::DeleteRecord(_)
        | Step::InsertAdmin(_)
        | Step::RestoreAdmin(_)
        | Step::DeleteAdmins(_)
        | Step::CreateCollection { .. }
        | Step::MoveCollection { .. }
        | Step::DropCollection { .. }
        | Step::MergeStray { .. } => None,
    }
}

fn tell_record(
    change: RecordChange,
    before: &OrganizationRecord,
    after: &OrganizationRecord,
) -> Option<Telling> {
    let name = &before.organization_name;
    let (reason, note) = match change {
        RecordChange::Activate => (
            "Created",
            format!("Organization {name} is in collection {}.", after.home()),
        ),
        RecordChange::TakeBack => (
            "TakenBack",
            format!("Organization {name} is this object's again, with all its data."),
        ),
        RecordChange::Adopt => (
            "Adopted",
            format!("Organization {name} was taken over, with all its data."),
        ),
        RecordChange::FinishRename => {
            let (to, home) = (&after.organization_name, after.home());
            (
                "Renamed",
                format!("Organization {name} is now called {to}, in collection {home}."),
            )
        }
        RecordChange::Access if after.disabled => (
            "Disabled",
            format!("Logins to organization {name} are refused."),
        ),
        RecordChange::Access => (
            "Enabled",
            format!("Logins to organization {name} are accepted."),
        ),
        RecordChange::Repair => (
            "Repaired",
            format!("The record of organization {name} had been edited, and was put back."),
        ),
        RecordChange::KeepStray => ("StrayKept", tell_strays(after)),
        RecordChange::Release => (
            "Released",
            format!(
                "Organization {name} keeps all its data in {}.",
                before.home()
            ),
        ),
        RecordChange::Archive => ("Archived", tell_archive(after)),
        RecordChange::FinishRestore => (
            "Restored",
            format!(
                "Organization {name} is back, in collection {}.",
                after.home()
            ),
        ),
        RecordChange::CommitDeletion => (
            "Deleting",
            format!("The data of organization {name} is being dropped."),
        ),
        RecordChange::Identify
        | RecordChange::IntendRename
        | RecordChange::ClearRename
        | RecordChange::RollBackRename
        | RecordChange::Recreate
        | RecordChange::NoteOutdatedSpec
        | RecordChange::HeedSpec
        | RecordChange::ReleaseNames
        | RecordChange::NoteStray
        | RecordChange::ClearStray
        | RecordChange::IntendDeletion
        | RecordChange::UndoDeletion
        | RecordChange::IntendArchive
        | RecordChange::CommitArchive
        | RecordChange::IntendRestore
        | RecordChange::RollBackRestore
        | RecordChange::Purge => return None,
    };
    let warning = matches!(change, RecordChange::Repair | RecordChange::KeepStray);
    Some(Telling {
        warning,
        reason,
        note,
    })
}

fn tell_archive(record: &OrganizationRecord) -> String {
    let kept = record.state.archive().map(|archive| archive.retention);
    let kept = kept.map_or(String::new(), |retention| format!(" for {retention}"));
    format!(
        "Organization {} is kept in the archive{kept}. To bring it back, create an Organization in \
         this namespace with spec.restoreFrom.organizationId {}.",
        record.organization_name, record.id
    )
}

fn tell_strays(record: &OrganizationRecord) -> String {
    format!(
        "Documents written late to organization {} clash with others; they are kept in {}.",
        record.organization_name,
        record.kept_strays().join(", ")
    )
}

fn tell_admin(changes: &[AdminChange], name: &OrgName) -> Option<Telling> {
    let has = |change| changes.contains(&change);
    let (reason, what) = match (has(AdminChange::Email), has(AdminChange::Password)) {
        (true, true) => (
            "CredentialsChanged",
            "a new e-mail address and a new password",
        ),
        (true, false) => ("EmailChanged", "a new e-mail address"),
        (false, true) => ("PasswordChanged", "a new password"),
        (false, false) => return None,
    };
    let note = format!("The admin of organization {name} has {what}.");
    Some(Telling {
        warning: false,
        reason,
        note,
    })
}

/// Where passes put what they have to tell.
#[derive(Debug, Clone)]
pub struct EventSink(mpsc::Sender<(ObjectKey, Telling)>);

/// The other end.
pub type EventSource = mpsc::Receiver<(ObjectKey, Telling)>;

/// A bounded queue of Events.
#[must_use]
pub fn channel() -> (EventSink, EventSource) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (EventSink(sender), receiver)
}

impl EventSink {
    /// Queues what a pass has to tell; never waits.
    pub fn put(&self, key: &ObjectKey, told: Vec<Telling>) {
        for telling in told {
            if self.0.try_send((key.clone(), telling)).is_err() {
                tracing::warn!(
                    namespace = key.namespace,
                    name = key.name,
                    "an Event was dropped"
                );
            }
        }
    }
}

/// Publishes until the queue is closed.
#[expect(clippy::disallowed_methods, reason = "this is where Events are told")]
pub async fn publish(client: Client, instance: String, mut source: EventSource) {
    let reporter = Reporter {
        controller: crate::crd::FIELD_MANAGER.to_owned(),
        instance: Some(instance),
    };
    let recorder = Recorder::new(client, reporter);
    while let Some((key, telling)) = source.recv().await {
        let event = Event {
            type_: if telling.warning {
                EventType::Warning
            } else {
                EventType::Normal
            },
            reason: telling.reason.to_owned(),
            note: Some(bounded(telling.note)),
            action: "Reconcile".to_owned(),
            secondary: None,
        };
        if let Err(error) = recorder.publish(&event, &reference(&key)).await {
            let error = super::cluster::describe(&error);
            tracing::warn!(namespace = key.namespace, name = key.name, %error, "an Event was not published");
        }
    }
}

fn bounded(mut note: String) -> String {
    let end = note.floor_char_boundary(MAX_NOTE);
    note.truncate(end);
    note
}

fn reference(key: &ObjectKey) -> ObjectReference {
    ObjectReference {
        api_version: Some(Organization::api_version(&()).into_owned()),
        kind: Some(Organization::kind(&()).into_owned()),
        namespace: Some(key.namespace.clone()),
        name: Some(key.name.clone()),
        uid: Some(key.uid.clone()),
        ..ObjectReference::default()
    }
}

#[cfg(test)]
mod tests;
