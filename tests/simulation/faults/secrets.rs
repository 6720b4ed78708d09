//! Whatever is broken, no secret is in anything that is written for people.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result, ensure};
use organization_operator::domain::observed::Capability;

use super::{
    block_on,
    gate::{Fault, WAYS},
    judge::Bench,
    place::{CANARY, HASHES},
    scenarios::known,
};

/// Those in which a secret passes through the operator's hands.
const WITH_SECRETS: [&str; 5] = [
    "create",
    "create-generated",
    "rename-and-all",
    "password-to-reference",
    "http-update",
];

/// What was logged, at TRACE.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&written).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_secret_is_in_log_or_status_whatever_write_is_broken() -> Result<()> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // While there is only one, a callsite asks the thread that comes to it first whether anybody
    // listens; with a second one it asks all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _logged = tracing::subscriber::set_default(subscriber);
    block_on(async {
        for name in WITH_SECRETS {
            let scenario = known()
                .find(|scenario| scenario.name == name)
                .context("no such scenario")?;
            let bench = Bench::new(scenario, Capability::Fenced, 0).await?;
            let mut secrets = bench.secrets();
            secrets.extend([CANARY, HASHES[0], HASHES[1]].map(str::to_owned));
            for at in 0..bench.points() {
                for way in WAYS.into_iter().filter(|way| !bench.is_window(at, *way)) {
                    bench.survives(&[Fault { at, way }]).await?;
                }
            }
            let told = log.text() + &bench.told()?;
            ensure!(told.contains("confirmed"), "the log was not written");
            for secret in secrets {
                ensure!(!told.contains(&secret), "{name}: a secret is told");
            }
        }
        Ok(())
    })
}
