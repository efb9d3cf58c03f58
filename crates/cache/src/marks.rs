//! Marks: what was invalidated, and when, on the logical clock. Pure: no clock, no lock, no I/O.

use std::{collections::HashMap, time::Duration};

use crate::time::{Tick, Time, elapsed};

/// How a tag is invalidated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalidation {
    /// Whatever began before is gone.
    Hard,
    /// Whatever began before is stale from now on, and gone after `expire`. `None`: never gone.
    Soft {
        /// How long it may still be served, stale.
        expire: Option<Duration>,
    },
}

/// What one tag's marks do to something that began before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hit {
    /// Nothing: it began later.
    Not,
    /// It is stale.
    Stale,
    /// It is gone.
    Gone,
}

/// A soft mark: stale since `tick`, gone when `expire` has passed since `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftMark {
    /// What began before it is stale.
    pub tick: Tick,
    /// When it was set.
    pub at: Time,
    /// What began before it is gone this long after `at`. `None`: never.
    pub expire: Option<Duration>,
}

impl SoftMark {
    fn has_expired(&self, now: Time) -> bool {
        self.expire.is_some_and(|expire| elapsed(self.at, now) >= expire)
    }

    fn deadline(&self) -> Time {
        self.expire.map_or(Time::MAX, |expire| self.at.saturating_add(expire))
    }
}

/// The marks of one tag.
///
/// ```
/// use cache::{Hit, Invalidation, TagMark, Tick, Time};
/// use std::time::Duration;
///
/// let (now, later) = (Time::ZERO, Time::from_secs(60));
/// let mut mark = TagMark::default();
/// mark.add(Invalidation::Soft { expire: Some(Duration::from_secs(60)) }, Tick(5), now);
/// assert_eq!(mark.hit(Tick(4), now), Hit::Stale);
/// assert_eq!(mark.hit(Tick(4), later), Hit::Gone);
/// assert_eq!(mark.hit(Tick(6), later), Hit::Not);
/// ```
///
/// Marks only ever take away: a soft one after a hard one changes nothing for what the hard one
/// hit, and of several soft ones the first to expire counts, for what began before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagMark {
    /// What began before it is gone.
    pub hard: Tick,
    /// Rising in tick and in deadline; at most [`MOST_SOFT`].
    pub soft: Vec<SoftMark>,
}

/// Soft marks that one tag keeps apart.
pub const MOST_SOFT: usize = 8;

impl TagMark {
    /// Adds a mark. They may come in any order.
    pub fn add(&mut self, invalidation: Invalidation, tick: Tick, now: Time) {
        match invalidation {
            Invalidation::Hard => self.hard = self.hard.max(tick),
            Invalidation::Soft { expire } => {
                let place = self.soft.partition_point(|mark| mark.tick < tick);
                self.soft.insert(place, SoftMark { tick, at: now, expire });
            }
        }
        self.settle(now);
    }

    /// What these marks do to something that `began` then.
    pub fn hit(&self, began: Tick, now: Time) -> Hit {
        if began < self.hard {
            return Hit::Gone;
        }
        let later = &self.soft[self.soft.partition_point(|mark| mark.tick <= began)..];
        match later {
            [] => Hit::Not,
            marks if marks.iter().any(|mark| mark.has_expired(now)) => Hit::Gone,
            _ => Hit::Stale,
        }
    }

    /// The newest tick of any mark here.
    pub fn newest(&self) -> Tick {
        self.soft.last().map_or(self.hard, |mark| mark.tick.max(self.hard))
    }

    /// Makes what has expired by `now` hard, and drops what no longer says anything of its own.
    pub fn settle(&mut self, now: Time) {
        if let Some(last) = self.soft.iter().rfind(|mark| mark.has_expired(now)) {
            self.hard = self.hard.max(last.tick);
        }
        let mut first_deadline = None;
        let mut kept: Vec<SoftMark> = Vec::with_capacity(self.soft.len());
        for mark in self.soft.drain(..).rev().filter(|mark| mark.tick > self.hard) {
            // A later mark hits all that an earlier one hits: that one matters if it ends sooner.
            if first_deadline.is_none_or(|first| mark.deadline() < first) {
                first_deadline = Some(mark.deadline());
                kept.push(mark);
            }
        }
        kept.reverse();
        self.soft = kept;
        while self.soft.len() > MOST_SOFT {
            self.merge_closest();
        }
    }

    /// Two marks become one that hits what either hits, when the first of them would.
    fn merge_closest(&mut self) {
        let gap = |at: usize| self.soft[at + 1].deadline().abs_diff(self.soft[at].deadline());
        let Some(at) = (0..self.soft.len() - 1).min_by_key(|&at| gap(at)) else { return };
        self.soft[at].tick = self.soft[at + 1].tick;
        self.soft.remove(at + 1);
    }
}

/// Tag → its marks, bounded in number.
#[derive(Debug)]
pub struct MarkTable {
    by_tag: HashMap<String, TagMark>,
    floor: Tick,
    newest: Tick,
    most: usize,
}

impl MarkTable {
    /// An empty table that remembers `most` tags one by one.
    pub fn new(most: usize) -> Self {
        let (floor, newest) = (Tick::default(), Tick::default());
        Self { by_tag: HashMap::new(), floor, newest, most: most.max(2) }
    }

    /// Adds a mark to a tag's.
    pub fn add(&mut self, tag: &str, invalidation: Invalidation, tick: Tick, now: Time) {
        match self.by_tag.get_mut(tag) {
            Some(mark) => mark.add(invalidation, tick, now),
            None => {
                let mut mark = TagMark::default();
                mark.add(invalidation, tick, now);
                self.by_tag.insert(tag.to_owned(), mark);
            }
        }
        self.newest = self.newest.max(tick);
        if self.by_tag.len() > self.most {
            self.forget_older_half();
        }
    }

    /// A tag's marks.
    pub fn get(&self, tag: &str) -> Option<&TagMark> {
        self.by_tag.get(tag)
    }

    /// All tags and their marks, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TagMark)> {
        self.by_tag.iter().map(|(tag, mark)| (tag.as_str(), mark))
    }

    /// Takes over a tag's marks as another table had them.
    pub fn restore(&mut self, tag: String, mark: TagMark) {
        self.newest = self.newest.max(mark.newest());
        self.by_tag.insert(tag, mark);
        if self.by_tag.len() > self.most {
            self.forget_older_half();
        }
    }

    /// Whatever began before it is gone, whichever tags it has: the price of forgetting marks.
    pub fn floor(&self) -> Tick {
        self.floor
    }

    /// Everything that began before `floor` is gone from now on.
    pub fn raise_floor(&mut self, floor: Tick) {
        self.floor = self.floor.max(floor);
        self.by_tag.retain(|_, mark| mark.newest() > floor);
    }

    /// The tick of the newest mark that was added.
    pub fn newest(&self) -> Tick {
        self.newest
    }

    /// How many tags are remembered one by one.
    pub fn len(&self) -> usize {
        self.by_tag.len()
    }

    /// Whether no tag is remembered.
    pub fn is_empty(&self) -> bool {
        self.by_tag.is_empty()
    }

    /// Keeps memory bounded without undoing a mark: what is forgotten by tag is remembered for all.
    fn forget_older_half(&mut self) {
        let mut ticks: Vec<_> = self.by_tag.values().map(TagMark::newest).collect();
        let middle = ticks.len() / 2;
        let (_, &mut median, _) = ticks.select_nth_unstable(middle);
        self.raise_floor(median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_secs(1_000_000);
    const HARD: Invalidation = Invalidation::Hard;

    fn soft(seconds: u64) -> Invalidation {
        Invalidation::Soft { expire: Some(Duration::from_secs(seconds)) }
    }

    fn after(seconds: u64) -> Time {
        NOW + Duration::from_secs(seconds)
    }

    fn marked(marks: &[(Invalidation, u64)]) -> TagMark {
        let mut all = TagMark::default();
        for &(invalidation, tick) in marks {
            all.add(invalidation, Tick(tick), NOW);
        }
        all
    }

    #[test]
    fn a_soft_mark_after_a_hard_one_brings_nothing_back() {
        let mark = marked(&[(HARD, 5), (soft(60), 7)]);
        assert_eq!(mark.hit(Tick(4), NOW), Hit::Gone);
        assert_eq!(mark.hit(Tick(6), NOW), Hit::Stale);
        assert_eq!(mark.hit(Tick(8), after(60)), Hit::Not);
    }

    #[test]
    fn a_hard_mark_after_a_soft_one_ends_it() {
        let mark = marked(&[(soft(60), 5), (HARD, 7)]);
        assert_eq!(mark.hit(Tick(6), NOW), Hit::Gone);
        assert!(mark.soft.is_empty());
    }

    #[test]
    fn of_soft_marks_the_first_deadline_counts_for_what_began_before_it() {
        let mark = marked(&[(soft(10), 5), (soft(100), 7)]);
        assert_eq!(mark.hit(Tick(4), after(10)), Hit::Gone);
        assert_eq!(mark.hit(Tick(6), after(10)), Hit::Stale);
        assert_eq!(mark.hit(Tick(6), after(100)), Hit::Gone);

        let sooner = marked(&[(soft(100), 5), (soft(10), 7)]);
        assert_eq!(sooner.soft.len(), 1);
        assert_eq!(sooner.hit(Tick(4), after(10)), Hit::Gone);
    }

    #[test]
    fn a_soft_mark_that_expires_at_once_is_a_hard_one() {
        assert_eq!(marked(&[(soft(0), 5)]), marked(&[(HARD, 5)]));
    }

    #[test]
    fn what_expired_stays_so_when_the_clock_is_set_back() {
        let mut mark = marked(&[(soft(10), 5)]);
        mark.settle(after(10));
        assert_eq!(mark.hit(Tick(4), NOW), Hit::Gone);
    }

    #[test]
    fn a_clock_set_back_by_a_year_keeps_nothing_alive_for_a_year() {
        let mark = marked(&[(soft(60), 5)]);
        let year = Duration::from_secs(31_536_000);
        assert_eq!(mark.hit(Tick(4), NOW.saturating_sub(year)), Hit::Gone);
    }

    #[test]
    fn many_soft_marks_take_little_room_and_never_live_longer_than_they_may() {
        let mut mark = TagMark::default();
        for at in 0..10_000 {
            mark.add(soft(31_536_000), Tick(at + 1), after(at));
        }
        assert!(mark.soft.len() <= MOST_SOFT);
        assert_eq!(mark.hit(Tick(9_999), after(10_000)), Hit::Stale);
        assert_eq!(mark.hit(Tick(10_000), after(10_000)), Hit::Not);
        for began in 0..10_000 {
            assert_eq!(mark.hit(Tick(began), after(31_536_000 + began)), Hit::Gone);
        }
    }

    #[test]
    fn marks_may_come_in_any_order() {
        let marks = [(soft(50), 3), (HARD, 2), (soft(10), 5), (soft(70), 9), (HARD, 4)];
        let mut turned = marks;
        turned.reverse();
        assert_eq!(marked(&marks), marked(&turned));
    }

    #[test]
    fn forgetting_marks_never_undoes_one() {
        let mut table = MarkTable::new(8);
        for n in 1..=100 {
            table.add(&format!("tag-{n}"), HARD, Tick(n), NOW);
        }
        let is_gone = |n: u64, began: u64| {
            Tick(began) < table.floor()
                || table
                    .get(&format!("tag-{n}"))
                    .is_some_and(|it| it.hit(Tick(began), NOW) > Hit::Stale)
        };
        assert!((1..=100).all(|n| is_gone(n, n - 1)));
        assert!(!is_gone(1, 101) && !is_gone(100, 101));
        assert!(table.len() <= 8);
    }
}
