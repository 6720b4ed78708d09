//! A tenant whose object is gone without us. Believed only of what was read one after the other: the
//! record, then the live object, as in every pass.

use kube::ResourceExt as _;

use super::{
    cluster::ObjectKey,
    context::Context,
    credential::Credential,
    execute::{Executed, StepError, Stop, carry_out},
    observe::{Pass, nothing_seen},
    waiting::WaitsFor,
};
use crate::{
    domain::{
        desired::{Disposal, Leaving, Wish},
        observed::Observed,
        plan::{Next, Rest, next_for_abandoned},
        record::{Owner, StoredTenant},
        step::Step,
    },
    store::port::TenantQuery,
};

/// Releases what the owner had, with all data, if its object is gone indeed. What goes wrong is
/// logged, and found again by the next sweep.
pub async fn settle(owner: &Owner, context: &Context) {
    let (namespace, name) = (&owner.namespace, &owner.name);
    match settled(owner, context).await {
        Ok(None) => {}
        Ok(Some(executed)) => {
            if executed.writes.iter().any(Step::concerns_others) {
                context.waiting.wake(WaitsFor::Others);
            }
            for step in &executed.writes {
                tracing::warn!(namespace, name, %step, "the object is gone without the operator");
            }
            match executed.stop {
                Stop::Rested(Rest::Gone) | Stop::Again | Stop::FinalizerAdded => {}
                Stop::Rested(Rest::Settled { reason, .. }) => tracing::warn!(
                    namespace, name, reason = %reason.kind(),
                    "an organization whose object is gone can't be released"
                ),
                Stop::Failed(error) => failed(owner, &error),
            }
        }
        Err(error) => failed(owner, &error),
    }
}

fn failed(owner: &Owner, error: &StepError) {
    tracing::warn!(
        namespace = owner.namespace,
        name = owner.name,
        %error,
        "an organization whose object is gone was not released"
    );
}

/// What was done; `None` where there was no reason to.
async fn settled(owner: &Owner, context: &Context) -> Result<Option<Executed>, StepError> {
    let query = TenantQuery {
        owner_uid: owner.uid.clone(),
        name: None,
        email: None,
        archive: None,
    };
    let own = context.store.find_tenants(&query).await?.own;
    let is_the_same = matches!(
        &own,
        Some(StoredTenant::Readable(tenant)) if tenant.record.owner.as_ref() == Some(owner)
    );
    if !is_the_same {
        return Ok(None);
    }
    let live = context
        .cluster
        .get_organization(&owner.namespace, &owner.name)
        .await?;
    if live.is_some_and(|live| live.uid().as_ref() == Some(&owner.uid)) {
        return Ok(None);
    }
    let key = ObjectKey {
        namespace: owner.namespace.clone(),
        name: owner.name.clone(),
        uid: owner.uid.clone(),
    };
    let seen = Observed {
        own,
        ..nothing_seen(None, &key, context)
    };
    Ok(Some(
        carry_out_for_nobody(next_for_abandoned, key, seen, context).await,
    ))
}

/// Carries out what `decide` says of a tenant that has no object.
pub(super) async fn carry_out_for_nobody(
    decide: impl Fn(&Observed) -> Next,
    key: ObjectKey,
    seen: Observed,
    context: &Context,
) -> Executed {
    let pass = Pass {
        key,
        seen,
        credential: Credential::unseen(),
        live: None,
    };
    let wish = Wish::Absent(Leaving {
        disposal: Disposal::Retain,
        is_protected: false,
        disabled: false,
    });
    carry_out(decide, &wish, pass, context).await
}
