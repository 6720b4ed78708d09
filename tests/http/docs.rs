//! /docs and /openapi.json, as a browser gets them.

use anyhow::{Context as _, Result};
use axum::http::StatusCode;

use crate::world::{Answer, World};

const POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; \
    img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let value = answer.headers.get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// What the page's tags refer to.
fn references(page: &str) -> Vec<&str> {
    let attributes = [" href=\"", " src=\""].into_iter().flat_map(|name| {
        let rest = page.split(name).skip(1);
        rest.filter_map(|rest| rest.split('"').next())
    });
    attributes.collect()
}

#[tokio::test]
async fn the_page_loads_all_of_its_files_from_us() -> Result<()> {
    let world = World::start()?;
    let page = world.get_as("GET", "/docs/", "").await?;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(header(&page, "content-type"), "text/html");
    let text = page.text();
    let files = references(&text);
    assert_eq!(files.len(), 7, "{files:?}");
    for file in files {
        let name = file.strip_prefix("./").unwrap_or(file);
        assert!(!name.contains('/'), "{file} is elsewhere");
        let answer = world.get_as("GET", &format!("/docs/{name}"), "").await?;
        let (_, extension) = name.rsplit_once('.').context("no extension")?;
        let expected = match extension {
            "css" => "text/css",
            "js" => "text/javascript",
            "png" => "image/png",
            other => other,
        };
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        assert_eq!(header(&answer, "content-type"), expected, "{name}");
        assert_eq!(header(&answer, "cache-control"), "public, max-age=3600");
        assert_eq!(header(&answer, "content-security-policy"), POLICY);
        assert!(answer.body.len() > 100, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn the_page_is_held_to_its_own_files_and_is_never_kept() -> Result<()> {
    let world = World::start()?;
    let page = world.get_as("GET", "/docs/", "").await?;
    assert_eq!(header(&page, "content-security-policy"), POLICY);
    assert_eq!(header(&page, "cache-control"), "no-store");
    assert_eq!(header(&page, "x-content-type-options"), "nosniff");
    let text = page.text();
    // What the policy would refuse: scripts and styles in the page itself.
    let scripts = text.matches("<script").count();
    assert_eq!(scripts, text.matches("<script src=").count());
    for inline in ["<style", " style=", " onload=", "javascript:", "//"] {
        assert!(!text.contains(inline), "{inline}");
    }
    Ok(())
}

#[tokio::test]
async fn the_page_asks_for_our_document_and_no_validator_and_remembers_no_token() -> Result<()> {
    let world = World::start()?;
    let script = world
        .get_as("GET", "/docs/swagger-initializer.js", "")
        .await?;
    let text = script.text();
    assert!(text.contains(r#""url": "/openapi.json""#), "{text}");
    assert!(text.contains(r#""validatorUrl": "none""#), "{text}");
    assert!(text.contains(r#""persistAuthorization": false"#), "{text}");
    assert!(!text.contains("http"), "{text}");
    Ok(())
}

#[tokio::test]
async fn the_bare_path_leads_to_the_page_and_not_to_another_host() -> Result<()> {
    let world = World::start()?;
    for path in ["/docs", "/docs?x=1"] {
        let answer = world.get_as("GET", path, "").await?;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{path}");
        assert_eq!(header(&answer, "location"), "/docs/", "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn other_files_and_methods_are_answered_as_everywhere() -> Result<()> {
    let world = World::start()?;
    for path in [
        "/docs/nothing.js",
        "/docs/oauth2-redirect.html",
        "/docs/index.html",
        "/docs/..%2fCargo.toml",
        "/docs/x/swagger-ui.css",
        "/docs/swagger-ui.css.map",
        "/openapi.yaml",
    ] {
        let answer = world.get_as("GET", path, "").await?;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.text(), r#"{"detail":"Not Found"}"#, "{path}");
    }
    for path in ["/docs", "/docs/", "/docs/swagger-ui.css", "/openapi.json"] {
        for method in ["POST", "HEAD", "OPTIONS", "DELETE"] {
            let answer = world.get_as(method, path, "").await?;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
            assert_eq!(header(&answer, "allow"), "GET", "{method} {path}");
            if method != "HEAD" {
                assert_eq!(answer.text(), r#"{"detail":"Method Not Allowed"}"#);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_document_served_is_the_one_that_is_committed() -> Result<()> {
    let world = World::start()?;
    let answer = world.get_as("GET", "/openapi.json", "").await?;
    let committed = include_bytes!("../../docs/openapi.json");
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(header(&answer, "content-type"), "application/json");
    assert!(answer.body == committed);
    Ok(())
}
