//! What this process has at hand.

use std::sync::Arc;

use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter, sync::Cache as Table};

use super::record::Record;
use crate::Tick;

/// Entries in memory, as they are in Redis; the one that began last, of each key.
pub(super) struct Near(Table<String, Arc<Record>, ByWeight, DefaultHashBuilder, NoteEvicted>);

#[derive(Clone)]
struct ByWeight;

impl Weighter<String, Arc<Record>> for ByWeight {
    fn weight(&self, key: &String, record: &Arc<Record>) -> u64 {
        const OVERHEAD: usize = 208; // the allocations, their counters and the table's slot
        let tags = &record.head.tags;
        let tags: usize = tags.iter().map(|tag| tag.len() + size_of::<String>()).sum();
        (key.len() + record.value.len() + tags + OVERHEAD) as u64
    }
}

/// Notes which entries left the table during one request, replaced ones too.
#[derive(Clone)]
struct NoteEvicted;

impl Lifecycle<String, Arc<Record>> for NoteEvicted {
    type RequestState = Vec<String>;

    fn on_evict(&self, evicted: &mut Vec<String>, key: String, _: Arc<Record>) {
        evicted.push(key);
    }
}

impl Near {
    pub(super) fn new(max_bytes: u64) -> Self {
        const USUAL_ENTRY_BYTES: u64 = 4 << 10; // only an estimate, for the table's first size
        const PART_BYTES: u64 = 32 << 20; // as the largest entry must fit into one part
        let parts = usize::try_from(max_bytes / PART_BYTES).unwrap_or(1).clamp(1, 16);
        let options = OptionsBuilder::new()
            .estimated_items_capacity((max_bytes / USUAL_ENTRY_BYTES).clamp(64, 1 << 16) as usize)
            .weight_capacity(max_bytes)
            .shards(if parts.is_power_of_two() { parts } else { parts.next_power_of_two() / 2 })
            .build()
            .expect("both capacities are given");
        Self(Table::with_options(options, ByWeight, DefaultHashBuilder::default(), NoteEvicted))
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<Record>> {
        self.0.get(key)
    }

    /// As [`Self::get`], but doesn't count as use.
    pub(super) fn peek(&self, key: &str) -> Option<Arc<Record>> {
        self.0.peek(key)
    }

    /// Keeps it, unless there is a newer one. Returns how many others had to go.
    pub(super) fn put(&self, key: &str, record: Arc<Record>) -> u64 {
        let is_newer = |has: Arc<Record>| {
            has.head.generation == record.head.generation && has.head.began > record.head.began
        };
        if self.0.peek(key).is_some_and(is_newer) {
            return 0;
        }
        let mut gone = Vec::new();
        self.0.insert_with_lifecycle(key.to_owned(), record, &mut gone);
        gone.iter().filter(|gone| *gone != key).count() as u64
    }

    /// Drops what began then.
    pub(super) fn remove(&self, key: &str, began: Tick) {
        self.0.remove_if(key, |has| has.head.began == began);
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0.weight()
    }
}
