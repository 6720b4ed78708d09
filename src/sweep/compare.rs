//! Whether an organization is as its status says, and as its spec wishes. Pure.

use kube::{Resource as _, ResourceExt as _, core::DeserializeGuard};

use crate::{
    controller::{
        context::PassSettings,
        observe::{key_of, observed_object, status_of},
        status::{Outcome, status_after},
        validate::validate,
    },
    crd::{
        Organization, OrganizationStatus, RECONCILE_ANNOTATION, RECREATE_ANNOTATION,
        change::CHANGE_ANNOTATION,
    },
    domain::{
        inventory::Inventory,
        plan::Rest,
        reason::ReasonKind,
        sweep::{Foreseen, Moment, foresee},
    },
};

/// Whether a pass would find nothing to do and nothing to say. Whoever is at work, or waits for what
/// no inventory holds, has a time of its own to be looked at, and counts as agreeing.
pub(super) fn agrees(
    object: &DeserializeGuard<Organization>,
    inventory: &Inventory,
    moment: &Moment,
    settings: &PassSettings,
) -> bool {
    let Some(status) = status_of(object) else {
        return true;
    };
    let is_at_rest = told(status).is_some_and(rests_on_the_database);
    if !is_at_rest || object.annotations().contains_key(CHANGE_ANNOTATION) {
        return true;
    }
    let wish = validate(object, &settings.allowances);
    let key = key_of(object);
    let seen = observed_object(object, &key, &settings.cluster_id);
    match foresee(&wish, seen, inventory, moment) {
        // What can't be told from here is for a pass to find out.
        Foreseen::Acts | Foreseen::Unclear => false,
        Foreseen::Rests(Rest::Gone, _) => true,
        Foreseen::Rests(Rest::Settled { reason, .. }, seen) => {
            let outcome = Outcome {
                generation: object.meta().generation,
                seen: Some(&seen),
                reason: &reason,
                database: &settings.database,
                now: moment.now,
                reconcile_at: object.annotations().get(RECONCILE_ANNOTATION),
                recreate_at: object.annotations().get(RECREATE_ANNOTATION),
                change: None,
            };
            status_after(status, &outcome) == *status
        }
    }
}

fn told(status: &OrganizationStatus) -> Option<ReasonKind> {
    let ready = status.conditions.iter().find(|it| it.type_ == "Ready")?;
    let mut kinds = ReasonKind::ALL.iter().copied();
    kinds.find(|kind| kind.as_str() == ready.reason)
}

/// Whether an organization that rests so rests on what an inventory holds.
fn rests_on_the_database(told: ReasonKind) -> bool {
    use ReasonKind as K;
    match told {
        K::Succeeded
        | K::Suspended
        | K::InvalidSpec
        | K::NameConflict
        | K::EmailConflict
        | K::CollectionConflict
        | K::AdoptionRequired
        | K::RestoreRefused
        | K::DataMissing
        | K::SpecOutdated
        | K::Unsupported
        | K::OperationUnknown
        | K::DeletionProtected => true,
        K::Progressing
        | K::Renaming
        | K::Archiving
        | K::Dropping
        | K::Restoring
        | K::SecretNotFound
        | K::SecretConflict
        | K::SecretInvalid
        | K::WeakPassword
        | K::MongoUnavailable
        | K::MongoUnauthorized
        | K::InternalError => false,
    }
}
