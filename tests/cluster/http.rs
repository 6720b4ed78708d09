//! A client of the HTTP API.

use anyhow::{Context as _, Result};
use organization_operator_harness::operator::Operator;
use serde_json::Value;
use ureq::{Agent, http::Request};

/// Status and body of an answer.
pub type Answer = (u16, Value);

/// Sends JSON, with a token where there is one.
pub fn call(api: &Operator, method: &str, path: &str, token: &str, body: &Value) -> Result<Answer> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", api.api_url()))
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(body.to_string())?;
    let mut answer = agent.run(request)?;
    let text = answer.body_mut().read_to_string()?;
    let body = serde_json::from_str(&text).with_context(|| text)?;
    Ok((answer.status().as_u16(), body))
}
