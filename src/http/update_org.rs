//! PUT /org/update.

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
        documented::{NEW_PASSWORD, Responses, UNAVAILABLE, documented},
    },
    fields::UpdateOrg,
    json::{self, Json},
    layers::RequestId,
    refusal::Wording,
    router::App,
    wire::OrgResponse,
};
use crate::service::OrganizationUpdate;

const WORDING: Wording = Wording {
    unknown: ApiError::OrganizationUnknown,
    name_taken: ApiError::NewNameExists,
    act: Act::Update,
};

/// What it can be refused with.
struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        let own = [
            WORDING.unknown,
            ApiError::NotYourOrganization(WORDING.act),
            ApiError::ManagedDeclaratively,
            WORDING.name_taken,
            ApiError::EmailInUse,
            UNAVAILABLE,
        ];
        let refusals = Json::<UpdateOrg>::refusals().into_iter();
        documented(
            refusals
                .chain(BearerToken::REFUSALS)
                .chain(own)
                .chain(NEW_PASSWORD),
        )
    }
}

/// Changes name, address or password: all of what is asked for, or nothing.
#[utoipa::path(
    put,
    path = "/org/update",
    tag = "org",
    operation_id = "update_org_org_update_put",
    request_body = UpdateOrg,
    security(("bearer" = [])),
    responses(
        (status = OK, description = "The organization as it is now.", body = OrgResponse),
        Refusals,
    ),
)]
pub async fn update_org(
    State(App(service)): State<App>,
    client: ClientAddress,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    Json(wished): Json<UpdateOrg>,
) -> Result<Response, ApiError> {
    // After the body, whose faults clients hear of first.
    let token = BearerToken::read(&headers)?;
    let UpdateOrg {
        organization_name: name,
        new_organization_name: new_name,
        email,
        password,
    } = wished;
    let wished = OrganizationUpdate {
        name,
        new_name,
        email,
        password,
    };
    let changed = service.update(wished, token.expose()).await;
    audit::record(
        Action::Update,
        &changed,
        |changed| Ids::from(changed),
        service.bearer(token.expose()),
        client,
        &request,
    );
    let changed = changed.map_err(|refusal| WORDING.answer(refusal))?;
    Ok(json::answer(StatusCode::OK, &OrgResponse::from(changed)))
}
