//! What every request goes through before its handler, and every answer after it.
//!
//! From the outside in, and why in this order:
//! 1. `observe`: client address, request id, span, the log line and the figures. Outermost, so
//!    that nothing is answered without a line, be it a refusal, a panic or a timeout.
//! 2. `security`: headers of the answer. Outside of all that make answers.
//! 3. `panics`: a handler's panic is an answer. Outside of the bounds, whose code it covers too.
//! 4. `bounds`: how large a body may be, how slow, and how long all may take.
//!
//! Then comes the handler. axum lays all of it around each route and around the answers to unknown
//! paths and wrong methods.

mod bounds;
mod observe;
mod panics;
mod request_id;
mod security;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{Router, middleware::from_fn_with_state, response::Response};

pub use self::{
    observe::{ObservedRequest, RequestObserver, RequestOutcome, Routes, UNMATCHED},
    request_id::RequestId,
};
use super::{client_address::TrustedProxies, server::ServerLimits};

/// The answers that the layers give in a handler's stead.
#[derive(Debug, Clone, Copy)]
pub struct LayerAnswers {
    /// The handler didn't end in time.
    pub timeout: fn() -> Response,
    /// The client didn't send its body in time. No 5xx: the fault is the client's.
    pub body_timeout: fn() -> Response,
    /// The body is larger than the limit, or says so.
    pub too_large: fn() -> Response,
    /// The handler panicked.
    pub panic: fn() -> Response,
}

/// What the layers need to know.
pub struct Layers {
    /// How large, how slow and how long.
    pub limits: ServerLimits,
    /// By what names requests are logged and counted.
    pub routes: Routes,
    /// What is answered where no handler does.
    pub answers: LayerAnswers,
    /// Whose X-Forwarded-For is believed.
    pub trusted_proxies: TrustedProxies,
    /// Who counts.
    pub observer: Arc<dyn RequestObserver>,
}

/// `app` in all layers. To be called last: a route that is added later goes without.
pub fn wrap(app: Router, layers: Layers) -> Router {
    let layers = Arc::new(layers);
    // The last is the outermost.
    app.layer(from_fn_with_state(Arc::clone(&layers), bounds::keep))
        .layer(from_fn_with_state(Arc::clone(&layers), panics::contain))
        .layer(axum::middleware::map_response(security::add_headers))
        .layer(from_fn_with_state(layers, observe::observe))
}
