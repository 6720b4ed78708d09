//! What an endpoint can be refused with, in the API's description. Made from the errors themselves:
//! status, body and headers shown are those that are sent.

use std::{collections::BTreeMap, time::Duration};

use axum::http::{
    HeaderMap, StatusCode,
    header::{RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde_json::Value;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        ContentBuilder, Header, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response,
        ResponseBuilder, Type,
        example::ExampleBuilder,
        schema::{OneOfBuilder, Schema},
    },
};

use super::{AnyBody, ApiError, DetailBody, ErrorBody, Health, HealthBody, ValidationBody};

/// Responses by status, as [`utoipa::IntoResponses`] gives them.
pub type Responses = BTreeMap<String, RefOr<Response>>;

/// Also what the layers answer in any handler's stead.
const EVERYWHERE: [ApiError; 3] = [
    ApiError::PayloadTooLarge,
    ApiError::Internal,
    ApiError::Timeout,
];

/// Where the database, the Kubernetes API or the hash pool is needed. How long to wait depends.
pub const UNAVAILABLE: ApiError = ApiError::Unavailable {
    retry_after: Duration::from_secs(1),
};

/// Where attempts are counted. How long to wait depends.
pub const THROTTLED: ApiError = ApiError::TooManyRequests {
    retry_after: Duration::from_secs(1),
};

/// Where a password is set.
pub const NEW_PASSWORD: [ApiError; 3] = [
    ApiError::WeakPassword,
    ApiError::PasswordTooLong,
    ApiError::PasswordHasNul,
];

/// The responses of these errors, with those that any endpoint can give. Several of a status are one
/// response with an example of each.
#[must_use]
pub fn documented(errors: impl IntoIterator<Item = ApiError>) -> Responses {
    let mut by_status = BTreeMap::<StatusCode, Vec<ApiError>>::new();
    for error in errors.into_iter().chain(EVERYWHERE) {
        let (status, _) = error.content();
        let of_status = by_status.entry(status).or_default();
        if !of_status.contains(&error) {
            of_status.push(error);
        }
    }
    let responses = by_status.into_iter();
    responses
        .map(|(status, errors)| (status.as_str().to_owned(), response(status, &errors).into()))
        .collect()
}

fn response(status: StatusCode, errors: &[ApiError]) -> Response {
    let mut schemas = Vec::new();
    for error in errors {
        let schema = schema_of(&error.content().1);
        if !schemas.contains(&schema) {
            schemas.push(schema);
        }
    }
    let examples = errors.iter().map(|error| {
        let (_, body) = error.content();
        let example = ExampleBuilder::new().value(serde_json::to_value(body).ok());
        (error.to_string(), example.build())
    });
    let content = ContentBuilder::new()
        .schema(Some(one_of(schemas)))
        .examples_from_iter(examples)
        .build();
    let mut headers = HeaderMap::new();
    for error in errors {
        error.add_headers(&mut headers, status);
    }
    let response = ResponseBuilder::new()
        .description(description(errors))
        .content("application/json", content);
    let described = [
        (RETRY_AFTER, retry_after()),
        (WWW_AUTHENTICATE, challenge()),
    ];
    let sent = described
        .into_iter()
        .filter(|(name, _)| headers.contains_key(name));
    sent.fold(response, |response, (name, header)| {
        response.header(name.as_str(), header)
    })
    .build()
}

fn schema_of(body: &AnyBody) -> Ref {
    Ref::from_schema_name(match body {
        AnyBody::A(_) => ErrorBody::name(),
        AnyBody::B(_) => DetailBody::name(),
        AnyBody::C(_) => ValidationBody::name(),
    })
}

fn one_of(mut schemas: Vec<Ref>) -> RefOr<Schema> {
    match (schemas.pop(), schemas.is_empty()) {
        (Some(only), true) => only.into(),
        (last, _) => {
            let all = schemas.into_iter().chain(last);
            all.fold(OneOfBuilder::new(), OneOfBuilder::item).into()
        }
    }
}

/// The messages: one as it stands, several as a list.
fn description(errors: &[ApiError]) -> String {
    match errors {
        [only] => only.to_string(),
        several => {
            let lines: Vec<_> = several.iter().map(|error| format!("- {error}")).collect();
            lines.join("\n")
        }
    }
}

/// What /health says, well or not.
impl IntoResponses for Health {
    fn responses() -> Responses {
        let content = |words: Self| {
            let (_, body) = words.content();
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(HealthBody::name())))
                .example(serde_json::to_value(body).ok())
                .build()
        };
        let well = ResponseBuilder::new()
            .description("The database answers.")
            .content("application/json", content(Self::Ok));
        let unwell = ResponseBuilder::new()
            .description("It doesn't.")
            .header(RETRY_AFTER.as_str(), retry_after())
            .content("application/json", content(Self::Unavailable));
        [(Self::Ok, well), (Self::Unavailable, unwell)]
            .map(|(words, response)| (words.content().0.as_str().to_owned(), response.into()))
            .into()
    }
}

/// Whole seconds.
fn retry_after() -> Header {
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1));
    HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("Seconds until the same may be tried again."))
        .build()
}

fn challenge() -> Header {
    let scheme = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([Value::from("Bearer")]));
    HeaderBuilder::new()
        .schema(Some(scheme))
        .description(Some("What is asked for."))
        .build()
}
