//! One connection: what hyper is told, and what it isn't told but must be known, whose turn it is.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Request, Response, header::CONNECTION},
};
use hyper::{
    body::{Body as _, Bytes, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{
    ServerLimits,
    places::{Client, Place},
    wire::Wire,
};

/// No client of ours needs more than a dozen.
const MAX_HEADERS: usize = 64;

/// For the request's head; also what is buffered of an answer.
const MAX_BUFFER: usize = 16 * 1024;

/// What all connections are told, one order after the other.
#[derive(Debug, Clone)]
pub(super) struct Orders {
    /// Let each answer be its connection's last.
    pub(super) stop: CancellationToken,
    /// End as soon as no request is under way.
    pub(super) finish: CancellationToken,
    /// End at once.
    pub(super) cut: CancellationToken,
}

impl Orders {
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self {
            stop,
            finish: CancellationToken::new(),
            cut: CancellationToken::new(),
        }
    }
}

/// How connections are served.
pub(super) struct Conduct {
    app: Router,
    limits: ServerLimits,
    hyper: http1::Builder,
}

impl Conduct {
    /// HTTP/1 alone. Not hyper-util's auto builder: all it would add is the look for HTTP/2, which
    /// waits for ever for a client that says nothing.
    pub(super) fn new(app: Router, limits: ServerLimits) -> Self {
        let mut hyper = http1::Builder::new();
        hyper
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_BUFFER);
        Self { app, limits, hyper }
    }

    /// Serves the connection to its end.
    pub(super) async fn serve(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        place: Place,
        orders: Orders,
    ) {
        // Answers are written whole: there is nothing to gather them with. Where it fails, the
        // connection is about to fail as well.
        let _ = stream.set_nodelay(true);
        let io = TokioIo::new(Wire::new(stream, &self.limits));
        let service = service_fn(|request| {
            let (app, client) = (self.app.clone(), place.client());
            answer(app, request, peer, client, orders.stop.clone())
        });
        let mut connection = pin!(self.hyper.serve_connection(io, service));
        let mut finishing = false;
        loop {
            tokio::select! {
                // The connection first, so that a request that has already come is under way.
                biased;
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        // The client's doing, and at its will: no line of the log at info.
                        tracing::debug!(%error, "a connection failed");
                    }
                    return;
                }
                () = place.driven_out() => return,
                () = orders.cut.cancelled() => return,
                () = orders.finish.cancelled(), if !finishing => {
                    finishing = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

async fn answer(
    app: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    client: Arc<Client>,
    stop: CancellationToken,
) -> Result<Response<Body>, Infallible> {
    let mut request = request.map(|body| {
        let body = Arriving {
            body,
            client: Arc::clone(&client),
        };
        body.look();
        Body::new(body)
    });
    request.extensions_mut().insert(ConnectInfo(peer));
    let answer = app.oneshot(request).await?;
    let mut answer = answer.map(|body| Body::new(Leaving { body, client }));
    if stop.is_cancelled() {
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(CONNECTION, close);
    }
    Ok(answer)
}

/// A request's body. Once all of it has come, the turn is ours.
struct Arriving {
    body: Incoming,
    client: Arc<Client>,
}

impl Arriving {
    fn look(&self) {
        if self.body.is_end_stream() {
            self.client.has_sent();
        }
    }
}

impl hyper::body::Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match frame {
            Poll::Ready(None) => self.client.has_sent(),
            Poll::Ready(Some(_)) => self.look(),
            Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body. Once hyper has all of it, the turn is the client's: to take it, and to send
/// its next request.
struct Leaving {
    body: Body,
    client: Arc<Client>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.client.owes();
    }
}

impl hyper::body::Body for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
