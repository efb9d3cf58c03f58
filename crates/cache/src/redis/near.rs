//! What this process has at hand.

use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter, sync::Cache as Table};

use crate::{Entry, Tick};

/// Entries in memory; the one that began last, of each key.
pub(super) struct Near(Table<String, Kept, ByWeight, DefaultHashBuilder, NoteEvicted>);

/// One of them.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) generation: u64,
    /// Stored at that time by Redis's clock.
    pub(super) entry: Entry,
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<String, Kept> for ByWeight {
    fn weight(&self, key: &String, kept: &Kept) -> u64 {
        kept.entry.weight_bytes(key)
    }
}

/// Notes which entries left the table during one request, replaced ones too.
#[derive(Clone)]
struct NoteEvicted;

impl Lifecycle<String, Kept> for NoteEvicted {
    type RequestState = Vec<String>;

    fn on_evict(&self, evicted: &mut Vec<String>, key: String, _: Kept) {
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

    pub(super) fn get(&self, key: &str) -> Option<Kept> {
        self.0.get(key)
    }

    /// As [`Self::get`], but doesn't count as use.
    pub(super) fn peek(&self, key: &str) -> Option<Kept> {
        self.0.peek(key)
    }

    /// Keeps it, unless there is a newer one. Returns how many others had to go.
    pub(super) fn put(&self, key: &str, kept: Kept) -> u64 {
        let is_newer =
            |has: Kept| has.generation == kept.generation && has.entry.began > kept.entry.began;
        if self.0.peek(key).is_some_and(is_newer) {
            return 0;
        }
        let mut gone = Vec::new();
        self.0.insert_with_lifecycle(key.to_owned(), kept, &mut gone);
        gone.iter().filter(|gone| *gone != key).count() as u64
    }

    /// Drops what began then.
    pub(super) fn remove(&self, key: &str, began: Tick) {
        self.0.remove_if(key, |has| has.entry.began == began);
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0.weight()
    }
}
