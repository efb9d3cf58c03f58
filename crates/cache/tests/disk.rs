//! The disk store keeps to the rules, and to what only a disk can promise.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use cache::{
    Begin, Bounds, Disk, DiskOptions, Durability, Finished, Invalidation, Life, Made, Notice,
    Question, Read, Reader, Store, Value,
};
use support::{NOW, Place, Subject};
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

const BIG: usize = 300_000;

impl OnDisk {
    fn disk(&self) -> Disk {
        Disk::open(&self.options()).expect("the folder can be opened")
    }

    fn subject(&self) -> Subject {
        Subject(Box::new(self.disk()))
    }

    fn file(&self, path: &str) -> PathBuf {
        self.0.path().join("v1").join(path)
    }

    fn value_files(&self) -> Vec<PathBuf> {
        fs::read_dir(self.file("values")).unwrap().map(|it| it.unwrap().path()).collect()
    }

    /// Waits until this process has let go of the folder: its thread may hold it a moment longer.
    fn closed(&self) {
        let start = Instant::now();
        while fs::read_dir(self.file("owners")).is_ok_and(|mut it| it.next().is_some()) {
            assert!(start.elapsed() < Duration::from_secs(20), "it is still open");
            std::thread::yield_now();
        }
    }
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn find(bytes: &[u8], part: &[u8]) -> Vec<usize> {
    (0..bytes.len() - part.len()).filter(|&at| bytes[at..].starts_with(part)).collect()
}

#[test]
fn what_was_acknowledged_is_there_after_a_restart() {
    for durability in [Durability::Process, Durability::Machine] {
        let place = OnDisk::new();
        let open = || {
            let options = DiskOptions { durability, ..place.options() };
            Subject(Box::new(Disk::open(&options).expect("the folder can be opened")))
        };
        let cache = open();
        cache.fill("k", "1", &["t"]);
        cache.fill("l", &"x".repeat(BIG), &["t"]);
        cache.fill("m", "1", &["u"]);
        let running = cache.begin("n");
        cache.invalidate("u", Invalidation::Hard);
        drop(cache);
        place.closed();

        let cache = open();
        assert_eq!(cache.read("k"), "fresh 1");
        assert_eq!(cache.read("l"), format!("fresh {}", "x".repeat(BIG)));
        assert_eq!(cache.read("m"), "absent");
        assert_eq!(cache.0.stats().entries, 3);
        // Whoever ran it is gone.
        let next = cache.begin("n");
        assert!(next.began > running.began);
        assert_eq!(cache.finish(running, "1", &[], Life::default()), Finished::Superseded);
    }
}

#[test]
fn all_who_open_a_folder_in_one_process_share_it() {
    let place = OnDisk::new();
    let (one, other) = (place.subject(), place.subject());
    one.fill("k", "1", &["t"]);
    assert_eq!(other.read("k"), "fresh 1");
    let fill = one.begin("l");
    assert!(matches!(other.begin_at("l", &[], NOW), Begin::Wait(_)));
    other.invalidate("t", Invalidation::Hard);
    assert_eq!(one.read("k"), "absent");
    one.abandon(fill);
    drop(one);
    assert_eq!(other.fill("k", "2", &["t"]), Finished::Stored);
}

#[test]
fn what_cannot_be_trusted_is_set_aside_and_reported() {
    type Damage = fn(&OnDisk);
    let damages: [(&str, Damage); 6] = [
        ("another version", |it| fs::write(it.file("format"), "errand-cache v2\n").unwrap()),
        ("no format", |it| fs::remove_file(it.file("format")).unwrap()),
        ("not text", |it| fs::write(it.file("format"), [0xff, 0xfe]).unwrap()),
        ("no database", |it| fs::write(it.file("data.mdb"), vec![7; 100_000]).unwrap()),
        ("cut off", |it| change(&it.file("data.mdb"), |bytes| bytes.truncate(20_000))),
        ("empty pages", |it| change(&it.file("data.mdb"), |bytes| bytes[..8192].fill(0))),
    ];
    for (what, damage) in damages {
        let place = OnDisk::new();
        let cache = place.subject();
        (0..100).for_each(|n| {
            cache.fill(&format!("k{n}"), &"x".repeat(1_000), &["t"]);
        });
        drop(cache);
        place.closed();
        damage(&place);
        let disk = place.disk();
        let aside = place.0.path().canonicalize().unwrap().join("v1-damaged");
        assert_eq!(disk.notice(), Some(&Notice::SetAside(aside.clone())), "{what}");
        assert!(aside.join("data.mdb").exists(), "{what}");
        let cache = Subject(Box::new(disk));
        assert_eq!(cache.read("k1"), "absent", "{what}");
        assert_eq!(cache.fill("k1", "2", &["t"]), Finished::Stored);
        drop(cache);
        place.closed();
        assert_eq!(place.disk().notice(), None, "{what}");
        assert_eq!(place.subject().read("k1"), "fresh 2", "{what}");
    }
}

#[test]
fn after_a_restart_of_the_machine_the_cache_is_empty_rather_than_wrong() {
    let place = OnDisk::new();
    place.subject().fill("k", &"x".repeat(BIG), &["t"]);
    place.closed();
    let format = fs::read_to_string(place.file("format")).unwrap();
    let boot = format.lines().nth(1).unwrap();
    assert!(boot.len() > 10, "{format}");
    fs::write(place.file("format"), format.replace(boot, "boot of-another-time")).unwrap();

    let disk = place.disk();
    assert_eq!(disk.notice(), Some(&Notice::MachineRestarted));
    assert_eq!(Subject(Box::new(disk)).read("k"), "absent");
    assert_eq!(place.value_files(), [] as [PathBuf; 0]);
}

#[test]
fn what_waits_for_the_disk_outlives_the_machine() {
    let place = OnDisk::new();
    let options = DiskOptions { durability: Durability::Machine, ..place.options() };
    drop(Disk::open(&options).unwrap());
    place.closed();
    let format = fs::read_to_string(place.file("format")).unwrap();
    assert_eq!(format.lines().nth(1), Some("boot -"));
}

#[test]
fn a_damaged_value_is_never_served() {
    let place = OnDisk::new();
    let cache = place.subject();
    let text = "a value that nobody else has ".repeat(100);
    cache.fill("inline", &text, &[]);
    for key in ["changed", "cut off", "removed"] {
        cache.fill(key, &text.repeat(100), &[]);
    }
    cache.fill("long", &text.repeat(400), &[]);
    drop(cache);
    place.closed();
    change(&place.file("data.mdb"), |bytes| {
        let places = find(bytes, &text.as_bytes()[..2_000]);
        assert!(!places.is_empty());
        places.into_iter().for_each(|at| bytes[at + 1_000] ^= 1);
    });
    let mut files = place.value_files();
    files.sort_by_key(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        u64::from_str_radix(name.split('-').nth(1).unwrap(), 16).unwrap()
    });
    change(&files[0], |bytes| bytes[200_000] ^= 1);
    change(&files[1], |bytes| bytes.truncate(200_000));
    fs::remove_file(&files[2]).unwrap();
    change(&files[3], |bytes| bytes[200_000] ^= 1);

    let cache = place.subject();
    // Of a long value only its end tells, once; then it isn't there either.
    let Read::Fresh(entry) = cache.0.read("long", NOW).wait().unwrap() else { panic!() };
    let mut reader = Reader::of(&entry.value).unwrap();
    assert_eq!(reader.next(1_000_000).unwrap().unwrap().len(), 1_000_000);
    assert_eq!(reader.next(1_000_000).unwrap_err().code(), "errand::cache-storage");
    for key in ["inline", "changed", "cut off", "removed", "long"] {
        assert_eq!(cache.read(key), "absent", "{key}");
        assert_eq!(cache.fill(key, "2", &[]), Finished::Stored);
        assert_eq!(cache.read(key), "fresh 2");
    }
    assert_eq!(place.value_files(), [] as [PathBuf; 0]);
}

#[test]
fn big_values_are_read_on_when_their_entry_has_gone() {
    let place = OnDisk::new();
    let cache = place.subject();
    let text = "0123456789".repeat(110_000);
    cache.fill("k", &text, &[]);
    let Read::Fresh(entry) = cache.0.read("k", NOW).wait().unwrap() else { panic!() };
    let mut reader = Reader::of(&entry.value).unwrap();
    drop(entry);
    let mut seen = reader.next(200_000).unwrap().unwrap().to_vec();
    cache.0.delete("k").wait().unwrap();
    while let Some(part) = reader.next(200_000).unwrap() {
        seen.extend_from_slice(&part);
    }
    assert!(seen == text.as_bytes());
    assert!(reader.next(1).unwrap().is_none());
    cache.fill("small", "s", &[]);
    let Read::Fresh(entry) = cache.0.read("small", NOW).wait().unwrap() else { panic!() };
    assert!(Reader::of(&entry.value).is_none());
}

#[test]
fn big_values_are_streamed_in_and_out() {
    let place = OnDisk::new();
    let cache = place.subject();
    let mut sink = cache.0.sink().unwrap();
    let part = |n: u32| bytes::Bytes::from(n.to_be_bytes().repeat(10_000));
    for n in 0..100 {
        sink.push(part(n)).wait().unwrap();
    }
    let value = sink.end().wait().unwrap();
    assert_eq!((value.len_bytes(), place.value_files().len()), (4_000_000, 1));
    let made = Made { value, tags: vec!["t".into()], life: Life::default() };
    let finished = cache.0.finish(cache.begin("k"), made, NOW).wait().unwrap();
    assert_eq!((finished, place.value_files().len()), (Finished::Stored, 1));

    let read = || match cache.0.read("k", NOW).wait().unwrap() {
        Read::Fresh(entry) => entry.value,
        read => panic!("{read:?}"),
    };
    let value = read();
    assert!(matches!(value, Value::Parts(_)));
    assert_eq!(value.read(40_000, 40_000).wait().unwrap(), part(1));
    assert_eq!(value.read(3_999_999, 10).wait().unwrap(), part(99)[39_999..]);
    assert_eq!(value.read(5_000_000, 10).wait().unwrap(), "");
    assert_eq!(value.bytes().wait().unwrap()[3_960_000..], part(99));

    // Whoever reads it goes on when it is replaced; then its file is gone.
    cache.fill("k", "small", &[]);
    assert_eq!(value.read(0, 40_000).wait().unwrap(), part(0));
    assert_eq!(place.value_files().len(), 0);
    assert_eq!(read().bytes().wait().unwrap(), "small");
}

#[test]
fn a_big_value_that_nobody_stores_leaves_nothing() {
    let place = OnDisk::new();
    let cache = place.subject();
    let value = || {
        let mut sink = cache.0.sink().unwrap();
        sink.push(vec![1; BIG].into()).wait().unwrap();
        sink.end().wait().unwrap()
    };
    drop(value());
    let slow = cache.begin("k");
    cache.invalidate("t", Invalidation::Hard);
    let made = Made { value: value(), tags: vec!["t".into()], life: Life::default() };
    cache.0.finish(slow, made, NOW).wait().unwrap();
    assert_eq!(place.value_files().len(), 0);
    cache.fill("k", &"x".repeat(BIG), &[]);
    assert_eq!(place.value_files().len(), 1);
    cache.0.delete("k").wait().unwrap();
    assert_eq!((place.value_files().len(), cache.0.stats().bytes), (0, 0));
}

#[test]
fn files_are_bounded_too_and_what_is_used_stays() {
    let place = OnDisk::new();
    let options = DiskOptions {
        bounds: Bounds { max_bytes: 10 << 20, ..Bounds::default() },
        ..place.options()
    };
    let cache = Subject(Box::new(Disk::open(&options).unwrap()));
    cache.fill("used", "1", &[]);
    for n in 0..200 {
        cache.fill(&format!("k{n}"), &"x".repeat(BIG), &["t"]);
        assert!(cache.0.stats().bytes <= 10 << 20);
        assert_eq!(cache.read("used"), "fresh 1", "after {n} others");
    }
    let stats = cache.0.stats();
    assert!(stats.entries > 25 && stats.evictions > 100, "{stats:?}");
    let files = place.value_files().len() as u64;
    assert!(files.abs_diff(stats.entries) <= 1, "{files} files of {stats:?}");
    let explained = cache.0.explain(Question::Tag("t"), NOW).wait().unwrap();
    assert_eq!(explained.total, files);
}

#[test]
fn a_value_that_cannot_be_written_frees_its_key() {
    let place = OnDisk::new();
    let cache = place.subject();
    fs::remove_dir(place.file("values")).unwrap();
    let made = Made { value: vec![1; BIG].into(), tags: Vec::new(), life: Life::default() };
    let error = cache.0.finish(cache.begin("k"), made, NOW).wait().unwrap_err();
    assert_eq!(error.code(), "errand::cache-storage");
    assert_eq!(cache.fill("k", "small", &[]), Finished::Stored);
}

#[test]
fn as_many_tags_as_were_asked_for_have_room_beside_the_entries() {
    let place = OnDisk::new();
    const TAGS: usize = 300_000;
    let bounds = Bounds { max_bytes: 1 << 20, max_tags: TAGS, ..Bounds::default() };
    let cache = Subject(place.open(&bounds));
    cache.fill("k", "1", &["tag-7"]);
    let tags: Vec<_> = (0..TAGS).map(|n| format!("tag-{n}")).collect();
    for expire in [1, 2] {
        let how = Invalidation::Soft { expire: Some(Duration::from_secs(expire)) };
        cache.0.invalidate(&tags, how, NOW).wait().expect("there is room");
    }
    assert_eq!(cache.0.stats().marks, TAGS as u64);
    assert_eq!(cache.read("k"), "stale 1");
}
