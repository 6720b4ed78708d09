//! POST /admin/refresh.

use axum::{extract::State, http::StatusCode, response::Response};
use secrecy::ExposeSecret as _;
use utoipa::IntoResponses;

use super::{
    error::{
        ApiError,
        documented::{Responses, UNAVAILABLE, documented},
    },
    fields::Refresh,
    json::{self, Json},
    refusal::PLAIN,
    router::App,
    wire::Token,
};

/// What it can be refused with.
struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        let own = [ApiError::InvalidToken, UNAVAILABLE];
        documented(Json::<Refresh>::refusals().into_iter().chain(own))
    }
}

/// Exchanges a refresh token, once, for new tokens.
#[utoipa::path(
    post,
    path = "/admin/refresh",
    tag = "admin",
    operation_id = "refresh_admin_refresh_post",
    request_body = Refresh,
    responses(
        (status = OK, description = "New tokens; the one sent is used up.", body = Token),
        Refusals,
    ),
)]
pub async fn refresh(
    State(App(service)): State<App>,
    Json(Refresh { refresh_token }): Json<Refresh>,
) -> Result<Response, ApiError> {
    let session = service.refresh(refresh_token.expose_secret()).await;
    let session = session.map_err(|refusal| PLAIN.answer(refusal))?;
    Ok(json::answer(StatusCode::OK, &Token::from(session)))
}
