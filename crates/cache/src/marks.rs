//! Marks: when each tag was last invalidated, on a logical clock.

use std::sync::{
    RwLock,
    atomic::{AtomicU64, Ordering},
};

use rustc_hash::FxHashMap;

/// A moment on the logical clock. Each invalidation takes the next one; nothing else moves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tick(u64);

/// Tag → tick of its last invalidation, bounded in number.
pub(crate) struct Marks {
    clock: AtomicU64,
    table: RwLock<Table>,
    most: usize,
}

#[derive(Default)]
struct Table {
    by_tag: FxHashMap<String, Tick>,
    /// Whatever began before it is invalid, whichever tags it has: the price of forgetting marks.
    floor: Tick,
}

impl Marks {
    pub(crate) fn new(most: usize) -> Self {
        Self { clock: AtomicU64::new(0), table: RwLock::default(), most: most.max(2) }
    }

    pub(crate) fn now(&self) -> Tick {
        Tick(self.clock.load(Ordering::Acquire))
    }

    /// Invalidates everything with `tag` that has begun until now.
    pub(crate) fn set(&self, tag: &str) {
        let mut table = self.table.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Under the lock, so that a tick is in the table before a later one is.
        let tick = Tick(self.clock.fetch_add(1, Ordering::AcqRel) + 1);
        match table.by_tag.get_mut(tag) {
            Some(mark) => *mark = tick,
            None => {
                table.by_tag.insert(tag.to_owned(), tick);
            }
        }
        if table.by_tag.len() > self.most {
            table.forget_older_half();
        }
    }

    /// Whether something that `began` then, with these tags, is still what it was.
    pub(crate) fn allow(&self, began: Tick, tags: &[String]) -> bool {
        let table = self.table.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        began >= table.floor
            && tags.iter().all(|tag| table.by_tag.get(tag).is_none_or(|mark| began >= *mark))
    }
}

impl Table {
    /// Keeps memory bounded without undoing an invalidation: what is forgotten by tag is
    /// remembered for all.
    fn forget_older_half(&mut self) {
        let mut ticks: Vec<_> = self.by_tag.values().copied().collect();
        let middle = ticks.len() / 2;
        let (_, &mut median, _) = ticks.select_nth_unstable(middle);
        self.by_tag.retain(|_, mark| *mark > median);
        self.floor = self.floor.max(median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_mark_hits_what_began_before_it_and_nothing_else() {
        let marks = Marks::new(100);
        let before = marks.now();
        marks.set("a");
        assert!(!marks.allow(before, &tags(&["b", "a"])));
        assert!(marks.allow(before, &tags(&["b"])));
        assert!(marks.allow(marks.now(), &tags(&["a"])));
    }

    #[test]
    fn forgetting_marks_never_undoes_one() {
        let marks = Marks::new(8);
        let before = marks.now();
        for n in 0..100 {
            marks.set(&format!("tag-{n}"));
        }
        assert!((0..100).all(|n| !marks.allow(before, &tags(&[&format!("tag-{n}")]))));
        assert!(marks.allow(marks.now(), &tags(&["tag-0", "tag-99"])));
        assert!(marks.table.read().unwrap().by_tag.len() <= 8);
    }
}
