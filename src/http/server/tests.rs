//! Over real sockets on loopback, whose time can't be paused: limits are short where they are to
//! be hit, and waits end with what is waited for.

mod crowd;
mod drain;
mod protocol;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use axum::{
    body::Bytes,
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::Notify,
    task::JoinHandle,
};

use super::*;

type TestResult = io::Result<()>;

/// Longer than anything here takes; past it a test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server, and what its handlers saw.
struct Bench {
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<()>,
    calls: Arc<AtomicUsize>,
    /// Lets one request to /gate go on.
    gate: Arc<Notify>,
    accepted: Arc<AtomicUsize>,
}

/// What a call to accept does.
enum Step {
    Accept,
    /// As when there is no file descriptor left.
    Fail,
    Never,
}

/// A listener that does as the script says for each call, by its number.
struct Scripted {
    listener: TcpListener,
    script: fn(usize) -> Step,
    called: AtomicUsize,
    accepted: Arc<AtomicUsize>,
}

impl Accept for Scripted {
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        const EMFILE: i32 = 24;
        match (self.script)(self.called.fetch_add(1, Ordering::SeqCst)) {
            Step::Fail => Err(io::Error::from_raw_os_error(EMFILE)),
            Step::Never => std::future::pending().await,
            Step::Accept => {
                let accepted = self.listener.accept().await?;
                self.accepted.fetch_add(1, Ordering::SeqCst);
                Ok(accepted)
            }
        }
    }
}

impl Bench {
    async fn start(limits: ServerLimits) -> io::Result<Self> {
        Self::start_on(limits, |_| Step::Accept).await
    }

    async fn start_on(limits: ServerLimits, script: fn(usize) -> Step) -> io::Result<Self> {
        let (calls, gate, accepted) =
            <(Arc<AtomicUsize>, Arc<Notify>, Arc<AtomicUsize>)>::default();
        let listener = Scripted {
            listener: TcpListener::bind("127.0.0.1:0").await?,
            script,
            called: AtomicUsize::new(0),
            accepted: Arc::clone(&accepted),
        };
        let address = listener.listener.local_addr()?;
        let stop = CancellationToken::new();
        let server = Server::new(app(&calls, &gate), limits, stop.clone());
        let server = TaskTracker::new().spawn(server.run(listener));
        Ok(Self {
            address,
            stop,
            server,
            calls,
            gate,
            accepted,
        })
    }

    async fn connect(&self) -> io::Result<Caller> {
        Ok(Caller(TcpStream::connect(self.address).await?))
    }

    /// The answer to one request on a connection of its own.
    async fn ask(&self, path: &str) -> io::Result<String> {
        let mut caller = self.connect().await?;
        caller.ask(path).await
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Waits until `count` requests have reached their handlers.
    async fn until_calls(&self, count: usize) {
        until(|| self.calls() >= count).await;
    }

    /// Waits until `count` connections were accepted.
    async fn until_accepted(&self, count: usize) {
        until(|| self.accepted.load(Ordering::SeqCst) >= count).await;
    }

    /// Stops, and waits for the end; how long that took.
    async fn stop(self) -> Duration {
        let began = Instant::now();
        self.stop.cancel();
        let ended = timeout(PATIENCE, self.server).await;
        ended.expect("an end").expect("no panic");
        began.elapsed()
    }
}

async fn until(reached: impl Fn() -> bool) {
    let wait = async {
        while !reached() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, wait).await.expect("it comes about");
}

fn app(calls: &Arc<AtomicUsize>, gate: &Arc<Notify>) -> Router {
    let (calls, gate) = (Arc::clone(calls), Arc::clone(gate));
    let count = move |request: axum::extract::Request| {
        calls.fetch_add(1, Ordering::SeqCst);
        std::future::ready(request)
    };
    Router::new()
        .route("/", get(async || "ok"))
        .route("/body", post(async |body: Bytes| body))
        .route("/deaf", post(async || "not read"))
        .route("/large", get(async || vec![b'x'; 64 << 20]))
        .route(
            "/peer",
            get(
                async |axum::extract::ConnectInfo(peer): axum::extract::ConnectInfo<SocketAddr>| {
                    peer.to_string()
                },
            ),
        )
        .route(
            "/gate",
            get(async move || {
                gate.notified().await;
                "passed"
            }),
        )
        .layer(axum::middleware::map_request(count))
}

/// A client that speaks bytes.
struct Caller(TcpStream);

impl Caller {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) -> TestResult {
        self.0.write_all(bytes.as_ref()).await
    }

    async fn ask(&mut self, path: &str) -> io::Result<String> {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"))
            .await?;
        self.answer().await
    }

    /// One answer with a short body and content-length.
    async fn answer(&mut self) -> io::Result<String> {
        let mut text = String::new();
        let read = async {
            while !is_whole(&text) {
                let byte = self.0.read_u8().await?;
                text.push(char::from(byte));
            }
            Ok(text)
        };
        timeout(PATIENCE, read).await?
    }

    /// All that comes until the server closes. A reset is an end, too.
    async fn rest(mut self) -> io::Result<String> {
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await?;
        match read {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
            _ => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|length| length.parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}

fn is_ok(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 200 OK\r\n")
}

#[tokio::test]
async fn a_handler_sees_the_address_at_the_other_end() -> TestResult {
    let bench = Bench::start(ServerLimits::default()).await?;
    let mut caller = bench.connect().await?;
    let own = caller.0.local_addr()?.to_string();
    assert!(caller.ask("/peer").await?.ends_with(&own));
    Ok(())
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another() -> TestResult {
    let bench = Bench::start(ServerLimits::default()).await?;
    let mut caller = bench.connect().await?;
    for _ in 0..3 {
        let answer = caller.ask("/").await?;
        assert!(is_ok(&answer) && !answer.contains("connection: close"));
        assert!(!answer.contains("server:"), "{answer}");
    }
    Ok(())
}

#[tokio::test]
async fn too_many_open_files_are_not_the_end() -> TestResult {
    let bench = Bench::start_on(ServerLimits::default(), |call| match call {
        0..3 => Step::Fail,
        _ => Step::Accept,
    });
    assert!(is_ok(&bench.await?.ask("/").await?));
    Ok(())
}
