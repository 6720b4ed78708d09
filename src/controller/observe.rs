//! All reads of a pass, into one struct. In this order, which is a promise: the record first, then
//! the live object, then collections. So every decision is a compare-and-set on a record that was
//! read before the wish it serves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kube::{Resource, ResourceExt, core::DeserializeGuard};
use rand::Rng as _;
use serde_json::Value;
use thiserror::Error;

use super::{
    cluster::{ClusterError, ObjectKey},
    context::Context,
    credential::{Credential, judge},
};
use crate::{
    crd::{
        CONFIRM_NAME_ANNOTATION, FINALIZER, Organization, OrganizationStatus, RECREATE_ANNOTATION,
        change::{Asked, change_note},
    },
    domain::{
        credential::ObservedCredential,
        desired::Wish,
        ids::{AdminId, OrganizationId},
        names::OrgName,
        observed::{Done, FreshIds, KnownTenant, Observed, ObservedObject, names_of_interest},
        record::Owner,
    },
    store::port::{StoreError, TenantQuery},
};

/// Why a pass can't go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ObserveError {
    /// The live object is not the one the pass began with: the cache is behind.
    #[error("the object changed since the pass began")]
    Outdated,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The Kubernetes API.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

/// What a pass knows: what plans depend on, and what they must not see.
#[derive(Debug)]
pub struct Pass {
    /// Which object.
    pub key: ObjectKey,
    /// What plans depend on.
    pub seen: Observed,
    /// The password or hash itself.
    pub credential: Credential,
    /// The live object.
    pub live: Option<DeserializeGuard<Organization>>,
}

/// The object that a cached one stands for.
#[must_use]
pub fn key_of(object: &DeserializeGuard<Organization>) -> ObjectKey {
    ObjectKey {
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
    }
}

/// All reads of a pass.
///
/// # Errors
/// [`ObserveError`]; nothing was written.
pub async fn observe(
    cached: &DeserializeGuard<Organization>,
    wish: &Wish,
    context: &Context,
) -> Result<Pass, ObserveError> {
    let key = key_of(cached);
    let desired = wish.desired();
    let query = TenantQuery {
        owner_uid: key.uid.clone(),
        name: desired.map(|desired| desired.name.clone()),
        email: desired.map(|desired| desired.email.clone()),
        archive: desired.and_then(|desired| desired.restore_from),
    };
    let view = context.store.find_tenants(&query).await?;
    let live = live_object(cached, &key, context).await?;
    let credential = match desired {
        Some(desired) => {
            let source = &desired.credential;
            let secret = context.cluster.get_secret(&key, source.secret()).await?;
            judge(source, secret.as_ref())
        }
        None => Credential::unseen(),
    };
    let mut seen = Observed {
        own: view.own,
        asked_name: query.name,
        claimants: view.claimants,
        email_holder: view.email_holder,
        archive: view.archive,
        credential: credential.observed.clone(),
        ..nothing_seen(live.as_ref(), &key, context)
    };
    let names = names_of_interest(wish, seen.tenant().map(|tenant| &tenant.record));
    if !names.is_empty() && seen.object.is_some() {
        let there = context.store.find_collections(&names).await?;
        seen.note_collections(&names, there);
    }
    Ok(Pass {
        key,
        seen,
        credential,
        live,
    })
}

/// Whether all there is to do is to put the finalizer on, for which the database needs no look.
#[must_use]
pub fn awaits_finalizer(cached: &DeserializeGuard<Organization>, wish: &Wish) -> bool {
    wish.desired().is_some() && !has_finalizer(cached)
}

/// The reads of a pass that only puts the finalizer on.
///
/// # Errors
/// [`ObserveError::Outdated`] also where it is on by now: then the database has to be looked at.
pub async fn observe_object(
    cached: &DeserializeGuard<Organization>,
    context: &Context,
) -> Result<Pass, ObserveError> {
    let key = key_of(cached);
    let live = live_object(cached, &key, context).await?;
    if live.as_ref().is_some_and(has_finalizer) {
        return Err(ObserveError::Outdated);
    }
    Ok(Pass {
        seen: nothing_seen(live.as_ref(), &key, context),
        key,
        credential: Credential::unseen(),
        live,
    })
}

fn has_finalizer(object: &DeserializeGuard<Organization>) -> bool {
    object.finalizers().iter().any(|name| name == FINALIZER)
}

/// The live object; `None` where it is gone, or another one by now.
async fn live_object(
    cached: &DeserializeGuard<Organization>,
    key: &ObjectKey,
    context: &Context,
) -> Result<Option<DeserializeGuard<Organization>>, ObserveError> {
    let live = context
        .cluster
        .get_organization(&key.namespace, &key.name)
        .await?;
    match live.filter(|live| live.uid().as_ref() == Some(&key.uid)) {
        Some(live) if !is_same_wish(&live, cached) => Err(ObserveError::Outdated),
        live => Ok(live),
    }
}

/// What is known before the database was looked at.
pub(super) fn nothing_seen(
    live: Option<&DeserializeGuard<Organization>>,
    key: &ObjectKey,
    context: &Context,
) -> Observed {
    let now = context.clock.now();
    Observed {
        now,
        capability: context.store.capability(),
        rules: context.settings.rules,
        fresh: fresh_ids(now),
        object: live.map(|live| observed_object(live, key, &context.settings.cluster_id)),
        own: None,
        asked_name: None,
        claimants: Vec::new(),
        email_holder: None,
        archive: None,
        collections: BTreeMap::new(),
        found: BTreeMap::new(),
        particulars: BTreeMap::new(),
        credential: ObservedCredential::Unseen,
        done: Done::default(),
    }
}

/// Whether both ask for the same: the spec, and whether it is to go.
fn is_same_wish(
    live: &DeserializeGuard<Organization>,
    cached: &DeserializeGuard<Organization>,
) -> bool {
    let asks = |object: &DeserializeGuard<Organization>| {
        let meta = object.meta();
        (meta.generation, meta.deletion_timestamp.is_some())
    };
    asks(live) == asks(cached)
}

/// What plans depend on of an object, in the cluster of that id.
#[must_use]
pub fn observed_object(
    live: &DeserializeGuard<Organization>,
    key: &ObjectKey,
    cluster_id: &str,
) -> ObservedObject {
    let status = status_of(live);
    let asked = live.annotations().get(RECREATE_ANNOTATION);
    ObservedObject {
        owner: Owner {
            cluster: cluster_id.to_owned(),
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            uid: key.uid.clone(),
        },
        generation: live.meta().generation,
        finalizer: has_finalizer(live),
        known: status.and_then(known_tenant),
        recreate: asked.is_some()
            && asked != status.and_then(|status| status.last_handled_recreate_at.as_ref()),
        confirmed_name: live
            .annotations()
            .get(CONFIRM_NAME_ANNOTATION)
            .and_then(|name| OrgName::parse(name).ok()),
        former_name: live.0.as_ref().ok().and_then(former_name),
    }
}

/// The name in the spec that a pending change would put back. One that can't be read is refused before
/// it comes to that.
fn former_name(organization: &Organization) -> Option<OrgName> {
    match change_note(organization).ok()??.asked {
        Asked::Update { former } => {
            let name = former.get("organizationName").and_then(Value::as_str);
            OrgName::parse(name.unwrap_or(&organization.name_any())).ok()
        }
        Asked::Create | Asked::Adopt => None,
    }
}

/// The status of an object that can be read.
#[must_use]
pub fn status_of(object: &DeserializeGuard<Organization>) -> Option<&OrganizationStatus> {
    object.0.as_ref().ok()?.status.as_ref()
}

fn known_tenant(status: &OrganizationStatus) -> Option<KnownTenant> {
    let id = OrganizationId::parse(status.organization_id.as_deref()?).ok()?;
    Some(KnownTenant {
        id,
        token_version: status.token_version.unwrap_or(0),
    })
}

/// As `MongoDB` makes them, seconds first so that they sort by age; but the other eight bytes are
/// random.
fn fresh_ids(now: Timestamp) -> FreshIds {
    let seconds = u32::try_from(now.as_second())
        .unwrap_or_default()
        .to_be_bytes();
    let fresh = || {
        let mut id = [0; 12];
        id[..4].copy_from_slice(&seconds);
        rand::rng().fill_bytes(&mut id[4..]);
        id
    };
    FreshIds {
        organization: OrganizationId(fresh()),
        admin: AdminId(fresh()),
    }
}
