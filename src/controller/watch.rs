//! What passes are started by: organizations that changed, Secrets that changed, others that gave
//! way.

mod anew;
mod definition;

use std::{convert::Infallible, sync::Arc};

use futures::{StreamExt, future};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client, Resource, ResourceExt,
    core::{DeserializeGuard, PartialObjectMeta},
    runtime::{
        Controller, WatchStreamExt,
        controller::{self, Action},
        predicates,
        reflector::{self, Store, store::Writer},
        utils::{Predicate, PredicateConfig},
        watcher,
    },
};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::sync::CancellationToken;

pub use self::{anew::watched, definition::Definition};
use super::{
    context::Context,
    reconcile::reconcile,
    waiting::{Waker, Wakes},
};
use crate::{
    crd::Organization,
    runtime::readiness::{Need, Readiness},
};

/// The organizations that a controller knows of.
pub type Organizations = Store<DeserializeGuard<Organization>>;

/// The watch ended: nothing would be noticed any more.
#[derive(Debug, Error)]
#[error("the watch of the organizations ended")]
pub struct WatchEnded;

fn api<K>(client: &Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}

/// What one controller watches: one namespace, or all of them.
pub struct Scope {
    namespace: Option<String>,
    wakes: Wakes,
    reader: Organizations,
    writer: Writer<DeserializeGuard<Organization>>,
}

impl Scope {
    /// A scope that `waker` reaches.
    pub fn new(namespace: Option<String>, waker: &mut Waker) -> Self {
        let (reader, writer) = reflector::store();
        Self {
            wakes: waker.add_scope(namespace.clone()),
            namespace,
            reader,
            writer,
        }
    }

    /// The scope's organizations, as last seen.
    #[must_use]
    pub fn organizations(&self) -> Organizations {
        self.reader.clone()
    }
}

/// How many passes may be under way at a time, over all scopes.
#[derive(Debug, Clone)]
pub struct Slots {
    count: u16,
    free: Arc<Semaphore>,
}

impl Slots {
    /// So many.
    #[must_use]
    pub fn new(count: u16) -> Self {
        Self {
            count,
            free: Arc::new(Semaphore::new(usize::from(count))),
        }
    }
}

/// Waits until every scope's first list is there.
pub async fn await_first_lists(organizations: &[Organizations], readiness: &Readiness) {
    for store in organizations {
        // A writer that is gone ends the process by way of its own task.
        let _ = store.wait_until_ready().await;
    }
    let _ = readiness.met(Need::Watch);
}

/// Watches one scope's organizations and runs their passes until `stop`.
///
/// # Errors
/// [`WatchEnded`] if the watch ends before.
pub async fn run(
    client: Client,
    scope: Scope,
    context: Arc<Context>,
    slots: Slots,
    readiness: Readiness,
    stop: CancellationToken,
) -> Result<(), WatchEnded> {
    let Scope {
        namespace,
        wakes,
        reader,
        writer,
    } = scope;
    let organizations = api::<DeserializeGuard<Organization>>(&client, namespace.as_deref());
    let changes = watched(organizations)
        .inspect(move |change| definition::note(change, &readiness))
        .modify(|object| object.managed_fields_mut().clear())
        .reflect(writer)
        .applied_objects()
        .predicate_filter(
            predicates::generation
                .combine(predicates::annotations)
                .combine(predicates::finalizers),
            PredicateConfig::default(),
        )
        // An error here would pause all that starts a pass, for up to half a minute: kube backs off by
        // itself from what the watch has backed off from already.
        .filter_map(|change| {
            if let Err(error) = &change {
                tracing::debug!(%error, "the watch stumbled");
            }
            future::ready(change.ok().map(Ok))
        });
    Controller::for_stream(changes, reader)
        .with_config(controller::Config::default().concurrency(slots.count))
        .reconcile_on(UnboundedReceiverStream::new(wakes))
        .graceful_shutdown_on(stop.clone().cancelled_owned())
        .run(
            move |object, context| {
                let slots = Arc::clone(&slots.free);
                async move {
                    // Never closed.
                    let _slot = slots.acquire().await;
                    Ok::<Action, Infallible>(reconcile(object, context).await)
                }
            },
            |_, never: &Infallible, _| match *never {},
            context,
        )
        .for_each(|passed| async move {
            if let Err(error) = passed {
                tracing::debug!(%error, "a pass was not begun");
            }
        })
        .await;
    if stop.is_cancelled() {
        Ok(())
    } else {
        Err(WatchEnded)
    }
}

/// Watches the metadata of Secrets and wakes the organizations that refer to one that changed. A
/// task of its own: what goes wrong here must not slow the watch of the organizations.
/// Never ends.
pub async fn watch_secrets(
    client: &Client,
    namespace: Option<&str>,
    organizations: &[Organizations],
    waker: &Waker,
) {
    let changes = watched(api::<PartialObjectMeta<Secret>>(client, namespace));
    let mut listed = false;
    let mut changes = std::pin::pin!(changes);
    while let Some(change) = changes.next().await {
        match change {
            // All of the first list is no news; what a later one holds may be.
            Ok(watcher::Event::InitApply(_)) if !listed => {}
            Ok(watcher::Event::InitDone) => listed = true,
            Ok(watcher::Event::Init) => {}
            Ok(
                watcher::Event::InitApply(secret)
                | watcher::Event::Apply(secret)
                | watcher::Event::Delete(secret),
            ) => wake_referrers(&secret, organizations, waker),
            Err(error) => tracing::debug!(%error, "the watch of the Secrets stumbled"),
        }
    }
}

fn wake_referrers(
    secret: &PartialObjectMeta<Secret>,
    organizations: &[Organizations],
    waker: &Waker,
) {
    let (namespace, name) = (secret.namespace().unwrap_or_default(), secret.name_any());
    for object in organizations.iter().flat_map(Store::state) {
        if object.namespace().as_deref() == Some(&namespace) && refers_to(&object, &name) {
            waker.wake(&namespace, &object.name_any());
        }
    }
}

/// Whether the object's credential is, or would be, in the Secret of that name.
fn refers_to(object: &DeserializeGuard<Organization>, secret: &str) -> bool {
    let Ok(organization) = &object.0 else {
        return false;
    };
    let admin = &organization.spec.admin;
    let mut references = admin
        .password_secret_ref
        .iter()
        .chain(&admin.password_hash_secret_ref);
    references.any(|reference| reference.name == secret)
        || secret.strip_suffix("-admin") == Some(&organization.name_any())
}
