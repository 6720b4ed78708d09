//! A world with the HTTP service: in one process with the controller, or in one of its own.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, body::Bytes};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use organization_operator_harness::operator::Operator;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::{servers::servers, world::World};

pub const JWT_SECRET: &str = "canary-a-key-of-the-tests-that-is-long-enough";

/// As clients of the older service do.
pub const GIVES_UP: Duration = Duration::from_secs(10);

/// Nobody is throttled where that isn't what is tested: all tests come from one address.
const SETTINGS: [(&str, &str); 5] = [
    ("JWT_SECRET", JWT_SECRET),
    ("SELF_SERVICE", "true"),
    ("CREATES", "1000000"),
    ("LOGIN_FAILURES", "1000000"),
    ("CLIENT_LOGIN_FAILURES", "1000000"),
];

pub struct ApiWorld {
    pub world: World,
    /// The service, where it is a process of its own.
    own: Option<Operator>,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("{self:?}"))
    }

    /// Itself, if it has that status.
    pub fn with(self, status: u16) -> Result<Self> {
        ensure!(self.status == status, "not {status} but {self:?}");
        Ok(self)
    }
}

impl ApiWorld {
    /// Controller and service in one process, as `run`.
    pub async fn start(name: &str) -> Result<Self> {
        Self::with(name, &[]).await
    }

    /// As [`Self::start`]; `settings` go before the usual ones.
    pub async fn with(name: &str, settings: &[(&str, &str)]) -> Result<Self> {
        Self::on(name, servers()?.mongo.url(), settings).await
    }

    /// As [`Self::with`], on a database server of the test's own.
    pub async fn on(name: &str, mongo_url: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let world = Self::unready(name, mongo_url, settings).await?;
        block_in_place(|| world.world.operator.start())?;
        Ok(world)
    }

    /// As [`Self::on`], with the process still to be started.
    pub async fn unready(name: &str, mongo_url: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let settings: Vec<_> = SETTINGS.iter().chain(settings).copied().collect();
        let world = World::of("run", name, mongo_url, &[], &settings).await?;
        Ok(Self::around(world, None))
    }

    /// Controller and service in a process each.
    pub async fn apart(name: &str) -> Result<Self> {
        Self::apart_with(name, &[]).await
    }

    /// As [`Self::apart`]; `settings` go before the usual ones.
    pub async fn apart_with(name: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let settings: Vec<_> = SETTINGS.iter().chain(settings).copied().collect();
        let url = servers()?.mongo.url();
        let world = World::of("controller", name, url, &[], &settings).await?;
        let service = world.another_process("api", "service", &[])?;
        block_in_place(|| {
            world.operator.start()?;
            service.start()
        })?;
        Ok(Self::around(world, Some(service)))
    }

    fn around(world: World, own: Option<Operator>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { world, own, client }
    }

    /// The process that serves.
    pub fn service(&self) -> &Operator {
        self.own.as_ref().unwrap_or(&self.world.operator)
    }

    /// A request, and its answer within a client's patience.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Result<Answer> {
        self.send_to(self.service(), method, path, token, body)
            .await
    }

    /// As [`Self::send`], to another process.
    pub async fn send_to(
        &self,
        service: &Operator,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Result<Answer> {
        let url = format!("{}{path}", service.api_url());
        let mut request = Request::builder().method(method).uri(url);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(String::new, Value::to_string);
        let sent = self.client.request(request.body(Full::from(body))?);
        let answer = async {
            let answer = sent.await?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await?.to_bytes();
            Ok(Answer {
                status,
                body: String::from_utf8(body.to_vec())?,
            })
        };
        let waited = tokio::time::timeout(GIVES_UP, answer).await;
        waited.map_err(|_| anyhow!("{method} {path}: no answer within {GIVES_UP:?}"))?
    }

    pub async fn create(&self, name: &str, email: &str, password: &str) -> Result<Answer> {
        let wish = json!({"organization_name": name, "email": email, "password": password});
        self.send("POST", "/org/create", "", Some(&wish)).await
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Result<Answer> {
        self.log_in_at(self.service(), email, password).await
    }

    pub async fn log_in_at(
        &self,
        service: &Operator,
        email: &str,
        password: &str,
    ) -> Result<Answer> {
        let wish = json!({"email": email, "password": password});
        self.send_to(service, "POST", "/admin/login", "", Some(&wish))
            .await
    }

    /// The access token of a login that is answered 200.
    pub async fn token(&self, email: &str, password: &str) -> Result<String> {
        self.token_at(self.service(), email, password).await
    }

    pub async fn token_at(
        &self,
        service: &Operator,
        email: &str,
        password: &str,
    ) -> Result<String> {
        let answer = self.log_in_at(service, email, password).await?;
        let session = answer.with(200)?.json()?;
        let token = session["access_token"].as_str().map(str::to_owned);
        token.context("no token")
    }

    pub async fn read(&self, name: &str, token: &str) -> Result<Answer> {
        self.read_at(self.service(), name, token).await
    }

    pub async fn read_at(&self, service: &Operator, name: &str, token: &str) -> Result<Answer> {
        let path = format!("/org/get?organization_name={name}");
        self.send_to(service, "GET", &path, token, None).await
    }

    /// PUT /org/update of that organization with `wish`.
    pub async fn update(&self, name: &str, token: &str, wish: &Value) -> Result<Answer> {
        let mut wish = wish.clone();
        wish["organization_name"] = json!(name);
        self.send("PUT", "/org/update", token, Some(&wish)).await
    }

    pub async fn delete(&self, name: &str, token: &str) -> Result<Answer> {
        let path = format!("/org/delete?organization_name={name}");
        self.send("DELETE", &path, token, None).await
    }
}
