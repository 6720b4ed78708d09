//! Waiting for a condition: never for a time.

use std::thread;
use std::time::{Duration, Instant};

/// Short against what is waited for (a server's start, some 500 ms), long against a probe.
const POLL: Duration = Duration::from_millis(50);

/// Asks until the answer is `Ok` or `limit` is over.
///
/// # Errors
/// The last answer that wasn't `Ok`.
pub fn until<T, E>(limit: Duration, mut probe: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let begin = Instant::now();
    loop {
        match probe() {
            Ok(value) => return Ok(value),
            Err(error) if begin.elapsed() >= limit => return Err(error),
            Err(_) => thread::sleep(POLL),
        }
    }
}
