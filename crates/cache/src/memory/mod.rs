//! The store in this process's memory.

mod leases;
mod shared;
mod sync;
#[cfg(test)]
mod tests;

use std::time::Duration;

use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter, sync::Cache as Table};

use self::{
    leases::{Lease, Leases},
    sync::{
        RwLock,
        atomic::{AtomicU64, Ordering},
    },
};
use crate::{
    answer::Answer,
    counters::Counters,
    entry::{Entry, Made},
    error::Result,
    explain::{ExplainedMark, Explanation, Question},
    marks::{Invalidation, MarkTable},
    rules::{Facts, Verdict, is_overtaken, is_void, judge},
    store::{Begin, Bounds, Fill, Finished, Read, Stats, Store, Wait},
    time::{Tick, Time},
};

/// Entries in memory, shared by all threads of the process. Nothing here ever fails or waits.
///
/// What is dropped to make room is chosen by use (S3-FIFO); the bound holds for each part of the
/// table by itself, and an entry of more than a part is refused: parts are 32 MiB or the whole.
pub struct Memory {
    table: Table<String, Entry, ByWeight, DefaultHashBuilder, NoteEvicted>,
    /// The logical clock: the tick taken last.
    clock: AtomicU64,
    marks: RwLock<MarkTable>,
    leases: Leases,
    lease: Duration,
    max_bytes: u64,
    counters: Counters,
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<String, Entry> for ByWeight {
    fn weight(&self, key: &String, entry: &Entry) -> u64 {
        entry.weight_bytes(key)
    }
}

/// Notes which entries left the table during one request, replaced ones too.
#[derive(Clone)]
struct NoteEvicted;

impl Lifecycle<String, Entry> for NoteEvicted {
    type RequestState = Vec<(String, Tick)>;

    fn on_evict(&self, evicted: &mut Self::RequestState, key: String, entry: Entry) {
        evicted.push((key, entry.began));
    }
}

impl Memory {
    /// An empty store.
    pub fn new(bounds: &Bounds) -> Self {
        Self {
            table: table(bounds.max_bytes),
            max_bytes: bounds.max_bytes,
            clock: AtomicU64::new(0),
            marks: RwLock::new(MarkTable::new(bounds.max_tags)),
            leases: Leases::new(),
            lease: bounds.lease,
            counters: Counters::default(),
        }
    }

    fn tick(&self) -> Tick {
        Tick(self.clock.fetch_add(1, Ordering::AcqRel) + 1)
    }

    fn with_marks<T>(&self, look: impl FnOnce(&MarkTable) -> T) -> T {
        look(&self.marks.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    fn judge(&self, facts: Facts<'_>, now: Time) -> Verdict {
        self.with_marks(|marks| judge(facts, marks.floor(), |tag| marks.get(tag), now))
    }

    fn look_up(&self, key: &str, now: Time) -> Read {
        let Some(entry) = self.table.get(key) else { return Read::Absent };
        match self.judge(Facts::from(&entry), now) {
            Verdict::Fresh => Read::Fresh(entry),
            Verdict::Stale(_) => Read::Stale(entry),
            Verdict::Gone(_) => {
                // Unless another one has come meanwhile.
                self.table.remove_if(key, |there| there.began == entry.began);
                Read::Absent
            }
        }
    }

    fn begin_fill(&self, key: &str, tags: &[String], now: Time) -> Begin {
        let mut leases = self.leases.lock(key);
        if let Some(lease) = leases.get(key)
            && let Some(at_most) = lease.left(self.lease, now)
            && !self.is_overtaken(lease, now)
        {
            self.counters.waited();
            return Begin::Wait(Wait { key: key.to_owned(), began: lease.began, at_most });
        }
        let mut expected = tags.to_vec();
        if let Some(entry) = self.table.peek(key) {
            expected.extend(entry.tags.iter().cloned());
        }
        let began = self.tick();
        let former = leases.insert(key.to_owned(), Lease::new(began, now, expected));
        drop(leases);
        former.into_iter().for_each(Lease::end);
        Begin::Run(Fill { key: key.to_owned(), began })
    }

    fn is_overtaken(&self, lease: &Lease, now: Time) -> bool {
        self.with_marks(|marks| {
            let since = (marks.floor(), marks.newest());
            is_overtaken(lease.began, &lease.expected, since, |tag| marks.get(tag), now)
        })
    }

    fn finish_fill(&self, fill: Fill, made: Made, now: Time) -> Finished {
        let Fill { key, began } = fill;
        let Made { value, tags, life } = made;
        // Held until the value is stored: a fill that begins later must store later.
        let mut leases = self.leases.lock(&key);
        let Some(lease) = take(&mut leases, &key, began) else { return Finished::Superseded };
        let entry = Entry { value, tags: tags.into(), life, stored: now, began };
        let finished = match self.judge(Facts::from(&entry), now) {
            Verdict::Gone(why) => Finished::Gone(why),
            Verdict::Fresh | Verdict::Stale(_) => self.insert(key, entry),
        };
        drop(leases);
        lease.end();
        finished
    }

    fn insert(&self, key: String, entry: Entry) -> Finished {
        let (of, began) = (key.clone(), entry.began);
        let mut left = Vec::new();
        self.table.insert_with_lifecycle(key, entry, &mut left);
        self.counters.evicted(left.iter().filter(|(key, _)| *key != of).count() as u64);
        if left.iter().any(|(key, tick)| *key == of && *tick == began) {
            return Finished::TooLarge;
        }
        self.counters.filled();
        Finished::Stored
    }

    fn mark(&self, tags: &[String], how: Invalidation, now: Time) -> Tick {
        let mut marks = self.marks.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Under the lock, so that a tick is in the table before a later one is.
        let tick = self.tick();
        for tag in tags {
            marks.add(tag, how, tick, now);
        }
        tick
    }

    fn explained(&self, question: Question<'_>, now: Time) -> Explanation {
        let mut answer = self.with_marks(|marks| Explanation {
            floor: marks.floor(),
            mark: match question {
                Question::Tag(tag) => marks.get(tag).map(|mark| ExplainedMark::new(mark, now)),
                Question::Key(_) => None,
            },
            ..Explanation::default()
        });
        let mut add = |key: &str, entry: &Entry| {
            let facts = Facts::from(entry);
            answer.add(key, facts, entry.value.len_bytes(), self.judge(facts, now), now);
        };
        match question {
            Question::Key(key) => {
                if let Some(entry) = self.table.peek(key) {
                    add(key, &entry);
                }
            }
            Question::Tag(tag) => {
                let has_tag = |entry: &Entry| entry.tags.iter().any(|it| it == tag);
                self.table
                    .iter()
                    .filter(|(_, entry)| has_tag(entry))
                    .for_each(|(key, entry)| add(&key, &entry));
            }
        }
        answer
    }
}

impl Store for Memory {
    fn read_for(&self, key: &str, also: &[String], now: Time) -> Answer<Result<Read>> {
        let read = self.look_up(key, now).unless(|began| {
            !also.is_empty()
                && self.with_marks(|marks| is_void(began, also, |tag| marks.get(tag), now))
        });
        Answer::Now(Ok(self.counters.read(read)))
    }

    fn begin(&self, key: &str, tags: &[String], now: Time) -> Answer<Result<Begin>> {
        Answer::Now(Ok(self.begin_fill(key, tags, now)))
    }

    fn finish(&self, fill: Fill, made: Made, now: Time) -> Answer<Result<Finished>> {
        Answer::Now(Ok(self.finish_fill(fill, made, now)))
    }

    fn abandon(&self, fill: Fill) -> Answer<Result<()>> {
        self.counters.failed();
        let lease = take(&mut self.leases.lock(&fill.key), &fill.key, fill.began);
        lease.into_iter().for_each(Lease::end);
        Answer::Now(Ok(()))
    }

    fn ended(&self, wait: &Wait) -> Answer<()> {
        Answer::later(self.leases.ended(wait.key.clone(), wait.began))
    }

    fn invalidate(&self, tags: &[String], how: Invalidation, now: Time) -> Answer<Result<Tick>> {
        Answer::Now(Ok(self.mark(tags, how, now)))
    }

    fn delete(&self, key: &str) -> Answer<Result<bool>> {
        let mut leases = self.leases.lock(key);
        let lease = leases.remove(key);
        let was_there = self.table.remove(key).is_some();
        drop(leases);
        lease.into_iter().for_each(Lease::end);
        Answer::Now(Ok(was_there))
    }

    fn max_value_bytes(&self) -> u64 {
        self.max_bytes
    }

    fn explain(&self, question: Question<'_>, now: Time) -> Answer<Result<Explanation>> {
        Answer::Now(Ok(self.explained(question, now)))
    }

    fn stats(&self) -> Stats {
        Stats {
            entries: self.table.len() as u64,
            bytes: self.table.weight(),
            marks: self.with_marks(MarkTable::len) as u64,
            ..self.counters.stats()
        }
    }
}

/// The lease of this fill, taken away; `None` if it isn't its any more.
fn take(leases: &mut leases::Shard, key: &str, began: Tick) -> Option<Lease> {
    leases.get(key).filter(|lease| lease.began == began)?;
    leases.remove(key)
}

fn table(max_bytes: u64) -> Table<String, Entry, ByWeight, DefaultHashBuilder, NoteEvicted> {
    const USUAL_ENTRY_BYTES: u64 = 4 << 10; // only an estimate, for the table's first size
    const PART_BYTES: u64 = 32 << 20; // as the largest entry must fit into one part
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = ((max_bytes / PART_BYTES) as usize).clamp(1, cores * 4);
    let options = OptionsBuilder::new()
        .estimated_items_capacity((max_bytes / USUAL_ENTRY_BYTES).clamp(64, 1 << 16) as usize)
        .weight_capacity(max_bytes)
        .shards(if parts.is_power_of_two() { parts } else { parts.next_power_of_two() / 2 })
        .build()
        .expect("both capacities are given");
    Table::with_options(options, ByWeight, DefaultHashBuilder::default(), NoteEvicted)
}
