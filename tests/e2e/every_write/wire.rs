//! What of a process's traffic writes, and what that is called.

use std::sync::Arc;

use anyhow::{Result, bail};
use async_trait::async_trait;
use futures::future::BoxFuture;
use hyper::{Method, http::request::Parts};
use mongodb::bson::{Bson, Document};

use super::breaker::{Breaker, Effect};
use crate::{
    api_relay::{Guard, Reply},
    relay::{Rule, Upstream},
};

/// Commands that change nothing; whatever else comes is a write.
const READS: [&str; 16] = [
    "hello",
    "ping",
    "buildInfo",
    "find",
    "getMore",
    "count",
    "distinct",
    "listCollections",
    "listIndexes",
    "listDatabases",
    "killCursors",
    "endSessions",
    "getParameter",
    "isMaster",
    "saslStart",
    "saslContinue",
];

/// Digits of an id in a name.
const ID: usize = 24;

/// Before the database, which is reached by a rule.
pub struct DatabaseGuard {
    pub breaker: Arc<Breaker>,
    pub rule: Arc<dyn Rule>,
}

#[async_trait]
impl Rule for DatabaseGuard {
    async fn exchange(
        &self,
        command: Document,
        upstream: &mut Upstream,
    ) -> Result<Option<Document>> {
        let Some(what) = written_by(&command) else {
            return self.rule.exchange(command, upstream).await;
        };
        let effect = match command.keys().next().map(String::as_str) {
            Some("create") => Some(Effect::Create),
            Some("renameCollection") => Some(Effect::Rename),
            Some("drop") => Some(Effect::Drop),
            _ => None,
        };
        let sent = async {
            let reply = self.rule.exchange(command, upstream).await?;
            let ok = reply.as_ref().and_then(|reply| reply.get_f64("ok").ok());
            if let Some(effect) = effect.filter(|_| ok == Some(1.0)) {
                self.breaker.count(effect);
            }
            Ok(reply)
        };
        Ok(self.breaker.pass(what, sent).await?.flatten())
    }
}

/// What a command writes; `None`: it reads.
fn written_by(command: &Document) -> Option<String> {
    let (kind, target) = command.iter().next()?;
    let reads = match kind.as_str() {
        "aggregate" => !has_stage(command, "$merge") && !has_stage(command, "$out"),
        kind => READS.contains(&kind),
    };
    if reads {
        return None;
    }
    let target = target.as_str().unwrap_or_default();
    // Databases are each test's own.
    let target = match kind.as_str() {
        "renameCollection" => target.split_once('.').map_or(target, |(_, name)| name),
        _ => target,
    };
    Some(format!("{kind} {}", without_ids(target)))
}

fn has_stage(command: &Document, stage: &str) -> bool {
    let stages = command.get_array("pipeline").into_iter().flatten();
    let mut stages = stages.filter_map(Bson::as_document);
    stages.any(|it| it.contains_key(stage))
}

fn without_ids(name: &str) -> String {
    let is_id = |part: &&str| part.len() == ID && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts: Vec<_> = name
        .split('.')
        .map(|part| if is_id(&part) { "?" } else { part })
        .collect();
    parts.join(".")
}

/// Before the API server.
pub struct ClusterGuard(pub Arc<Breaker>);

#[async_trait]
impl Guard for ClusterGuard {
    async fn pass(
        &self,
        request: &Parts,
        sent: BoxFuture<'_, Result<Reply>>,
    ) -> Result<Option<Reply>> {
        if matches!(request.method, Method::GET | Method::HEAD) {
            return Ok(Some(sent.await?));
        }
        let mut place = request.uri.path().split('/');
        if !place.any(|part| part == "namespaces") {
            bail!("a write outside all namespaces: {}", request.uri.path());
        }
        // The namespace, the resource, the object, and what of it.
        let [resource, part] = [1, 1].map(|skipped| place.nth(skipped).unwrap_or_default());
        let what = format!("{} {resource} {part}", request.method);
        self.0.pass(what.trim_end().to_owned(), sent).await
    }
}
