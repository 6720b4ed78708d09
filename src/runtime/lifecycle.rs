//! The process's tasks: tracked, ended together. A task that ends before it is told to ends the
//! process, on purpose.

use std::{fmt::Display, time::Duration};

use thiserror::Error;
use tokio::{signal::unix, sync::mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

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
    /// Signals can't be received.
    #[error("signals can't be received: {0}")]
    Signals(#[from] std::io::Error),
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
    pub fn start<E: Display + Send + 'static>(
        &self,
        task: &'static str,
        work: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let running = self.tasks.spawn(work);
        let (lost, stop) = (self.lost.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let why = match running.await {
                Ok(Ok(())) => "it came to its end".to_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it panicked".to_owned(),
            };
            if !stop.is_cancelled() {
                // The receiver lives as long as the process.
                let _ = lost.send(Ending::TaskLost { task, why });
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
