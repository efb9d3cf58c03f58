//! How long the stores take, on this machine now: `cargo run --release -p cache --example bench`.
//!
//! Only a quick look. What counts is measured from JavaScript, beside others, in the same run.

use std::{
    hint::black_box,
    io::Write,
    time::{Duration, Instant},
};

use cache::{
    Begin, Bounds, Disk, DiskOptions, Finished, Invalidation, Life, Made, Memory, Read, Store,
    Value,
};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let bounds = Bounds { max_bytes: 4 << 30, ..Bounds::default() };
    for entries in [10, 10_000, 1_000_000] {
        marks("memory", &Memory::new(&bounds), entries)?;
    }
    for entries in [10, 10_000, 100_000] {
        let folder = tempfile::tempdir()?;
        let options = DiskOptions { bounds, ..DiskOptions::new(folder.path()) };
        marks("disk", &Disk::open(&options)?, entries)?;
    }
    let folder = tempfile::tempdir()?;
    let options = DiskOptions { bounds, ..DiskOptions::new(folder.path()) };
    for bytes in [1_000, 100_000, 1_000_000] {
        values("memory", &Memory::new(&bounds), bytes)?;
        values("disk", &Disk::open(&options)?, bytes)?;
    }
    Ok(())
}

/// Invalidates one tag that so many entries have.
fn marks(name: &str, store: &dyn Store, entries: usize) -> Result<(), Failure> {
    let value = Value::from(vec![0; 100]);
    for n in 0..entries {
        let tags = vec!["all".to_owned(), format!("tag-{}", n % 1_000)];
        fill(store, &n.to_string(), value.clone(), tags)?;
    }
    let tags = ["all".to_owned()];
    let now = cache::now();
    let hard = time(|| Ok(store.invalidate(&tags, Invalidation::Hard, now).wait().map(drop)?))?;
    let how = Invalidation::Soft { expire: Some(Duration::from_secs(60)) };
    let soft = time(|| Ok(store.invalidate(&tags, how, now).wait().map(drop)?))?;
    print(&format!(
        "{name:6}  mark with {entries:>7} entries  hard {hard:>9.2?}  soft {soft:>9.2?}"
    ))
}

/// Reads and fills values of one length.
fn values(name: &str, store: &dyn Store, bytes: usize) -> Result<(), Failure> {
    const KEYS: usize = 100;
    let value = Value::from(vec![7; bytes]);
    let keys: Vec<_> = (0..KEYS).map(|n| format!("{bytes}-{n}")).collect();
    let tags = || vec!["posts".to_owned(), "user".to_owned()];
    keys.iter().try_for_each(|key| fill(store, key, value.clone(), tags()))?;
    let mut at = 0;
    let mut next = || {
        at += 1;
        keys[at % KEYS].as_str()
    };
    let now = cache::now();
    let get = time(|| match store.read(next(), now).wait()? {
        Read::Fresh(entry) => {
            black_box(entry.value.bytes().wait()?);
            Ok(())
        }
        read => Err(format!("{read:?}").into()),
    })?;
    let set = time(|| fill(store, next(), value.clone(), tags()))?;
    print(&format!("{name:6}  {bytes:>7} bytes  get {get:>9.2?}  begin and finish {set:>9.2?}"))
}

fn fill(store: &dyn Store, key: &str, value: Value, tags: Vec<String>) -> Result<(), Failure> {
    let now = cache::now();
    let Begin::Run(fill) = store.begin(key, &[], now).wait()? else {
        return Err("nobody else fills it".into());
    };
    let made = Made { value, tags, life: Life::default() };
    match store.finish(fill, made, now).wait()? {
        Finished::Stored => Ok(()),
        finished => Err(format!("{key}: {finished:?}").into()),
    }
}

/// The median of rounds, per call.
fn time(mut call: impl FnMut() -> Result<(), Failure>) -> Result<Duration, Failure> {
    const ROUNDS: usize = 15;
    let mut each = Vec::new();
    for _ in 0..ROUNDS {
        let (start, mut calls) = (Instant::now(), 0);
        while calls < 20 || start.elapsed() < Duration::from_millis(20) {
            call()?;
            calls += 1;
        }
        each.push(start.elapsed() / calls);
    }
    each.sort();
    Ok(each[ROUNDS / 2])
}

fn print(line: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
