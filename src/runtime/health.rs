//! /livez, /readyz and /metrics, on an address of their own.

use std::{io, net::SocketAddr};

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{metrics::Metrics, readiness::Readiness};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the answers are made from.
#[derive(Debug, Clone)]
pub struct HealthState {
    /// What is missing.
    pub readiness: Readiness,
    /// What is counted.
    pub metrics: Metrics,
}

/// Takes the address.
///
/// # Errors
/// Where somebody else has it.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Answers until `stop`.
///
/// # Errors
/// Where the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: HealthState,
    stop: CancellationToken,
) -> io::Result<()> {
    axum::serve(listener, router(state))
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

fn router(state: HealthState) -> Router {
    Router::new()
        // Knows nothing of dependencies: a restart would mend none of them.
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(state)
}

async fn readyz(State(state): State<HealthState>) -> impl IntoResponse {
    let missing = state.readiness.report();
    if missing.is_empty() {
        let remark = state.readiness.remarked();
        let remark = remark.map_or_else(String::new, |remark| format!("{remark}\n"));
        (StatusCode::OK, format!("ok\n{remark}"))
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, missing.join("\n") + "\n")
    }
}

async fn metrics(State(state): State<HealthState>) -> impl IntoResponse {
    match state.metrics.encode() {
        Ok(text) => Ok(([(http::header::CONTENT_TYPE, OPEN_METRICS)], text)),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
