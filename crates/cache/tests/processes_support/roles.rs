//! What the other processes do.

use std::{
    fs::File,
    io::{Write, stdin, stdout},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use cache::{Begin, Disk, Invalidation, Life, Made, Read, Store};

use super::{crash, open, seen::Truth};

pub(crate) fn play(role: &str) {
    let folder = PathBuf::from(std::env::var_os("CACHE_FOLDER").unwrap());
    let disk = open(&folder);
    match role {
        "writer" => write(&disk, &folder),
        "reader" => read(&disk, &folder),
        "holder" => hold(&disk),
        "runner" => run_once(&disk, &folder),
        "victim" => crash::play_victim(&disk, &folder),
        _ => panic!("there is no role {role}"),
    }
}

pub(crate) fn say(line: &str) {
    let mut out = stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
}

fn wait_for_go() {
    stdin().read_line(&mut String::new()).unwrap();
}

pub(crate) const TIME: Duration = Duration::from_millis(1_000);

/// Changes the truth and marks it, for a while.
fn write(disk: &Disk, folder: &Path) {
    let truth = Truth::open(folder);
    say("ready");
    wait_for_go();
    let (start, mut marks, mut marking) = (Instant::now(), 0, Duration::ZERO);
    while start.elapsed() < TIME {
        let is_soft = marks % 3 == 2;
        let how = if is_soft { Invalidation::Soft { expire: None } } else { Invalidation::Hard };
        let begin = Instant::now();
        truth.change(disk, how);
        marking += begin.elapsed();
        marks += 1;
        pass(Duration::from_micros(200)); // so that there are values to be read
    }
    say(&format!("{marks} marks, {:?} each", marking / marks));
}

fn pass(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::thread::yield_now();
    }
}

/// Reads, fills what is missing, and never sees what a mark removed.
fn read(disk: &Disk, folder: &Path) {
    let truth = Truth::open(folder);
    say("ready");
    wait_for_go();
    let start = Instant::now();
    let (mut last, mut served, mut fills, mut waits) = (0, 0, 0, 0);
    while start.elapsed() < TIME {
        let (hard, any) = truth.acknowledged();
        let (seen, is_fresh) = match disk.read("k", cache::now()).wait().unwrap() {
            Read::Fresh(entry) => (Truth::of(&entry), true),
            Read::Stale(entry) => (Truth::of(&entry), false),
            Read::Absent => (u64::MAX, false),
        };
        if seen != u64::MAX {
            assert!(seen >= hard, "{seen} served after {hard} was acknowledged");
            assert!(!is_fresh || seen >= any, "{seen} is fresh after {any} was acknowledged");
            assert!(seen >= last, "back from {last} to {seen}");
            last = seen;
            served += 1;
        }
        if !is_fresh {
            match truth.fill(disk) {
                None => fills += 1,
                Some(wait) if seen == u64::MAX => {
                    disk.ended(&wait).wait();
                    waits += 1;
                }
                Some(_) => {}
            }
        }
    }
    assert!(served > 100 && last > 0, "{served} values up to {last}");
    say(&format!("{served} values read, {fills} fills, {waits} waits, up to {last}"));
}

/// Begins a fill, and ends it when it is told to.
fn hold(disk: &Disk) {
    let Begin::Run(fill) = disk.begin("k", &[], cache::now()).wait().unwrap() else {
        panic!("somebody else runs it");
    };
    say("begun");
    wait_for_go();
    let made = Made { value: "held".into(), tags: Vec::new(), life: Life::default() };
    disk.finish(fill, made, cache::now()).wait().unwrap();
}

/// Wants a few values at the same time as others; writes down which it had to make itself.
fn run_once(disk: &Disk, folder: &Path) {
    for key in (0..super::single::KEYS).map(|n| format!("k{n}")) {
        say("ready");
        wait_for_go();
        while let Read::Absent = disk.read(&key, cache::now()).wait().unwrap() {
            match disk.begin(&key, &[], cache::now()).wait().unwrap() {
                Begin::Wait(wait) => disk.ended(&wait).wait(),
                Begin::Run(fill) => {
                    let fills =
                        File::options().append(true).create(true).open(folder.join("fills"));
                    fills.unwrap().write_all(format!("{key}\n").as_bytes()).unwrap();
                    pass(Duration::from_millis(5));
                    let made = Made { value: "1".into(), tags: Vec::new(), life: Life::default() };
                    disk.finish(fill, made, cache::now()).wait().unwrap();
                }
            }
        }
    }
}
