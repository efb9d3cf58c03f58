//! Random histories against a model of a few lines: no stale answer that the rules forbid.

use std::{collections::BTreeMap, time::Duration};

use cache::{Begin, Cache, Entry, Fill, Life, Options, Read, Time};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Read(u8),
    Begin(u8),
    Finish(usize, Vec<u8>),
    Abandon(usize),
    Invalidate(u8),
    Wait(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3u8).prop_map(Step::Read),
        4 => (0..3u8).prop_map(Step::Begin),
        4 => (any::<usize>(), prop::collection::vec(0..3u8, 0..3))
            .prop_map(|(fill, tags)| Step::Finish(fill, tags)),
        1 => any::<usize>().prop_map(Step::Abandon),
        2 => (0..3u8).prop_map(Step::Invalidate),
        2 => (0..5u8).prop_map(Step::Wait),
    ]
}

const REVALIDATE: Duration = Duration::from_secs(3);
const EXPIRE: Duration = Duration::from_secs(7);

#[derive(Clone, Debug)]
struct Stored {
    value: usize,
    tags: Vec<u8>,
    began: usize,
    stored: Time,
}

fn text(entry: &Entry) -> String {
    String::from_utf8_lossy(&entry.value).into_owned()
}

proptest! {
    #[test]
    fn a_history_never_shows_what_the_rules_forbid(
        steps in prop::collection::vec(step(), 1..80),
        max_tags in prop_oneof![Just(100_000usize), Just(2)],
    ) {
        let cache = Cache::new(&Options { max_tags, ..Options::default() });
        let mut now = Time::ZERO;
        let mut fills: Vec<(Fill, usize, u8)> = Vec::new();
        let mut model: BTreeMap<u8, Stored> = BTreeMap::new();
        let mut marks = [0usize; 3]; // when each tag was invalidated last, in steps from 1

        for (at, step) in steps.into_iter().enumerate() {
            let at = at + 1;
            match step {
                Step::Begin(key) => {
                    if let Begin::Run(fill) = cache.begin(&key.to_string()) {
                        fills.push((fill, at, key));
                    }
                }
                Step::Finish(which, tags) => {
                    if fills.is_empty() { continue }
                    let (fill, began, key) = fills.swap_remove(which % fills.len());
                    let names = tags.iter().map(|tag| tag.to_string()).collect();
                    let life = Life { revalidate: Some(REVALIDATE), expire: Some(EXPIRE) };
                    if cache.finish(fill, at.to_string().as_bytes().into(), names, life, now) {
                        prop_assert!(tags.iter().all(|&tag| marks[tag as usize] < began));
                        model.insert(key, Stored { value: at, tags, began, stored: now });
                    }
                }
                Step::Abandon(which) => {
                    if fills.is_empty() { continue }
                    let (fill, ..) = fills.swap_remove(which % fills.len());
                    cache.abandon(fill);
                }
                Step::Invalidate(tag) => {
                    cache.invalidate(&tag.to_string());
                    marks[tag as usize] = at;
                }
                Step::Wait(seconds) => now += Duration::from_secs(seconds.into()),
                Step::Read(key) => {
                    let valid = model.get(&key).filter(|stored| {
                        stored.tags.iter().all(|&tag| marks[tag as usize] < stored.began)
                            && now - stored.stored < EXPIRE
                    });
                    match (cache.read(&key.to_string(), now), valid) {
                        // With few marks remembered the cache may forget more than it must.
                        (Read::Absent, valid) => prop_assert!(valid.is_none() || max_tags == 2),
                        (Read::Fresh(entry), Some(stored)) => {
                            prop_assert_eq!(text(&entry), stored.value.to_string());
                            prop_assert!(now - stored.stored < REVALIDATE);
                        }
                        (Read::Stale(entry), Some(stored)) => {
                            prop_assert_eq!(text(&entry), stored.value.to_string());
                            prop_assert!(now - stored.stored >= REVALIDATE);
                        }
                        (read, None) => prop_assert!(false, "{read:?} although nothing is valid"),
                    }
                }
            }
        }
    }
}
