//! Readers, writers and fills at work while everything breaks, again and again.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use cache::{
    Begin, Entry, Life, Read, Store, now,
    redis::{Options, Redis},
};
use tokio::{task::JoinSet, time::sleep};

use crate::support::{
    chance::Chance,
    eventually, made, mark, open, options,
    proxy::{Network, Proxy},
    server::{DURABLE, Server},
};

const KEYS: usize = 6;
const LONG: Duration = Duration::from_secs(10);

/// What the cache stands before, and what has been acknowledged about it.
#[derive(Default)]
struct World {
    /// The data: each key's version.
    versions: [AtomicU64; KEYS],
    acknowledged: Mutex<HashMap<usize, Vec<(Instant, u64)>>>,
    over: AtomicBool,
    fresh: AtomicU64,
    marks: AtomicU64,
    refused: AtomicU64,
}

impl World {
    /// The version that every reader must have seen by now: its mark was acknowledged so long ago.
    fn floor(&self, key: usize, ago: Duration) -> u64 {
        let Some(until) = Instant::now().checked_sub(ago) else { return 0 };
        let acknowledged = self.acknowledged.lock().unwrap();
        let of_key = acknowledged.get(&key).map(Vec::as_slice).unwrap_or_default();
        of_key.iter().filter(|(at, _)| *at <= until).map(|(_, version)| *version).max().unwrap_or(0)
    }
}

/// One process's view.
struct Process {
    cache: Redis,
    /// What it acknowledged to its own writers.
    own: [AtomicU64; KEYS],
    /// The newest version that one of its readers was shown as fresh.
    shown: [AtomicU64; KEYS],
}

async fn write(world: Arc<World>, process: Arc<Process>, mut chance: Chance) {
    while !world.over.load(Ordering::Relaxed) {
        let key = chance.below(KEYS);
        let version = world.versions[key].fetch_add(1, Ordering::SeqCst) + 1;
        while mark(&process.cache, &key.to_string()).await.is_err() {
            world.refused.fetch_add(1, Ordering::Relaxed);
        }
        process.own[key].fetch_max(version, Ordering::SeqCst);
        world.acknowledged.lock().unwrap().entry(key).or_default().push((Instant::now(), version));
        world.marks.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(chance.below(40) as u64)).await;
    }
}

async fn read(world: Arc<World>, process: Arc<Process>, silence: Duration, mut chance: Chance) {
    while !world.over.load(Ordering::Relaxed) {
        let key = chance.below(KEYS);
        let own = process.own[key].load(Ordering::SeqCst);
        let shown = process.shown[key].load(Ordering::SeqCst);
        let everybody = world.floor(key, silence);
        match process.cache.read(&key.to_string(), now()).await.expect("bypass bears all") {
            Read::Fresh(entry) => {
                let version = version_of(&entry).await;
                assert!(version >= own, "{key}: {version}, and this process acknowledged {own}");
                assert!(version >= shown, "{key}: {version} after {shown}");
                assert!(version >= everybody, "{key}: {version}, long after {everybody}");
                process.shown[key].fetch_max(version, Ordering::SeqCst);
                world.fresh.fetch_add(1, Ordering::Relaxed);
            }
            Read::Stale(_) => panic!("nothing here becomes stale"),
            Read::Absent => compute(&world, &process.cache, key, &mut chance).await,
        }
        sleep(Duration::from_millis(chance.below(3) as u64)).await;
    }
}

async fn compute(world: &World, cache: &Redis, key: usize, chance: &mut Chance) {
    match cache.begin(&key.to_string(), &[], now()).await.expect("bypass bears all") {
        Begin::Wait(wait) => {
            let a_while = wait.at_most.min(Duration::from_millis(200));
            let _ = tokio::time::timeout(a_while, cache.ended(&wait).into_future()).await;
        }
        Begin::Run(fill) => {
            sleep(Duration::from_millis(chance.below(10) as u64)).await;
            let version = world.versions[key].load(Ordering::SeqCst);
            sleep(Duration::from_millis(chance.below(30) as u64)).await;
            let made = made(&version.to_le_bytes(), &[&key.to_string()], Life::default());
            cache.finish(fill, made, now()).await.expect("bypass bears all");
        }
    }
}

async fn version_of(entry: &Entry) -> u64 {
    let bytes = entry.value.bytes().await.expect("it is small");
    u64::from_le_bytes(bytes.as_ref().try_into().expect("eight bytes"))
}

/// Breaks something, for a while.
async fn break_something(server: &mut Server, proxies: &[Proxy], chance: &mut Chance) {
    let a_while = Duration::from_millis(50 + chance.below(1_200) as u64);
    let proxy = &proxies[chance.below(proxies.len())];
    match chance.below(5) {
        0 => {
            // What it writes down now is what it knows after its next start, unless it is durable.
            server.ask(&["SAVE"]);
            server.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
        }
        1 => {
            server.pause();
            sleep(a_while).await;
            server.resume();
        }
        2 => {
            server.kill();
            sleep(a_while / 4).await;
            server.start_again();
        }
        network => {
            proxy.set(if network == 3 { Network::Cuts } else { Network::Swallows });
            sleep(a_while).await;
            proxy.set(Network::Passes);
        }
    }
}

async fn hold_out(args: &[&str], seed: u64) {
    let mut server = Server::start(args);
    let proxies = [Proxy::to(server.port).await, Proxy::to(server.port).await];
    let urls = [server.url(), server.url(), proxies[0].url(), proxies[1].url()];
    let world = Arc::new(World::default());
    let mut chance = Chance(seed);
    let mut work = JoinSet::new();
    let mut processes = Vec::new();
    for url in urls {
        let options = Options { max_log: 50, ..options(&url) };
        let silence = options.max_silence;
        let cache = open(options).await;
        let (own, shown) = Default::default();
        let process = Arc::new(Process { cache, own, shown });
        work.spawn(write(Arc::clone(&world), Arc::clone(&process), chance.fork()));
        for _ in 0..3 {
            let (world, process) = (Arc::clone(&world), Arc::clone(&process));
            work.spawn(read(world, process, silence, chance.fork()));
        }
        processes.push(process);
    }
    let begun = Instant::now();
    while begun.elapsed() < LONG {
        sleep(Duration::from_millis(chance.below(500) as u64)).await;
        break_something(&mut server, &proxies, &mut chance).await;
    }
    world.over.store(true, Ordering::Relaxed);
    // A reader or writer that saw what must not be has panicked.
    while let Some(done) = work.join_next().await {
        done.expect("nobody saw what must not be");
    }
    for process in &processes {
        for key in 0..KEYS {
            let last = world.floor(key, Duration::ZERO);
            eventually("all is well again", async || {
                let Ok(Read::Fresh(entry)) = process.cache.read(&key.to_string(), now()).await
                else {
                    compute(&world, &process.cache, key, &mut Chance(1)).await;
                    return false;
                };
                let version = version_of(&entry).await;
                version >= last
            })
            .await;
        }
    }
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    assert!(count(&world.fresh) > 500, "{} fresh reads", count(&world.fresh));
    assert!(count(&world.marks) > 50, "{} marks", count(&world.marks));
    assert!(count(&world.refused) > 0, "nothing broke");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_durable_server_no_mark_is_undone_and_nobody_goes_back_whatever_breaks() {
    hold_out(DURABLE, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_forgetful_server_no_mark_is_undone_and_nobody_goes_back_whatever_breaks() {
    hold_out(&[], 2).await;
}
