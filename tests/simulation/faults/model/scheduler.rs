//! Calls that are held until they are chosen, and the dice by which they are.

use std::{
    future::poll_fn,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use async_trait::async_trait;
use organization_operator::faults::{Again, Call, Gate, Hearing};

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Through,
    /// It is sent, and its reply is lost.
    Lost,
    /// The controller dies before it is sent.
    DieBefore,
    /// The controller dies after it took effect.
    DieAfter,
    /// The controller dies, and it arrives some time.
    Late,
    /// It arrives, and some time it arrives again.
    Twice,
}

/// Deterministic: the same seed rolls the same.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn of(seed: u64) -> Self {
        // Neighbours among seeds are to have nothing in common.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Less than `sides`, which is not 0.
    pub fn roll(&mut self, sides: usize) -> usize {
        // Xorshift64*.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let rolled = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(rolled).unwrap_or(0) % sides
    }

    pub fn verdict(&mut self) -> Verdict {
        match self.roll(40) {
            0..=1 => Verdict::Lost,
            2 => Verdict::DieBefore,
            3..=4 => Verdict::DieAfter,
            5..=6 => Verdict::Late,
            7..=8 => Verdict::Twice,
            _ => Verdict::Through,
        }
    }
}

#[derive(Default)]
struct Held {
    /// The write that is held; `None`: a read, or nothing.
    write: Option<Again>,
    verdict: Option<Verdict>,
    dies_after: bool,
}

/// The gate of a controller whose calls are held.
#[derive(Default)]
pub struct HeldGate(Mutex<Held>);

impl HeldGate {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is held changes nothing.
    pub fn is_read(&self) -> bool {
        self.held().write.is_none()
    }

    /// The write that is held, to be sent some time.
    pub fn take(&self) -> Option<Again> {
        self.held().write.take()
    }

    pub fn decide(&self, verdict: Verdict) {
        self.held().verdict = Some(verdict);
    }

    async fn chosen(&self) -> Verdict {
        poll_fn(|_| {
            let verdict = self.held().verdict.take();
            verdict.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

#[async_trait]
impl Gate for HeldGate {
    async fn read(&self, _call: Call) {
        self.chosen().await;
    }

    async fn write(&self, _call: Call, again: Again) -> Hearing {
        self.held().write = Some(again);
        let verdict = self.chosen().await;
        let mut held = self.held();
        held.write = None;
        held.dies_after = verdict == Verdict::DieAfter;
        if verdict == Verdict::Lost {
            Hearing::Nothing
        } else {
            Hearing::Reply
        }
    }

    async fn written(&self, _call: Call, _succeeded: bool) {
        if self.held().dies_after {
            std::future::pending::<()>().await;
        }
    }
}
