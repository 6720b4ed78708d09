//! POST /admin/login.

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use utoipa::IntoResponses;

use super::{
    audit::{self, Action, Ids},
    client_address::ClientAddress,
    error::{
        ApiError,
        documented::{Responses, THROTTLED, UNAVAILABLE, documented},
    },
    fields::Login,
    json::{self, Json},
    layers::RequestId,
    refusal::PLAIN,
    router::App,
    wire::Token,
};
use crate::service::LoginAttempt;

/// What it can be refused with.
struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        let own = [ApiError::InvalidCredentials, THROTTLED, UNAVAILABLE];
        documented(Json::<Login>::refusals().into_iter().chain(own))
    }
}

/// Logs an organization's admin in.
#[utoipa::path(
    post,
    path = "/admin/login",
    tag = "admin",
    operation_id = "admin_login_admin_login_post",
    request_body = Login,
    responses(
        (status = OK, description = "The tokens of the login.", body = Token),
        Refusals,
    ),
)]
pub async fn log_in(
    State(App(service)): State<App>,
    client: ClientAddress,
    Extension(request): Extension<RequestId>,
    Json(Login { email, password }): Json<Login>,
) -> Result<Response, ApiError> {
    let begun = service
        .log_in(LoginAttempt { email, password }, client)
        .await;
    let ids = |session: &crate::service::Session| Ids {
        admin: Some(session.admin.to_string()),
        organization: Some(session.organization.to_string()),
    };
    audit::record(Action::LogIn, &begun, ids, None, client, &request);
    let session = begun.map_err(|refusal| PLAIN.answer(refusal))?;
    Ok(json::answer(StatusCode::OK, &Token::from(session)))
}
