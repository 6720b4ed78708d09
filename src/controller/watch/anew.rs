//! A watch that goes on whatever happens to it.

use std::{fmt::Debug, time::Duration};

use backon::ExponentialBuilder;
use futures::{Stream, StreamExt, stream};
use kube::{
    Api, Resource,
    runtime::{WatchStreamExt, utils::ResetTimerBackoff, watcher},
};
use serde::de::DeserializeOwned;

/// A watch that died unnoticed is begun anew after that many seconds, and 5 more, and its first retry:
/// within 35 s.
const WATCH_SECONDS: u32 = 25;

/// A watch that failed is begun anew after so long, and the longer the oftener it failed, up to twice
/// the second one: an API server that comes back has all watches within 10 s. kube's own backoff
/// grows to a minute.
const WATCH_RETRIES: (Duration, Duration) = (Duration::from_millis(800), Duration::from_secs(2));

/// A watch that went on for so long is well again.
const WATCH_WELL: Duration = Duration::from_mins(1);

/// What `api` lists, and what changes of it. Never ends. To be used with a client that doesn't retry.
pub fn watched<K>(api: Api<K>) -> impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let config = watcher::Config::default().timeout(WATCH_SECONDS);
    let begin = move || watcher(api.clone(), config.clone()).boxed();
    let anew = stream::unfold((begin(), begin), |(mut watch, begin)| async move {
        let change = watch.next().await?;
        if change.as_ref().is_err_and(is_of_a_lost_version) {
            watch = begin();
        }
        Some((change, (watch, begin)))
    });
    let (first, last) = WATCH_RETRIES;
    let delays = ExponentialBuilder::default()
        .with_min_delay(first)
        .with_max_delay(last)
        .with_jitter()
        .without_max_times();
    let backoff = ResetTimerBackoff::new(watcher::ExponentialBackoff::from(delays), WATCH_WELL);
    anew.backoff(backoff)
}

/// Whether the version that the watch was to go on from is no more: it is too old (410), or went with
/// the definition of what is watched (404). kube lists anew where an event says so; where the answer
/// itself does, it would ask for that same version for ever.
fn is_of_a_lost_version(error: &watcher::Error) -> bool {
    matches!(
        error,
        watcher::Error::WatchStartFailed(kube::Error::Api(status))
            if matches!(status.code, 404 | 410)
    )
}
