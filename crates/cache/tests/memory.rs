//! The memory store keeps to the rules.

mod support;

use std::sync::Arc;

use cache::{Begin, Bounds, Invalidation, Memory, Store};
use support::{NOW, Place, Subject};

struct InMemory;

impl Place for InMemory {
    fn open(&self, bounds: &Bounds) -> Box<dyn Store> {
        Box::new(Memory::new(bounds))
    }

    fn is_durable(&self) -> bool {
        false
    }
}

rules_hold!(|| InMemory);

#[test]
fn a_history_never_shows_what_the_rules_forbid() {
    support::model::random_histories(1_000, || InMemory);
}

#[test]
fn all_threads_that_ask_for_a_name_share_one_store() {
    let bounds = Bounds::default();
    let one = Memory::named("a", &bounds);
    let other = std::thread::spawn(move || Memory::named("a", &Bounds::default())).join().unwrap();
    assert!(Arc::ptr_eq(&one, &other) && !Arc::ptr_eq(&one, &Memory::named("b", &bounds)));
    drop((one, other));
    let Begin::Run(_) = Memory::named("a", &bounds).begin("k", &[], NOW).wait().unwrap() else {
        panic!("all had let go of it");
    };
}

#[test]
fn an_entry_may_be_as_large_as_a_part_of_a_big_store() {
    let bounds = Bounds { max_bytes: 1 << 30, ..Bounds::default() };
    let cache = Subject(InMemory.open(&bounds));
    let big = "x".repeat(30 << 20);
    cache.fill("k", &big, &["t"]);
    assert_eq!(cache.read("k").len(), "fresh ".len() + big.len());
    cache.invalidate("t", Invalidation::Hard);
    assert_eq!(cache.read("k"), "absent");
    assert_eq!(cache.0.stats().bytes, 0, "what is gone makes room at once");
}
