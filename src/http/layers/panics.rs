//! A handler that panics is a fault of ours, answered as one; the process goes on.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use futures::FutureExt as _;

use super::Layers;

pub(super) async fn contain(
    State(layers): State<Arc<Layers>>,
    request: Request,
    next: Next,
) -> Response {
    let route = layers.routes.of(request.uri().path());
    // Nothing that the handler had in hand is used afterwards.
    let outcome = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    outcome.unwrap_or_else(|_| {
        // Without the message, which may quote the request.
        tracing::error!(route, "a handler panicked");
        layers.observer.observe_panic(route);
        (layers.answers.panic)()
    })
}
