//! The end of an archive, of which no object tells.

use std::{convert::Infallible, ops::ControlFlow};

use super::{Next, Rest, Stage, delete, guarded, rest, to_do, update};
use crate::domain::{
    observed::Observed,
    reason::Reason,
    record::{State, StoredTenant},
    step::{RecordChange, Step},
};

/// The next step for the archive that was asked for, once its time is over.
///
/// The intent comes first, by a compare-and-set that the server makes only where its own clock says
/// so too: a restore can't cross it, and no clock alone ends an archive.
#[must_use]
pub fn next_for_archive(seen: &Observed) -> Next {
    guarded(decide(seen), seen)
}

fn decide(seen: &Observed) -> Stage<Infallible> {
    let tenant = match &seen.archive {
        None => return ControlFlow::Break(Next::Rest(Rest::Gone)),
        Some(StoredTenant::Unreadable { id, field, .. }) => {
            return rest(Reason::OperationUnknown { id: *id, field });
        }
        Some(StoredTenant::Readable(tenant)) => tenant,
    };
    let record = &tenant.record;
    match &record.state {
        State::Archived(archive) if archive.end().is_some_and(|end| end <= seen.now) => {
            to_do(update(RecordChange::Purge, record, |after| {
                after.state = State::Purging(archive.clone());
            }))
        }
        State::Purging(_) => {
            delete::dropped(record, seen)?;
            if !seen.done.admins_deleted {
                // He is in the record; but a command that came late may have put him back.
                return to_do(Step::DeleteAdmins(Box::new(record.clone())));
            }
            to_do(Step::DeleteRecord(Box::new(record.clone())))
        }
        State::Archived(_)
        | State::Provisioning
        | State::Active
        | State::Renaming(_)
        | State::Deleting { .. }
        | State::Archiving { .. }
        | State::Restoring(_) => ControlFlow::Break(Next::Rest(Rest::Gone)),
    }
}
