//! A process that does what it reads from its standard input, line by line, and answers each line.

use std::{
    io::{BufRead, Write},
    time::{Duration, Instant, UNIX_EPOCH},
};

use cache::{
    Begin, Finished, Store,
    redis::{Options, Redis},
};

use crate::support::{SOON, finish, is_near, mark, open, options, read};

/// Says that this process is a child, and where Redis is.
pub(crate) const URL: &str = "CACHE_TEST_CHILD_OF_REDIS_AT";

pub(crate) fn serve(url: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let options = Options { sign_of_life: Duration::from_millis(500), ..options(url) };
        let cache = open(options).await;
        for line in std::io::stdin().lock().lines() {
            let line = line.expect("text");
            let words: Vec<_> = line.split(' ').collect();
            let answer = answer(&cache, &words).await;
            let mut out = std::io::stdout().lock();
            writeln!(out, "{answer}").and_then(|()| out.flush()).expect("the parent listens");
        }
    });
}

async fn answer(cache: &Redis, words: &[&str]) -> String {
    match words {
        ["read", key] => read(cache, key).await,
        ["mark", tag] => {
            let asked = now();
            let position = mark(cache, tag).await.expect("acknowledged").0;
            format!("{position} {asked} {}", now())
        }
        ["catch-up", position] => {
            let tick = cache::Tick(position.parse().expect("a position"));
            cache.catch_up(tick).await.expect("redis answers");
            "caught up".to_owned()
        }
        // Computes for so long, unless somebody else does: then waits and reads.
        ["compute", key, value, tag, ms] => {
            match cache.begin(key, &[], cache::now()).await.expect("redis answers") {
                Begin::Run(fill) => {
                    let ms = ms.parse().expect("milliseconds");
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    let finished = finish(cache, fill, value, &[tag]).await;
                    format!("stored {}", finished == Finished::Stored)
                }
                Begin::Wait(wait) => {
                    let ended = cache.ended(&wait).into_future();
                    let ended = tokio::time::timeout(SOON, ended).await.is_ok();
                    format!("waited {ended}")
                }
            }
        }
        ["begin", key] => match cache.begin(key, &[], cache::now()).await.expect("redis answers") {
            Begin::Run(_) => "began".to_owned(),
            Begin::Wait(_) => "waits".to_owned(),
        },
        // Without rest, as a busy server's readers would.
        ["until-absent", key] => {
            let begun = Instant::now();
            while is_near(cache, key) {
                assert!(begun.elapsed() < SOON, "the mark isn't seen");
                tokio::task::yield_now().await;
            }
            let at = now();
            format!("{} {at}", read(cache, key).await)
        }
        _ => panic!("unknown: {words:?}"),
    }
}

/// Nanoseconds by a clock that all processes here share.
fn now() -> u128 {
    UNIX_EPOCH.elapsed().expect("a time after 1970").as_nanos()
}
