//! Random histories against a small model: no answer that the rules forbid, and none missing that
//! they promise.
//!
//! The model keeps every mark and every value ever stored, and applies the rules as they read. It
//! knows nothing of ticks, floors, leases in files or how a store is built.

use std::{collections::BTreeMap, time::Duration};

use cache::{Begin, Bounds, Entry, Fill, Finished, Invalidation, Life, Read, Time, elapsed};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::{NOW, Place, Subject};

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Read {
        by: usize,
        key: u8,
        also: Vec<u8>,
    },
    Begin {
        by: usize,
        key: u8,
        tags: Vec<u8>,
    },
    Finish {
        fill: usize,
        tags: Vec<u8>,
        life: Life,
        bytes: usize,
    },
    Abandon {
        fill: usize,
    },
    Mark {
        by: usize,
        tags: Vec<u8>,
        how: Invalidation,
    },
    Delete {
        by: usize,
        key: u8,
    },
    Pass(Duration),
    /// The clock is set to this long before or after what it should show.
    SetClock {
        ahead: bool,
        by: Duration,
    },
    Restart,
}

const KEYS: u8 = 3;
const TAGS: u8 = 3;
const PROCESSES: usize = 2;

fn step() -> impl Strategy<Value = Step> {
    let by = || 0..PROCESSES;
    let tags = || prop::collection::vec(0..TAGS, 0..3);
    let seconds = |range| Strategy::prop_map(range, Duration::from_secs);
    let life = (prop::option::of(0..20u64), prop::option::of(0..40u64)).prop_map(
        |(revalidate, expire)| Life {
            revalidate: revalidate.map(Duration::from_secs),
            expire: expire.map(Duration::from_secs),
        },
    );
    let how = prop_oneof![
        Just(Invalidation::Hard),
        prop::option::of(0..20u64)
            .prop_map(|it| Invalidation::Soft { expire: it.map(Duration::from_secs) }),
    ];
    let bytes = prop_oneof![9 => 0..100usize, 1 => 100_000..300_000usize];
    prop_oneof![
        8 => (by(), 0..KEYS, prop::collection::vec(0..TAGS, 0..2))
            .prop_map(|(by, key, also)| Step::Read { by, key, also }),
        6 => (by(), 0..KEYS, tags()).prop_map(|(by, key, tags)| Step::Begin { by, key, tags }),
        6 => (any::<usize>(), tags(), life, bytes)
            .prop_map(|(fill, tags, life, bytes)| Step::Finish { fill, tags, life, bytes }),
        1 => any::<usize>().prop_map(|fill| Step::Abandon { fill }),
        4 => (by(), prop::collection::vec(0..TAGS, 1..3), how)
            .prop_map(|(by, tags, how)| Step::Mark { by, tags, how }),
        1 => (by(), 0..KEYS).prop_map(|(by, key)| Step::Delete { by, key }),
        3 => seconds(0..15u64).prop_map(Step::Pass),
        1 => (any::<bool>(), seconds(0..100_000_000u64))
            .prop_map(|(ahead, by)| Step::SetClock { ahead, by }),
        1 => Just(Step::Restart),
    ]
}

/// Runs random histories, each in a place of its own: `cases` of them, or as many as `RUNS` says.
pub(crate) fn random_histories<P: Place>(cases: u32, place: impl Fn() -> P) {
    let cases = std::env::var("RUNS").ok().and_then(|it| it.parse().ok()).unwrap_or(cases);
    let bounds = prop_oneof![
        2 => Just(Bounds::default()),
        1 => Just(Bounds { max_tags: 2, ..Bounds::default() }),
        1 => Just(Bounds { max_bytes: 500_000, ..Bounds::default() }),
    ];
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(bounds, prop::collection::vec(step(), 1..100)), |(bounds, steps)| {
            History::new(place(), bounds).play(steps)
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

type Checked = Result<(), TestCaseError>;

/// A value that was stored, and what the rules say about it.
#[derive(Clone, Debug)]
struct Stored {
    key: u8,
    tags: Vec<u8>,
    life: Life,
    /// The step in which its fill began.
    began: usize,
    stored: Time,
    /// Whether the rules have taken it away at some time.
    was_gone: bool,
}

#[derive(Clone, Debug)]
struct Mark {
    tag: u8,
    how: Invalidation,
    step: usize,
    at: Time,
}

struct Running {
    fill: Fill,
    by: usize,
    key: u8,
    step: usize,
    since: Time,
}

struct History<P> {
    place: P,
    bounds: Bounds,
    processes: Vec<Subject>,
    /// Whether nothing may be missing: there is room for everything.
    is_roomy: bool,
    now: Time,
    step: usize,
    running: Vec<Running>,
    marks: Vec<Mark>,
    /// Every value that was ever stored, by the step that stored it, which is its text too.
    stored: BTreeMap<usize, Stored>,
    /// The value of each key that was stored last.
    last: BTreeMap<u8, usize>,
    /// The fill of each key that began last, if it may still store.
    latest: BTreeMap<u8, usize>,
    /// What each process has seen of each key: the step in which its fill began.
    seen: BTreeMap<(usize, u8), usize>,
}

impl<P: Place> History<P> {
    fn new(place: P, bounds: Bounds) -> Self {
        let is_roomy = bounds.max_tags > 2 && bounds.max_bytes > 1 << 20;
        let mut history = Self {
            place,
            bounds,
            processes: Vec::new(),
            is_roomy,
            now: NOW,
            step: 0,
            running: Vec::new(),
            marks: Vec::new(),
            stored: BTreeMap::new(),
            last: BTreeMap::new(),
            latest: BTreeMap::new(),
            seen: BTreeMap::new(),
        };
        history.open();
        history
    }

    /// A store that isn't durable is one that all its users share.
    fn open(&mut self) {
        let count = if self.place.is_durable() { PROCESSES } else { 1 };
        self.processes = (0..count).map(|_| Subject(self.place.open(&self.bounds))).collect();
    }

    fn process(&self, by: usize) -> &Subject {
        &self.processes[by % self.processes.len()]
    }

    fn play(mut self, steps: Vec<Step>) -> Checked {
        for step in steps {
            self.step += 1;
            self.take(step)?;
            self.age();
        }
        Ok(())
    }

    fn take(&mut self, step: Step) -> Checked {
        match step {
            Step::Read { by, key, also } => self.read(by, key, &also)?,
            Step::Begin { by, key, tags } => self.begin(by, key, &tags)?,
            Step::Finish { fill, tags, life, bytes } if !self.running.is_empty() => {
                let running = self.running.swap_remove(fill % self.running.len());
                self.finish(running, tags, life, bytes)?;
            }
            Step::Abandon { fill } if !self.running.is_empty() => {
                let Running { fill, by, key, step, .. } =
                    self.running.swap_remove(fill % self.running.len());
                self.process(by).abandon(fill);
                self.latest.retain(|&of, &mut began| of != key || began != step);
            }
            Step::Finish { .. } | Step::Abandon { .. } => {}
            Step::Mark { by, tags, how } => self.mark(by, &tags, how),
            Step::Delete { by, key } => {
                self.process(by).0.delete(&key.to_string()).wait().expect("the store answers");
                self.latest.remove(&key);
                self.last.remove(&key);
            }
            Step::Pass(time) => self.now += time,
            Step::SetClock { ahead: true, by } => self.now = NOW + by,
            Step::SetClock { ahead: false, by } => self.now = NOW - by,
            Step::Restart => self.restart(),
        }
        Ok(())
    }

    fn begin(&mut self, by: usize, key: u8, tags: &[u8]) -> Checked {
        let names: Vec<_> = tags.iter().map(u8::to_string).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let live = self.latest.get(&key).and_then(|&step| {
            self.running.iter().find(|running| running.key == key && running.step == step)
        });
        match self.process(by).begin_at(&key.to_string(), &names, self.now) {
            Begin::Wait(wait) => {
                let live = live.map(|live| live.fill.began);
                prop_assert_eq!(live, Some(wait.began), "told to wait for nobody");
            }
            Begin::Run(fill) => {
                if let Some(live) = live {
                    let is_over = elapsed(live.since, self.now) >= self.bounds.lease;
                    let is_marked = self.marks.iter().any(|mark| mark.step > live.step);
                    prop_assert!(is_over || is_marked, "two fills of {key} at a time");
                }
                let (step, since) = (self.step, self.now);
                self.latest.insert(key, step);
                self.running.push(Running { fill, by, key, step, since });
            }
        }
        Ok(())
    }

    fn finish(&mut self, running: Running, tags: Vec<u8>, life: Life, bytes: usize) -> Checked {
        let Running { fill, by, key, step: began, .. } = running;
        let names: Vec<_> = tags.iter().map(u8::to_string).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let value = format!("{}{}", "0".repeat(bytes), self.step);
        let finished = self.process(by).finish_at(fill, &value, &names, life, self.now);
        let is_latest = self.latest.get(&key) == Some(&began);
        if is_latest {
            self.latest.remove(&key);
        }
        let value = Stored { key, tags, life, began, stored: self.now, was_gone: false };
        match finished {
            Finished::Stored => {
                prop_assert!(is_latest, "{key} stored by a fill that another one has replaced");
                prop_assert!(!self.must_be_gone(&value), "{value:?} stored although it is gone");
                self.stored.insert(self.step, value);
                self.last.insert(key, self.step);
            }
            Finished::Gone(_) => {
                prop_assert!(!self.is_roomy || self.may_be_gone(&value), "{value:?} not stored");
            }
            Finished::Superseded => {
                prop_assert!(!is_latest, "{key} isn't stored, by nobody's fault")
            }
            Finished::Away => prop_assert!(false, "the store is there"),
            Finished::TooLarge => prop_assert!(!self.is_roomy, "{bytes} bytes are too many"),
        }
        Ok(())
    }

    fn mark(&mut self, by: usize, tags: &[u8], how: Invalidation) {
        let names: Vec<_> = tags.iter().map(u8::to_string).collect();
        let (step, at) = (self.step, self.now);
        let store = &self.process(by).0;
        let tick = store.invalidate(&names, how, at).wait().expect("the store answers");
        self.marks.extend(tags.iter().map(|&tag| Mark { tag, how, step, at }));
        for process in &self.processes {
            process.0.catch_up(tick).wait().expect("it does");
        }
    }

    fn restart(&mut self) {
        self.processes.clear();
        self.open();
        self.seen.clear();
        if !self.place.is_durable() {
            self.running.clear();
            self.latest.clear();
            self.last.clear();
            self.marks.clear();
        }
        // Who ran is gone: anybody may run what they ran.
        for running in &mut self.running {
            running.since = Time::ZERO;
        }
    }

    fn read(&mut self, by: usize, key: u8, also: &[u8]) -> Checked {
        let by = by % self.processes.len();
        let names: Vec<_> = also.iter().map(u8::to_string).collect();
        let read = self.process(by).0.read_for(&key.to_string(), &names, self.now).wait();
        match read.expect("the store answers") {
            Read::Absent => {
                let Some(value) = self.last.get(&key).map(|step| &self.stored[step]) else {
                    return Ok(());
                };
                let is_marked =
                    self.marks.iter().any(|it| it.step > value.began && also.contains(&it.tag));
                let may_be_gone = value.was_gone || is_marked || self.may_be_gone(value);
                prop_assert!(!self.is_roomy || may_be_gone, "{value:?} is missing");
                Ok(())
            }
            Read::Fresh(entry) => self.served(by, key, also, &entry, true),
            Read::Stale(entry) => self.served(by, key, also, &entry, false),
        }
    }

    fn served(
        &mut self,
        by: usize,
        key: u8,
        also: &[u8],
        entry: &Entry,
        as_fresh: bool,
    ) -> Checked {
        let bytes = entry.value.bytes().wait().expect("the value is there");
        let step: usize = std::str::from_utf8(&bytes).unwrap().parse().unwrap();
        let Some(value) = self.stored.get(&step).cloned() else {
            return Err(TestCaseError::fail(format!("{step} was never stored")));
        };
        prop_assert_eq!(key, value.key);
        prop_assert!(!self.must_be_gone(&value), "{value:?} served although it is gone");
        let is_void = |mark: &Mark| mark.how == Invalidation::Hard && also.contains(&mark.tag);
        let mut later = self.marks.iter().filter(|mark| mark.step > value.began);
        prop_assert!(!later.any(is_void), "{value:?} served for {also:?}");
        let must_be_stale = self.must_be_stale(&value);
        prop_assert!(!as_fresh || !must_be_stale, "{value:?} served as fresh");
        prop_assert!(as_fresh || must_be_stale || !self.is_roomy, "{value:?} served as stale");
        let seen = self.seen.entry((by, key)).or_default();
        prop_assert!(value.began >= *seen, "back from {seen} to {value:?}");
        *seen = value.began;
        Ok(())
    }

    /// The marks that hit a value.
    fn marks_of<'a>(&'a self, value: &'a Stored) -> impl Iterator<Item = &'a Mark> {
        let hits = |mark: &&Mark| mark.step > value.began && value.tags.contains(&mark.tag);
        self.marks.iter().filter(hits)
    }

    fn must_be_gone(&self, value: &Stored) -> bool {
        let is_old = |expire| elapsed(value.stored, self.now) >= expire;
        value.life.expire.is_some_and(is_old)
            || self.marks_of(value).any(|mark| match mark.how {
                Invalidation::Hard => true,
                Invalidation::Soft { expire } => expire.is_some_and(|it| self.now >= mark.at + it),
            })
    }

    /// As a clock that was set back makes marks expire early rather than late.
    fn may_be_gone(&self, value: &Stored) -> bool {
        let soft = |mark: &&Mark| mark.how != Invalidation::Hard;
        self.must_be_gone(value)
            || self.marks_of(value).filter(soft).count() > cache::MOST_SOFT
            || self.marks_of(value).any(|mark| match mark.how {
                Invalidation::Hard => true,
                Invalidation::Soft { expire } => {
                    expire.is_some_and(|it| elapsed(mark.at, self.now) >= it)
                }
            })
    }

    fn must_be_stale(&self, value: &Stored) -> bool {
        let is_old = |revalidate| elapsed(value.stored, self.now) >= revalidate;
        value.life.revalidate.is_some_and(is_old) || self.marks_of(value).next().is_some()
    }

    /// A store may drop for good what has been gone once, whatever the clock shows later.
    fn age(&mut self) {
        let gone: Vec<_> = self
            .stored
            .iter()
            .filter(|(_, value)| !value.was_gone && self.may_be_gone(value))
            .map(|(&step, _)| step)
            .collect();
        for step in gone {
            self.stored.get_mut(&step).expect("it was there").was_gone = true;
        }
    }
}
