//! What holds while Redis is away, and when it comes back.

use std::time::{Duration, Instant};

use cache::{
    Begin, Finished, Life, Store, now,
    redis::{AfterRestart, Options, Redis, WhenAway},
};

use tokio::runtime::Handle;

use crate::support::{
    SOON, at, begin, eventually, fill, finish, is_away, is_near, made, mark, open, options,
    proxy::{Network, Proxy},
    read,
    server::{DURABLE, Server},
};

/// What [`read`] gives where Redis is away and the options say [`WhenAway::Fail`].
const UNAVAILABLE: &str = "errand::cache-unavailable";
const OFTEN: &[&str] = &["--appendonly", "yes", "--appendfsync", "everysec"];

/// Entries with tag `a`, which is invalidated then, and `b`; and what a new process sees of them
/// after the power failed.
async fn after_a_power_failure(args: &[&str], after_restart: AfterRestart) -> [String; 2] {
    let mut server = Server::start(args);
    let options = Options { after_restart, ..options(&server.url()) };
    let here = open(options.clone()).await;
    fill(&here, "a", "1", &["a"]).await;
    fill(&here, "b", "1", &["b"]).await;
    mark(&here, "a").await.unwrap();
    drop(here);
    server.kill();
    server.start_again();
    let there = open(options).await;
    [read(&there, "a").await, read(&there, "b").await]
}

#[tokio::test]
async fn what_a_durable_server_acknowledged_holds_and_its_entries_stay() {
    let seen = after_a_power_failure(DURABLE, AfterRestart::Void).await;
    assert_eq!(seen, ["absent", "fresh 1"]);
}

#[tokio::test]
async fn a_server_that_may_have_forgotten_marks_is_not_believed() {
    for args in [&[][..], OFTEN] {
        assert_eq!(after_a_power_failure(args, AfterRestart::Void).await, ["absent", "absent"]);
    }
}

#[tokio::test]
async fn a_server_is_believed_if_the_user_says_so() {
    let seen = after_a_power_failure(OFTEN, AfterRestart::Trust).await;
    assert_eq!(seen, ["absent", "fresh 1"]);
}

#[tokio::test]
async fn an_older_copy_of_the_data_is_not_believed_by_who_knows_better() {
    let mut server = Server::start(&[]);
    let trusting = Options { after_restart: AfterRestart::Trust, ..options(&server.url()) };
    let (here, there) = (open(trusting.clone()).await, open(trusting).await);
    fill(&here, "a", "1", &["a"]).await;
    fill(&here, "b", "1", &["b"]).await;
    assert_eq!(read(&there, "a").await, "fresh 1");
    assert!(server.ask(&["SAVE"]).starts_with("+OK"));
    let before = mark(&here, "a").await.unwrap();
    server.kill();
    server.start_again();
    assert!(server.ask(&["KEYS", "*:entry:*"]).contains("entry:a"), "the old copy has it");
    for cache in [&here, &there] {
        eventually("connected again", async || read(cache, "new").await == "absent").await;
        eventually("a new generation", async || cache.position() != before).await;
        assert_eq!(read(cache, "a").await, "absent");
        assert_eq!(read(cache, "b").await, "absent");
    }
    fill(&there, "a", "2", &["a"]).await;
    assert_eq!(read(&here, "a").await, "fresh 2");
}

#[tokio::test]
async fn a_restart_voids_what_is_near_and_all_goes_on() {
    let mut server = Server::start(&[]);
    let here = at(&server.url()).await;
    fill(&here, "k", "1", &["posts"]).await;
    let before = here.position();
    server.kill();
    server.start_again();
    eventually("connected again", async || here.position() != before).await;
    assert_eq!(read(&here, "k").await, "absent");
    eventually("filled again", async || fill(&here, "k", "2", &["posts"]).await).await;
    assert_eq!(read(&here, "k").await, "fresh 2");
    mark(&here, "posts").await.unwrap();
    assert_eq!(read(&here, "k").await, "absent");
}

#[tokio::test]
async fn who_starts_before_redis_does_without_it_until_it_is_there() {
    let mut server = Server::start(&[]);
    server.kill();
    let here = Redis::open(options(&server.url()), &Handle::current()).expect("options are right");
    assert!(is_away(&here.ready(Duration::from_millis(100)).await.unwrap_err()));
    assert_eq!(read(&here, "k").await, "absent");
    let own = begin(&here, "k").await;
    let Begin::Wait(wait) = here.begin("k", &[], now()).await.unwrap() else { panic!("two fill") };
    assert_eq!(finish(&here, own, "1", &[]).await, Finished::Away);
    tokio::time::timeout(SOON, here.ended(&wait).into_future()).await.expect("it has ended");
    server.start_again();
    here.ready(SOON).await.unwrap();
    assert!(fill(&here, "k", "2", &[]).await);
    assert_eq!(read(&here, "k").await, "fresh 2");
}

#[tokio::test]
async fn flushing_voids_what_is_near() {
    for what in [&["FLUSHALL"][..], &["DEL", "{errand}:state"], &["DEL", "{errand}:log"]] {
        let server = Server::start(&[]);
        let (here, there) = (at(&server.url()).await, at(&server.url()).await);
        mark(&here, "first").await.unwrap();
        fill(&here, "k", "1", &["posts"]).await;
        let before = here.position();
        server.ask(what);
        let position = mark(&there, "posts").await.unwrap();
        assert_ne!(position, before);
        assert!(here.catch_up(position).await.is_ok(), "{what:?}");
        assert_eq!(read(&here, "k").await, "absent", "{what:?}");
        eventually("filled again", async || fill(&here, "k", "2", &["posts"]).await).await;
        there.catch_up(here.position()).await.unwrap();
        assert_eq!(read(&there, "k").await, "fresh 2", "{what:?}");
    }
}

#[tokio::test]
async fn a_silent_state_that_is_gone_is_noticed_without_a_mark() {
    let server = Server::start(&[]);
    let here = at(&server.url()).await;
    fill(&here, "k", "1", &["posts"]).await;
    let before = here.position();
    server.ask(&["FLUSHALL"]);
    eventually("a new generation", async || here.position() != before).await;
    assert_eq!(read(&here, "k").await, "absent");
}

#[tokio::test]
async fn a_lost_snapshot_voids_what_it_covered() {
    let server = Server::start(&[]);
    let few = Options { max_log: 4, ..options(&server.url()) };
    let here = open(few.clone()).await;
    fill(&here, "old", "1", &["posts"]).await;
    for n in 0..20 {
        mark(&here, &format!("tag {n}")).await.unwrap();
    }
    eventually("folded", async || server.ask(&["EXISTS", "{errand}:snapshot"]).starts_with(":1"))
        .await;
    eventually("trimmed", async || server.ask(&["XLEN", "{errand}:log"]).trim() < ":9").await;
    server.ask(&["DEL", "{errand}:snapshot"]);
    let there = open(few).await;
    assert_eq!(read(&there, "old").await, "absent");
    assert_eq!(read(&here, "old").await, "fresh 1", "who knows the marks needs no snapshot");
    assert!(fill(&there, "new", "1", &["posts"]).await);
    assert_eq!(read(&here, "new").await, "fresh 1");
}

#[tokio::test]
async fn a_server_without_room_refuses_marks_and_fills_and_nothing_is_undone() {
    let server = Server::start(&[]);
    let here = at(&server.url()).await;
    fill(&here, "k", "1", &["posts"]).await;
    let running = begin(&here, "l").await;
    server.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    let refused = mark(&here, "posts").await.unwrap_err();
    assert_eq!(refused.code(), "errand::cache-storage");
    let made = made(b"2", &["posts"], Life::default());
    let refused = here.finish(running, made, now()).await.unwrap_err();
    assert_eq!(refused.code(), "errand::cache-storage");
    assert_eq!(read(&here, "k").await, "fresh 1", "nobody acknowledged a mark");
    server.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    mark(&here, "posts").await.unwrap();
    assert_eq!(read(&here, "k").await, "absent");
}

#[tokio::test]
async fn a_server_that_evicts_what_it_likes_loses_no_mark() {
    let server = Server::start(&[]);
    let (here, there) = (at(&server.url()).await, at(&server.url()).await);
    let memory = server.ask(&["INFO", "memory"]);
    let used = memory.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
    let room = (used.parse::<usize>().unwrap() + 400_000).to_string();
    server.ask(&["CONFIG", "SET", "maxmemory", &room]);
    for policy in ["allkeys-lru", "allkeys-random"] {
        server.ask(&["CONFIG", "SET", "maxmemory-policy", policy]);
        let large = "x".repeat(20_000);
        for n in 0..400 {
            let (key, tag) = (format!("k{}", n % 50), format!("tag {}", n % 50));
            let (here, there) = if n % 2 == 0 { (&here, &there) } else { (&there, &here) };
            // While all is void because the state was evicted, it may take more than one attempt.
            let mut tick = None;
            eventually("acknowledged", async || {
                tick = mark(here, &tag).await.ok();
                tick.is_some()
            })
            .await;
            there.catch_up(tick.unwrap()).await.unwrap();
            assert_eq!(read(there, &key).await, "absent", "{policy}, round {n}");
            fill(there, &key, &large, &[&tag]).await;
            let seen = read(here, &key).await;
            assert!(seen == "absent" || seen == format!("fresh {large}"), "{policy}, round {n}");
        }
    }
    let evicted = server.ask(&["INFO", "stats"]);
    assert!(!evicted.contains("evicted_keys:0\r"), "there was room for all");
}

async fn assert_away(cache: &Redis, key: &str, expected: &str) {
    let begun = Instant::now();
    assert_eq!(read(cache, key).await, expected);
    // Nobody waits as long as a command may take.
    assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());
}

/// Three caches, one for each way to do without, each with a value near and then without Redis.
async fn without_redis(network: Network) {
    let server = Server::start(&[]);
    let proxy = Proxy::to(server.port).await;
    let mut caches = Vec::new();
    for when_away in [WhenAway::Bypass, WhenAway::Stale, WhenAway::Fail] {
        caches.push(open(Options { when_away, ..options(&proxy.url()) }).await);
    }
    let [bypass, stale, fail] = &caches[..] else { unreachable!("there are three") };
    fill(bypass, "k", "1", &["posts"]).await;
    for cache in &caches {
        assert_eq!(read(cache, "k").await, "fresh 1");
    }
    proxy.set(network);
    let silent = Instant::now();
    for cache in &caches {
        eventually("nothing is fresh", async || !is_near(cache, "k")).await;
    }
    assert!(silent.elapsed() < Duration::from_secs(3), "{:?}", silent.elapsed());

    assert_away(bypass, "k", "absent").await;
    assert_away(stale, "k", "stale 1").await;
    assert_away(stale, "other", "absent").await;
    assert_away(fail, "k", UNAVAILABLE).await;
    let unstored = begin(bypass, "k").await;
    assert_eq!(finish(bypass, unstored, "own", &[]).await, Finished::Away);
    assert!(is_away(&fail.begin("k", &[], now()).await.unwrap_err()));
    for cache in &caches {
        let begun = Instant::now();
        let refused = mark(cache, "posts").await.unwrap_err();
        assert!(is_away(&refused));
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        cache.catch_up(cache.position()).await.expect("it is there already");
    }

    // A process with a network of its own invalidates meanwhile.
    let there = at(&server.url()).await;
    let position = mark(&there, "posts").await.unwrap();
    for cache in &caches {
        assert!(!is_near(cache, "k"));
    }
    proxy.set(Network::Passes);
    for cache in &caches {
        eventually("connected again", async || cache.catch_up(position).await.is_ok()).await;
        eventually("absent", async || {
            let seen = read(cache, "k").await;
            assert!(["absent", UNAVAILABLE].contains(&&*seen), "{seen}");
            seen == "absent"
        })
        .await;
    }
    eventually("filled", async || fill(bypass, "k", "2", &["posts"]).await).await;
    eventually("seen", async || read(fail, "k").await == "fresh 2").await;
}

#[tokio::test]
async fn a_cut_network_is_borne_as_the_option_says() {
    without_redis(Network::Cuts).await;
}

#[tokio::test]
async fn a_network_that_swallows_all_is_borne_as_the_option_says() {
    without_redis(Network::Swallows).await;
}

#[tokio::test]
async fn a_paused_server_makes_nobody_wait_and_its_entries_are_back_when_it_goes_on() {
    let server = Server::start(&[]);
    let here = at(&server.url()).await;
    fill(&here, "k", "1", &["posts"]).await;
    let before = here.position();
    server.pause();
    eventually("nothing is fresh", async || !is_near(&here, "k")).await;
    assert_away(&here, "k", "absent").await;
    mark(&here, "other").await.unwrap_err();
    server.resume();
    eventually("fresh again", async || read(&here, "k").await == "fresh 1").await;
    assert_eq!(here.position(), before, "no new generation");
}

#[tokio::test]
async fn killed_connections_are_opened_again_and_the_log_is_replayed() {
    let server = Server::start(&[]);
    let (here, there) = (at(&server.url()).await, at(&server.url()).await);
    for n in 0..20 {
        fill(&here, "k", &n.to_string(), &["posts"]).await;
        let killed = server.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
        assert_ne!(killed.trim(), ":0");
        eventually("acknowledged", async || mark(&there, "posts").await.is_ok()).await;
        let position = there.position();
        eventually("seen", async || here.catch_up(position).await.is_ok()).await;
        assert_eq!(read(&here, "k").await, "absent");
        eventually("stored", async || fill(&here, "k", "new", &["posts"]).await).await;
        mark(&here, "posts").await.unwrap();
    }
}

#[tokio::test]
async fn who_comes_back_after_the_log_was_folded_still_sees_each_mark() {
    let server = Server::start(&[]);
    let proxy = Proxy::to(server.port).await;
    let here = at(&proxy.url()).await;
    let there = open(Options { max_log: 8, ..options(&server.url()) }).await;
    for n in 0..50 {
        fill(&here, &format!("k{n}"), "1", &[&format!("tag {n}")]).await;
    }
    proxy.set(Network::Cuts);
    let before = here.position();
    for n in 0..40 {
        mark(&there, &format!("tag {n}")).await.unwrap();
    }
    eventually("folded", async || {
        let length: usize = server.ask(&["XLEN", "{errand}:log"])[1..].trim().parse().unwrap();
        length < 20
    })
    .await;
    proxy.set(Network::Passes);
    eventually("connected again", async || here.position() != before).await;
    here.catch_up(there.position()).await.unwrap();
    for n in 0..50 {
        let expected = if n < 40 { "absent" } else { "fresh 1" };
        assert_eq!(read(&here, &format!("k{n}")).await, expected, "k{n}");
    }
}
