//! Signals that don't wait for an end.

use nix::sys::signal::Signal;

use super::{Process, send};

impl Process {
    /// SIGSTOP: it does nothing any more, and doesn't know it.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// SIGCONT: it goes on where it was.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// SIGTERM, and returns at once.
    pub fn ask_to_end(&self) {
        self.signal(Signal::SIGTERM);
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            send(pid, signal);
        }
    }
}
