//! What the tests of this folder share.

pub(crate) mod chance;
pub(crate) mod proxy;
pub(crate) mod server;

use std::time::{Duration, Instant};

use cache::{
    Answer, Begin, Error, Fill, Finished, Invalidation, Life, Made, Read, Result, Store, Tick, now,
    redis::{Options, Redis},
};
use tokio::runtime::Handle;

pub(crate) const SOON: Duration = Duration::from_secs(20);

/// With quick timeouts, so that outages don't take long; those that matter are bounds from above.
pub(crate) fn options(url: &str) -> Options {
    Options {
        command_timeout: Duration::from_millis(500),
        connect_timeout: Duration::from_millis(500),
        max_silence: Duration::from_millis(800),
        max_backoff: Duration::from_millis(200),
        ..Options::at(url)
    }
}

pub(crate) async fn open(options: Options) -> Redis {
    let cache = Redis::open(options, &Handle::current()).expect("options are right");
    cache.ready(SOON).await.expect("redis is there");
    cache
}

pub(crate) async fn at(url: &str) -> Redis {
    open(options(url)).await
}

pub(crate) fn tags(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

pub(crate) async fn mark(cache: &Redis, tag: &str) -> Result<Tick> {
    cache.invalidate(&tags(&[tag]), Invalidation::Hard, now()).await
}

pub(crate) async fn begin(cache: &Redis, key: &str) -> Fill {
    match cache.begin(key, &[], now()).await.expect("redis answers") {
        Begin::Run(fill) => fill,
        Begin::Wait(_) => panic!("{key} is being filled"),
    }
}

pub(crate) async fn finish(cache: &Redis, fill: Fill, value: &str, names: &[&str]) -> Finished {
    let made = made(value.as_bytes(), names, Life::default());
    cache.finish(fill, made, now()).await.expect("redis answers")
}

pub(crate) fn made(value: &[u8], names: &[&str], life: Life) -> Made {
    Made { value: value.to_vec().into(), tags: tags(names), life }
}

pub(crate) async fn fill(cache: &Redis, key: &str, value: &str, tags: &[&str]) -> bool {
    let fill = begin(cache, key).await;
    finish(cache, fill, value, tags).await == Finished::Stored
}

/// What a read shows: `fresh 1`, `stale 1`, `absent`, or an error's code.
pub(crate) async fn read(cache: &Redis, key: &str) -> String {
    let (state, entry) = match cache.read(key, now()).await {
        Ok(Read::Fresh(entry)) => ("fresh", entry),
        Ok(Read::Stale(entry)) => ("stale", entry),
        Ok(Read::Absent) => return "absent".to_owned(),
        Err(error) => return error.code().to_owned(),
    };
    match entry.value.bytes().await {
        Ok(bytes) => format!("{state} {}", String::from_utf8_lossy(&bytes)),
        Err(error) => error.code().to_owned(),
    }
}

/// Whether it is at hand and fresh, so that nobody is asked.
pub(crate) fn is_near(cache: &Redis, key: &str) -> bool {
    matches!(cache.read(key, now()), Answer::Now(Ok(Read::Fresh(_))))
}

pub(crate) fn is_away(error: &Error) -> bool {
    error.code() == "errand::cache-unavailable"
}

/// Waits until something is so, and fails if it never is.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < SOON, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
