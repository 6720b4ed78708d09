//! An API server that fails as it is told to: before the real one, for those who are given its
//! kubeconfig. Plain HTTP; whoever comes by it is the cluster's administrator.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::{Context as _, Result};
use futures::stream;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response,
    body::{Bytes, Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use kube::{
    Client, Config,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use crate::servers::servers;

/// What becomes of requests and of answers under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    Pass,
    /// Nothing is answered any more, and nobody is told.
    Silent,
    /// Watches that are under way go on and deliver nothing; all else is answered, and new ones are.
    SilentWatches,
    /// Every connection ends, and no new one is taken.
    Away,
    /// Every request is answered with that status.
    All(u16),
    /// Half of the requests are answered with that status, in no order that anybody could fall in with.
    Half(u16),
}

/// Knuth's multiplicative hash: 2^32 by the golden ratio.
const SCATTER: u32 = 2_654_435_769;

type Reply = Response<UnsyncBoxBody<Bytes, anyhow::Error>>;

/// Ends with its value.
pub struct ApiRelay {
    kubeconfig: PathBuf,
    rule: watch::Sender<Rule>,
    _tasks: JoinSet<Result<()>>,
}

impl ApiRelay {
    /// Before the API server of all tests.
    pub async fn start(name: &str) -> Result<Self> {
        let servers = servers()?;
        let kubeconfig = Kubeconfig::read_from(servers.cluster.kubeconfig())?;
        let options = KubeConfigOptions::default();
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
        config.default_retry = false;
        let upstream = Client::try_from(config)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let server = format!("http://{}", listener.local_addr()?);
        let file = servers.home.dir().join(format!("kubeconfig-{name}"));
        let content = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": server}}],
            "users": [{"name": name, "user": {}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        });
        std::fs::write(&file, content.to_string())?;
        let (rule, told) = watch::channel(Rule::Pass);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, upstream, told));
        Ok(Self {
            kubeconfig: file,
            rule,
            _tasks: tasks,
        })
    }

    /// The setting by which a process comes through here.
    pub fn setting(&self) -> Result<(&'static str, &str)> {
        let path = self.kubeconfig.to_str().context("an odd path")?;
        Ok(("KUBECONFIG", path))
    }

    /// From now on.
    pub fn set(&self, rule: Rule) {
        self.rule.send_replace(rule);
    }
}

async fn accept(
    listener: TcpListener,
    upstream: Client,
    rule: watch::Receiver<Rule>,
) -> Result<()> {
    let mut connections = JoinSet::new();
    let requests = Arc::new(AtomicU32::new(0));
    loop {
        let (stream, _) = listener.accept().await?;
        let requests = Arc::clone(&requests);
        connections.spawn(serve(stream, upstream.clone(), rule.clone(), requests));
    }
}

/// One connection, until either end closes it or the server goes away.
async fn serve(
    stream: TcpStream,
    upstream: Client,
    rule: watch::Receiver<Rule>,
    requests: Arc<AtomicU32>,
) {
    let mut gone = rule.clone();
    let service = service_fn(move |request| {
        let number = requests.fetch_add(1, Ordering::Relaxed);
        answer(request, number, upstream.clone(), rule.clone())
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // Whoever gave up has closed it.
        _ = served => {}
        _ = gone.wait_for(|rule| *rule == Rule::Away) => {}
    }
}

async fn answer(
    request: Request<Incoming>,
    number: u32,
    upstream: Client,
    mut rule: watch::Receiver<Rule>,
) -> Result<Reply> {
    let now = *rule.wait_for(|rule| *rule != Rule::Silent).await?;
    match now {
        Rule::All(status) => return refusal(status),
        Rule::Half(status) if number.wrapping_mul(SCATTER) >> 31 == 1 => return refusal(status),
        Rule::Half(_) | Rule::Pass | Rule::Silent | Rule::SilentWatches | Rule::Away => {}
    }
    let query = request.uri().query().unwrap_or_default();
    let may_die = query.contains("watch=") && now != Rule::SilentWatches;
    let (mut head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    // Those of this connection; the client has its own.
    head.headers.remove("host");
    head.headers.remove("content-length");
    let reply = upstream.send(Request::from_parts(head, Body::from(body)));
    let (mut head, body) = reply.await?.into_parts();
    head.headers.remove("transfer-encoding");
    let frames = stream::unfold(
        (body, rule, may_die),
        |(mut body, mut rule, may_die)| async move {
            let frame = next(&mut body, &mut rule, may_die).await?;
            Some((frame, (body, rule, may_die)))
        },
    );
    Ok(Response::from_parts(
        head,
        StreamBody::new(frames).boxed_unsync(),
    ))
}

/// The next piece of an answer, once it may pass.
async fn next(
    body: &mut Body,
    rule: &mut watch::Receiver<Rule>,
    may_die: bool,
) -> Option<Result<Frame<Bytes>>> {
    let passes = |rule: &Rule| *rule != Rule::Silent && !(may_die && *rule == Rule::SilentWatches);
    loop {
        rule.wait_for(passes).await.ok()?;
        tokio::select! {
            biased;
            _ = rule.changed() => {}
            frame = body.frame() => return Some(frame?.map_err(anyhow::Error::from)),
        }
    }
}

/// As an API server words it that is overloaded or ends.
fn refusal(status: u16) -> Result<Reply> {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure",
        "reason": if status == 429 { "TooManyRequests" } else { "ServiceUnavailable" },
        "message": "told to by a test", "code": status,
    });
    let body = Full::from(body.to_string()).map_err(|never| match never {});
    let reply = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("retry-after", "1");
    Ok(reply.body(body.boxed_unsync())?)
}
