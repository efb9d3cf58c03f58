//! The memory store keeps to the rules.

mod support;

use cache::{Bounds, Memory, Store};
use support::Place;

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
