//! What the cache keeps: a value, its tags, and how long it may be served.

use std::{sync::Arc, time::Duration};

use crate::{
    time::{Tick, Time, elapsed},
    value::Value,
};

/// How long an entry may be served, counted from the moment it was stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// From this age on the entry is stale: served, and filled anew. `None`: never by age.
    pub revalidate: Option<Duration>,
    /// From this age on the entry is gone. `None`: an entry with `revalidate` lives on as stale.
    pub expire: Option<Duration>,
}

/// What a fill made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The bytes.
    pub value: Value,
    /// The tags that can invalidate it.
    pub tags: Vec<String>,
    /// How long it may be served.
    pub life: Life,
}

/// A stored value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The bytes, as they were handed in.
    pub value: Value,
    /// The tags that can invalidate it.
    pub tags: Arc<[String]>,
    /// How long it may be served.
    pub life: Life,
    /// When it was stored.
    pub stored: Time,
    /// When its fill began, on the logical clock. Of two entries of a key the newer has the
    /// greater one.
    pub began: Tick,
}

impl Entry {
    /// How old the entry is at `now`.
    pub fn age(&self, now: Time) -> Duration {
        elapsed(self.stored, now)
    }

    /// Bytes that the entry and its key are counted with.
    pub fn weight_bytes(&self, key: &str) -> u64 {
        const OVERHEAD: usize = 160; // the allocations, their counters and the table's slot
        let tags: usize = self.tags.iter().map(|tag| tag.len() + size_of::<String>()).sum();
        (key.len() + tags + OVERHEAD) as u64 + self.value.len_bytes()
    }
}
