//! Running a command that takes long, saying how far it is.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::Error;
use crate::tell;

/// A line this often.
const TELL_EVERY: Duration = Duration::from_secs(15);

/// Lines of output that a failure shows.
const TAIL: usize = 30;

/// Runs `command`, whose error output is counted and kept for a failure. `describe` makes a line of the
/// number of lines so far and the latest one; it is printed with the time that has passed.
///
/// # Errors
/// The command can't be started (`missing`) or fails.
pub(super) fn run(
    command: &mut Command,
    missing: Error,
    describe: impl Fn(usize, &str) -> String,
) -> Result<(), Error> {
    let shown = shown(command);
    let spawned = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        return Err(missing);
    };
    let (sender, lines) = mpsc::channel();
    let reader = child.stderr.take().map(|stderr| {
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        })
    });
    let begin = Instant::now();
    let mut next = TELL_EVERY;
    let mut count = 0;
    let mut last = VecDeque::from([String::new()]);
    loop {
        match lines.recv_timeout(next.saturating_sub(begin.elapsed())) {
            Ok(line) => {
                count += 1;
                last.push_back(line);
                if last.len() > TAIL {
                    last.pop_front();
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if begin.elapsed() >= next {
            let latest = last.back().map_or("", String::as_str);
            tell::progress(&format!(
                "  {} {}",
                clock(begin.elapsed()),
                describe(count, latest)
            ));
            next += TELL_EVERY;
        }
    }
    let status = child.wait().map_err(Error::io(shown.as_ref()))?;
    if let Some(reader) = reader {
        // It ended with the pipe; a panic in it would have lost lines of a message only.
        let _ = reader.join();
    }
    if status.success() {
        return Ok(());
    }
    let tail = last.into_iter().collect::<Vec<_>>().join("\n");
    Err(Error::Failed {
        command: shown,
        status: status.to_string(),
        tail,
    })
}

/// Runs `command` and gives its output.
///
/// # Errors
/// The command can't be started (`missing`) or fails.
pub(super) fn output(command: &mut Command, missing: Error) -> Result<String, Error> {
    let Ok(output) = command.stdin(Stdio::null()).output() else {
        return Err(missing);
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let tail = crate::log::tail(&String::from_utf8_lossy(&output.stderr), TAIL);
    Err(Error::Failed {
        command: shown(command),
        status: output.status.to_string(),
        tail,
    })
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args().take(3));
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn clock(elapsed: Duration) -> String {
    format!("{:2}:{:02}", elapsed.as_secs() / 60, elapsed.as_secs() % 60)
}
