//! Faults at the ports, for tests. A port that is [`Gated`] asks its gate at every call: the gate may
//! hold the call, keep it for later, lose its reply, or never let it return, as nothing returns to a
//! process that is dead.

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use futures::future::BoxFuture;

/// A call of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    /// The port's trait.
    pub port: &'static str,
    /// Its method.
    pub method: &'static str,
}

/// Sends a write, as often as it is called; whoever was to be told is told nothing.
pub type Again = Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// What is heard of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// Its reply.
    Reply,
    /// Nothing, though it is sent: it takes effect, or is refused, and nobody is told.
    Nothing,
    /// That it could not be sent; and it is not.
    NotSent,
}

/// Decides what becomes of calls. A gate kills whoever calls by never returning.
#[async_trait]
pub trait Gate: Send + Sync + 'static {
    /// Before a read is sent.
    async fn read(&self, call: Call);

    /// Before a write is sent. `again` sends it, now or later.
    async fn write(&self, call: Call, again: Again) -> Hearing;

    /// After a write was sent, and before its reply is heard.
    async fn written(&self, call: Call, succeeded: bool);
}

/// The error of a port where nobody knows what became of a call.
pub trait Unheard {
    /// The write was sent, and there is no reply.
    fn no_reply() -> Self;

    /// The write could not be sent.
    fn not_sent() -> Self;
}

/// An adapter behind a gate. Cheap to clone.
#[derive(Debug)]
pub struct Gated<P, G> {
    inner: Arc<P>,
    gate: Arc<G>,
}

impl<P, G> Gated<P, G>
where
    P: Send + Sync + 'static,
    G: Gate,
{
    /// That adapter, behind that gate.
    #[must_use]
    pub fn new(inner: Arc<P>, gate: Arc<G>) -> Self {
        Self { inner, gate }
    }

    /// The adapter itself.
    #[must_use]
    pub fn inner(&self) -> &Arc<P> {
        &self.inner
    }

    /// A read: it may be held, and changes nothing.
    pub(crate) async fn read<T>(&self, call: Call, reply: impl Future<Output = T>) -> T {
        self.gate.read(call).await;
        reply.await
    }

    /// A write. `send` takes all that it sends with it, so that it can outlive whoever called.
    pub(crate) async fn write<T, E>(
        &self,
        call: Call,
        send: impl Fn(Arc<P>) -> BoxFuture<'static, Result<T, E>> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: Unheard + Send + 'static,
    {
        let send = Arc::new(send);
        let (late, inner) = (Arc::clone(&send), Arc::clone(&self.inner));
        let again: Again = Box::new(move || {
            let reply = late(Arc::clone(&inner));
            Box::pin(async move { drop(reply.await) })
        });
        let hearing = self.gate.write(call, again).await;
        if hearing == Hearing::NotSent {
            return Err(E::not_sent());
        }
        let reply = send(Arc::clone(&self.inner)).await;
        self.gate.written(call, reply.is_ok()).await;
        match hearing {
            Hearing::Reply => reply,
            Hearing::Nothing | Hearing::NotSent => Err(E::no_reply()),
        }
    }
}
