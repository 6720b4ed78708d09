//! Keeps the directory as the API server tells, and knows when it doesn't.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::StreamExt;
use http::{Request, Response};
use kube::{
    Api, Client, Config, ResourceExt, client::ClientBuilder, core::DeserializeGuard,
    runtime::watcher,
};
use tower::{Service, layer::layer_fn};

use super::directory::{Directory, Scope};
use crate::{controller::watch::watched, crd::Organization};

/// A client for the watch of that scope alone: it says when the watch goes on. After an error the
/// stream itself is silent until the next event, which may be far.
///
/// # Errors
/// Where no client can be made of the configuration.
pub fn client(config: Config, scope: &Scope, directory: &Arc<Directory>) -> kube::Result<Client> {
    let (scope, directory) = (scope.clone(), Arc::clone(directory));
    let layer = layer_fn(move |inner| Trusting {
        inner,
        scope: scope.clone(),
        directory: Arc::clone(&directory),
    });
    Ok(ClientBuilder::try_from(config)?.with_layer(&layer).build())
}

/// Feeds the directory from the watch of a scope. Never ends.
pub async fn feed(client: Client, scope: Scope, directory: Arc<Directory>) {
    let api: Api<DeserializeGuard<Organization>> = match &scope {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    let mut changes = std::pin::pin!(watched(api));
    let mut listed = Vec::new();
    while let Some(change) = changes.next().await {
        match change {
            Ok(watcher::Event::Init) => listed.clear(),
            Ok(watcher::Event::InitApply(object)) => listed.extend(readable(object)),
            Ok(watcher::Event::InitDone) => directory.replace(&scope, std::mem::take(&mut listed)),
            Ok(watcher::Event::Apply(object)) => {
                if let Some(object) = readable(object) {
                    directory.apply(object);
                }
            }
            Ok(watcher::Event::Delete(object)) => {
                if let Some(object) = readable(object) {
                    directory.remove(object);
                }
            }
            Err(error) => {
                tracing::debug!(%error, "the watch stumbled");
                directory.doubt(&scope);
            }
        }
    }
}

/// One that can't be read is served by its record, as any that isn't watched.
fn readable(object: DeserializeGuard<Organization>) -> Option<Organization> {
    let mut object = object.0.ok()?;
    object.managed_fields_mut().clear();
    Some(object)
}

/// Tells the directory that the watch was answered, whenever it is.
#[derive(Clone)]
struct Trusting<S> {
    inner: S,
    scope: Scope,
    directory: Arc<Directory>,
}

impl<S, Q, A> Service<Request<Q>> for Trusting<S>
where
    S: Service<Request<Q>, Response = Response<A>>,
    S::Future: Send + 'static,
{
    type Response = Response<A>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        // kube puts the API's verb there.
        let is_watch = request.extensions().get::<&'static str>() == Some(&"watch");
        let answer = self.inner.call(request);
        let (scope, directory) = (self.scope.clone(), Arc::clone(&self.directory));
        Box::pin(async move {
            let answer = answer.await;
            if is_watch
                && answer
                    .as_ref()
                    .is_ok_and(|answer| answer.status().is_success())
            {
                directory.trust(&scope);
            }
            answer
        })
    }
}
