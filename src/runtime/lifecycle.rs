//! The process's tasks: tracked, ended together. A task that ends before it is told to ends the
//! process, on purpose.

use std::time::Duration;

use thiserror::Error;
use tokio::{signal::unix, sync::mpsc, task::JoinError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::leader::LeaseLost;

/// Why the process ends.
#[derive(Debug, Error)]
pub enum Ending {
    /// It was told to.
    #[error("told to stop")]
    Asked,
    /// A task without which it is of no use ended, or panicked.
    #[error("task {task} ended: {why}")]
    TaskLost {
        /// Which one.
        task: &'static str,
        /// Why.
        why: String,
    },
    /// Another one leads, or may: this process must not go on.
    #[error(transparent)]
    LeaseLost(#[from] LeaseLost),
    /// Signals can't be received.
    #[error("signals can't be received: {0}")]
    Signals(#[from] std::io::Error),
}

impl Ending {
    /// By how a task ended that was to go on.
    fn of(task: &'static str, ended: Result<anyhow::Result<()>, JoinError>) -> Self {
        let why = match ended {
            Ok(Ok(())) => "it came to its end".to_owned(),
            Ok(Err(error)) => match error.downcast::<LeaseLost>() {
                Ok(lost) => return Self::LeaseLost(lost),
                Err(error) => format!("{error:#}"),
            },
            Err(_) => "it panicked".to_owned(),
        };
        Self::TaskLost { task, why }
    }
}

/// The process's tasks.
#[derive(Debug)]
pub struct Lifecycle {
    tasks: TaskTracker,
    stop: CancellationToken,
    lost: mpsc::UnboundedSender<Ending>,
    losses: mpsc::UnboundedReceiver<Ending>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        let (lost, losses) = mpsc::unbounded_channel();
        Self {
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            lost,
            losses,
        }
    }
}

impl Lifecycle {
    /// Cancelled when the process is told to stop.
    #[must_use]
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a task without which the process is of no use.
    pub fn start<E: Into<anyhow::Error> + Send + 'static>(
        &self,
        task: &'static str,
        work: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let running = self.tasks.spawn(work);
        let (lost, stop) = (self.lost.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let ended = running.await.map(|ended| ended.map_err(Into::into));
            if !stop.is_cancelled() {
                // The receiver lives as long as the process.
                let _ = lost.send(Ending::of(task, ended));
            }
        });
    }

    /// Waits until the process is told to stop or loses a task; then ends all tasks, within
    /// `grace`.
    pub async fn run(mut self, grace: Duration) -> Ending {
        let ending = match self.until_ending().await {
            Ok(ending) => ending,
            Err(error) => Ending::Signals(error),
        };
        tracing::info!(%ending, "stopping");
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(?grace, "work under way was cut off");
        }
        ending
    }

    async fn until_ending(&mut self) -> std::io::Result<Ending> {
        let mut terminate = unix::signal(unix::SignalKind::terminate())?;
        let mut interrupt = unix::signal(unix::SignalKind::interrupt())?;
        Ok(tokio::select! {
            _ = terminate.recv() => Ending::Asked,
            _ = interrupt.recv() => Ending::Asked,
            lost = self.losses.recv() => lost.unwrap_or(Ending::Asked),
        })
    }
}
