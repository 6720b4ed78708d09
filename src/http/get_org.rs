//! GET /org/get.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use utoipa::IntoResponses;

use super::{
    bearer::BearerToken,
    error::{
        Act, ApiError,
        documented::{Responses, UNAVAILABLE, documented},
    },
    json,
    query::QueriedName,
    refusal::Wording,
    router::App,
    wire::OrgResponse,
};

const WORDING: Wording = Wording {
    unknown: ApiError::OrganizationNotFound,
    name_taken: ApiError::OrganizationExists,
    act: Act::Read,
};

/// What it can be refused with.
struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        let own = [
            QueriedName::missing(),
            WORDING.unknown,
            ApiError::NotYourOrganization(WORDING.act),
            UNAVAILABLE,
        ];
        documented(BearerToken::REFUSALS.into_iter().chain(own))
    }
}

/// The organization of that name.
///
/// Where the service runs with `--allow-anonymous-read`, no token is needed.
#[utoipa::path(
    get,
    path = "/org/get",
    tag = "org",
    operation_id = "get_org_org_get_get",
    params(QueriedName),
    security(("bearer" = [])),
    responses(
        (status = OK, description = "The organization.", body = OrgResponse),
        Refusals,
    ),
)]
pub async fn get_org(
    State(App(service)): State<App>,
    name: QueriedName,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = if service.settings.anonymous_read {
        service.read_anonymously(name.as_str()).await
    } else {
        let token = BearerToken::read(&headers)?;
        service.read(name.as_str(), token.expose()).await
    };
    let found = found.map_err(|refusal| WORDING.answer(refusal))?;
    Ok(json::answer(StatusCode::OK, &OrgResponse::from(found)))
}
