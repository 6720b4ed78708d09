//! Whatever is sent: no 5xx, and no answer that tells a known e-mail from an unknown one.

mod tokens;

use anyhow::Result;
use axum::{
    body::{Body, Bytes},
    http::StatusCode,
};
use futures::stream;
use serde_json::{Value, json};

use crate::world::{Answer, World, request};

const BODIES: [(&str, &str); 5] = [
    ("POST", "/org/create"),
    ("PUT", "/org/update"),
    ("POST", "/admin/login"),
    ("POST", "/admin/refresh"),
    ("POST", "/admin/logout"),
];

/// What operators of MongoDB, and everything else than a text, look like.
fn operators() -> Vec<Value> {
    vec![
        json!({"$ne": null}),
        json!({"$gt": ""}),
        json!({"$regex": ".*"}),
        json!({"$in": ["admin@acme.io"]}),
        json!({"$where": "sleep(1000)"}),
        json!(["admin@acme.io"]),
        json!([{"$ne": 1}]),
        json!({}),
        json!(1),
        json!(true),
    ]
}

async fn sent(world: &World, method: &str, path: &str, token: &str, body: Body) -> Result<Answer> {
    let request = request(method, path, token).header("content-type", "application/json");
    world.send(request.body(body)?).await
}

#[tokio::test]
async fn operators_of_mongodb_are_no_text_in_any_field() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    let good = [
        json!({"organization_name": "beta", "email": "b@x.io", "password": "Secret123"}),
        json!({
            "organization_name": "acme", "new_organization_name": "beta",
            "email": "b@x.io", "password": "Secret1234",
        }),
        json!({"email": "admin@acme.io", "password": "Secret123"}),
        json!({"refresh_token": "x"}),
        json!({"refresh_token": "x"}),
    ];
    let before = world.everything();
    for ((method, path), good) in BODIES.into_iter().zip(&good) {
        let fields = good
            .as_object()
            .into_iter()
            .flat_map(|fields| fields.keys());
        for (field, operator) in
            fields.flat_map(|field| operators().into_iter().map(move |o| (field, o)))
        {
            let mut body = good.clone();
            body[field] = operator.clone();
            let answer = world.json_as(method, path, &token, &body).await?;
            let expected = json!({"error": {
                "code": "validation_error",
                "message": "request validation failed",
                "details": [{
                    "loc": ["body", field],
                    "msg": "Input should be a valid string",
                    "type": "string_type",
                }],
            }});
            assert_eq!(answer.json()?, expected, "{path} {field} {operator}");
        }
    }
    assert_eq!(world.everything(), before);
    Ok(())
}

#[tokio::test]
async fn operators_of_mongodb_are_nothing_in_a_query() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    for (method, path) in [("GET", "/org/get"), ("DELETE", "/org/delete")] {
        for (query, status) in [
            ("organization_name[$ne]=x", 422),
            ("organization_name%5B%24ne%5D=x", 422),
            ("organization_name[]=acme", 422),
            ("organization_name=%7B%22$ne%22:null%7D", 404),
            ("organization_name=$acme", 404),
            ("organization_name=.*", 404),
            ("organization_name=acme%00", 404),
            ("organization_name=../acme", 404),
            ("organization_name=%2e%2e%2facme", 404),
            ("organization_name=+acme+", 404),
            ("organization_name=%D0%B0cme", 404),
        ] {
            let answer = world
                .get_as(method, &format!("{path}?{query}"), &token)
                .await?;
            assert_eq!(answer.status.as_u16(), status, "{method} {query}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn names_that_only_look_like_names_make_nothing() -> Result<()> {
    let world = World::start()?;
    for name in [
        "..",
        "../x",
        "a/b",
        "a.b",
        "a\0b",
        "%00",
        "%2e%2e",
        "a b",
        "аcme",
        "ａcme",
        "acme\u{200b}",
        "acme\u{301}",
        "$where",
        "system.users",
        "a",
        "",
        "\u{202e}acme",
        "aé",
        "acme\n2",
        &"a".repeat(65),
    ] {
        let wish = json!({"organization_name": name, "email": "a@x.io", "password": "Secret123"});
        let answer = world.json("POST", "/org/create", &wish).await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
    }
    assert!(world.cluster.objects().is_empty());
    Ok(())
}

#[tokio::test]
async fn bodies_that_are_too_deep_or_too_large_are_refused_and_no_more() -> Result<()> {
    let world = World::start()?;
    let deep = |open: &str, close: &str| {
        let (open, close) = (open.repeat(10_000), close.repeat(10_000));
        format!(r#"{{"email":{open}1{close}}}"#)
    };
    let keys: Vec<_> = (0..100_000).map(|key| format!(r#""k{key}":1"#)).collect();
    let keys = format!("{{{}}}", keys.join(","));
    let padded = |length: usize| format!("{{{}}}", " ".repeat(length - 2));
    let huge = format!(r#"{{"email":"{}"}}"#, "a".repeat(10_000_000));
    for (body, status) in [
        (deep("[", "]"), 400),
        (deep("{\"a\":[", "]}"), 413),
        ("[".repeat(10_000), 400),
        (keys, 413),
        (huge, 413),
        (padded(64 * 1024 + 1), 413),
        (padded(64 * 1024), 422),
        (format!(r#"{{"email":{}}}"#, "9".repeat(4301)), 400),
    ] {
        for (method, path) in BODIES {
            let answer = sent(&world, method, path, "", Body::from(body.clone())).await?;
            let start: String = body.chars().take(20).collect();
            assert_eq!(
                answer.status.as_u16(),
                status,
                "{path} {start} {}",
                answer.text()
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_endless_body_is_refused_once_it_is_too_large() -> Result<()> {
    let world = World::start()?;
    let endless = || {
        let piece = || Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 1024]));
        Body::from_stream(stream::repeat_with(piece))
    };
    let too_large = r#"{"error":{"code":"payload_too_large","message":"request body too large"}}"#;
    for (method, path) in BODIES {
        let answer = sent(&world, method, path, "", endless()).await?;
        assert_eq!(answer.told(), (413, too_large.to_owned()), "{path}");
        assert_eq!(answer.header("connection"), Some("close"));
    }
    // Where no body is read, none is waited for.
    let answer = sent(&world, "GET", "/org/me", "", endless()).await?;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn a_known_and_an_unknown_e_mail_are_answered_alike() -> Result<()> {
    let world = World::start()?;
    world.tenant("acme").await?;
    let passwords = [
        json!("12345").to_string(),
        json!("").to_string(),
        json!("a1".repeat(36)).to_string(),
        format!("\"{}1\"", "a1".repeat(36)),
        r#""Secret123\u0000""#.to_owned(),
        r#""\u0000""#.to_owned(),
        r#""Secret123\ud800""#.to_owned(),
        r#""\udc00\ud800""#.to_owned(),
        json!("😀".repeat(19)).to_string(),
        json!("1234567890").to_string(),
        json!("$2b$10$abcdefghijklmnopqrstuuC6qtbz1Wm3e5TqzVq0Jm1rIYbR8oqYy").to_string(),
        json!("a".repeat(60_000)).to_string(),
        "null".to_owned(),
        "NaN".to_owned(),
        r#"{"$ne":null}"#.to_owned(),
        r#""Secret"#.to_owned(),
    ];
    for password in passwords {
        let mut answers = Vec::new();
        // As long as each other, since where JSON ends is told.
        for email in ["admin@acme.io", "nobody@acm.io"] {
            let body = format!(r#"{{"email":"{email}","password":{password}}}"#);
            let answer = sent(&world, "POST", "/admin/login", "", Body::from(body)).await?;
            assert!(answer.status.is_client_error(), "{password}");
            let mut headers = answer.headers.clone();
            headers.remove("x-request-id");
            answers.push((answer.told(), headers));
        }
        assert_eq!(answers[0], answers[1], "{password}");
    }
    Ok(())
}

#[tokio::test]
async fn other_methods_are_answered_and_reach_nothing() -> Result<()> {
    let world = World::start()?;
    let token = world.tenant("acme").await?;
    let before = world.everything();
    for method in [
        "TRACE", "FOO", "delete", "OPTIONS", "HEAD", "PATCH", "PROPFIND",
    ] {
        let path = "/org/delete?organization_name=acme";
        let answer = world.get_as(method, path, &token).await?;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.header("allow"), Some("DELETE"));
        let overridden = request("GET", "/org/get?organization_name=acme", &token)
            .header("x-http-method-override", "DELETE");
        let read = world.send(overridden.body(Body::empty())?).await?;
        assert_eq!(read.status, StatusCode::OK);
    }
    assert_eq!(world.everything(), before);
    Ok(())
}
