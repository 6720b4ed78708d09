//! DELETE /org/delete.

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use utoipa::IntoResponses;

use super::{
    audit::{self, Action, Ids},
    bearer::BearerToken,
    client_address::ClientAddress,
    error::{
        Act, ApiError,
        documented::{Responses, UNAVAILABLE, documented},
    },
    json,
    layers::RequestId,
    query::QueriedName,
    refusal::Wording,
    router::App,
    wire::Deleted,
};

const WORDING: Wording = Wording {
    unknown: ApiError::OrganizationUnknown,
    name_taken: ApiError::ManagedDeclaratively,
    act: Act::Delete,
};

/// What it can be refused with.
struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        let own = [
            QueriedName::missing(),
            WORDING.unknown,
            ApiError::NotYourOrganization(WORDING.act),
            ApiError::ManagedDeclaratively,
            UNAVAILABLE,
        ];
        documented(BearerToken::REFUSALS.into_iter().chain(own))
    }
}

/// Deletes an organization with all its data. Answered once it is gone.
#[utoipa::path(
    delete,
    path = "/org/delete",
    tag = "org",
    operation_id = "delete_org_org_delete_delete",
    params(QueriedName),
    security(("bearer" = [])),
    responses(
        (status = OK, description = "It is gone, with its admin and its collection.", body = Deleted),
        Refusals,
    ),
)]
pub async fn delete_org(
    State(App(service)): State<App>,
    name: QueriedName,
    client: ClientAddress,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let token = BearerToken::read(&headers)?;
    let gone = service.delete(name.as_str(), token.expose()).await;
    audit::record(
        Action::Delete,
        &gone,
        |gone| Ids::from(gone),
        service.bearer(token.expose()),
        client,
        &request,
    );
    gone.map_err(|refusal| WORDING.answer(refusal))?;
    let deleted = Deleted {
        deleted: true,
        organization_name: name.as_str().to_owned(),
    };
    Ok(json::answer(StatusCode::OK, &deleted))
}
