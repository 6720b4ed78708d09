//! The HTTP server: an accept loop of its own, because axum's has neither header timeout nor cap.
//!
//! **Who keeps others out.** Connections are the one thing that a client gets before it has done
//! anything, so they are what attackers take. There is a cap, and no connection keeps its place by
//! being slow: at the cap, a new connection takes the place of the one whose client has owed
//! longest, be it the rest of a head or of a body, the taking of an answer, or a next request. A
//! client that sends what it wants to say is owed an answer within milliseconds and can't be
//! driven out; so a thousand connections that send a byte a second only drive out each other. Where
//! all connections are owed answers, the next waits in the system's queue: each of them ends with
//! `request_timeout` at the latest. A cap an address, the usual remedy, would hit all who come
//! through one proxy.
//!
//! **How it stops.** Two phases, since those who send requests learn last that this process isn't
//! ready any more. For `drain_accepting` after `stop` all goes on, but each answer closes its
//! connection. Then nothing is accepted, idle connections are closed, requests under way end; what
//! hasn't ended `drain_total` after `stop` is cut off.

mod connection;
mod places;
#[cfg(test)]
mod tests;
mod wire;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use futures::FutureExt as _;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    connection::{Conduct, Orders},
    places::{Place, Places},
};

/// What clients may take up. The defaults are for the open internet.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Connections at a time. 800 leaves room for MongoDB, Kubernetes and the metrics under the
    /// 1,024 open files that a container often gets; at 32 KiB of buffers each, 25 MiB.
    pub connections: usize,
    /// From a connection's begin, or its last answer, to the end of the next request's head. So it
    /// is how long a connection may be idle, too: hyper has one timer for both.
    pub header_timeout: Duration,
    /// Between two pieces of a request's body.
    pub body_timeout: Duration,
    /// From a request's head to its answer, the body's arrival included. Above the 8 s within which
    /// a write is answered, plus a slow body.
    pub request_timeout: Duration,
    /// From an answer's first byte that the client's window has no room for to its last.
    pub write_timeout: Duration,
    /// How long what a client still sends is thrown away after the last answer, lest a reset make
    /// it lose that answer.
    pub linger: Duration,
    /// Bytes of a request's body.
    pub body_bytes: u64,
    /// How long new connections are served after the stop was ordered.
    pub drain_accepting: Duration,
    /// When all is over after the stop was ordered. Below the process's own grace of 20 s.
    pub drain_total: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 800,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(15),
            write_timeout: Duration::from_secs(30),
            linger: Duration::from_secs(2),
            body_bytes: 64 * 1024,
            drain_accepting: Duration::from_secs(5),
            drain_total: Duration::from_secs(18),
        }
    }
}

/// Without a file descriptor nothing can be accepted; the queue is looked at again after this.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers with `app` until `stop`, and then as long as the drain takes.
///
/// # Errors
/// Where the listener has no address. Errors of connections end these alone.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: ServerLimits,
    stop: CancellationToken,
) -> io::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "serving HTTP");
    Server::new(app, limits, stop).run(listener).await;
    Ok(())
}

/// Where connections come from.
trait Accept: Send + Sync {
    fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send;
}

impl Accept for TcpListener {
    fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send {
        TcpListener::accept(self)
    }
}

struct Server {
    conduct: Arc<Conduct>,
    limits: ServerLimits,
    orders: Orders,
    places: Places,
    tasks: TaskTracker,
}

impl Server {
    fn new(app: Router, limits: ServerLimits, stop: CancellationToken) -> Self {
        Self {
            conduct: Arc::new(Conduct::new(app, limits)),
            limits,
            orders: Orders::new(stop),
            places: Places::new(limits.connections),
            tasks: TaskTracker::new(),
        }
    }

    async fn run(self, listener: impl Accept) {
        let last_call = async {
            self.orders.stop.cancelled().await;
            sleep(self.limits.drain_accepting).await;
        };
        tokio::select! {
            () = self.accept_all(&listener) => {}
            () = last_call => {}
        }
        self.accept_queued(&listener);
        drop(listener);
        self.drain().await;
    }

    /// For ever.
    async fn accept_all(&self, listener: &impl Accept) {
        let mut failing = false;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    failing = false;
                    // Only now, so that nobody is driven out before somebody comes.
                    let place = self.places.take().await;
                    self.start(stream, peer, place);
                }
                // The client gave up while it was in the queue.
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if !failing {
                        tracing::warn!(%error, "connections can't be accepted; trying on");
                    }
                    failing = true;
                    // Most likely there are too many open files: one less.
                    self.places.drive_out();
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Those whom the system has already told that they are connected; no more than there is room
    /// for.
    fn accept_queued(&self, listener: &impl Accept) {
        while let Some(place) = self.places.try_take() {
            let Some(Ok((stream, peer))) = listener.accept().now_or_never() else {
                return;
            };
            self.start(stream, peer, place);
        }
    }

    fn start(&self, stream: TcpStream, peer: SocketAddr, place: Place) {
        let (conduct, orders) = (Arc::clone(&self.conduct), self.orders.clone());
        let connection = async move { conduct.serve(stream, peer, place, orders).await };
        self.tasks.spawn(connection);
    }

    async fn drain(&self) {
        self.orders.finish.cancel();
        self.tasks.close();
        let limits = self.limits;
        let rest = limits.drain_total.saturating_sub(limits.drain_accepting);
        if timeout(rest, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                connections = self.tasks.len(),
                "requests under way are cut off"
            );
            self.orders.cut.cancel();
            self.tasks.wait().await;
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}
