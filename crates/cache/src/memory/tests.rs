//! Threads in orders that the test chooses: shuttle switches at each lock and each atomic.

use shuttle::{
    future::block_on,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
};

use super::Memory;
use crate::{Begin, Bounds, Finished, Invalidation, Life, Made, Read, Store, Time};

const NOW: Time = Time::from_secs(1_000);

/// Runs `scenario` in as many orders as `RUNS` says.
fn in_many_orders(scenario: impl Fn() + Send + Sync + 'static) {
    let runs = std::env::var("RUNS").ok().and_then(|it| it.parse().ok()).unwrap_or(2_000);
    shuttle::check_random(scenario, runs);
}

/// What the cached function reads: a number that the writer counts up, then invalidates.
struct World {
    store: Memory,
    truth: AtomicU64,
    /// The truth when the last invalidation had been acknowledged.
    acknowledged: AtomicU64,
}

impl World {
    fn new(max_tags: usize) -> Arc<Self> {
        let store = Memory::new(&Bounds { max_tags, ..Bounds::default() });
        Arc::new(Self { store, truth: AtomicU64::new(0), acknowledged: AtomicU64::new(0) })
    }

    fn change(&self, how: Invalidation, tag: &str) {
        let truth = self.truth.fetch_add(1, SeqCst) + 1;
        self.store.invalidate(&[tag.to_owned()], how, NOW).wait().unwrap();
        self.acknowledged.fetch_max(truth, SeqCst);
    }

    fn fill(&self) {
        if let Begin::Run(fill) = self.store.begin("k", &[], NOW).wait().unwrap() {
            let value = self.truth.load(SeqCst).to_be_bytes().to_vec();
            let tags = vec!["t".to_owned(), "u".to_owned()];
            let made = Made { value: value.into(), tags, life: Life::default() };
            self.store.finish(fill, made, NOW).wait().unwrap();
        }
    }

    /// What a reader is given as fresh.
    fn read(&self) -> Option<u64> {
        match self.store.read("k", NOW).wait().unwrap() {
            Read::Fresh(entry) => {
                let bytes = entry.value.bytes().wait().unwrap();
                Some(u64::from_be_bytes(bytes.as_ref().try_into().unwrap()))
            }
            Read::Stale(_) | Read::Absent => None,
        }
    }
}

fn what_was_acknowledged_is_seen(how: Invalidation, max_tags: usize) {
    in_many_orders(move || {
        let world = World::new(max_tags);
        let spawn = |work: fn(&World, Invalidation)| {
            let world = Arc::clone(&world);
            thread::spawn(move || work(&world, how))
        };
        let fill = |world: &World, _| (0..3).for_each(|_| world.fill());
        let threads = [
            spawn(|world, how| ["t", "other", "u"].iter().for_each(|tag| world.change(how, tag))),
            spawn(fill),
            spawn(fill),
            spawn(|world, _| {
                let mut last = 0;
                for _ in 0..4 {
                    let acknowledged = world.acknowledged.load(SeqCst);
                    if let Some(seen) = world.read() {
                        // The mark of `other` says nothing about this entry.
                        assert!(seen >= acknowledged.min(1), "{seen} after {acknowledged}");
                        assert!(acknowledged < 3 || seen == 3, "{seen} after {acknowledged}");
                        assert!(seen >= last, "back from {last} to {seen}");
                        last = seen;
                    }
                }
            }),
        ];
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(world.read().is_none_or(|seen| seen == 3));
    });
}

#[test]
fn no_reader_sees_what_an_acknowledged_mark_removed() {
    what_was_acknowledged_is_seen(Invalidation::Hard, 100);
}

#[test]
fn no_reader_sees_as_fresh_what_a_soft_mark_made_stale() {
    what_was_acknowledged_is_seen(Invalidation::Soft { expire: None }, 100);
}

#[test]
fn forgetting_marks_under_load_undoes_none() {
    what_was_acknowledged_is_seen(Invalidation::Hard, 2);
}

#[test]
fn one_fill_at_a_time_and_all_who_wait_go_on() {
    in_many_orders(|| {
        let store = Arc::new(Memory::new(&Bounds::default()));
        let running = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..3)
            .map(|number| {
                let (store, running) = (Arc::clone(&store), Arc::clone(&running));
                thread::spawn(move || match store.begin("k", &[], NOW).wait().unwrap() {
                    Begin::Wait(wait) => block_on(store.ended(&wait).into_future()),
                    Begin::Run(fill) => {
                        assert_eq!(running.fetch_add(1, SeqCst), 0, "two at a time");
                        thread::yield_now();
                        running.fetch_sub(1, SeqCst);
                        if number == 0 {
                            return store.abandon(fill).wait().unwrap();
                        }
                        let made =
                            Made { value: "1".into(), tags: Vec::new(), life: Life::default() };
                        assert_eq!(store.finish(fill, made, NOW).wait().unwrap(), Finished::Stored);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}
