//! How large a body may be, how slow, and how long a request may take in all.
//!
//! A body that breaks a bound fails in the extractor's hands, and whatever the extractor makes of
//! that, the answer is the one given here: so it is the same everywhere. A body that nobody reads
//! (on GET, DELETE, an unknown path) breaks none, unless it says beforehand that it is too large.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, header::CONNECTION},
    middleware::Next,
    response::Response,
};
use hyper::body::{Body as _, Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep, timeout};

use super::Layers;

pub(super) async fn keep(
    State(layers): State<Arc<Layers>>,
    request: Request,
    next: Next,
) -> Response {
    let (limits, answers) = (&layers.limits, &layers.answers);
    // What Content-Length says, where there is one; refused before a byte is read.
    if request.body().size_hint().lower() > limits.body_bytes {
        return closing((answers.too_large)());
    }
    let progress = Progress::default();
    let request = request.map(|body| {
        Body::new(BoundedBody {
            body,
            left: limits.body_bytes,
            idle: limits.body_timeout,
            idle_end: None,
            progress: progress.clone(),
        })
    });
    let answer = timeout(limits.request_timeout, next.run(request)).await;
    match (progress.get(), answer) {
        (BodyState::TooLarge, _) => closing((answers.too_large)()),
        (BodyState::Stalled, _) | (BodyState::Awaited, Err(_)) => closing((answers.body_timeout)()),
        (BodyState::Awaited | BodyState::Quiet, Ok(answer)) => answer,
        (BodyState::Quiet, Err(_)) => (answers.timeout)(),
    }
}

/// What follows on the connection is the rest of a body: nothing to read requests from.
fn closing(mut answer: Response) -> Response {
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(CONNECTION, close);
    answer
}

#[derive(Debug, Clone, Copy, Default)]
enum BodyState {
    /// Nobody waits for it: not yet, or no more.
    #[default]
    Quiet,
    /// The handler waits for the client to send more.
    Awaited,
    /// The client sent nothing for too long.
    Stalled,
    /// The client sent too much.
    TooLarge,
}

/// How far a body is; shared between it and who judges it.
#[derive(Debug, Clone, Default)]
struct Progress(Arc<Mutex<BodyState>>);

impl Progress {
    fn get(&self) -> BodyState {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: BodyState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// A body that fails once it breaks a bound.
struct BoundedBody {
    body: Body,
    /// How many bytes may still come.
    left: u64,
    /// How long each next piece may take.
    idle: Duration,
    /// When the piece that is waited for must have come.
    idle_end: Option<Pin<Box<Sleep>>>,
    progress: Progress,
}

impl BoundedBody {
    fn fail<T>(
        &self,
        state: BodyState,
        kind: io::ErrorKind,
    ) -> Poll<Option<Result<T, axum::Error>>> {
        self.progress.set(state);
        Poll::Ready(Some(Err(axum::Error::new(io::Error::from(kind)))))
    }
}

impl hyper::body::Body for BoundedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            self.progress.set(BodyState::Awaited);
            let idle = self.idle;
            let end = self.idle_end.get_or_insert_with(|| Box::pin(sleep(idle)));
            if end.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            return self.fail(BodyState::Stalled, io::ErrorKind::TimedOut);
        };
        self.idle_end = None;
        self.progress.set(BodyState::Quiet);
        if let Some(Ok(frame)) = &frame {
            let length = frame.data_ref().map_or(0, Bytes::len);
            let length = u64::try_from(length).unwrap_or(u64::MAX);
            match self.left.checked_sub(length) {
                Some(left) => self.left = left,
                None => return self.fail(BodyState::TooLarge, io::ErrorKind::FileTooLarge),
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
