//! A tenant of our own: brought to `active`, kept right, and made as wished, in this order.

use std::{convert::Infallible, ops::ControlFlow};

use super::{
    Next, Rest, Stage, admin, archive, delete, home, outdated, provision, quarantine, rename,
    repair, rest, restore, stray, to_do, update,
};
use crate::domain::{
    desired::Desired,
    observed::{Observed, ObservedObject},
    reason::Reason,
    record::{OrganizationRecord, State, Tenant},
    step::RecordChange,
};

pub(super) fn served(
    desired: &Desired,
    object: &ObservedObject,
    tenant: &Tenant,
    seen: &Observed,
) -> Stage<Infallible> {
    match &tenant.record.state {
        State::Provisioning => provision::provisioned(desired, object, tenant, seen),
        State::Active => as_wished(desired, object, tenant, seen),
        State::Renaming(_) => {
            rename::finished(Some(desired), tenant, seen)?;
            rest(Reason::Progressing)
        }
        State::Restoring(_) => {
            restore::finished(Some(desired), desired.disabled, tenant, seen)?;
            rest(Reason::Restoring)
        }
        State::Archiving {
            committed: false, ..
        }
        | State::Deleting { committed: false } => delete::undone(desired.disabled, tenant, seen),
        State::Archiving {
            archive,
            committed: true,
        } => archive::finished(archive, tenant, seen),
        State::Deleting { committed: true } => delete::destroyed(tenant, seen),
        // Nobody owns one of these.
        State::Archived(_) | State::Purging(_) => rest(Reason::OperationUnknown {
            id: tenant.record.id,
            field: "state",
        }),
    }
}

fn as_wished(
    desired: &Desired,
    object: &ObservedObject,
    tenant: &Tenant,
    seen: &Observed,
) -> Stage<Infallible> {
    let record = &tenant.record;
    // First the record itself, since all that follows believes it.
    repair::consistent(record)?;
    let known = object.known.filter(|known| known.id == record.id);
    let known = known.map(|known| known.token_version);
    // Before anything that may wait for a person: dead tokens wait for nobody.
    if let Some(admin) = &tenant.admin {
        admin::tokens_still_dead(known.unwrap_or(0), admin)?;
    }
    // Before anything that it may have to wait for: every edit raises the spec's generation.
    outdated::noted(desired, object, record)?;
    let home = home::settled(record, object.recreate, seen)?;
    stray::merged(record, &home, seen)?;
    quarantine::over(record, seen)?;
    let fresh = known.map_or(0, |known| known.saturating_add(1));
    let admin = admin::present(desired, tenant, fresh, seen)?;
    admin::linked(record, admin)?;
    // A disable waits for nothing that may be in a rename's way. An older spec shuts, and opens
    // nothing: what was shut since would be open again.
    let is_outdated = outdated::outdated_name(desired, object, record).is_some();
    if desired.disabled || !is_outdated {
        access_set(desired.disabled, tenant, seen)?;
    }
    rename::begun(desired, object, tenant, seen)?;
    admin::as_wished(desired, admin, seen)?;
    ControlFlow::Break(Next::Rest(Rest::Settled {
        reason: Reason::Succeeded,
        due: next_release(record),
    }))
}

fn access_set(disabled: bool, tenant: &Tenant, seen: &Observed) -> Stage {
    if tenant.record.disabled == disabled {
        return ControlFlow::Continue(());
    }
    if disabled {
        admin::tokens_ended(tenant, seen)?;
    }
    to_do(update(RecordChange::Access, &tenant.record, |after| {
        after.disabled = disabled;
    }))
}

fn next_release(record: &OrganizationRecord) -> Option<jiff::Timestamp> {
    record.quarantine.iter().map(|left| left.until).min()
}
