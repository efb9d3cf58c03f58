//! This process's copy of the marks, kept up to date by the log.

use std::{
    sync::{RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use tokio::sync::watch;

use super::{
    clock,
    log::{Event, Mark, What},
    near::Kept,
    record::Head,
    snapshot,
    ticks::{self, Position},
};
use crate::{
    Facts, Invalidation, MarkTable, Tick, Time, Verdict, Why, is_overtaken, is_void, judge,
};

/// All marks up to one tick.
pub(super) struct Replica {
    known: RwLock<Known>,
    seen: watch::Sender<Position>,
    max_silence: Duration,
    max_tags: usize,
}

pub(super) struct Known {
    position: Position,
    pub(super) marks: MarkTable,
    /// Keys whose entries were dropped.
    dropped: MarkTable,
    /// When Redis was asked for what it last answered: until then nothing is missing.
    heard: Option<Duration>,
    /// Microseconds by which Redis's clock is ahead of this machine's.
    ahead_micros: i64,
}

/// Where marks stand, as `hello` answers.
pub(super) struct Standing {
    pub(super) position: Position,
    /// By Redis's clock.
    pub(super) time: Time,
    /// The tick that `events` follow.
    pub(super) from: u64,
    /// All marks up to `from`; `None` if the replica has them.
    pub(super) snapshot: Option<Vec<u8>>,
    pub(super) events: Vec<Event>,
}

/// Ticks are missing in what Redis has: it can't be brought up to date from there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hole;

/// When Redis was asked, by both of this machine's clocks.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    at: Duration,
    time: Time,
}

impl Asked {
    pub(super) fn now() -> Self {
        Self { at: clock::coarse(), time: crate::now() }
    }
}

impl Replica {
    pub(super) fn new(max_silence: Duration, max_tags: usize) -> Self {
        let known = Known {
            position: Position::default(),
            marks: MarkTable::new(max_tags),
            dropped: MarkTable::new(max_tags),
            heard: None,
            ahead_micros: 0,
        };
        Self { known: RwLock::new(known), seen: watch::Sender::default(), max_silence, max_tags }
    }

    pub(super) fn position(&self) -> Position {
        self.read().position
    }

    /// Whether each mark that was acknowledged until `max_silence` ago is known here.
    pub(super) fn is_honest(&self) -> bool {
        self.read().is_honest(self.max_silence)
    }

    /// What Redis's clock shows when this machine's shows `now`.
    pub(super) fn to_redis(&self, now: Time) -> Time {
        shifted(now, self.read().ahead_micros)
    }

    /// What this machine's clock shows when Redis's shows `time`.
    pub(super) fn to_local(&self, time: Time) -> Time {
        shifted(time, -self.read().ahead_micros)
    }

    /// What may be done with an entry of `key` when Redis's clock shows `time`.
    pub(super) fn judge(&self, key: &str, head: &Head, time: Time) -> Verdict {
        self.read().judge(key, head.generation, head.facts(), time)
    }

    /// As [`Self::judge`], of an entry that is near.
    pub(super) fn judge_kept(&self, key: &str, kept: &Kept, time: Time) -> Verdict {
        self.read().judge(key, kept.generation, Facts::from(&kept.entry), time)
    }

    /// As [`Self::judge_kept`], for who hasn't asked Redis: when this machine's clock shows `now`. `None`
    /// if too little is known. And when it was stored, by this machine's clock.
    pub(super) fn judge_near(&self, key: &str, kept: &Kept, now: Time) -> Option<(Verdict, Time)> {
        let known = self.read();
        known.is_honest(self.max_silence).then(|| {
            let now = shifted(now, known.ahead_micros);
            let verdict = known.judge(key, kept.generation, Facts::from(&kept.entry), now);
            (verdict, shifted(kept.entry.stored, -known.ahead_micros))
        })
    }

    /// Whether what began then is void for who has the tags `also`.
    pub(super) fn is_void(&self, began: Tick, also: &[String], time: Time) -> bool {
        let known = self.read();
        is_void(began, also, |tag| known.marks.get(tag), time)
    }

    /// Whether nobody should wait for a fill.
    pub(super) fn is_overtaken(&self, began: Tick, expected: &[String], time: Time) -> bool {
        let known = self.read();
        let since = (known.marks.floor(), known.marks.newest());
        is_overtaken(began, expected, since, |tag| known.marks.get(tag), time)
    }

    /// Takes over what `hello` found. A hole is one in what Redis has.
    pub(super) fn stand(&self, standing: Standing, asked: Asked) -> Result<(), Hole> {
        let mut known = self.write();
        let is_ours = known.position.generation == standing.position.generation;
        if known.position.tick >= standing.position.tick {
            // Ticks go on from one generation to the next, so this answer was overtaken.
            if is_ours {
                known.hear(asked);
            }
            return Ok(());
        }
        if let Some(snapshot) = &standing.snapshot
            && !(is_ours && known.position.tick >= standing.from)
        {
            known.take(snapshot, standing.from, self.max_tags);
            known.position = Position { tick: standing.from, ..standing.position };
        }
        let result = known.apply(&standing.events, true);
        let is_whole = known.position.tick >= standing.position.tick;
        if is_whole {
            known.hear(asked);
            known.set_clock(standing.time, asked);
        }
        drop(known);
        self.tell();
        if is_whole { result } else { Err(Hole) }
    }

    /// Takes over events of the log, which followed `known`, and with which all ticks up to `clock`
    /// must be there. After a hole `hello` must tell what happened.
    pub(super) fn apply(
        &self,
        known: Position,
        clock: u64,
        events: &[Event],
        asked: Asked,
    ) -> Result<(), Hole> {
        let mut now_known = self.write();
        if now_known.position.generation != known.generation {
            return Ok(()); // an answer that was under way while a new generation came
        }
        let mut result = now_known.apply(events, false);
        if clock < known.tick || clock > now_known.position.tick {
            result = Err(Hole);
        }
        if result.is_ok() {
            now_known.hear(asked);
        }
        drop(now_known);
        self.tell();
        result
    }

    /// Redis's clock showed `time` after it was asked.
    pub(super) fn set_clock(&self, time: Time, asked: Asked) {
        self.write().set_clock(time, asked);
    }

    /// All marks as bytes, and the position up to which they are.
    pub(super) fn snapshot(&self) -> (Position, Vec<u8>) {
        let known = self.read();
        (known.position, snapshot::encode([&known.marks, &known.dropped]))
    }

    /// Announces each new position.
    pub(super) fn watch(&self) -> watch::Receiver<Position> {
        self.seen.subscribe()
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn tell(&self) {
        let position = self.position();
        self.seen.send_if_modified(|seen| std::mem::replace(seen, position) != position);
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Known {
    fn is_honest(&self, max_silence: Duration) -> bool {
        let now = clock::coarse() + clock::LAG;
        self.heard.is_some_and(|heard| now.saturating_sub(heard) <= max_silence)
    }

    fn judge(&self, key: &str, generation: u64, facts: Facts<'_>, time: Time) -> Verdict {
        let is_dropped = !self.dropped.is_empty()
            && self.dropped.get(key).is_some_and(|it| facts.began < it.hard);
        if is_dropped || generation != self.position.generation {
            return Verdict::Gone(Why::Floor);
        }
        let floor = self.marks.floor().max(self.dropped.floor());
        judge(facts, floor, |tag| self.marks.get(tag), time)
    }

    fn hear(&mut self, asked: Asked) {
        self.heard = self.heard.max(Some(asked.at));
    }

    /// Small differences are those of the way to Redis, and not worth that times jump.
    fn set_clock(&mut self, time: Time, asked: Asked) {
        const WORTH_IT_MICROS: u64 = 50_000;
        let ahead = time.as_micros() as i64 - asked.time.as_micros() as i64;
        if ahead.abs_diff(self.ahead_micros) > WORTH_IT_MICROS {
            self.ahead_micros = ahead;
        }
    }

    /// Takes over a snapshot of all marks up to `from`. If a later version wrote it, or Redis
    /// evicted it, all that began until then is void.
    fn take(&mut self, snapshot: &[u8], from: u64, max_tags: usize) {
        [self.marks, self.dropped] = snapshot::decode(snapshot, max_tags).unwrap_or_else(|| {
            let mut marks = MarkTable::new(max_tags);
            marks.raise_floor(ticks::of_mark(from));
            [marks, MarkTable::new(max_tags)]
        });
    }

    /// Events come in order, but answers that overlap may repeat some.
    fn apply(&mut self, events: &[Event], may_begin: bool) -> Result<(), Hole> {
        for event in events {
            if event.tick <= self.position.tick {
                continue;
            }
            if event.tick != self.position.tick + 1 {
                return Err(Hole);
            }
            let mark = match &event.what {
                What::Generation if !may_begin => return Err(Hole),
                What::Mark(mark) => Mark::decode(mark),
                What::Generation | What::Unknown => None,
            };
            self.add(mark, ticks::of_mark(event.tick));
            self.position.tick = event.tick;
        }
        Ok(())
    }

    fn add(&mut self, mark: Option<Mark>, tick: Tick) {
        match mark {
            Some(Mark::Tags { tags, how, at }) => {
                tags.iter().for_each(|tag| self.marks.add(tag, how, tick, at));
            }
            Some(Mark::Key(key)) => self.dropped.add(&key, Invalidation::Hard, tick, Time::ZERO),
            // What it hits can't be known, so it hits all.
            None => self.marks.raise_floor(tick),
        }
    }
}

fn shifted(time: Time, micros: i64) -> Time {
    let by = Duration::from_micros(micros.unsigned_abs());
    if micros < 0 { time.saturating_sub(by) } else { time.saturating_add(by) }
}
