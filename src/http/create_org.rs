//! POST /org/create.

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use utoipa::IntoResponses;

use super::{
    audit::{self, Action, Ids},
    client_address::ClientAddress,
    error::{
        Act, ApiError,
        documented::{NEW_PASSWORD, Responses, THROTTLED, UNAVAILABLE, documented},
    },
    fields::CreateOrg,
    json::{self, Json},
    layers::RequestId,
    refusal::Wording,
    router::App,
    wire::OrgResponse,
};
use crate::service::NewOrganization;

const WORDING: Wording = Wording {
    unknown: ApiError::Timeout,
    name_taken: ApiError::OrganizationExists,
    act: Act::Update,
};

/// What it can be refused with.
struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        let own = [
            ApiError::SelfServiceOff,
            WORDING.name_taken,
            ApiError::EmailInUse,
        ];
        let refusals = Json::<CreateOrg>::refusals().into_iter().chain(own);
        documented(refusals.chain(NEW_PASSWORD).chain([THROTTLED, UNAVAILABLE]))
    }
}

/// Makes an organization with its admin. Answered once both are there.
#[utoipa::path(
    post,
    path = "/org/create",
    tag = "org",
    operation_id = "create_org_org_create_post",
    request_body = CreateOrg,
    responses(
        (status = OK, description = "It is there, empty.", body = OrgResponse),
        Refusals,
    ),
)]
pub async fn create_org(
    State(App(service)): State<App>,
    client: ClientAddress,
    Extension(request): Extension<RequestId>,
    Json(wished): Json<CreateOrg>,
) -> Result<Response, ApiError> {
    let CreateOrg {
        organization_name: name,
        email,
        password,
    } = wished;
    let wished = NewOrganization {
        name,
        email,
        password,
    };
    let made = service.create(wished, client).await;
    audit::record(
        Action::Create,
        &made,
        |made| Ids::from(made),
        None,
        client,
        &request,
    );
    let made = made.map_err(|refusal| WORDING.answer(refusal))?;
    Ok(json::answer(StatusCode::OK, &OrgResponse::from(made)))
}
