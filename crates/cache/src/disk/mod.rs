//! The store on a disk: one folder that all processes of a machine share.

mod files;
mod folder;
mod keeper;
mod record;
mod registry;
mod shared;
mod tables;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use heed::RoTxn;
use xxhash_rust::xxh3::xxh3_64;

pub use self::folder::Notice;
use self::{
    files::{MOST_INLINE_BYTES, Stored},
    keeper::Ended,
    record::{FileName, Head, Lease, hash},
    shared::Shared,
    tables::{Number, Tables},
};
use crate::{
    answer::Answer,
    entry::{Entry, Life, Made},
    error::Result,
    explain::{ExplainedMark, Explanation, Question},
    marks::Invalidation,
    rules::{Verdict, is_void},
    store::{Begin, Bounds, Fill, Finished, Read, Stats, Store, Wait},
    time::{Tick, Time, elapsed},
    value::{Sink, Source, Value},
};

/// What an acknowledged mark or value outlives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Any process, however it dies. If the machine itself stops (power, kernel), the cache is
    /// empty afterwards, which is never wrong. Where a restart of the machine can't be told from
    /// one of the process (all but Linux), it is as `Machine`.
    #[default]
    Process,
    /// The machine too: each write waits for the disk, which takes milliseconds.
    Machine,
}

/// Where a [`Disk`] lies.
#[derive(Clone, Debug)]
pub struct DiskOptions {
    /// The folder; made if there is none. Not on a network drive, and shared only by processes
    /// that see each other's ids: two containers with process namespaces of their own need a folder
    /// each, or Redis.
    pub folder: PathBuf,
    /// How much it holds. Who shares the folder should agree; it is mapped as who opened it first
    /// said.
    pub bounds: Bounds,
    /// What an acknowledged mark or value outlives.
    pub durability: Durability,
}

impl DiskOptions {
    /// The usual ones, for this folder.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self {
            folder: folder.as_ref().to_owned(),
            bounds: Bounds::default(),
            durability: Durability::default(),
        }
    }
}

/// Entries, marks, leases and the logical clock in one database (LMDB), and a file for each value
/// of more than 128 KiB. A step is one transaction; what one process is told is done, all others
/// see at their next read. A process may be killed at any moment: on Linux, the next who writes
/// takes the lock over; on macOS a process killed in the middle of a write leaves it locked until
/// all have closed the folder.
///
/// Reads take no lock. Writes take turns, in all processes together: microseconds each, but a process
/// that is stopped (not killed) in the middle of one holds the others up until it goes on. Which
/// entries are used is written down once a second, and before something is dropped to make room: of
/// a few entries the one that was used longest ago.
pub struct Disk {
    shared: Arc<Shared>,
    lease: Duration,
    max_bytes: u64,
    max_tags: usize,
}

impl Disk {
    /// Opens the folder.
    ///
    /// # Errors
    ///
    /// - [`Folder`](crate::Error::Folder): it can't be made, read or written; or it is damaged
    ///   while other processes use it.
    /// - [`NetworkFolder`](crate::Error::NetworkFolder): it lies on another machine.
    pub fn open(options: &DiskOptions) -> Result<Self> {
        let Bounds { max_bytes, max_tags, lease } = options.bounds;
        let shared = registry::shared(&options.folder, options.durability, &options.bounds)?;
        let max_bytes = max_bytes.min(shared.most_bytes);
        Ok(Self { shared, lease, max_bytes, max_tags: max_tags.max(2) })
    }

    /// What was found when the folder was opened, and should be reported.
    pub fn notice(&self) -> Option<&Notice> {
        self.shared.notice.as_ref()
    }

    fn look_up(&self, key: &str, now: Time) -> Result<Read> {
        const ATTEMPTS: usize = 4; // its file goes when the entry is replaced, between two looks
        for _ in 0..ATTEMPTS {
            let txn = self.shared.tables.read()?;
            let Some((head, inline)) = self.shared.tables.entry(&txn, key)? else { break };
            let verdict = self.shared.tables.judge(&txn, &head, now)?;
            if let Verdict::Gone(_) = verdict {
                break;
            }
            let value = match head.file {
                None => whole(&head, inline),
                Some(file) => self.shared.files.open(file, head.value_bytes, head.value_sum)?,
            };
            let Some(value) = value else { continue };
            drop(txn);
            self.shared.used(hash(key));
            let Head { tags, life, stored, began, .. } = head;
            let entry = Entry { value, tags: tags.into(), life, stored, began };
            return Ok(match verdict {
                Verdict::Fresh => Read::Fresh(entry),
                _ => Read::Stale(entry),
            });
        }
        Ok(Read::Absent)
    }

    fn for_tags(&self, read: Read, also: &[String], now: Time) -> Result<Read> {
        if also.is_empty() {
            return Ok(read);
        }
        let txn = self.shared.tables.read()?;
        let mut marks = Vec::with_capacity(also.len());
        for tag in also {
            marks.push(self.shared.tables.mark(&txn, &hash(tag))?);
        }
        let mark_of = |tag: &str| {
            let at = also.iter().position(|it| it == tag)?;
            marks[at].as_ref()
        };
        Ok(read.unless(|began| is_void(began, also, mark_of, now)))
    }

    fn begin_fill(&self, key: &str, tags: &[String], now: Time) -> Result<Begin> {
        // Without a lock first: whoever has to wait needn't make others wait too.
        let found = self.running(&*self.shared.tables.read()?, key, now)?;
        if let Some(wait) = found {
            return Ok(Begin::Wait(wait));
        }
        let owner = self.shared.owner().id;
        self.shared.step(|tables, txn| {
            if let Some(wait) = self.running(txn, key, now)? {
                return Ok(Begin::Wait(wait));
            }
            let mut expected: Vec<_> = tags.iter().map(|tag| hash(tag)).collect();
            if let Some((head, _)) = tables.entry(txn, key)? {
                expected.extend(head.tags.iter().map(|tag| hash(tag)));
            }
            let began = tables.next_tick(txn)?;
            let lease = Lease { owner, began, since: now, expected };
            tables.put_lease(txn, &hash(key), &lease)?;
            Ok(Begin::Run(Fill { key: key.to_owned(), began }))
        })
    }

    /// The fill of `key` that is worth waiting for.
    fn running(&self, txn: &RoTxn<'_>, key: &str, now: Time) -> Result<Option<Wait>> {
        let tables = &self.shared.tables;
        let Some(lease) = tables.lease(txn, &hash(key))? else { return Ok(None) };
        let at_most = self.lease.saturating_sub(elapsed(lease.since, now));
        if at_most.is_zero()
            || tables.is_overtaken(txn, &lease, now)?
            || !self.shared.owner().is_alive(lease.owner)
        {
            return Ok(None);
        }
        Ok(Some(Wait { key: key.to_owned(), began: lease.began, at_most }))
    }

    fn finish_fill(&self, fill: Fill, made: Made, now: Time) -> Result<Finished> {
        let Fill { key, began } = fill;
        let finished = self.store_made(key.clone(), began, made, now);
        if finished.is_err() {
            _ = self.end_lease(&Fill { key, began }); // nobody should wait for it
        }
        finished
    }

    fn store_made(&self, key: String, began: Tick, made: Made, now: Time) -> Result<Finished> {
        let Made { value, tags, life } = made;
        let fits = value.len_bytes() <= self.max_bytes;
        let placed = self.place(if fits { value } else { Value::from(Bytes::new()) })?;
        let head = placed.head(key, tags, life, now, began);
        let record = head.encode(placed.inline());
        let weight = weight_bytes(record.len(), placed.file_bytes());
        let at = hash(&head.key);
        let (finished, dropped, before) = self.shared.step(|tables, txn| {
            if tables.lease(txn, &at)?.is_none_or(|lease| lease.began != began) {
                return Ok((Finished::Superseded, Vec::new(), None));
            }
            tables.remove_lease(txn, &at)?;
            if let Verdict::Gone(why) = tables.judge(txn, &head, now)? {
                return Ok((Finished::Gone(why), Vec::new(), None));
            }
            if !fits || weight > self.max_bytes {
                return Ok((Finished::TooLarge, Vec::new(), None));
            }
            let before = tables.remove_entry(txn, &at)?.and_then(|(_, file)| file);
            let most_bytes = self.max_bytes - weight;
            if tables.number(txn, Number::Bytes)? > most_bytes {
                tables.touch(txn, &self.shared.keeper.take_used())?;
            }
            let dropped = self.shared.make_room(txn, most_bytes)?;
            tables.put_entry(txn, &at, &record, weight)?;
            Ok((Finished::Stored, dropped, before))
        })?;
        if finished == Finished::Stored {
            placed.adopt();
            self.shared.counters.filled();
        }
        if !dropped.is_empty() {
            self.shared.dropped(dropped);
        }
        self.shared.files.remove(before);
        self.shared.keeper.ended();
        Ok(finished)
    }

    /// Writes a value's file, if it needs one and has none.
    fn place(&self, value: Value) -> Result<Placed> {
        const PART_BYTES: usize = 1 << 20;
        let value = match value {
            Value::Whole(bytes) if bytes.len() <= MOST_INLINE_BYTES => {
                return Ok(Placed::Inline(bytes));
            }
            Value::Parts(source) if self.pending_file(&*source).is_some() => Value::Parts(source),
            value => {
                let mut sink = self.shared.files.sink();
                let mut at = 0;
                while at < value.len_bytes() {
                    let part = value.read(at, PART_BYTES).wait()?;
                    sink.add(&part)?;
                    at += part.len().max(1) as u64;
                }
                sink.value()?
            }
        };
        Ok(match value {
            Value::Whole(bytes) => Placed::Inline(bytes),
            Value::Parts(source) => match self.pending_file(&*source) {
                Some(name) => Placed::File(name, source),
                None => Placed::Inline(source.read(0, MOST_INLINE_BYTES).wait()?),
            },
        })
    }

    fn pending_file(&self, source: &dyn Source) -> Option<FileName> {
        source.as_any()?.downcast_ref::<Stored>()?.pending(&self.shared.files)
    }

    fn end_lease(&self, fill: &Fill) -> Result<()> {
        let at = hash(&fill.key);
        self.shared.step(|tables, txn| {
            if tables.lease(txn, &at)?.is_some_and(|lease| lease.began == fill.began) {
                tables.remove_lease(txn, &at)?;
            }
            Ok(())
        })?;
        self.shared.keeper.ended();
        Ok(())
    }

    fn delete_entry(&self, key: &str) -> Result<bool> {
        let at = hash(key);
        let removed = self.shared.step(|tables, txn| {
            tables.remove_lease(txn, &at)?;
            tables.remove_entry(txn, &at)
        })?;
        self.shared.keeper.ended();
        let was_there = removed.is_some();
        self.shared.files.remove(removed.and_then(|(_, file)| file));
        Ok(was_there)
    }

    fn explained(&self, question: Question<'_>, now: Time) -> Result<Explanation> {
        let tables = &self.shared.tables;
        let txn = tables.read()?;
        let mut answer = Explanation { floor: tables.floor(&txn)?, ..Explanation::default() };
        let mut add = |head: &Head| -> Result<()> {
            let verdict = tables.judge(&txn, head, now)?;
            answer.add(&head.key, head.facts(), head.value_bytes, verdict, now);
            Ok(())
        };
        match question {
            Question::Key(key) => {
                if let Some((head, _)) = tables.entry(&txn, key)? {
                    add(&head)?;
                }
            }
            Question::Tag(tag) => {
                let has_tag = |head: &Head| head.tags.iter().any(|it| it == tag);
                tables.heads(&txn)?.filter(has_tag).try_for_each(|head| add(&head))?;
                answer.mark =
                    tables.mark(&txn, &hash(tag))?.map(|mark| ExplainedMark::new(&mark, now));
            }
        }
        Ok(answer)
    }

    fn counted(&self) -> Result<Stats> {
        let tables: &Tables = &self.shared.tables;
        let txn = tables.read()?;
        let (entries, marks) = tables.counts(&txn)?;
        let bytes = tables.number(&txn, Number::Bytes)?;
        Ok(Stats { entries, marks, bytes, ..self.shared.counters.stats() })
    }
}

impl Store for Disk {
    fn read_for(&self, key: &str, also: &[String], now: Time) -> Answer<Result<Read>> {
        let read = self.look_up(key, now).and_then(|read| self.for_tags(read, also, now));
        Answer::Now(read.map(|read| self.shared.counters.read(read)))
    }

    fn begin(&self, key: &str, tags: &[String], now: Time) -> Answer<Result<Begin>> {
        let begin = self.begin_fill(key, tags, now);
        if let Ok(Begin::Wait(_)) = begin {
            self.shared.counters.waited();
        }
        Answer::Now(begin)
    }

    fn finish(&self, fill: Fill, made: Made, now: Time) -> Answer<Result<Finished>> {
        Answer::Now(self.finish_fill(fill, made, now))
    }

    fn abandon(&self, fill: Fill) -> Answer<Result<()>> {
        self.shared.counters.failed();
        Answer::Now(self.end_lease(&fill))
    }

    fn ended(&self, wait: &Wait) -> Answer<()> {
        let (shared, key) = (Arc::clone(&self.shared), hash(&wait.key));
        Answer::later(Ended { shared, key, began: wait.began })
    }

    fn invalidate(&self, tags: &[String], how: Invalidation, now: Time) -> Answer<Result<Tick>> {
        let most = self.max_tags;
        Answer::Now(self.shared.step(|tables, txn| tables.add_marks(txn, tags, how, now, most)))
    }

    fn delete(&self, key: &str) -> Answer<Result<bool>> {
        Answer::Now(self.delete_entry(key))
    }

    fn max_value_bytes(&self) -> u64 {
        self.max_bytes
    }

    fn sink(&self) -> Result<Box<dyn Sink>> {
        Ok(Box::new(self.shared.files.sink()))
    }

    fn explain(&self, question: Question<'_>, now: Time) -> Answer<Result<Explanation>> {
        Answer::Now(self.explained(question, now))
    }

    fn stats(&self) -> Stats {
        self.counted().unwrap_or_else(|_| self.shared.counters.stats())
    }
}

/// Where a value will lie.
enum Placed {
    Inline(Bytes),
    File(FileName, Arc<dyn Source>),
}

impl Placed {
    fn inline(&self) -> &[u8] {
        match self {
            Self::Inline(bytes) => bytes,
            Self::File(..) => &[],
        }
    }

    fn stored(&self) -> Option<&Stored> {
        match self {
            Self::Inline(_) => None,
            Self::File(_, source) => source.as_any()?.downcast_ref(),
        }
    }

    fn file_bytes(&self) -> u64 {
        self.stored().map_or(0, Source::len_bytes)
    }

    fn adopt(&self) {
        if let Some(stored) = self.stored() {
            stored.adopt();
        }
    }

    fn head(&self, key: String, tags: Vec<String>, life: Life, now: Time, began: Tick) -> Head {
        let (value_bytes, value_sum, file) = match self {
            Self::Inline(bytes) => (bytes.len() as u64, xxh3_64(bytes), None),
            Self::File(name, _) => {
                (self.file_bytes(), self.stored().map_or(0, |it| it.sum), Some(*name))
            }
        };
        Head { key, tags, life, stored: now, began, value_bytes, value_sum, file }
    }
}

/// The value behind a head, unless it is damaged.
fn whole(head: &Head, inline: &[u8]) -> Option<Value> {
    let is_whole = inline.len() as u64 == head.value_bytes && xxh3_64(inline) == head.value_sum;
    is_whole.then(|| Value::from(Bytes::copy_from_slice(inline)))
}

/// What an entry takes: whole pages for a long record, as the database gives it; a few numbers in
/// other tables; its file.
fn weight_bytes(record_bytes: usize, file_bytes: u64) -> u64 {
    const PAGE_BYTES: u64 = 4 << 10;
    const OTHERS: u64 = 128;
    let record = record_bytes as u64 + OTHERS;
    let record = if record > PAGE_BYTES / 2 { record.next_multiple_of(PAGE_BYTES) } else { record };
    record + file_bytes.next_multiple_of(PAGE_BYTES)
}
