//! The end of an archive whose time is over. Believed only of its record as it was read just before.

use super::{
    abandoned::carry_out_for_nobody,
    cluster::ObjectKey,
    context::Context,
    execute::{Executed, StepError, Stop},
    observe::nothing_seen,
};
use crate::{
    domain::{
        ids::OrganizationId,
        observed::Observed,
        plan::{Rest, next_for_archive},
    },
    store::port::TenantQuery,
};

/// Drops the archive if its time is over by both clocks. What goes wrong is logged, and found again
/// by the next sweep.
pub async fn purge(id: OrganizationId, context: &Context) {
    match purged(id, context).await {
        Ok(Executed { writes, stop, .. }) => {
            for step in &writes {
                tracing::info!(%id, %step, "an archive's time is over");
            }
            match stop {
                Stop::Rested(Rest::Gone) | Stop::Again | Stop::FinalizerAdded => {}
                Stop::Rested(Rest::Settled { reason, .. }) => {
                    tracing::warn!(%id, reason = %reason.kind(), "an archive can't be dropped");
                }
                Stop::Failed(error) => failed(id, &error),
            }
        }
        Err(error) => failed(id, &error),
    }
}

fn failed(id: OrganizationId, error: &StepError) {
    tracing::warn!(%id, %error, "an archive whose time is over was not dropped");
}

async fn purged(id: OrganizationId, context: &Context) -> Result<Executed, StepError> {
    // No object is asked for: none has this uid.
    let query = TenantQuery {
        owner_uid: String::new(),
        name: None,
        email: None,
        archive: Some(id),
    };
    let archive = context.store.find_tenants(&query).await?.archive;
    let key = ObjectKey {
        namespace: String::new(),
        name: String::new(),
        uid: String::new(),
    };
    let seen = Observed {
        archive,
        ..nothing_seen(None, &key, context)
    };
    Ok(carry_out_for_nobody(next_for_archive, key, seen, context).await)
}
