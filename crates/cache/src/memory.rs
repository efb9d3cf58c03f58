//! The cache over this process's memory.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use quick_cache::{Weighter, sync::Cache as Table};

use crate::{
    entry::{Entry, Life, Time},
    fills::{Begin, Fill, Fills},
    marks::Marks,
};

/// Bounds of a [`Cache`].
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes of keys, values and tags together; what is used least is dropped beyond. Default 256 MiB.
    pub max_bytes: u64,
    /// Tags whose last invalidation is remembered one by one; past it, the older half is merged
    /// into one mark that hits every entry begun before it. Default 100,000.
    pub max_tags: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_bytes: 256 << 20, max_tags: 100_000 }
    }
}

/// What a read found.
#[derive(Clone, Debug)]
pub enum Read {
    /// It may be served as it is.
    Fresh(Entry),
    /// It may be served while somebody fills it anew: it is older than its `revalidate`.
    Stale(Entry),
    /// There is none, or none that may be served.
    Absent,
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries now.
    pub entries: u64,
    /// Bytes they are counted with.
    pub bytes: u64,
    /// Reads that found a fresh entry.
    pub hits: u64,
    /// Reads that found a stale one.
    pub stale_hits: u64,
    /// Reads that found none.
    pub misses: u64,
    /// Values stored.
    pub fills: u64,
}

/// Entries in memory, shared by all threads of the process.
pub struct Cache {
    table: Table<String, Entry, ByWeight>,
    marks: Marks,
    fills: Fills,
    counters: Counters,
}

#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    stale_hits: AtomicU64,
    misses: AtomicU64,
    fills: AtomicU64,
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<String, Entry> for ByWeight {
    fn weight(&self, key: &String, entry: &Entry) -> u64 {
        entry.weight(key)
    }
}

impl Cache {
    /// An empty cache.
    pub fn new(options: &Options) -> Self {
        const USUAL_ENTRY_BYTES: u64 = 4 << 10; // only an estimate, for the table's first size
        let entries = (options.max_bytes / USUAL_ENTRY_BYTES).clamp(64, 1 << 16) as usize;
        Self {
            table: Table::with_weighter(entries, options.max_bytes, ByWeight),
            marks: Marks::new(options.max_tags),
            fills: Fills::default(),
            counters: Counters::default(),
        }
    }

    /// Looks `key` up; `now` decides about ages.
    pub fn read(&self, key: &str, now: Time) -> Read {
        let found = self.table.get(key).filter(|entry| self.may_serve(entry, now));
        let (counter, read) = match found {
            None => (&self.counters.misses, Read::Absent),
            Some(entry) if entry.life.revalidate.is_some_and(|limit| entry.age(now) >= limit) => {
                (&self.counters.stale_hits, Read::Stale(entry))
            }
            Some(entry) => (&self.counters.hits, Read::Fresh(entry)),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        read
    }

    /// Asks for the right to compute `key`'s value.
    pub fn begin(&self, key: &str) -> Begin {
        self.fills.begin(key, self.marks.now())
    }

    /// Stores what a fill computed, unless one of `tags` was invalidated since it began, or a fill
    /// that began later has stored its value already. Says whether it was stored.
    pub fn finish(
        &self,
        fill: Fill,
        value: Arc<[u8]>,
        tags: Vec<String>,
        life: Life,
        now: Time,
    ) -> bool {
        self.fills.end(&fill);
        let newer = self
            .table
            .peek(&fill.key)
            .is_some_and(|entry| entry.began > fill.began && self.may_serve(&entry, now));
        if newer || !self.marks.allow(fill.began, &tags) {
            return false;
        }
        let entry = Entry { value, tags: tags.into(), life, stored: now, began: fill.began };
        self.table.insert(fill.key, entry);
        self.counters.fills.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Ends a fill that failed; a stale entry stays.
    pub fn abandon(&self, fill: Fill) {
        self.fills.end(&fill);
    }

    /// From now on, no entry with `tag` whose fill has begun is served, stored or not.
    pub fn invalidate(&self, tag: &str) {
        self.marks.set(tag);
    }

    /// Drops one entry.
    pub fn delete(&self, key: &str) -> bool {
        self.table.remove(key).is_some()
    }

    /// What happened so far.
    pub fn stats(&self) -> Stats {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            entries: self.table.len() as u64,
            bytes: self.table.weight(),
            hits: count(&self.counters.hits),
            stale_hits: count(&self.counters.stale_hits),
            misses: count(&self.counters.misses),
            fills: count(&self.counters.fills),
        }
    }

    fn may_serve(&self, entry: &Entry, now: Time) -> bool {
        entry.life.expire.is_none_or(|limit| entry.age(now) < limit)
            && self.marks.allow(entry.began, &entry.tags)
    }
}
