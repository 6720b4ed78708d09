use axum::{
    Router,
    body::{Body, to_bytes},
    http::header::{ALLOW, HOST},
    middleware::from_fn_with_state,
    routing::{any, get},
};
use tower::ServiceExt as _;

use super::*;

fn router() -> Router {
    let known: KnownPaths = [("/org/get", Method::GET), ("/org/create", Method::POST)]
        .into_iter()
        .collect();
    Router::new()
        .route("/org/get", get(async || "read"))
        .route("/org/create", axum::routing::post(async || "made"))
        .route("/docs/", any(async || "page"))
        .fallback(ApiError::UnknownRoute)
        .layer(from_fn_with_state(known, guard))
}

async fn send(method: &str, target: &str) -> Response {
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header(HOST, "evil.example")
        .body(Body::empty())
        .unwrap();
    router().oneshot(request).await.unwrap()
}

async fn text(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_known_path_with_its_method_reaches_its_handler() {
    for (method, target, body) in [
        ("GET", "/org/get", "read"),
        ("GET", "/org/get?a=b", "read"),
        ("GET", "http://any.example/org/get", "read"),
        ("POST", "/org/create", "made"),
    ] {
        let response = send(method, target).await;
        assert_eq!(response.status(), StatusCode::OK, "{target}");
        assert_eq!(text(response).await, body);
    }
}

#[tokio::test]
async fn every_other_method_is_refused_with_the_one_that_is_allowed() {
    for method in [
        "HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH", "DELETE", "PUT", "PROPFIND", "get", "X",
    ] {
        for (target, allow) in [("/org/get", "GET"), ("/org/create?a=b", "POST")] {
            let response = send(method, target).await;
            assert_eq!(
                response.status(),
                StatusCode::METHOD_NOT_ALLOWED,
                "{method}"
            );
            assert_eq!(response.headers()[ALLOW], allow, "{method}");
            if method != "HEAD" {
                assert_eq!(text(response).await, r#"{"detail":"Method Not Allowed"}"#);
            }
        }
    }
}

#[tokio::test]
async fn trailing_slashes_lead_to_the_path_and_never_to_a_host() {
    for (method, target, location) in [
        ("GET", "/org/get/", "/org/get"),
        ("GET", "/org/get///", "/org/get"),
        (
            "GET",
            "/org/get/?organization_name=a%20b&c",
            "/org/get?organization_name=a%20b&c",
        ),
        ("GET", "/org/get/?", "/org/get?"),
        (
            "GET",
            "/org/get/?next=//evil.example/",
            "/org/get?next=//evil.example/",
        ),
        ("GET", "http://evil.example/org/get/", "/org/get"),
        ("POST", "/org/create/", "/org/create"),
        ("HEAD", "/org/create/", "/org/create"),
    ] {
        let response = send(method, target).await;
        assert_eq!(
            response.status(),
            StatusCode::TEMPORARY_REDIRECT,
            "{target}"
        );
        assert_eq!(response.headers()[LOCATION], location);
        assert!(!response.headers().contains_key("content-type"));
        assert_eq!(text(response).await, "");
    }
}

#[tokio::test]
async fn what_is_no_path_is_not_found_whatever_the_method() {
    for target in [
        "/",
        "//",
        "/ORG/get",
        "//org/get",
        "///org/get/",
        "//evil.example/org/get/",
        "/org",
        "/org/",
        "/org/get/x",
        "/org//get",
        "/org/get;a",
        "/org/get%2F",
        "/nope/",
        "/docs//",
    ] {
        for method in ["GET", "POST", "OPTIONS", "TRACE", "X"] {
            let response = send(method, target).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{target}");
            assert_eq!(text(response).await, r#"{"detail":"Not Found"}"#);
        }
    }
}

#[tokio::test]
async fn pages_beside_the_api_keep_their_slashes_and_methods() {
    let response = send("HEAD", "/docs/").await;
    assert_eq!(response.status(), StatusCode::OK);
}
