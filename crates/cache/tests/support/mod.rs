//! One suite for every store: rules one by one, and random histories against a model.

pub(crate) mod model;
pub(crate) mod suite;

use cache::{Begin, Bounds, Fill, Finished, Invalidation, Life, Made, Read, Store, Tick, Time};

/// Where a store lies: opened several times, it is as if by several processes.
pub(crate) trait Place {
    /// The store, as one more process sees it.
    fn open(&self, bounds: &Bounds) -> Box<dyn Store>;

    /// Whether what was stored is there after all have let go of it.
    fn is_durable(&self) -> bool;
}

pub(crate) const NOW: Time = Time::from_secs(1_800_000_000);

/// A store with what tests say most.
pub(crate) struct Subject(pub(crate) Box<dyn Store>);

impl Subject {
    pub(crate) fn begin(&self, key: &str) -> Fill {
        match self.begin_at(key, &[], NOW) {
            Begin::Run(fill) => fill,
            Begin::Wait(_) => panic!("{key} is being filled"),
        }
    }

    pub(crate) fn begin_at(&self, key: &str, tags: &[&str], now: Time) -> Begin {
        self.0.begin(key, &owned(tags), now).wait().expect("the store answers")
    }

    pub(crate) fn finish(&self, fill: Fill, value: &str, tags: &[&str], life: Life) -> Finished {
        self.finish_at(fill, value, tags, life, NOW)
    }

    pub(crate) fn finish_at(
        &self,
        fill: Fill,
        value: &str,
        tags: &[&str],
        life: Life,
        now: Time,
    ) -> Finished {
        let made = Made { value: value.to_owned().into(), tags: owned(tags), life };
        self.0.finish(fill, made, now).wait().expect("the store answers")
    }

    /// Begins and finishes at once.
    pub(crate) fn fill(&self, key: &str, value: &str, tags: &[&str]) -> Finished {
        self.finish(self.begin(key), value, tags, Life::default())
    }

    pub(crate) fn abandon(&self, fill: Fill) {
        self.0.abandon(fill).wait().expect("the store answers");
    }

    pub(crate) fn invalidate(&self, tag: &str, how: Invalidation) -> Tick {
        self.0.invalidate(&owned(&[tag]), how, NOW).wait().expect("the store answers")
    }

    /// What a read shows: `fresh 1`, `stale 1`, `absent`.
    pub(crate) fn read(&self, key: &str) -> String {
        self.read_at(key, NOW)
    }

    pub(crate) fn read_at(&self, key: &str, now: Time) -> String {
        shown(self.0.read(key, now).wait().expect("the store answers"))
    }

    pub(crate) fn read_for(&self, key: &str, also: &[&str]) -> String {
        shown(self.0.read_for(key, &owned(also), NOW).wait().expect("the store answers"))
    }
}

fn shown(read: Read) -> String {
    let (state, entry) = match read {
        Read::Fresh(entry) => ("fresh", entry),
        Read::Stale(entry) => ("stale", entry),
        Read::Absent => return "absent".to_owned(),
    };
    let bytes = entry.value.bytes().wait().expect("the value is there");
    format!("{state} {}", String::from_utf8_lossy(&bytes))
}

pub(crate) fn owned(tags: &[&str]) -> Vec<String> {
    tags.iter().map(|&tag| tag.to_owned()).collect()
}
