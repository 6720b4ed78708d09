//! What clients send, and what they get.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, request::Builder},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::World;

/// A request by method and path, with a token unless that is empty.
pub fn request(method: &str, path: &str, token: &str) -> Builder {
    let request = Request::builder().method(method).uri(path);
    if token.is_empty() {
        request
    } else {
        request.header("authorization", format!("Bearer {token}"))
    }
}

impl World {
    /// The answer to a request.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Answer> {
        let peer: SocketAddr = "192.0.2.1:1000".parse()?;
        if request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .is_none()
        {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let response = self.app.clone().oneshot(request).await?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.into_body().collect().await?.to_bytes().to_vec();
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// The answer to a request that comes from that address.
    pub async fn send_from(&self, peer: &str, mut request: Request<Body>) -> Result<Answer> {
        let peer: SocketAddr = format!("{peer}:1000").parse()?;
        request.extensions_mut().insert(ConnectInfo(peer));
        self.send(request).await
    }

    /// As a client that sends JSON.
    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Result<Answer> {
        self.json_as(method, path, "", body).await
    }

    /// As a client that sends JSON and has a token.
    pub async fn json_as(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Result<Answer> {
        let request = request(method, path, token).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string()))?).await
    }

    /// As a client that sends nothing but a token.
    pub async fn get_as(&self, method: &str, path: &str, token: &str) -> Result<Answer> {
        let request = request(method, path, token);
        self.send(request.body(Body::empty())?).await
    }

    /// An organization that was made through HTTP.
    pub async fn created(&self, name: &str, email: &str, password: &str) -> Result<()> {
        let wished = json!({
            "organization_name": name, "email": email, "password": password,
        });
        let made = self.json("POST", "/org/create", &wished).await?;
        anyhow::ensure!(made.status == StatusCode::OK, "{}", made.text());
        Ok(())
    }

    /// The answer to a login.
    pub async fn login(&self, email: &str, password: &str) -> Result<Answer> {
        let wished = json!({"email": email, "password": password});
        self.json("POST", "/admin/login", &wished).await
    }

    /// The answer to a login from that address.
    pub async fn login_from(&self, peer: &str, email: &str, password: &str) -> Result<Answer> {
        let wished = json!({"email": email, "password": password});
        let request = request("POST", "/admin/login", "");
        let request = request.header("content-type", "application/json");
        let request = request.body(Body::from(wished.to_string()))?;
        self.send_from(peer, request).await
    }

    /// The access token of a login.
    pub async fn logged_in(&self, email: &str, password: &str) -> Result<String> {
        Ok(self.session(email, password).await?.0)
    }

    /// Access and refresh token of a login.
    pub async fn session(&self, email: &str, password: &str) -> Result<(String, String)> {
        self.login(email, password).await?.session()
    }

    /// Made through HTTP and logged in: `admin@<name>.io`, `Secret123`.
    pub async fn tenant(&self, name: &str) -> Result<String> {
        let email = format!("admin@{name}.io");
        self.created(name, &email, "Secret123").await?;
        self.logged_in(&email, "Secret123").await
    }
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Status and body, for comparing.
    pub fn told(&self) -> (u16, String) {
        (self.status.as_u16(), self.text())
    }

    /// Access and refresh token, of an answer that has them.
    pub fn session(&self) -> Result<(String, String)> {
        anyhow::ensure!(self.status == StatusCode::OK, "{}", self.text());
        let body = self.json()?;
        let token = |name: &str| body[name].as_str().map(str::to_owned).context("no token");
        Ok((token("access_token")?, token("refresh_token")?))
    }
}
