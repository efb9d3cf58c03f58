//! A mark that is acknowledged in one process holds in all, at their next read.

use std::path::Path;

use cache::{Begin, Disk, Entry, Invalidation, Life, Made, Store, Wait};
use tempfile::TempDir;

use super::{Numbers, Other, roles::say};

/// A number that one process counts up, and that all cache.
pub(crate) struct Truth(Numbers);

const TRUTH: u64 = 0;
const HARD: u64 = 1;
const ANY: u64 = 2;

impl Truth {
    pub(crate) fn open(folder: &Path) -> Self {
        Self(Numbers::open(folder))
    }

    /// Counts up, marks, and then says so.
    pub(crate) fn change(&self, disk: &Disk, how: Invalidation) {
        let truth = self.0.get(TRUTH) + 1;
        self.0.set(TRUTH, truth);
        disk.invalidate(&["t".to_owned()], how, cache::now()).wait().unwrap();
        if how == Invalidation::Hard {
            self.0.set(HARD, truth);
        }
        self.0.set(ANY, truth);
    }

    /// The truth at the last hard mark, and at the last of all, that were acknowledged.
    pub(crate) fn acknowledged(&self) -> (u64, u64) {
        (self.0.get(HARD), self.0.get(ANY))
    }

    /// Caches the truth, unless somebody else is at it.
    pub(crate) fn fill(&self, disk: &Disk) -> Option<Wait> {
        match disk.begin("k", &[], cache::now()).wait().unwrap() {
            Begin::Wait(wait) => Some(wait),
            Begin::Run(fill) => {
                let value = self.0.get(TRUTH).to_string();
                let made =
                    Made { value: value.into(), tags: vec!["t".into()], life: Life::default() };
                disk.finish(fill, made, cache::now()).wait().unwrap();
                None
            }
        }
    }

    pub(crate) fn of(entry: &Entry) -> u64 {
        let bytes = entry.value.bytes().wait().unwrap();
        std::str::from_utf8(&bytes).unwrap().parse().unwrap()
    }
}

pub(crate) fn by_readers(readers: usize) {
    let folder = TempDir::new().unwrap();
    let roles = std::iter::once("writer").chain(std::iter::repeat_n("reader", readers));
    // All at once make and open the folder.
    let mut others: Vec<_> = roles.map(|role| Other::start(role, folder.path())).collect();
    others.iter_mut().for_each(|other| assert_eq!(other.line(), "ready"));
    others.iter_mut().for_each(Other::go);
    let said: Vec<_> = others.into_iter().flat_map(Other::end).collect();
    say(&format!("{readers} readers: {said:?}"));
}
