//! GET /admin/verify.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use utoipa::IntoResponses;

use super::{
    bearer::BearerToken,
    error::{
        ApiError,
        documented::{Responses, UNAVAILABLE, documented},
    },
    json,
    refusal::PLAIN,
    router::App,
    wire::ClaimsResponse,
};

/// What it can be refused with.
struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        documented(BearerToken::REFUSALS.into_iter().chain([UNAVAILABLE]))
    }
}

/// What the token says, while what it stands for lives.
#[utoipa::path(
    get,
    path = "/admin/verify",
    tag = "admin",
    operation_id = "verify_admin_verify_get",
    security(("bearer" = [])),
    responses(
        (status = OK, description = "What the token says.", body = ClaimsResponse),
        Refusals,
    ),
)]
pub async fn verify(
    State(App(service)): State<App>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let token = BearerToken::read(&headers)?;
    let claims = service.verify(token.expose()).await;
    let claims = claims.map_err(|refusal| PLAIN.answer(refusal))?;
    Ok(json::answer(StatusCode::OK, &ClaimsResponse::from(claims)))
}
