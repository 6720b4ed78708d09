//! All routes, on one page.

use std::sync::{Arc, LazyLock};

use axum::{Router, http::Method, middleware::from_fn_with_state, response::IntoResponse as _};
use utoipa::openapi::{OpenApi, PathItem};
use utoipa_axum::{router::OpenApiRouter, routes};

// The macro finds a handler's path by its module.
use super::{
    create_org, delete_org, docs,
    error::ApiError,
    fallback::{self, KnownPaths},
    get_org, health,
    layers::{LayerAnswers, Routes},
    log_in, log_out, me, openapi, refresh, update_org, verify,
};
use crate::service::Service;

/// What every handler is given.
#[derive(Clone)]
pub struct App(pub Arc<Service>);

/// The endpoints. Path and method of each are in its own file; whatever else has to know them asks
/// the document that is made of them.
fn endpoints() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::without_paths())
        .routes(routes!(create_org::create_org))
        .routes(routes!(get_org::get_org))
        .routes(routes!(update_org::update_org))
        .routes(routes!(delete_org::delete_org))
        .routes(routes!(me::me))
        .routes(routes!(log_in::log_in))
        .routes(routes!(refresh::refresh))
        .routes(routes!(log_out::log_out))
        .routes(routes!(verify::verify))
        .routes(routes!(health::health))
}

/// The API's description.
#[must_use]
pub fn document() -> OpenApi {
    endpoints().into_openapi()
}

/// The API and its pages, without the layers that every request goes through.
pub fn router(service: Arc<Service>) -> Router {
    let (endpoints, document) = endpoints().split_for_parts();
    let pages = docs::paths().map(|path| (path, Method::GET));
    let known = methods(&document).chain(pages).collect::<KnownPaths>();
    endpoints
        .with_state(App(service))
        .merge(docs::router())
        .fallback(|| async { ApiError::UnknownRoute })
        .layer(from_fn_with_state(known, fallback::guard))
}

/// The paths of a document, each with its one method.
fn methods(document: &OpenApi) -> impl Iterator<Item = (String, Method)> {
    document.paths.paths.iter().filter_map(|(path, item)| {
        let method = match item {
            PathItem { get: Some(_), .. } => Method::GET,
            PathItem { post: Some(_), .. } => Method::POST,
            PathItem { put: Some(_), .. } => Method::PUT,
            PathItem {
                delete: Some(_), ..
            } => Method::DELETE,
            _ => return None,
        };
        Some((path.clone(), method))
    })
}

static PATHS: LazyLock<Vec<String>> =
    LazyLock::new(|| document().paths.paths.into_keys().collect());

static LABELS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let endpoints = PATHS.iter().map(String::as_str);
    endpoints.chain(docs::NAMES).collect()
});

/// By what names requests are logged and counted.
pub const NAMES: Routes = Routes(|| &LABELS);

/// What the layers answer in a handler's stead.
pub const ANSWERS: LayerAnswers = LayerAnswers {
    timeout: || ApiError::Timeout.into_response(),
    body_timeout: || ApiError::UnparsableBody.into_response(),
    too_large: || ApiError::PayloadTooLarge.into_response(),
    panic: || ApiError::Internal.into_response(),
};
