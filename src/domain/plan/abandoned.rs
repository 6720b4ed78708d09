//! An object that is gone without us: its finalizer was taken off, its cluster put back to an older
//! state, its definition deleted. Nobody said that anything may be destroyed, so all is kept.

use std::ops::ControlFlow;

use super::{Next, Rest, Stage, delete, guarded, rest};
use crate::domain::{
    desired::{Disposal, Leaving},
    observed::Observed,
    reason::Reason,
    record::StoredTenant,
};

/// The next step for a tenant whose object was seen to be gone after its record was read.
///
/// It goes as under policy Retain, whatever its object once said: what was being made and holds
/// nothing is undone, a rename is finished, a deletion or an archiving short of its commit point is
/// turned back, what was on its way out of the archive goes back or comes home, and then the record
/// is released. Only what is past its commit point, which the object asked for while it lived, goes
/// on: into the archive, or away.
#[must_use]
pub fn next_for_abandoned(seen: &Observed) -> Next {
    guarded(decide(seen), seen)
}

fn decide(seen: &Observed) -> Stage<std::convert::Infallible> {
    match &seen.own {
        None => ControlFlow::Break(Next::Rest(Rest::Gone)),
        Some(StoredTenant::Unreadable { id, field, .. }) => {
            rest(Reason::OperationUnknown { id: *id, field })
        }
        Some(StoredTenant::Readable(tenant)) => {
            let kept = Leaving {
                disposal: Disposal::Retain,
                is_protected: false,
                // A deletion that was begun has turned logins off; who takes it back says whether
                // they are on again.
                disabled: tenant.record.disabled,
            };
            delete::left(kept, tenant, seen)
        }
    }
}
