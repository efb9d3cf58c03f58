//! What happened in this process, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::{Read, Stats};

/// One number for each thing that happens.
#[derive(Debug, Default)]
pub struct Counters {
    hits: AtomicU64,
    stale_hits: AtomicU64,
    misses: AtomicU64,
    fills: AtomicU64,
    failures: AtomicU64,
    waits: AtomicU64,
    evictions: AtomicU64,
}

impl Counters {
    /// Counts what a read found, and hands it on.
    pub fn read(&self, read: Read) -> Read {
        let counter = match read {
            Read::Fresh(_) => &self.hits,
            Read::Stale(_) => &self.stale_hits,
            Read::Absent => &self.misses,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        read
    }

    /// Counts a value that was stored.
    pub fn filled(&self) {
        self.fills.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a fill that failed.
    pub fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts somebody who was told to wait.
    pub fn waited(&self) {
        self.waits.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts entries dropped to make room.
    pub fn evicted(&self, entries: u64) {
        self.evictions.fetch_add(entries, Ordering::Relaxed);
    }

    /// The counts; what there is now is left at zero.
    pub fn stats(&self) -> Stats {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            hits: count(&self.hits),
            stale_hits: count(&self.stale_hits),
            misses: count(&self.misses),
            fills: count(&self.fills),
            failures: count(&self.failures),
            waits: count(&self.waits),
            evictions: count(&self.evictions),
            ..Stats::default()
        }
    }
}
