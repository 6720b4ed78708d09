//! GET /docs: Swagger UI, out of the binary, for /openapi.json. It loads nothing from elsewhere and
//! remembers nothing; its policy holds it to the first.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::Path,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa_swagger_ui::Config;

use super::{error::ApiError, openapi};

const DOCUMENT: &str = "/openapi.json";
const BARE: &str = "/docs";
const PAGE: &str = "/docs/";

/// What the page refers to. What else the distribution has (an inline script for OAuth among it) is
/// not served.
const FILES: [&str; 7] = [
    "index.css",
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-initializer.js",
    "favicon-16x16.png",
    "favicon-32x32.png",
];

/// No script but its own files, no request but to this service. The one inline style (its hash is
/// here) is what Swagger UI puts into the page by itself; data: are its own icons.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; \
     style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; \
     img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Files change only with a release, but their names don't change with it.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=3600");

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    // "none": else the page asks a validator on the internet about the document.
    let config = Config::from(DOCUMENT).validator_url("none");
    Arc::new(config.persist_authorization(false))
});

/// By what names requests for the pages are logged and counted.
pub(super) const NAMES: [&str; 3] = [DOCUMENT, BARE, PAGE];

/// All paths; GET is the one method of each.
pub(super) fn paths() -> impl Iterator<Item = String> {
    let files = FILES.iter().map(|file| format!("{PAGE}{file}"));
    NAMES.into_iter().map(str::to_owned).chain(files)
}

/// The pages.
pub(super) fn router() -> Router {
    Router::new()
        .route(DOCUMENT, get(document))
        .route(BARE, get(to_page))
        .route(PAGE, get(page))
        .route("/docs/{file}", get(file))
}

async fn document() -> Response {
    match openapi::json() {
        Ok(text) => {
            let json = HeaderValue::from_static("application/json");
            ([(CONTENT_TYPE, json)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the API's description can't be written");
            ApiError::Internal.into_response()
        }
    }
}

/// The page's references to its files are relative.
async fn to_page() -> Response {
    let location = [(LOCATION, HeaderValue::from_static(PAGE))];
    (StatusCode::TEMPORARY_REDIRECT, location).into_response()
}

async fn page() -> Response {
    served("index.html")
}

async fn file(Path(name): Path<String>) -> Response {
    if !FILES.contains(&name.as_str()) {
        return ApiError::UnknownRoute.into_response();
    }
    let mut response = served(&name);
    if response.status().is_success() {
        response.headers_mut().insert(CACHE_CONTROL, KEPT);
    }
    response
}

/// A file of the distribution.
fn served(name: &str) -> Response {
    let file = match utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG)) {
        Ok(Some(file)) => file,
        Ok(None) => return ApiError::UnknownRoute.into_response(),
        Err(error) => {
            tracing::error!(error, "Swagger UI can't be configured");
            return ApiError::Internal.into_response();
        }
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::try_from(file.content_type)),
        (CONTENT_SECURITY_POLICY, Ok(POLICY)),
    ];
    let mut response = file.bytes.into_response();
    for (name, value) in headers {
        if let Ok(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
