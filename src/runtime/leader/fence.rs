//! What keeps a process from writing to the API server once its term is over: one that was stopped in
//! the middle of a pass, and goes on after another has taken over, would set a status that is true no
//! longer, and nobody would look at the object again before a sweep.
//!
//! Looked at as late as can be, just before a request is sent. Records need no such fence: their
//! compare-and-set is one.

use std::{
    future::ready,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use http::{Method, Request, Response};
use kube::{Client, Config, client::ClientBuilder};
use thiserror::Error;
use tokio::time::Instant;
use tower::{BoxError, Service, layer::layer_fn};

/// Until when this process leads. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Tenure(Arc<Mutex<Option<Instant>>>);

impl Tenure {
    pub(super) fn set(&self, until: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    fn is_over(&self) -> bool {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_none_or(|until| until <= Instant::now())
    }
}

/// A write was held back.
#[derive(Debug, Error)]
#[error("this process leads no longer")]
pub struct TermOver;

/// A client that reads at any time, and writes only while this process leads.
///
/// # Errors
/// Where no client can be made of the configuration.
pub fn client(config: Config, tenure: &Tenure) -> kube::Result<Client> {
    let tenure = tenure.clone();
    let layer = layer_fn(move |inner| Fenced {
        inner,
        tenure: tenure.clone(),
    });
    Ok(ClientBuilder::try_from(config)?.with_layer(&layer).build())
}

#[derive(Clone)]
struct Fenced<S> {
    inner: S,
    tenure: Tenure,
}

type Answering<A> = Pin<Box<dyn Future<Output = Result<Response<A>, BoxError>> + Send>>;

impl<S, Q, A> Service<Request<Q>> for Fenced<S>
where
    S: Service<Request<Q>, Response = Response<A>>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    A: Send + 'static,
{
    type Response = Response<A>;
    type Error = BoxError;
    type Future = Answering<A>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Q>) -> Answering<A> {
        if request.method() != Method::GET && self.tenure.is_over() {
            return Box::pin(ready(Err(TermOver.into())));
        }
        let answer = self.inner.call(request);
        Box::pin(async move { answer.await.map_err(Into::into) })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt;
    use tower::service_fn;

    use super::*;

    fn sent(tenure: &Tenure, method: Method) -> bool {
        let inner = service_fn(|_| ready(Ok::<_, BoxError>(Response::new(()))));
        let mut fenced = Fenced {
            inner,
            tenure: tenure.clone(),
        };
        let request = Request::builder().method(method).body(()).unwrap();
        fenced.call(request).now_or_never().unwrap().is_ok()
    }

    #[test]
    fn writes_are_sent_only_while_the_term_lasts_and_reads_at_any_time() {
        let tenure = Tenure::default();
        let writes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let now = Instant::now();
        for (until, lasts) in [
            (None, false),
            (Some(now + Duration::from_mins(1)), true),
            (Some(now), false),
        ] {
            tenure.set(until);
            assert!(sent(&tenure, Method::GET));
            for method in &writes {
                assert_eq!(sent(&tenure, method.clone()), lasts, "{method} {until:?}");
            }
        }
    }
}
