//! What a hit in Redis's near cache costs, beside one of the memory store:
//! `cargo run --release -p cache --example redis_near -- redis://localhost`.

#![expect(clippy::print_stdout, reason = "it is what this program is for")]

use std::{
    error::Error,
    time::{Duration, Instant},
};

use cache::{
    Answer, Begin, Bounds, Invalidation, Life, Made, Memory, Read, Store, now,
    redis::{Options, Redis},
};

const KEYS: usize = 1_000;
const VALUE_BYTES: usize = 1 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("the url of a Redis is missing")?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let redis = Redis::open(Options::at(url), runtime.handle())?;
    redis.ready(Duration::from_secs(5)).wait()?;
    let memory = Memory::new(&Bounds::default());

    let keys: Vec<String> = (0..KEYS).map(|n| format!("key {n}")).collect();
    fill(&memory, &keys)?;
    fill(&redis, &keys)?;
    for _ in 0..5 {
        let (memory, redis) = (hit(&memory, &keys), hit(&redis, &keys));
        let ratio = redis.as_secs_f64() / memory.as_secs_f64();
        println!("memory {memory:?}, near Redis {redis:?} a hit: {ratio:.2} times");
    }
    Ok(())
}

fn fill(store: &dyn Store, keys: &[String]) -> cache::Result<()> {
    for key in keys {
        if let Begin::Run(fill) = store.begin(key, &[], now()).wait()? {
            let tags = vec!["posts".to_owned(), "user".to_owned()];
            let life = Life { revalidate: Some(Duration::from_secs(600)), expire: None };
            let made = Made { value: vec![1; VALUE_BYTES].into(), tags, life };
            store.finish(fill, made, now()).wait()?;
        }
    }
    store.invalidate(&["other".to_owned()], Invalidation::Hard, now()).wait()?;
    Ok(())
}

fn hit(store: &dyn Store, keys: &[String]) -> Duration {
    const ROUNDS: usize = 500;
    let (begun, now) = (Instant::now(), now());
    for _ in 0..ROUNDS {
        for key in keys {
            let read = store.read(key, now);
            assert!(matches!(read, Answer::Now(Ok(Read::Fresh(_)))), "{key} isn't near");
        }
    }
    begun.elapsed() / (ROUNDS * keys.len()) as u32
}
