//! The disk store keeps to the rules, and to what only a disk can promise.

mod support;

use cache::{Bounds, Disk, DiskOptions, Store};
use support::Place;
use tempfile::TempDir;

struct OnDisk(TempDir);

impl OnDisk {
    fn new() -> Self {
        Self(TempDir::new().expect("there is room for a folder"))
    }

    fn options(&self) -> DiskOptions {
        DiskOptions::new(self.0.path())
    }
}

impl Place for OnDisk {
    fn open(&self, bounds: &Bounds) -> Box<dyn Store> {
        let options = DiskOptions { bounds: *bounds, ..self.options() };
        Box::new(Disk::open(&options).expect("the folder can be opened"))
    }

    fn is_durable(&self) -> bool {
        true
    }
}

rules_hold!(OnDisk::new);

#[test]
fn a_history_never_shows_what_the_rules_forbid() {
    support::model::random_histories(200, OnDisk::new);
}
