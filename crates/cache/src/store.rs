//! What every store does, whichever machine it is on.

use std::time::Duration;

use crate::{
    answer::Answer,
    entry::{Entry, Made},
    error::Result,
    explain::{Explanation, Question},
    marks::Invalidation,
    rules::Why,
    time::{Tick, Time},
    value::{Gather, Sink},
};

/// What a read found.
#[derive(Clone, Debug)]
pub enum Read {
    /// It may be served as it is.
    Fresh(Entry),
    /// It may be served while somebody fills it anew.
    Stale(Entry),
    /// There is none, or none that may be served.
    Absent,
}

impl Read {
    /// What was found, unless what began then must not be served to who asks.
    pub(crate) fn unless(self, is_void: impl FnOnce(Tick) -> bool) -> Self {
        let is_void = match &self {
            Self::Fresh(entry) | Self::Stale(entry) => is_void(entry.began),
            Self::Absent => false,
        };
        if is_void { Self::Absent } else { self }
    }
}

/// What [`Store::begin`] says.
#[derive(Debug)]
pub enum Begin {
    /// The caller makes the value, then calls `finish` or `abandon`.
    Run(Fill),
    /// Somebody makes it already, perhaps in another process. Serve the stale value if there is
    /// one; else wait until that fill ends, then read again: its value may be void by then.
    Wait(Wait),
}

/// The right and the duty to make one key's value: a lease, which ends by itself after
/// [`Bounds::lease`], or when the process that has it is gone.
#[derive(Debug)]
pub struct Fill {
    /// Whose value.
    pub key: String,
    /// When it began; names this fill too, as no two ticks are equal.
    pub began: Tick,
}

/// A fill that somebody else runs.
#[derive(Clone, Debug)]
pub struct Wait {
    /// Whose value.
    pub key: String,
    /// Names the fill.
    pub began: Tick,
    /// Its lease is over then: whoever asks again gets to run.
    pub at_most: Duration,
}

/// What became of a fill's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It is stored.
    Stored,
    /// It isn't, as nobody could read it: a mark came meanwhile, or its life is zero.
    Gone(Why),
    /// It isn't: another fill of the key began meanwhile, or the key was deleted. Storing it could
    /// take readers back to an older value.
    Superseded,
    /// It isn't: it is bigger than the store takes.
    TooLarge,
    /// It isn't: the store is on another machine that can't be reached, and is to be done without.
    Away,
}

/// Bounds of a store.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of keys, values and tags together; what is used least is dropped beyond. Default
    /// 256 MiB.
    pub max_bytes: u64,
    /// Tags whose marks are remembered one by one; past it, the older half is merged into one
    /// floor that hits every entry begun before it. Default 100,000.
    pub max_tags: usize,
    /// How long a fill has the right to its key. Default 60 seconds.
    pub lease: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { max_bytes: 256 << 20, max_tags: 100_000, lease: Duration::from_secs(60) }
    }
}

/// What happened so far, in this process; what there is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// Entries now.
    pub entries: u64,
    /// Bytes they are counted with.
    pub bytes: u64,
    /// Tags whose marks are remembered one by one.
    pub marks: u64,
    /// Reads that found a fresh entry.
    pub hits: u64,
    /// Reads that found a stale one.
    pub stale_hits: u64,
    /// Reads that found none.
    pub misses: u64,
    /// Values stored.
    pub fills: u64,
    /// Fills that failed.
    pub failures: u64,
    /// Times that somebody was told to wait for another's fill.
    pub waits: u64,
    /// Entries dropped to make room.
    pub evictions: u64,
}

/// Tagged entries that can be invalidated.
///
/// `now` is what the caller's clock shows; it decides about ages, never about marks.
///
/// What each store keeps to, and one suite of tests holds all to it:
///
/// - **Marks are final.** Once [`invalidate`](Store::invalidate) has answered, no read anywhere
///   gives what began before the mark and has the tag: fresh if the mark is soft, at all if it is
///   hard or has expired. Neither a later mark, a slow fill, an eviction, a crash nor a wrong clock
///   changes that.
/// - **Reads go forward.** Whoever has read an entry of a key never reads one that began earlier.
/// - **One fill per key** has the lease. Only who has it can store.
/// - **Nothing is kept past its `expire`**, but for a clock that is set back: then for at most as
///   long again.
pub trait Store: Send + Sync {
    /// Looks `key` up.
    fn read(&self, key: &str, now: Time) -> Answer<Result<Read>> {
        self.read_for(key, &[], now)
    }

    /// Looks `key` up for something that has the tags `also`, a page for one: what began before a hard mark of one of
    /// these isn't there for it, though others may still read it.
    fn read_for(&self, key: &str, also: &[String], now: Time) -> Answer<Result<Read>>;

    /// Asks for the right to make `key`'s value.
    ///
    /// `tags` are those that the value will have, as far as the caller knows: with them the store
    /// can tell whether a fill that runs is still worth waiting for.
    fn begin(&self, key: &str, tags: &[String], now: Time) -> Answer<Result<Begin>>;

    /// Stores what a fill made, if it still may.
    fn finish(&self, fill: Fill, made: Made, now: Time) -> Answer<Result<Finished>>;

    /// Ends a fill that failed; a stale entry stays.
    fn abandon(&self, fill: Fill) -> Answer<Result<()>>;

    /// Ends when the fill does. It may end late, or not at all if its process is gone: wait no
    /// longer than [`Wait::at_most`].
    fn ended(&self, wait: &Wait) -> Answer<()>;

    /// Invalidates what has one of `tags` and has begun until now, in one step for all tags. The
    /// tick is the mark's: see [`catch_up`](Store::catch_up).
    fn invalidate(&self, tags: &[String], how: Invalidation, now: Time) -> Answer<Result<Tick>>;

    /// Drops one entry, and what a fill that runs is about to store. Says whether there was one.
    fn delete(&self, key: &str) -> Answer<Result<bool>>;

    /// Waits until reads here see the mark of this tick, set anywhere. At once, unless the store
    /// keeps copies.
    fn catch_up(&self, _tick: Tick) -> Answer<Result<()>> {
        Answer::Now(Ok(()))
    }

    /// Waits until the store can be asked, not for long. At once, unless it is on another machine.
    fn ready(&self) -> Answer<Result<()>> {
        Answer::Now(Ok(()))
    }

    /// The bytes that a value may have to be stored.
    fn max_value_bytes(&self) -> u64;

    /// Takes a value in parts, for `finish`.
    fn sink(&self) -> Result<Box<dyn Sink>> {
        Ok(Box::new(Gather::default()))
    }

    /// What a key's entry or the entries of a tag are, and why. Looks at every entry: for people,
    /// not for requests.
    fn explain(&self, question: Question<'_>, now: Time) -> Answer<Result<Explanation>>;

    /// What happened so far.
    fn stats(&self) -> Stats;
}
