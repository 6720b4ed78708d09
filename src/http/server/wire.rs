//! A connection's bytes, with what hyper doesn't do: a deadline for clients that don't read, and an
//! end that doesn't cost them the last answer.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::ServerLimits;

/// A connection's bytes.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    write_timeout: Duration,
    linger: Duration,
    /// When what is being written must have gone.
    write_end: Option<Pin<Box<Sleep>>>,
    /// When the lingering ends; set once the client was told that nothing follows.
    linger_end: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, limits: &ServerLimits) -> Self {
        Self {
            stream,
            write_timeout: limits.write_timeout,
            linger: limits.linger,
            write_end: None,
            linger_end: None,
        }
    }

    /// The deadline is not moved by bytes that go: a client that takes one a second is no better
    /// than one that takes none.
    fn within_deadline<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            return written;
        }
        let time = self.write_timeout;
        let end = self.write_end.get_or_insert_with(|| Box::pin(sleep(time)));
        ready!(end.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.within_deadline(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.within_deadline(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper calls it when it has nothing more to write.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write_end = None;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Says that nothing follows, and then throws away what the client was sending until it has
    /// seen that: closing at once would answer its bytes with a reset, which may overtake the
    /// answer. That is the fate of a body over the limit, whose answer comes before it is read.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger_end.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.linger_end = Some(Box::pin(sleep(self.linger)));
        }
        let mut scratch = [0; 8 * 1024];
        loop {
            // Before each read: a client that never stops sending must not stop the clock.
            let end = self.linger_end.as_mut().map(Pin::as_mut);
            if end.is_none_or(|end| end.poll(cx).is_ready()) {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
