use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};

use super::*;
use crate::http::error::{Act, ApiError, Detail, Fault};

/// The OpenAPI Initiative's own schema of documents, of 2022-10-07; Apache-2.0.
const OFFICIAL: &str = include_str!("official-3.1.json");

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

fn document() -> Value {
    serde_json::from_str(&json().unwrap()).unwrap()
}

/// Every operation with its method and its path.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(METHODS.contains(&method.as_str()), "{method} {path}");
            found.push((method.as_str(), path.as_str(), operation));
        }
    }
    found
}

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn the_document_is_openapi_3_1_by_its_authors_own_schema() {
    let official: Value = serde_json::from_str(OFFICIAL).unwrap();
    let official = jsonschema::validator_for(&official).unwrap();
    let document = document();
    let faults: Vec<_> = official
        .iter_errors(&document)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    // It is strict: what the document has to have can't be left out.
    let mut broken = document;
    broken["paths"]["/org/me"]["get"]["responses"]["200"]
        .as_object_mut()
        .unwrap()
        .remove("description");
    assert!(!official.is_valid(&broken));
}

#[test]
fn everything_that_is_referred_to_is_there_and_every_schema_is_one() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 10);
    let mut named = BTreeSet::new();
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
        named.insert(pointer.rsplit('/').next().unwrap());
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(named.contains(name.as_str()), "{name} is of no use");
        assert!(jsonschema::meta::validate(schema).is_ok(), "{name}");
        assert!(schema["description"].is_string(), "{name}");
    }
}

#[test]
fn generated_clients_find_the_names_that_they_know() {
    let document = document();
    let ids = operations(&document)
        .into_iter()
        .map(|(method, path, operation)| {
            let id = operation["operationId"].as_str().unwrap();
            format!("{} {path} {id}", method.to_ascii_uppercase())
        });
    let known = [
        "POST /org/create create_org_org_create_post",
        "GET /org/get get_org_org_get_get",
        "PUT /org/update update_org_org_update_put",
        "DELETE /org/delete delete_org_org_delete_delete",
        "GET /org/me me_org_me_get",
        "POST /admin/login admin_login_admin_login_post",
        "POST /admin/refresh refresh_admin_refresh_post",
        "POST /admin/logout log_out_admin_logout_post",
        "GET /admin/verify verify_admin_verify_get",
        "GET /health health_health_get",
    ];
    let known = known.map(str::to_owned);
    assert_eq!(ids.collect::<BTreeSet<_>>(), BTreeSet::from(known));
    for name in [
        "OrgCreate",
        "OrgUpdate",
        "OrgResponse",
        "AdminLogin",
        "Token",
    ] {
        assert!(
            document["components"]["schemas"][name].is_object(),
            "{name}"
        );
    }
}

#[test]
fn the_router_has_no_endpoint_that_the_document_doesnt_have() {
    // `routes` puts an endpoint into both; `route` would put it into the router alone.
    let source = include_str!("../router.rs");
    assert!(source.contains(".routes(routes!(") && !source.contains(".route("));
}

#[test]
fn the_license_and_the_description_are_those_of_the_package() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["license"]["identifier"], "Apache-2.0");
    assert_eq!(
        document["info"]["description"],
        env!("CARGO_PKG_DESCRIPTION")
    );
    assert_eq!(document["servers"], json!([{"url": "/"}]));
}

#[test]
fn a_token_is_asked_for_where_one_is_needed() {
    let document = document();
    for (_, path, operation) in operations(&document) {
        let needs = matches!(
            path,
            "/org/get" | "/org/update" | "/org/delete" | "/org/me" | "/admin/verify"
        );
        assert_eq!(
            operation["security"] == json!([{"bearer": []}]),
            needs,
            "{path}"
        );
        assert_eq!(operation.get("security").is_some(), needs, "{path}");
    }
}

/// The endpoints that can give an error, as the contract has them. Exhaustive, so that a new error
/// is thought about.
fn givers(error: &ApiError) -> &'static [&'static str] {
    const ALL: &[&str] = &[
        "/org/create",
        "/org/get",
        "/org/update",
        "/org/delete",
        "/org/me",
        "/admin/login",
        "/admin/refresh",
        "/admin/logout",
        "/admin/verify",
        "/health",
    ];
    const WITH_BODY: &[&str] = &[
        "/org/create",
        "/org/update",
        "/admin/login",
        "/admin/refresh",
        "/admin/logout",
    ];
    const WITH_TOKEN: &[&str] = &[
        "/org/get",
        "/org/update",
        "/org/delete",
        "/org/me",
        "/admin/verify",
    ];
    match error {
        ApiError::Invalid(_) => &[
            "/org/create",
            "/org/get",
            "/org/update",
            "/org/delete",
            "/admin/login",
            "/admin/refresh",
            "/admin/logout",
        ],
        ApiError::UnparsableBody => WITH_BODY,
        ApiError::MissingToken => WITH_TOKEN,
        ApiError::InvalidToken => &[
            "/org/get",
            "/org/update",
            "/org/delete",
            "/org/me",
            "/admin/verify",
            "/admin/refresh",
        ],
        ApiError::InvalidCredentials => &["/admin/login"],
        ApiError::OrganizationNotFound | ApiError::NotYourOrganization(Act::Read) => &["/org/get"],
        // Of no endpoint: that is what they say.
        ApiError::UnknownRoute | ApiError::MethodNotAllowed { .. } => &[],
        ApiError::WeakPassword
        | ApiError::PasswordTooLong
        | ApiError::PasswordHasNul
        | ApiError::EmailInUse => &["/org/create", "/org/update"],
        ApiError::SelfServiceOff | ApiError::OrganizationExists => &["/org/create"],
        ApiError::NotYourOrganization(Act::Update) | ApiError::NewNameExists => &["/org/update"],
        ApiError::NotYourOrganization(Act::Delete) => &["/org/delete"],
        ApiError::OrganizationUnknown | ApiError::ManagedDeclaratively => {
            &["/org/update", "/org/delete"]
        }
        ApiError::TooManyRequests { .. } => &["/org/create", "/admin/login"],
        // /health says it in its own words.
        ApiError::Unavailable { .. } => ALL.split_last().map_or(ALL, |(_, others)| others),
        ApiError::PayloadTooLarge | ApiError::Timeout | ApiError::Internal => ALL,
    }
}

fn every_error() -> Vec<ApiError> {
    use std::time::Duration;
    let retry_after = Duration::from_secs(1);
    vec![
        Detail::in_body("email", &Fault::Missing).into(),
        ApiError::UnparsableBody,
        ApiError::MissingToken,
        ApiError::InvalidToken,
        ApiError::InvalidCredentials,
        ApiError::OrganizationNotFound,
        ApiError::UnknownRoute,
        ApiError::MethodNotAllowed { allow: Method::GET },
        ApiError::WeakPassword,
        ApiError::PasswordTooLong,
        ApiError::PasswordHasNul,
        ApiError::SelfServiceOff,
        ApiError::NotYourOrganization(Act::Read),
        ApiError::NotYourOrganization(Act::Update),
        ApiError::NotYourOrganization(Act::Delete),
        ApiError::OrganizationUnknown,
        ApiError::OrganizationExists,
        ApiError::EmailInUse,
        ApiError::NewNameExists,
        ApiError::ManagedDeclaratively,
        ApiError::PayloadTooLarge,
        ApiError::TooManyRequests { retry_after },
        ApiError::Unavailable { retry_after },
        ApiError::Timeout,
        ApiError::Internal,
    ]
}

#[tokio::test]
async fn every_error_is_shown_with_status_body_and_headers_where_it_can_be_given_and_nowhere_else()
{
    use axum::{body::to_bytes, response::IntoResponse as _};
    let document = document();
    for error in every_error() {
        let message = error.to_string();
        let (parts, body) = error.clone().into_response().into_parts();
        let sent: Value = serde_json::from_slice(&to_bytes(body, 4096).await.unwrap()).unwrap();
        for (_, path, operation) in operations(&document) {
            let response = &operation["responses"][parts.status.as_str()];
            let content = &response["content"]["application/json"];
            let example = &content["examples"][&message]["value"];
            let given = givers(&error).contains(&path);
            assert_eq!(example.is_object(), given, "{message}: {path}");
            if !given {
                continue;
            }
            assert!(response["description"].as_str().unwrap().contains(&message));
            if !matches!(error, ApiError::Invalid(_)) {
                assert_eq!(*example, sent, "{path}");
            }
            assert!(
                is_of(&document, &content["schema"], &sent),
                "{path}: {sent}"
            );
            for header in ["retry-after", "www-authenticate"] {
                let shown = response["headers"][header].is_object();
                assert_eq!(
                    shown,
                    parts.headers.contains_key(header),
                    "{path}: {header}"
                );
            }
        }
    }
}

/// Whether a body is of a schema of the document.
fn is_of(document: &Value, schema: &Value, body: &Value) -> bool {
    let mut whole = json!({"components": document["components"]});
    whole["allOf"] = json!([schema]);
    jsonschema::validator_for(&whole).unwrap().is_valid(body)
}

#[test]
fn every_response_is_described_and_every_body_has_a_schema() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let description = response["description"].as_str().unwrap();
            assert!(!description.is_empty(), "{method} {path} {status}");
            let schema = &response["content"]["application/json"]["schema"];
            assert_eq!(schema.is_object(), status != "204", "{path} {status}");
        }
    }
}

#[test]
fn the_committed_file_is_the_document() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == json().unwrap(),
        "run `make crds` and look at the difference"
    );
}
