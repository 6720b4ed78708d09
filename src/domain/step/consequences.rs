//! What follows from a step, for those who don't take it.

use super::{RecordChange, Step};

impl Step {
    /// Whether the step writes nothing anywhere.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Look(_))
    }

    /// Whether an object has a record by it that it didn't have before.
    #[must_use]
    pub fn is_claim(&self) -> bool {
        match self {
            Self::InsertRecord(_) => true,
            Self::UpdateRecord { before, after, .. } => {
                after.owner.is_some() && before.owner != after.owner
            }
            Self::Look(_)
            | Self::AddFinalizer
            | Self::RemoveFinalizer
            | Self::CreateAdminSecret(_)
            | Self::DeleteAdminSecret(_)
            | Self::DeleteRecord(_)
            | Self::InsertAdmin(_)
            | Self::RestoreAdmin(_)
            | Self::UpdateAdmin { .. }
            | Self::DeleteAdmins(_)
            | Self::CreateCollection { .. }
            | Self::MoveCollection { .. }
            | Self::DropCollection { .. }
            | Self::MergeStray { .. } => false,
        }
    }

    /// Whether a collection is moved, merged or dropped by it, or by what has to follow it.
    #[must_use]
    pub fn leads_to_a_move(&self) -> bool {
        match self {
            Self::MoveCollection { .. } | Self::DropCollection { .. } | Self::MergeStray { .. } => {
                true
            }
            Self::UpdateRecord { change, .. } => matches!(
                change,
                RecordChange::IntendRename
                    | RecordChange::IntendDeletion
                    | RecordChange::IntendArchive
                    | RecordChange::IntendRestore
                    | RecordChange::Purge
                    | RecordChange::NoteStray
            ),
            Self::Look(_)
            | Self::AddFinalizer
            | Self::RemoveFinalizer
            | Self::CreateAdminSecret(_)
            | Self::DeleteAdminSecret(_)
            | Self::InsertRecord(_)
            | Self::DeleteRecord(_)
            | Self::InsertAdmin(_)
            | Self::RestoreAdmin(_)
            | Self::UpdateAdmin { .. }
            | Self::DeleteAdmins(_)
            | Self::CreateCollection { .. } => false,
        }
    }

    /// Whether another organization's wish may fare otherwise after it: something was freed, or taken.
    #[must_use]
    pub fn concerns_others(&self) -> bool {
        match self {
            Self::DeleteRecord(_) | Self::DeleteAdmins(_) | Self::MoveCollection { .. } => true,
            Self::UpdateRecord { before, after, .. } => {
                before.owner != after.owner || before.names.iter().any(|name| !after.claims(name))
            }
            Self::UpdateAdmin { before, after, .. } => before.email != after.email,
            Self::Look(_)
            | Self::AddFinalizer
            | Self::RemoveFinalizer
            | Self::CreateAdminSecret(_)
            | Self::DeleteAdminSecret(_)
            | Self::InsertRecord(_)
            | Self::InsertAdmin(_)
            | Self::RestoreAdmin(_)
            | Self::CreateCollection { .. }
            | Self::DropCollection { .. }
            | Self::MergeStray { .. } => false,
        }
    }
}
