//! What is answered where no endpoint is: 404, 405 and the redirect of a trailing slash.
//!
//! The router's own answers won't do: it gives HEAD to the handler of GET, its 404 and 405 have
//! no body, and it knows no redirect. So [`guard`] goes before it and asks one list of paths; the
//! page of routes makes that list from the routes themselves.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, Uri, header::LOCATION},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::error::ApiError;

/// The paths of the API, each with its one method. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KnownPaths(Arc<BTreeMap<String, Method>>);

impl<P: Into<String>> FromIterator<(P, Method)> for KnownPaths {
    fn from_iter<I: IntoIterator<Item = (P, Method)>>(paths: I) -> Self {
        let paths = paths.into_iter();
        Self(Arc::new(
            paths.map(|(path, method)| (path.into(), method)).collect(),
        ))
    }
}

impl KnownPaths {
    /// The answer to a request that is for no endpoint; `None` lets it pass.
    ///
    /// Paths are compared as they were sent. What isn't in the list passes: it may be a page
    /// beside the API, and else meets the router's fallback.
    fn refusal(&self, method: &Method, uri: &Uri) -> Option<Response> {
        let path = uri.path();
        match self.0.get(path) {
            Some(allow) if allow == method => None,
            Some(allow) => {
                let allow = allow.clone();
                Some(ApiError::MethodNotAllowed { allow }.into_response())
            }
            // Whatever the method is: the same request is sent again, and then judged.
            None => {
                let (known, _) = self.0.get_key_value(path.trim_end_matches('/'))?;
                Some(redirect(known, uri.query()))
            }
        }
    }
}

/// Layer of the whole router: `.fallback(ApiError::UnknownRoute)`, which is what everything else
/// meets, then `.layer(from_fn_with_state(known_paths, fallback::guard))`.
pub async fn guard(State(known): State<KnownPaths>, request: Request, next: Next) -> Response {
    match known.refusal(request.method(), request.uri()) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    }
}

/// To a path of the list, never to a host: the older service built the target from the Host
/// header, so whoever could set that could send a client, with its password, elsewhere.
fn redirect(path: &str, query: Option<&str>) -> Response {
    let location = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    match HeaderValue::try_from(location) {
        Ok(location) => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, location)]).into_response(),
        // A control character that a header can't hold.
        Err(_) => ApiError::UnknownRoute.into_response(),
    }
}
