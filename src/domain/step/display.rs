//! Steps as a person reads them.

use std::{collections::BTreeSet, fmt};

use super::{AdminChange, Look, RecordChange, Step};
use crate::domain::names::CollectionName;

fn listed(names: &BTreeSet<CollectionName>) -> String {
    names
        .iter()
        .map(CollectionName::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collections(names) => write!(f, "look for {}", listed(names)),
            Self::Whereabouts(uuid) => write!(f, "look where collection {uuid} is"),
            Self::Claimants(name) => write!(f, "look who else holds the name {name}"),
            Self::Holder(uuid) => write!(f, "look whose home collection {uuid} is"),
            Self::Emptiness(name, _) => write!(f, "look whether {name} is empty"),
            Self::Credential => write!(f, "compare the credential with the stored hash"),
            Self::Deletion => write!(f, "look whether the object still asks for its deletion"),
        }
    }
}

impl fmt::Display for RecordChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TakeBack => "take it back",
            Self::Adopt => "adopt it",
            Self::Activate => "note its collection and set it active",
            Self::Identify => "note its collection",
            Self::IntendRename => "note the intent to rename",
            Self::ClearRename => "note that the new name is free",
            Self::FinishRename => "note the new name",
            Self::RollBackRename => "roll the rename back",
            Self::NoteOutdatedSpec => "note that the spec is older than its name",
            Self::HeedSpec => "note that the spec is of the present",
            Self::Access => "set access",
            Self::Repair => "put back what was edited",
            Self::Recreate => "note that its lost collection is made anew, empty",
            Self::ReleaseNames => "release names after their quarantine",
            Self::NoteStray => "note documents that were written late",
            Self::KeepStray => "note clashing documents, to be decided on by a person",
            Self::ClearStray => "note that late documents are merged",
            Self::IntendDeletion => "note the intent to delete, logins off",
            Self::CommitDeletion => "commit to the deletion",
            Self::UndoDeletion => "note that it stays",
            Self::Release => "release it, with all data",
            Self::IntendArchive => "note the intent to archive, logins off",
            Self::CommitArchive => "commit to the archive, the admin with it",
            Self::Archive => "note that it is archived, its name and address free",
            Self::IntendRestore => "note that it comes back from the archive",
            Self::FinishRestore => "note that it is back",
            Self::RollBackRestore => "note that it stays in the archive",
            Self::Purge => "note that its time in the archive is over",
        })
    }
}

impl fmt::Display for AdminChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => "link to the organization",
            Self::Repair => "put back what was edited",
            Self::Email => "new e-mail address",
            Self::Password => "new password",
            Self::CredentialVersion => "note the Secret's version",
            Self::Tokens => "end all tokens",
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Look(look) => write!(f, "{look}"),
            Self::AddFinalizer => write!(f, "add the finalizer to the object"),
            Self::RemoveFinalizer => write!(f, "remove the finalizer from the object"),
            Self::CreateAdminSecret(name) => write!(f, "generate a password into Secret {name}"),
            Self::DeleteAdminSecret(name) => write!(f, "delete the generated Secret {name}"),
            Self::InsertRecord(record) => {
                write!(
                    f,
                    "claim the name {} for organization {}",
                    record.organization_name, record.id
                )
            }
            Self::UpdateRecord { change, before, .. } => {
                write!(f, "record of {}: {change}", before.organization_name)
            }
            Self::DeleteRecord(record) => {
                write!(f, "delete the record of {}", record.organization_name)
            }
            Self::InsertAdmin(admin) => {
                write!(f, "insert the admin of {}", admin.organization_name)
            }
            Self::RestoreAdmin(admin) => {
                write!(f, "put the admin of {} back", admin.organization_name)
            }
            Self::UpdateAdmin {
                changes, before, ..
            } => {
                let changes: Vec<_> = changes.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "admin of {}: {}",
                    before.organization_name,
                    changes.join(", ")
                )
            }
            Self::DeleteAdmins(record) => {
                write!(f, "delete the admin of {}", record.organization_name)
            }
            Self::CreateCollection { name, .. } => write!(f, "create collection {name}"),
            Self::MoveCollection { from, to, .. } => write!(f, "rename collection {from} to {to}"),
            Self::DropCollection { name, .. } => write!(f, "drop collection {name}"),
            Self::MergeStray { from, into, .. } => {
                write!(
                    f,
                    "copy the documents of {from} into {into}, overwriting none"
                )
            }
        }
    }
}
