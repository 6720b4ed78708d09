//! GET /org/me.

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
    wire::OrgResponse,
};

/// What it can be refused with.
struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        documented(BearerToken::REFUSALS.into_iter().chain([UNAVAILABLE]))
    }
}

/// The organization that the token is of.
#[utoipa::path(
    get,
    path = "/org/me",
    tag = "org",
    operation_id = "me_org_me_get",
    security(("bearer" = [])),
    responses(
        (status = OK, description = "The organization.", body = OrgResponse),
        Refusals,
    ),
)]
pub async fn me(State(App(service)): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    let token = BearerToken::read(&headers)?;
    let own = service.read_own(token.expose()).await;
    let own = own.map_err(|refusal| PLAIN.answer(refusal))?;
    Ok(json::answer(StatusCode::OK, &OrgResponse::from(own)))
}
