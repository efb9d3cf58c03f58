//! What the cache keeps: bytes, their tags, and how long they may be served.

use std::{sync::Arc, time::Duration};

use crate::marks::Tick;

/// Time since an arbitrary start that the caller chose; it never goes back.
pub type Time = Duration;

/// How long an entry may be served, counted from the moment it was stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// From this age on the entry is stale: served, and filled anew. `None`: never by age.
    pub revalidate: Option<Duration>,
    /// From this age on the entry is gone. `None`: an entry with `revalidate` lives on as stale.
    pub expire: Option<Duration>,
}

/// A stored value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The value's bytes, as they were handed in.
    pub value: Arc<[u8]>,
    /// The tags that can invalidate it.
    pub tags: Arc<[String]>,
    /// How long it may be served.
    pub life: Life,
    /// When it was stored.
    pub stored: Time,
    /// What the logical clock showed when its fill began.
    pub(crate) began: Tick,
}

impl Entry {
    /// How old the entry is at `now`; zero for a `now` before it was stored.
    pub fn age(&self, now: Time) -> Duration {
        now.saturating_sub(self.stored)
    }

    /// Bytes that the entry and its key are counted with.
    pub(crate) fn weight(&self, key: &str) -> u64 {
        const OVERHEAD: usize = 128; // the two allocations, their counters and the table's slot
        let tags: usize = self.tags.iter().map(|tag| tag.len() + size_of::<String>()).sum();
        (key.len() + self.value.len() + tags + OVERHEAD) as u64
    }
}
