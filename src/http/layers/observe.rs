//! One log line and one count a request, whatever becomes of it.
//!
//! The line has the route, not the path, and neither query nor headers nor body: whatever a client
//! sends may hold a token, a password or an e-mail. What it has of the client's own choice (the
//! request id) was found harmless.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::{Layers, RequestId, request_id::X_REQUEST_ID};
use crate::http::client_address::ClientAddress;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestOutcome {
    /// It was answered.
    Answered(StatusCode),
    /// The client hung up before there was an answer.
    Gone,
}

impl RequestOutcome {
    /// The class of its status, as a label.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Answered(status) if status.is_server_error() => "5xx",
            Self::Answered(status) if status.is_client_error() => "4xx",
            Self::Answered(status) if status.is_redirection() => "3xx",
            Self::Answered(status) if status.is_success() => "2xx",
            Self::Answered(_) => "1xx",
        }
    }
}

/// A request that is over. All of it is from closed sets, fit for labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObservedRequest {
    /// One of the routes, or [`UNMATCHED`].
    pub route: &'static str,
    /// The method; `other` for those that HTTP doesn't define.
    pub method: &'static str,
    /// What became of it.
    pub outcome: RequestOutcome,
    /// From its head to the answer's.
    pub took: Duration,
}

/// Who counts requests. The outcome doesn't depend on it.
pub trait RequestObserver: Send + Sync + 'static {
    /// A request is over.
    fn observe_request(&self, request: &ObservedRequest);
    /// A handler panicked; the request is observed besides.
    fn observe_panic(&self, route: &'static str);
}

/// The routes by which requests are told apart; one that ends with a slash stands for all below it.
///
/// A list, though the router has the routes already: axum tells which one matched only with its
/// feature matched-path, and as text of the request's, while a label has to be of a closed set.
#[derive(Debug, Clone, Copy)]
pub struct Routes(pub fn() -> &'static [&'static str]);

/// The route of a path that is none.
pub const UNMATCHED: &str = "unmatched";

impl Routes {
    pub(super) fn of(self, path: &str) -> &'static str {
        let matches =
            |route: &str| path == route || route.ends_with('/') && path.starts_with(route);
        let route = (self.0)().iter().copied().find(|route| matches(route));
        route.unwrap_or(UNMATCHED)
    }
}

pub(super) async fn observe(
    State(layers): State<Arc<Layers>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = ClientAddress::of_peer(request.extensions());
    let client = ClientAddress::behind(peer, request.headers(), &layers.trusted_proxies);
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(id.clone());
    let mut line = Line {
        route: layers.routes.of(request.uri().path()),
        method: method_label(request.method()),
        began: Instant::now(),
        id,
        peer,
        client,
        outcome: RequestOutcome::Gone,
        layers,
    };

    let span = tracing::info_span!("request", id = %line.id);
    let mut response = next.run(request).instrument(span).await;
    if let Some(id) = line.id.to_header() {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    line.outcome = RequestOutcome::Answered(response.status());
    response
}

/// Written when it is dropped, so also when the client hangs up and all of this is.
struct Line {
    route: &'static str,
    method: &'static str,
    began: Instant,
    id: RequestId,
    peer: ClientAddress,
    client: ClientAddress,
    outcome: RequestOutcome,
    layers: Arc<Layers>,
}

impl Drop for Line {
    fn drop(&mut self) {
        let (route, took) = (self.route, self.began.elapsed());
        let status = match self.outcome {
            RequestOutcome::Answered(status) => Some(status.as_u16()),
            RequestOutcome::Gone => None,
        };
        tracing::info!(
            method = self.method,
            route,
            status,
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            request_id = %self.id,
            peer = %self.peer,
            client = %self.client,
            "request"
        );
        self.layers.observer.observe_request(&ObservedRequest {
            route,
            method: self.method,
            outcome: self.outcome,
            took,
        });
    }
}

fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        "CONNECT" => "CONNECT",
        "TRACE" => "TRACE",
        _ => "other",
    }
}
