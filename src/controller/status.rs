//! Status from what was executed: pure, a whole that is written only where it differs.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, MicroTime, Time};

use crate::{
    crd::{ChangeStatus, OperationStatus, OrganizationStatus},
    domain::{
        names::CollectionName,
        observed::Observed,
        reason::{Missing, Reason, ReasonKind, Truth},
        record::{OrganizationRecord, State, StoredTenant, Tenant},
    },
};

/// What a status is computed from.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// metadata.generation of the object that the pass was about.
    pub generation: Option<i64>,
    /// What is known after the pass; `None` where the reads failed.
    pub seen: Option<&'a Observed>,
    /// Why the organization is as it is.
    pub reason: &'a Reason,
    /// The database of the tenants.
    pub database: &'a str,
    /// The time.
    pub now: Timestamp,
    /// The value of the reconcile annotation.
    pub reconcile_at: Option<&'a String>,
    /// The value of the recreate annotation.
    pub recreate_at: Option<&'a String>,
    /// The answer to a change that was asked for.
    pub change: Option<ChangeStatus>,
}

/// The status after a pass.
#[must_use]
pub fn status_after(previous: &OrganizationStatus, outcome: &Outcome<'_>) -> OrganizationStatus {
    let mut status = previous.clone();
    status.observed_generation = outcome.generation;
    status.last_handled_reconcile_at = outcome.reconcile_at.cloned();
    // Answered once the pass came to an end that took it into account.
    let answered = matches!(outcome.reason.kind(), ReasonKind::Succeeded);
    if answered || outcome.recreate_at.is_none() {
        status.last_handled_recreate_at = outcome.recreate_at.cloned();
    }
    if let Some(change) = &outcome.change {
        status.last_change = Some(change.clone());
    }
    let tenant = outcome.seen.and_then(Observed::tenant);
    if let Some(seen) = outcome.seen {
        match &seen.own {
            // What is under way can't be read: what was said before stands.
            Some(StoredTenant::Unreadable { .. }) => {}
            // Also what was rolled back, so that nothing is left that could be under way.
            None => status.operation = None,
            Some(StoredTenant::Readable(tenant)) => status.operation = operation(&tenant.record),
        }
    }
    if let Some(tenant) = tenant {
        set_facts(&mut status, tenant, outcome.database);
    }
    set_conditions(&mut status, tenant, outcome);
    status
}

/// What is, as far as it was seen. A tenant that is still being made, or on its
/// way back, is none yet.
fn set_facts(status: &mut OrganizationStatus, tenant: &Tenant, database: &str) {
    let record = &tenant.record;
    if matches!(record.state, State::Provisioning | State::Restoring(_)) {
        return;
    }
    let id = record.id.to_string();
    // What a hand or a backup set back is counted on from here: status is all that knows of it.
    let counted = status
        .token_version
        .filter(|_| status.organization_id.as_ref() == Some(&id));
    status.organization_id = Some(id);
    status.organization_name = Some(record.organization_name.to_string());
    status.database = Some(database.to_owned());
    status.collection_name = Some(record.home().to_string());
    status.admin_id = Some(record.admin_id.to_string());
    status.created_at = Some(whole_millisecond(record.created_at));
    if let Some(admin) = &tenant.admin {
        status.admin_email = Some(admin.email.to_string());
        status.token_version = counted.max(Some(admin.token_version));
        status.credential_version = admin.credential_version.as_ref().map(ToString::to_string);
    }
}

fn operation(record: &OrganizationRecord) -> Option<OperationStatus> {
    let named = |type_: &str| OperationStatus {
        type_: type_.to_owned(),
        from: None,
        to: None,
        started_at: None,
    };
    match &record.state {
        State::Active | State::Archived(_) | State::Purging(_) => None,
        State::Provisioning => Some(named("Provision")),
        State::Deleting { .. } => Some(named("Delete")),
        State::Archiving { .. } => Some(named("Archive")),
        State::Restoring(_) => Some(named("Restore")),
        State::Renaming(renaming) => Some(OperationStatus {
            from: Some(renaming.from.to_string()),
            to: Some(renaming.to.to_string()),
            started_at: Some(whole_second(renaming.started_at)),
            ..named("Rename")
        }),
    }
}

fn set_conditions(status: &mut OrganizationStatus, tenant: Option<&Tenant>, outcome: &Outcome<'_>) {
    let reason = outcome.reason;
    let means = reason.kind().disposition();
    let mut set = |type_: &str, truth: Truth, why: &str, message: String| {
        set_condition(&mut status.conditions, outcome, type_, truth, why, message);
    };
    let (why, message) = (reason.kind().as_str(), reason.to_string());
    set("Ready", means.ready, why, message.clone());
    set(
        "Reconciling",
        yes_or_no(means.reconciling),
        why,
        message.clone(),
    );
    set("Stalled", yes_or_no(means.stalled), why, message.clone());
    let (in_sync, why, message) = match (means.ready, tenant.and_then(kept_strays)) {
        (Truth::True, Some(kept)) => (Truth::False, "StrayKept", kept),
        (Truth::False, _) if means.reconciling => (Truth::Unknown, why, message),
        (ready, _) => (ready, why, message),
    };
    set("InSync", in_sync, why, message);
    // Where nobody could look, what was said before stands.
    if let Some(truth) = collection_ready(tenant, outcome) {
        let home = tenant.map(|tenant| tenant.record.home());
        let (why, message) = describe_collection(truth, home.as_ref());
        set("CollectionReady", truth, why, message);
    }
    if let Some(truth) = admin_ready(tenant, outcome) {
        let (why, message) = describe_admin(truth);
        set("AdminReady", truth, why, message.to_owned());
    }
}

/// What a person has to decide on, although the organization is served as the spec says.
fn kept_strays(tenant: &Tenant) -> Option<String> {
    let record = &tenant.record;
    let places = record.kept_strays();
    (!places.is_empty()).then(|| {
        format!(
            "Documents that were written late to an old name of organization {} clash with those in \
             {}. Decide which are right, and drop {}.",
            record.organization_name,
            record.home(),
            places.join(", "),
        )
    })
}

fn yes_or_no(truth: bool) -> Truth {
    if truth { Truth::True } else { Truth::False }
}

fn collection_ready(tenant: Option<&Tenant>, outcome: &Outcome<'_>) -> Option<Truth> {
    let seen = outcome.seen?;
    let Some(record) = tenant.map(|tenant| &tenant.record) else {
        return Some(Truth::False);
    };
    if matches!(outcome.reason, Reason::DataMissing(Missing::Collection(_))) {
        return Some(Truth::False);
    }
    match record.state {
        State::Provisioning
        | State::Deleting { .. }
        | State::Archiving { .. }
        | State::Archived(_)
        | State::Restoring(_)
        | State::Purging(_) => Some(Truth::False),
        State::Active | State::Renaming(_) => {
            let there = seen.at(&record.home())?;
            (Some(there.uuid) == record.collection_uuid).then_some(Truth::True)
        }
    }
}

fn admin_ready(tenant: Option<&Tenant>, outcome: &Outcome<'_>) -> Option<Truth> {
    outcome.seen?;
    let is_served = tenant.is_some_and(|tenant| {
        matches!(tenant.record.state, State::Active | State::Renaming(_)) && tenant.admin.is_some()
    });
    Some(yes_or_no(is_served))
}

fn describe_collection(truth: Truth, home: Option<&CollectionName>) -> (&'static str, String) {
    match (truth, home) {
        (Truth::True, Some(home)) => ("Available", format!("Collection {home} is there.")),
        (_, Some(home)) => ("NotAvailable", format!("Collection {home} is not there.")),
        (_, None) => (
            "NotAvailable",
            "The organization has no collection.".to_owned(),
        ),
    }
}

fn describe_admin(truth: Truth) -> (&'static str, &'static str) {
    match truth {
        Truth::True => ("Available", "The admin's record is there."),
        Truth::False | Truth::Unknown => ("NotAvailable", "The organization has no admin."),
    }
}

fn set_condition(
    conditions: &mut Vec<Condition>,
    outcome: &Outcome<'_>,
    type_: &str,
    truth: Truth,
    reason: &str,
    message: String,
) {
    let status = match truth {
        Truth::True => "True",
        Truth::False => "False",
        Truth::Unknown => "Unknown",
    };
    let former = conditions
        .iter()
        .position(|condition| condition.type_ == type_);
    let since = former
        .map(|place| conditions.remove(place))
        .filter(|former| former.status == status)
        .map_or_else(
            || whole_second(outcome.now),
            |former| former.last_transition_time,
        );
    conditions.push(Condition {
        type_: type_.to_owned(),
        status: status.to_owned(),
        observed_generation: outcome.generation,
        last_transition_time: since,
        reason: reason.to_owned(),
        message,
    });
    conditions.sort_by_key(|condition| order(&condition.type_));
}

/// The API server keeps whole seconds: anything finer would differ from what it gives back.
fn whole_second(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}

/// What a document keeps: anything finer would differ from what the next pass reads.
fn whole_millisecond(time: Timestamp) -> MicroTime {
    MicroTime(Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time))
}

fn order(type_: &str) -> usize {
    let known = [
        "Ready",
        "Reconciling",
        "Stalled",
        "CollectionReady",
        "AdminReady",
        "InSync",
    ];
    known
        .iter()
        .position(|known| *known == type_)
        .unwrap_or(known.len())
}

#[cfg(test)]
mod tests;
