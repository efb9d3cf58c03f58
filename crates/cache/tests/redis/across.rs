//! What holds between processes, while nothing goes wrong.

use std::time::Duration;

use cache::{
    Begin, Finished, Invalidation, Life, Question, Read, Store, Value, now,
    redis::{Options, Redis},
};

use crate::support::{
    SOON, at, begin, eventually, fill, finish, is_near, made, mark, open, options,
    proxy::{Network, Proxy},
    read,
    server::Server,
    tags,
};

#[tokio::test]
async fn what_was_stored_is_read_by_all_until_its_tag_is_invalidated() {
    let server = Server::start(&[]);
    let (here, there) = (at(&server.url()).await, at(&server.url()).await);
    assert!(fill(&here, "k", "1", &["posts", "user"]).await);
    assert_eq!(read(&here, "k").await, "fresh 1");
    assert_eq!(read(&there, "k").await, "fresh 1");

    let tick = mark(&here, "user").await.unwrap();
    assert_eq!(read(&here, "k").await, "absent");
    there.catch_up(tick).await.unwrap();
    assert_eq!(read(&there, "k").await, "absent");
    assert!(fill(&there, "k", "2", &["posts", "user"]).await);
    assert_eq!(read(&here, "k").await, "fresh 2");
}

#[tokio::test]
async fn a_fill_that_began_before_a_mark_elsewhere_is_never_served() {
    let server = Server::start(&[]);
    let (here, there) = (at(&server.url()).await, at(&server.url()).await);
    let slow = begin(&here, "k").await;
    let tick = mark(&there, "posts").await.unwrap();
    // Whether or not this process has seen the mark when it stores.
    finish(&here, slow, "old", &["posts"]).await;
    here.catch_up(tick).await.unwrap();
    assert_eq!(read(&here, "k").await, "absent");
    assert_eq!(read(&there, "k").await, "absent");
}

#[tokio::test]
async fn of_two_fills_that_overlap_only_the_later_one_stores() {
    let server = Server::start(&[]);
    let (here, there) = (at(&server.url()).await, at(&server.url()).await);
    for first_ends_first in [true, false] {
        let first = begin(&here, "k").await;
        mark(&there, "something else").await.unwrap();
        let second = begin(&there, "k").await;
        assert!(second.began > first.began);
        let end = async |is_first: bool| {
            if is_first {
                let of_first = cache::Fill { key: "k".to_owned(), began: first.began };
                assert_eq!(finish(&here, of_first, "1", &[]).await, Finished::Superseded);
            } else {
                let of_second = cache::Fill { key: "k".to_owned(), began: second.began };
                assert_eq!(finish(&there, of_second, "2", &[]).await, Finished::Stored);
            }
        };
        end(first_ends_first).await;
        end(!first_ends_first).await;
        assert_eq!(read(&here, "k").await, "fresh 2");
        assert_eq!(read(&there, "k").await, "fresh 2");
    }
}

#[tokio::test]
async fn one_fill_per_key_at_a_time_across_processes() {
    let server = Server::start(&[]);
    let (here, there) = (at(&server.url()).await, at(&server.url()).await);
    let first = begin(&here, "k").await;
    let wait = async |cache: &Redis| {
        let Begin::Wait(wait) = cache.begin("k", &[], now()).await.unwrap() else {
            panic!("two fill")
        };
        wait
    };
    let (next_to_it, elsewhere) = (wait(&here).await, wait(&there).await);
    let ended = async { tokio::join!(here.ended(&next_to_it), there.ended(&elsewhere)) };
    tokio::pin!(ended);
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut ended).await.is_err());
    assert_eq!(finish(&here, first, "1", &[]).await, Finished::Stored);
    tokio::time::timeout(SOON, ended).await.expect("both are woken");
    assert_eq!(read(&there, "k").await, "fresh 1");
}

#[tokio::test]
async fn a_long_fill_keeps_its_lease_and_a_silent_one_loses_it() {
    let server = Server::start(&[]);
    let quick = Options { sign_of_life: Duration::from_millis(300), ..options(&server.url()) };
    let machine = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let here = Redis::open(quick.clone(), machine.handle()).unwrap();
    here.ready(SOON).await.unwrap();
    let there = open(quick).await;
    let _long = begin(&here, "k").await;
    let Begin::Wait(wait) = there.begin("k", &[], now()).await.unwrap() else { panic!("two fill") };
    let ended = there.ended(&wait).into_future();
    tokio::pin!(ended);
    let three_signs = Duration::from_millis(1_000);
    assert!(tokio::time::timeout(three_signs, &mut ended).await.is_err());
    machine.shutdown_background(); // nobody tells Redis
    tokio::time::timeout(SOON, ended).await.expect("nobody waits for the dead");
    begin(&there, "k").await;
}

#[tokio::test]
async fn so_many_fills_of_a_key_between_two_marks_that_ticks_run_out() {
    let server = Server::start(&[]);
    let here = at(&server.url()).await;
    let mut last = cache::Tick::default();
    for n in 1..=4_200 {
        let next = begin(&here, "k").await;
        assert!(next.began > last);
        last = next.began;
        assert_eq!(finish(&here, next, &n.to_string(), &["posts"]).await, Finished::Stored);
    }
    assert_eq!(read(&here, "k").await, "fresh 4200");
    mark(&here, "posts").await.unwrap();
    assert_eq!(read(&here, "k").await, "absent");
}

/// One process that sees the log at once, and one that will not see it until it asks.
async fn one_behind(server: &Server) -> (Redis, Redis, Proxy) {
    let proxy = Proxy::to(server.port).await;
    let patient = |url: &str| Options { max_silence: Duration::from_secs(10), ..options(url) };
    let (here, there) = (open(patient(&server.url())).await, open(patient(&proxy.url())).await);
    fill(&here, "a", "1", &["posts"]).await;
    assert_eq!(read(&there, "a").await, "fresh 1");
    proxy.set(Network::WithholdsLog);
    (here, there, proxy)
}

#[tokio::test]
async fn who_catches_up_does_not_wait_for_the_log() {
    let server = Server::start(&[]);
    let (here, there, _proxy) = one_behind(&server).await;
    let tick = mark(&here, "posts").await.unwrap();
    assert_eq!(read(&there, "a").await, "fresh 1", "it can't know yet");
    there.catch_up(tick).await.unwrap();
    assert_eq!(read(&there, "a").await, "absent");
}

#[tokio::test]
async fn who_reads_a_newer_entry_knows_the_marks_that_its_fill_knew() {
    let server = Server::start(&[]);
    let (here, there, _proxy) = one_behind(&server).await;
    mark(&here, "posts").await.unwrap();
    fill(&here, "b", "2", &["posts"]).await;
    assert_eq!(read(&there, "b").await, "fresh 2");
    assert_eq!(read(&there, "a").await, "absent", "though nobody told it to catch up");
}

#[tokio::test]
async fn who_marks_sees_the_marks_of_others_too() {
    let server = Server::start(&[]);
    let (here, there, _proxy) = one_behind(&server).await;
    mark(&here, "posts").await.unwrap();
    mark(&there, "other").await.unwrap();
    assert_eq!(read(&there, "a").await, "absent");
}

#[tokio::test]
async fn who_is_behind_begins_no_fill_that_is_older_than_the_entry() {
    let server = Server::start(&[]);
    let (here, there, _proxy) = one_behind(&server).await;
    mark(&here, "posts").await.unwrap();
    let newer = begin(&here, "a").await;
    let began = newer.began;
    assert_eq!(finish(&here, newer, "2", &["posts"]).await, Finished::Stored);
    let newest = begin(&there, "a").await;
    assert!(newest.began > began);
    assert_eq!(finish(&there, newest, "3", &["posts"]).await, Finished::Stored);
    assert_eq!(read(&there, "a").await, "fresh 3");
    mark(&here, "posts").await.unwrap();
    assert_eq!(read(&here, "a").await, "absent");
}

#[tokio::test]
async fn a_key_that_is_deleted_is_gone_where_it_was_near() {
    let server = Server::start(&[]);
    let (here, there) = (at(&server.url()).await, at(&server.url()).await);
    fill(&here, "k", "1", &["posts"]).await;
    assert_eq!(read(&there, "k").await, "fresh 1");
    assert!(here.delete("k").await.unwrap());
    assert!(!here.delete("k").await.unwrap());
    there.catch_up(here.position()).await.unwrap();
    assert_eq!(read(&there, "k").await, "absent");
    fill(&there, "k", "2", &["posts"]).await;
    assert_eq!(read(&here, "k").await, "fresh 2");
}

#[tokio::test]
async fn a_soft_mark_holds_everywhere_and_its_deadline_ends_it() {
    let server = Server::start(&[]);
    let (here, there) = (at(&server.url()).await, at(&server.url()).await);
    fill(&here, "k", "1", &["posts"]).await;
    let how = Invalidation::Soft { expire: Some(Duration::from_millis(400)) };
    let tick = there.invalidate(&tags(&["posts"]), how, now()).await.unwrap();
    here.catch_up(tick).await.unwrap();
    assert_eq!(read(&here, "k").await, "stale 1");
    assert_eq!(read(&there, "k").await, "stale 1");
    eventually("the deadline", async || read(&here, "k").await == "absent").await;
    assert_eq!(read(&there, "k").await, "absent");
}

#[tokio::test]
async fn a_machine_with_a_wrong_clock_agrees_with_the_others() {
    let server = Server::start(&[]);
    let here = at(&server.url()).await;
    fill(&here, "k", "1", &["posts"]).await;
    let Read::Fresh(entry) = here.read("k", now()).await.unwrap() else { panic!("it is there") };
    assert!(entry.age(now()) < SOON);
    // The stored time is Redis's, so a store that begins with another idea of the time agrees.
    let raw = server.ask(&["TIME"]);
    let seconds: u64 = raw.lines().nth(2).unwrap().parse().unwrap();
    assert!(entry.stored.as_secs().abs_diff(seconds) < 60);
}

#[tokio::test]
async fn redis_frees_what_has_expired() {
    let server = Server::start(&[]);
    let here = at(&server.url()).await;
    let life = Life { revalidate: None, expire: Some(Duration::from_millis(500)) };
    let fill = begin(&here, "k").await;
    let finished = here.finish(fill, made(b"1", &[], life), now()).await.unwrap();
    assert_eq!(finished, Finished::Stored);
    assert_eq!(read(&here, "k").await, "fresh 1");
    eventually("gone", async || read(&here, "k").await == "absent").await;
    eventually("freed", async || !server.ask(&["KEYS", "*"]).contains(":entry:")).await;
}

#[tokio::test]
async fn large_values_cross_in_pieces_and_too_large_ones_are_refused() {
    let server = Server::start(&[]);
    let limit = 9 << 20;
    let limited = Options { max_value_bytes: limit, ..options(&server.url()) };
    let (here, there) = (open(limited.clone()).await, open(limited).await);
    for bytes in [0, 1, (256 << 10) - 200, 256 << 10, 4 << 20, limit] {
        let value: Vec<u8> =
            (0..bytes as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let key = bytes.to_string();
        let fill = begin(&here, &key).await;
        let finished = here.finish(fill, made(&value, &["t"], Life::default()), now()).await;
        assert_eq!(finished.unwrap(), Finished::Stored);
        let Read::Fresh(entry) = there.read(&key, now()).await.unwrap() else { panic!("{bytes}") };
        assert_eq!(matches!(entry.value, Value::Parts(_)), bytes > 4 << 20);
        assert!(entry.value.bytes().await.unwrap() == value, "{bytes} bytes");
        let middle = entry.value.read(bytes / 2, 1_000).await.unwrap();
        assert!(value[bytes as usize / 2..].starts_with(&middle));
    }
    let fill = begin(&here, "too large").await;
    let value = vec![0; limit as usize + 1];
    let finished = here.finish(fill, made(&value, &[], Life::default()), now()).await.unwrap();
    assert_eq!(finished, Finished::TooLarge);
    assert_eq!(read(&here, "too large").await, "absent");
    begin(&here, "too large").await;
    assert!(!server.ask(&["KEYS", "*:part:*"]).contains("part"));
}

#[tokio::test]
async fn a_large_value_that_is_replaced_while_it_is_read_is_an_error_and_never_torn() {
    let server = Server::start(&[]);
    let here = at(&server.url()).await;
    let store = async |byte: u8| {
        let fill = begin(&here, "k").await;
        let value = vec![byte; 5 << 20];
        here.finish(fill, made(&value, &["t"], Life::default()), now()).await.unwrap()
    };
    assert_eq!(store(1).await, Finished::Stored);
    let other = at(&server.url()).await;
    let Read::Fresh(entry) = other.read("k", now()).await.unwrap() else { panic!("it is there") };
    assert_eq!(entry.value.read(0, 10).await.unwrap(), vec![1; 10]);
    assert_eq!(store(2).await, Finished::Stored);
    let torn = entry.value.read(10, 10).await.unwrap_err();
    assert_eq!(torn.code(), "errand::cache-storage");
    let Read::Fresh(entry) = other.read("k", now()).await.unwrap() else { panic!("it is there") };
    assert!(entry.value.bytes().await.unwrap() == vec![2; 5 << 20]);
}

#[tokio::test]
async fn what_is_near_needs_no_round_trip() {
    let server = Server::start(&[]);
    let here = at(&server.url()).await;
    fill(&here, "k", "1", &["posts"]).await;
    server.ask(&["CONFIG", "RESETSTAT"]);
    for _ in 0..1_000 {
        assert!(is_near(&here, "k"));
    }
    let used = server.ask(&["INFO", "commandstats"]);
    let used: Vec<_> = used.lines().filter_map(|line| line.strip_prefix("cmdstat_")).collect();
    // The log is watched twice in `max_silence`, whoever reads.
    let watch = ["config|", "xread:", "hmget:", "time:"];
    let others = used.iter().filter(|line| !watch.iter().any(|known| line.starts_with(known)));
    assert_eq!(others.count(), 0, "{used:?}");
}

#[tokio::test]
async fn caches_with_different_prefixes_share_nothing() {
    let server = Server::start(&[]);
    let other = Options { prefix: "other?".to_owned(), ..options(&server.url()) };
    let (here, there) = (at(&server.url()).await, open(other).await);
    fill(&here, "k", "1", &["posts"]).await;
    assert_eq!(read(&there, "k").await, "absent");
    mark(&there, "posts").await.unwrap();
    assert_eq!(read(&here, "k").await, "fresh 1");
    fill(&there, "l", "1", &["posts"]).await;
    for (cache, key) in [(&here, "k"), (&there, "l")] {
        let explained = cache.explain(Question::Tag("posts"), now()).await.unwrap();
        let keys: Vec<_> = explained.entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, [key]);
    }
}

#[tokio::test]
async fn options_that_cannot_be_used_are_refused() {
    let base = options("redis://localhost");
    let wrong = [
        Options { urls: Vec::new(), ..base.clone() },
        Options { urls: vec!["http://localhost".to_owned()], ..base.clone() },
        Options { prefix: "a{b}".to_owned(), ..base.clone() },
        Options { prefix: String::new(), ..base.clone() },
        Options { max_silence: Duration::from_millis(99), ..base.clone() },
        Options { sign_of_life: Duration::from_millis(99), ..base.clone() },
    ];
    for options in wrong {
        let shown = format!("{options:?}");
        let refused = Redis::open(options, &tokio::runtime::Handle::current());
        assert_eq!(refused.err().map(|error| error.code()), Some("errand::bad-option"), "{shown}");
    }
}
