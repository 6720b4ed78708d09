//! An API server that fails as it is told to: before the real one, for those who are given its
//! kubeconfig. Plain HTTP; whoever comes by it is an administrator, or acts as whom he says
//! (`process`).

mod expired;

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use futures::{future::BoxFuture, stream};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response,
    body::{Bytes, Frame, Incoming},
    http::request::Parts,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use kube::{
    Client, Config,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use self::expired::Asked;
pub use self::expired::{Expired, Told};
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
    /// What is too old is told so, and watches that go on from there end.
    Expired(Expired),
}

/// Knuth's multiplicative hash: 2^32 by the golden ratio.
const SCATTER: u32 = 2_654_435_769;

pub type Reply = Response<UnsyncBoxBody<Bytes, anyhow::Error>>;

/// Stands between a request and the server.
#[async_trait]
pub trait Guard: Send + Sync + 'static {
    /// The reply, which `sent` fetches; `None` cuts the connection.
    async fn pass(
        &self,
        request: &Parts,
        sent: BoxFuture<'_, Result<Reply>>,
    ) -> Result<Option<Reply>>;
}

/// Lets everything pass.
struct Open;

#[async_trait]
impl Guard for Open {
    async fn pass(&self, _: &Parts, sent: BoxFuture<'_, Result<Reply>>) -> Result<Option<Reply>> {
        Ok(Some(sent.await?))
    }
}

/// Ends with its value.
pub struct ApiRelay {
    kubeconfig: PathBuf,
    rule: watch::Sender<Rule>,
    expired: Arc<AtomicU32>,
    _tasks: JoinSet<Result<()>>,
}

impl ApiRelay {
    /// Before the API server of all tests.
    pub async fn start(name: &str) -> Result<Self> {
        Self::guarded(name, Arc::new(Open)).await
    }

    /// As [`Self::start`], past a guard.
    pub async fn guarded(name: &str, guard: Arc<dyn Guard>) -> Result<Self> {
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
        let expired = Arc::default();
        let mut tasks = JoinSet::new();
        let server = ApiServer {
            upstream,
            guard,
            rule: told,
            expired: Arc::clone(&expired),
        };
        tasks.spawn(accept(listener, server));
        Ok(Self {
            kubeconfig: file,
            rule,
            expired,
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

    /// How many pages of lists were refused as too old.
    pub fn pages_expired(&self) -> u32 {
        self.expired.load(Ordering::Relaxed)
    }
}

/// What stands for the API server.
#[derive(Clone)]
struct ApiServer {
    upstream: Client,
    guard: Arc<dyn Guard>,
    rule: watch::Receiver<Rule>,
    expired: Arc<AtomicU32>,
}

async fn accept(listener: TcpListener, server: ApiServer) -> Result<()> {
    let mut connections = JoinSet::new();
    let requests = Arc::new(AtomicU32::new(0));
    loop {
        let (stream, _) = listener.accept().await?;
        connections.spawn(serve(stream, server.clone(), Arc::clone(&requests)));
    }
}

/// One connection, until either end closes it or the server goes away.
async fn serve(stream: TcpStream, real: ApiServer, requests: Arc<AtomicU32>) {
    let mut gone = real.rule.clone();
    let service = service_fn(move |request| {
        let number = requests.fetch_add(1, Ordering::Relaxed);
        answer(request, number, real.clone())
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // Whoever gave up has closed it.
        _ = served => {}
        _ = gone.wait_for(|rule| *rule == Rule::Away) => {}
    }
}

async fn answer(
    mut request: Request<Incoming>,
    number: u32,
    mut server: ApiServer,
) -> Result<Reply> {
    let now = *server.rule.wait_for(|rule| *rule != Rule::Silent).await?;
    let wants = Asked::of(request.uri());
    match now {
        Rule::All(status) => return refusal(status),
        Rule::Half(status) if number.wrapping_mul(SCATTER) >> 31 == 1 => return refusal(status),
        Rule::Expired(expired) if expired.refuses(wants) => {
            if !wants.is_watch() {
                server.expired.fetch_add(1, Ordering::Relaxed);
            }
            return refused(410, &expired::status());
        }
        Rule::Expired(expired) => {
            if let Some(paged) = expired.paged(request.uri()) {
                *request.uri_mut() = paged;
            }
        }
        Rule::Half(_) | Rule::Pass | Rule::Silent | Rule::SilentWatches | Rule::Away => {}
    }
    let may_die = wants.is_watch() && now != Rule::SilentWatches;
    let (mut head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    // Those of this connection; the client has its own.
    head.headers.remove("host");
    head.headers.remove("content-length");
    let request = Request::from_parts(head.clone(), Body::from(body));
    let sent = async {
        let (mut head, body) = server.upstream.send(request).await?.into_parts();
        head.headers.remove("transfer-encoding");
        let delivery = Delivery {
            body,
            rule: server.rule,
            wants,
            may_die,
            last_words: None,
        };
        let frames = stream::unfold(delivery, |mut delivery| async move {
            let frame = delivery.next().await?;
            Some((frame, delivery))
        });
        let body = StreamBody::new(frames).boxed_unsync();
        Ok(Response::from_parts(head, body))
    };
    let reply = server.guard.pass(&head, Box::pin(sent)).await?;
    reply.context("cut by the guard")
}

/// An answer under way.
struct Delivery {
    body: Body,
    rule: watch::Receiver<Rule>,
    wants: Asked,
    may_die: bool,
    /// All that is still said, once its time is over.
    last_words: Option<VecDeque<Bytes>>,
}

impl Delivery {
    /// The next piece, once it may pass.
    async fn next(&mut self) -> Option<Result<Frame<Bytes>>> {
        let (wants, may_die) = (self.wants, self.may_die);
        let passes =
            |rule: &Rule| *rule != Rule::Silent && !(may_die && *rule == Rule::SilentWatches);
        loop {
            let now = *self.rule.wait_for(passes).await.ok()?;
            if let Rule::Expired(expired) = now
                && expired.ends(wants)
                && self.last_words.is_none()
            {
                self.last_words = Some(expired.last_words());
            }
            if let Some(words) = &mut self.last_words {
                return words.pop_front().map(|word| Ok(Frame::data(word)));
            }
            tokio::select! {
                biased;
                _ = self.rule.changed() => {}
                frame = self.body.frame() => return Some(frame?.map_err(anyhow::Error::from)),
            }
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
    refused(status, &body)
}

fn refused(status: u16, body: &Value) -> Result<Reply> {
    let body = Full::from(body.to_string()).map_err(|never| match never {});
    let reply = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("retry-after", "1");
    Ok(reply.body(body.boxed_unsync())?)
}
