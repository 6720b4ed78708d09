//! GET /health, as the older service had it: whether the database answers.

use std::time::Duration;

use axum::extract::State;
use utoipa::IntoResponses;

use super::{
    error::{
        Health,
        documented::{Responses, documented},
    },
    router::App,
};

/// The answer is given within 2 s, also when there is none.
const PATIENCE: Duration = Duration::from_millis(1800);

/// What it can be refused with.
struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        documented([])
    }
}

/// Whether the database answers.
#[utoipa::path(
    get,
    path = "/health",
    tag = "health",
    operation_id = "health_health_get",
    responses(Health, Refusals)
)]
pub async fn health(State(App(service)): State<App>) -> Health {
    match tokio::time::timeout(PATIENCE, service.tenants.ping()).await {
        Ok(Ok(())) => Health::Ok,
        Ok(Err(_)) | Err(_) => Health::Unavailable,
    }
}
