//! What is answered is what the API's description says: paths, methods, statuses, bodies, headers.

use anyhow::{Context as _, Result, ensure};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::world::{Answer, Settings, World};

const METHODS: [&str; 9] = [
    "GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "BREW",
];

fn document() -> Result<Value> {
    let committed = include_str!("../../docs/openapi.json");
    Ok(serde_json::from_str(committed)?)
}

/// Paths with their one method, as the document has them.
fn endpoints(document: &Value) -> Result<Vec<(String, String)>> {
    let paths = document["paths"].as_object().context("no paths")?;
    let mut found = Vec::new();
    for (path, item) in paths {
        let methods = item.as_object().context("no methods")?;
        ensure!(methods.len() == 1, "{path}");
        let methods = methods.keys().map(|method| method.to_ascii_uppercase());
        found.extend(methods.map(|method| (path.clone(), method)));
    }
    Ok(found)
}

#[tokio::test]
async fn every_path_of_the_document_is_served_by_its_method_and_by_no_other() -> Result<()> {
    let world = World::start()?;
    let endpoints = endpoints(&document()?)?;
    assert_eq!(endpoints.len(), 10);
    for (path, own) in endpoints {
        for method in METHODS {
            let answer = world.get_as(method, &path, "").await?;
            let refused = answer.status == StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(refused, method != own, "{method} {path}");
            assert_ne!(answer.text(), r#"{"detail":"Not Found"}"#, "{path}");
            if refused {
                assert_eq!(answer.headers["allow"], own.as_str(), "{path}");
            }
        }
    }
    Ok(())
}

/// The document, held against answers.
struct Documented(Value);

impl Documented {
    fn new() -> Result<Self> {
        Ok(Self(document()?))
    }

    /// The answer has the expected status, and is as the document describes it.
    fn check(&self, method: &str, path: &str, status: u16, answer: &Answer) -> Result<()> {
        let path = path.split('?').next().unwrap_or_default();
        let (found, text) = (answer.status, answer.text());
        ensure!(found == status, "{method} {path}: {found} {text}");
        let operation = &self.0["paths"][path][method.to_ascii_lowercase()];
        let response = &operation["responses"][found.as_str()];
        ensure!(
            response.is_object(),
            "{method} {path}: {found} is not in it"
        );
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            ensure!(answer.body.is_empty(), "{method} {path}: {text}");
        } else {
            ensure!(answer.headers["content-type"] == "application/json");
            let schema = self.validator(schema)?;
            let body = answer.json()?;
            let faults = schema.iter_errors(&body).map(|fault| fault.to_string());
            let faults: Vec<_> = faults.collect();
            ensure!(faults.is_empty(), "{method} {path}: {text}: {faults:?}");
        }
        for header in ["retry-after", "www-authenticate"] {
            let shown = response["headers"].get(header).is_some();
            let sent = answer.headers.contains_key(header);
            ensure!(shown == sent, "{path} {status} {header}");
        }
        Ok(())
    }

    fn validator(&self, schema: &Value) -> Result<Validator> {
        let whole = json!({"components": self.0["components"], "allOf": [schema]});
        Ok(jsonschema::validator_for(&whole)?)
    }
}

fn account(name: &str, email: &str, password: &str) -> Value {
    json!({"organization_name": name, "email": email, "password": password})
}

fn text_of(answer: &Answer, key: &str) -> Result<String> {
    let body = answer.json()?;
    Ok(body[key].as_str().context("no text")?.to_owned())
}

#[tokio::test]
async fn every_answer_of_a_tenants_life_is_as_described() -> Result<()> {
    let (world, documented) = (World::start()?, Documented::new()?);
    let acme = account("acme", "admin@acme.io", "Secret123");
    let made = world.json("POST", "/org/create", &acme).await?;
    documented.check("POST", "/org/create", 200, &made)?;
    let login = json!({"email": "admin@acme.io", "password": "Secret123"});
    let begun = world.json("POST", "/admin/login", &login).await?;
    documented.check("POST", "/admin/login", 200, &begun)?;
    let token = text_of(&begun, "access_token")?;
    for path in [
        "/org/get?organization_name=acme",
        "/org/me",
        "/admin/verify",
        "/health",
    ] {
        let read = world.get_as("GET", path, &token).await?;
        documented.check("GET", path, 200, &read)?;
    }
    let refresh = json!({"refresh_token": text_of(&begun, "refresh_token")?});
    let renewed = world.json("POST", "/admin/refresh", &refresh).await?;
    documented.check("POST", "/admin/refresh", 200, &renewed)?;
    let refresh = json!({"refresh_token": text_of(&renewed, "refresh_token")?});
    let ended = world.json("POST", "/admin/logout", &refresh).await?;
    documented.check("POST", "/admin/logout", 204, &ended)?;
    let wish = json!({"organization_name": "acme", "new_organization_name": "labs"});
    let changed = world.json_as("PUT", "/org/update", &token, &wish).await?;
    documented.check("PUT", "/org/update", 200, &changed)?;
    let path = "/org/delete?organization_name=labs";
    let gone = world.get_as("DELETE", path, &token).await?;
    documented.check("DELETE", path, 200, &gone)
}

#[tokio::test]
async fn every_refusal_of_what_is_sent_is_as_described() -> Result<()> {
    let (world, documented) = (World::start()?, Documented::new()?);
    for (path, method) in endpoints(&documented.0)? {
        let send = async |body: Vec<u8>| {
            let request = Request::builder().method(method.as_str()).uri(&path);
            let request = request.header("content-type", "application/json");
            world.send(request.body(Body::from(body))?).await
        };
        let operation = &documented.0["paths"][&path][method.to_ascii_lowercase()];
        let mut refused = vec![(413, send(vec![b' '; 65_537]).await?)];
        if operation.get("requestBody").is_some() {
            refused.push((400, send(b"\xff".to_vec()).await?));
            for body in ["", "{x", "[]", "{}", r#"{"email":1,"password":"\ud800"}"#] {
                refused.push((422, send(body.into()).await?));
            }
        }
        if operation.get("parameters").is_some() {
            refused.push((422, world.get_as(&method, &path, "").await?));
        }
        if operation.get("security").is_some() {
            let wish = json!({"organization_name": "acme"});
            let path = format!("{path}?organization_name=acme");
            for token in ["", "x.y.z"] {
                refused.push((401, world.json_as(&method, &path, token, &wish).await?));
            }
        }
        for (status, answer) in refused {
            documented.check(&method, &path, status, &answer)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_refusal_of_what_is_asked_for_is_as_described() -> Result<()> {
    let (world, documented) = (World::start()?, Documented::new()?);
    world.created("acme", "admin@acme.io", "Secret123").await?;
    world.created("beta", "admin@beta.io", "Secret123").await?;
    let token = world.logged_in("admin@acme.io", "Secret123").await?;
    let long = format!("a1{}", "é".repeat(36));
    for (status, wish) in [
        (409, account("acme", "c@x.io", "Secret123")),
        (409, account("gamma", "admin@acme.io", "Secret123")),
        (400, account("gamma", "c@x.io", "abcdef")),
        (400, account("gamma", "c@x.io", &long)),
        (400, account("gamma", "c@x.io", "abcd1\0")),
    ] {
        let answer = world.json("POST", "/org/create", &wish).await?;
        documented.check("POST", "/org/create", status, &answer)?;
    }
    for (status, name, wish) in [
        (404, "gamma", json!({})),
        (403, "beta", json!({})),
        (409, "acme", json!({"new_organization_name": "beta"})),
        (409, "acme", json!({"email": "admin@beta.io"})),
        (400, "acme", json!({"password": "123456"})),
    ] {
        let mut wish = wish;
        wish["organization_name"] = name.into();
        let answer = world.json_as("PUT", "/org/update", &token, &wish).await?;
        documented.check("PUT", "/org/update", status, &answer)?;
    }
    for (status, name) in [(404, "gamma"), (403, "beta")] {
        for (method, path) in [("GET", "/org/get"), ("DELETE", "/org/delete")] {
            let path = format!("{path}?organization_name={name}");
            let answer = world.get_as(method, &path, &token).await?;
            documented.check(method, &path, status, &answer)?;
        }
    }
    let wrong = json!({"email": "admin@acme.io", "password": "wrong"});
    let answer = world.json("POST", "/admin/login", &wrong).await?;
    documented.check("POST", "/admin/login", 401, &answer)?;
    let unknown = json!({"refresh_token": "x"});
    let answer = world.json("POST", "/admin/refresh", &unknown).await?;
    documented.check("POST", "/admin/refresh", 401, &answer)
}

#[tokio::test]
async fn every_refusal_by_a_setting_is_as_described() -> Result<()> {
    let documented = Documented::new()?;
    let wish = account("acme", "admin@acme.io", "Secret123");
    let mut closed = Settings::default();
    closed.service.self_service = false;
    let mut full = Settings::default();
    full.service.max_organizations = 0;
    for (status, settings) in [(403, closed), (429, full)] {
        let world = World::with(settings)?;
        let answer = world.json("POST", "/org/create", &wish).await?;
        documented.check("POST", "/org/create", status, &answer)?;
    }
    let mut strict = Settings::default();
    strict.limiter.account_failures = 1;
    let world = World::with(strict)?;
    let wrong = json!({"email": "admin@acme.io", "password": "wrong"});
    for status in [401, 429] {
        let answer = world.json("POST", "/admin/login", &wrong).await?;
        documented.check("POST", "/admin/login", status, &answer)?;
    }
    Ok(())
}
