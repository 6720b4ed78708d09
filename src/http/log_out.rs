//! POST /admin/logout.

use axum::{extract::State, http::StatusCode};
use secrecy::ExposeSecret as _;
use utoipa::IntoResponses;

use super::{
    error::{
        ApiError,
        documented::{Responses, UNAVAILABLE, documented},
    },
    fields::Refresh,
    json::Json,
    refusal::PLAIN,
    router::App,
};

/// What it can be refused with.
struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        documented(Json::<Refresh>::refusals().into_iter().chain([UNAVAILABLE]))
    }
}

/// Ends the login that a refresh token came of. The access token lives on until it expires.
#[utoipa::path(
    post,
    path = "/admin/logout",
    tag = "admin",
    operation_id = "log_out_admin_logout_post",
    request_body = Refresh,
    responses(
        (status = NO_CONTENT, description = "The refresh token is good no more, if it ever was."),
        Refusals,
    ),
)]
pub async fn log_out(
    State(App(service)): State<App>,
    Json(Refresh { refresh_token }): Json<Refresh>,
) -> Result<StatusCode, ApiError> {
    let ended = service.log_out(refresh_token.expose_secret()).await;
    ended.map_err(|refusal| PLAIN.answer(refusal))?;
    Ok(StatusCode::NO_CONTENT)
}
