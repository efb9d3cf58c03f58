//! One fill at a time, whichever process runs it.

use std::{collections::BTreeMap, fs, time::Instant};

use cache::{Begin, Disk, DiskOptions, Error, Read, Store, Wait};
use tempfile::TempDir;

use super::{Other, open};

pub(crate) const KEYS: usize = 10;

pub(crate) fn one_fill_at_a_time() {
    let folder = TempDir::new().unwrap();
    let mut others: Vec<_> = (0..4).map(|_| Other::start("runner", folder.path())).collect();
    for _ in 0..KEYS {
        others.iter_mut().for_each(|other| assert_eq!(other.line(), "ready"));
        others.iter_mut().for_each(Other::go);
    }
    others.into_iter().for_each(|other| assert_eq!(other.end(), [] as [String; 0]));
    let mut fills = BTreeMap::<_, usize>::new();
    for key in fs::read_to_string(folder.path().join("fills")).unwrap().lines() {
        *fills.entry(key.to_owned()).or_default() += 1;
    }
    assert_eq!(fills.len(), KEYS);
    assert!(fills.values().all(|&count| count == 1), "{fills:?}");
}

/// Another process fills `k`, and we are told to wait.
fn held(folder: &TempDir) -> (Other, Disk, Wait) {
    let mut holder = Other::start("holder", folder.path());
    assert_eq!(holder.line(), "begun");
    let disk = open(folder.path());
    let Begin::Wait(wait) = disk.begin("k", &[], cache::now()).wait().unwrap() else {
        panic!("somebody fills it");
    };
    (holder, disk, wait)
}

pub(crate) fn a_fill_that_ends() {
    let folder = TempDir::new().unwrap();
    let (mut holder, disk, wait) = held(&folder);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| disk.ended(&wait).wait());
        holder.go();
        waiting.join().unwrap();
    });
    assert!(matches!(disk.read("k", cache::now()).wait().unwrap(), Read::Fresh(_)));
    holder.end();
}

pub(crate) fn a_fill_whose_process_dies() {
    let folder = TempDir::new().unwrap();
    let (mut holder, disk, wait) = held(&folder);
    let waited = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| disk.ended(&wait).wait());
        holder.kill();
        let start = Instant::now();
        waiting.join().unwrap();
        start.elapsed()
    });
    assert!(waited < wait.at_most / 10, "it waited {waited:?} for the dead");
    let next = disk.begin("k", &[], cache::now()).wait().unwrap();
    assert!(matches!(next, Begin::Run(fill) if fill.began > wait.began));
}

pub(crate) fn damaged_while_in_use() {
    let folder = TempDir::new().unwrap();
    let mut holder = Other::start("holder", folder.path());
    assert_eq!(holder.line(), "begun");
    let options = DiskOptions::new(folder.path().join("cache"));
    fs::write(options.folder.join("v1/format"), "?").unwrap();
    let error = Disk::open(&options).err().expect("it can't be trusted");
    assert!(matches!(error, Error::Folder { .. }) && error.code() == "errand::cache-folder");
    holder.go();
    holder.end();
    assert!(Disk::open(&options).unwrap().notice().is_some());
}
