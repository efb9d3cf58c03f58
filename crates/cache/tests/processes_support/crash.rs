//! Killed at any point: no acknowledged mark is undone, no value is torn, no lease blocks.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use cache::{Begin, Disk, Entry, Invalidation, Life, Made, Read, Store};
use tempfile::TempDir;

use super::{Numbers, Other, open, roles::say};

const KEYS: u64 = 4;

/// Numbers of the file: the truth of each key, as in [`super::seen`].
fn tag(key: u64) -> String {
    format!("t{key}")
}

/// Splitmix: a run is told by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// A value that tells its truth, and whether it is whole: each eight bytes follow from the ones
/// before.
fn value(truth: u64, length: u64) -> Vec<u8> {
    let words = std::iter::successors(Some(truth), |it| Some(it.wrapping_mul(31).wrapping_add(7)));
    words.take(length.max(1) as usize).flat_map(u64::to_be_bytes).collect()
}

fn truth_of(entry: &Entry) -> u64 {
    let bytes = entry.value.bytes().wait().expect("the value is whole");
    let truth = u64::from_be_bytes(bytes[..8].try_into().unwrap());
    assert_eq!(bytes, value(truth, bytes.len() as u64 / 8), "a torn value");
    truth
}

/// Marks and fills until it is killed, and says each mark that was acknowledged.
pub(crate) fn play_victim(disk: &Disk, folder: &Path) {
    let numbers = Numbers::open(folder);
    let mut random = Random(std::env::var("CACHE_SEED").unwrap().parse().unwrap());
    // A victim has keys of its own, so that it alone counts their truths.
    let first = random.0 % 2 * KEYS;
    let mut running = Vec::new();
    loop {
        let key = first + random.below(KEYS);
        let (name, truth) = (key.to_string(), numbers.get(key));
        match random.below(4) {
            0 => {
                numbers.set(key, truth + 1);
                disk.invalidate(&[tag(key)], Invalidation::Hard, cache::now()).wait().unwrap();
                say(&format!("{key} {}", truth + 1));
            }
            1 => {
                if let Begin::Run(fill) = disk.begin(&name, &[], cache::now()).wait().unwrap() {
                    running.push((fill, key, truth));
                }
            }
            2 if !running.is_empty() => {
                let (fill, key, truth) =
                    running.swap_remove(random.below(running.len() as u64) as usize);
                let length = if random.below(4) == 0 { 30_000 } else { random.below(2_000) };
                let made = Made {
                    value: value(truth, length).into(),
                    tags: vec![tag(key)],
                    life: Life::default(),
                };
                disk.finish(fill, made, cache::now()).wait().unwrap();
            }
            _ => {
                disk.read(&name, cache::now()).wait().unwrap();
            }
        }
    }
}

pub(crate) fn killed_at_random() {
    let runs = std::env::var("RUNS").ok().and_then(|it| it.parse().ok()).unwrap_or(25);
    let folder = TempDir::new().unwrap();
    let mut acknowledged = [0; 2 * KEYS as usize];
    let mut random = Random(runs);
    let (mut marks, mut served) = (0, 0);
    for run in 0..runs {
        // Sometimes others have the folder open, and go on; sometimes the last one dies.
        let beside = (run % 3 == 0).then(|| open(folder.path()));
        let mut victims = [0, 1].map(|seed| {
            Other::start_with(
                "victim",
                folder.path(),
                &(2 * random.below(1 << 32) + seed).to_string(),
            )
        });
        for victim in &mut victims {
            // Some die while they open the folder.
            if random.below(4) > 0 {
                note(&mut acknowledged, &victim.line());
            }
            let start = Instant::now();
            let time = Duration::from_micros(random.below(20_000));
            while start.elapsed() < time {
                std::hint::spin_loop();
            }
            victim.kill();
        }
        for line in victims.iter_mut().flat_map(|victim| victim.lines.by_ref()) {
            marks += usize::from(line.is_ok_and(|line| note(&mut acknowledged, &line)));
        }
        let disk = open(folder.path());
        assert_eq!(disk.notice(), None, "run {run} left damage");
        for (key, &least) in acknowledged.iter().enumerate() {
            served += check(&disk, key, least, run);
        }
        drop((disk, beside));
    }
    assert!(marks > runs as usize && served > 0, "{marks} marks, {served} values in {runs} runs");
    say(&format!("{runs} runs: {marks} marks held, {served} values served"));
    nothing_is_left_over(folder.path());
}

/// Takes note of a mark; a line that was cut off wasn't acknowledged.
fn note(acknowledged: &mut [u64], line: &str) -> bool {
    let mut words = line.split(' ').map(str::parse::<u64>);
    let (Some(Ok(key)), Some(Ok(truth))) = (words.next(), words.next()) else { return false };
    let least = &mut acknowledged[key as usize];
    *least = truth.max(*least);
    true
}

/// What a key shows is no older than its last acknowledged mark; nobody waits for the dead.
fn check(disk: &Disk, key: usize, least: u64, run: u64) -> usize {
    let name = key.to_string();
    let served = match disk.read(&name, cache::now()).wait().unwrap() {
        Read::Fresh(entry) => {
            let truth = truth_of(&entry);
            assert!(truth >= least, "run {run}: {truth} served after {least}");
            1
        }
        Read::Stale(entry) => panic!("nothing makes {entry:?} stale"),
        Read::Absent => 0,
    };
    match disk.begin(&name, &[], cache::now()).wait().unwrap() {
        Begin::Run(fill) => disk.abandon(fill).wait().unwrap(),
        Begin::Wait(wait) => panic!("run {run}: told to wait for the dead: {wait:?}"),
    }
    served
}

/// What the dead left is cleared away, but for what entries name.
fn nothing_is_left_over(folder: &Path) {
    let disk = open(folder);
    let is_big = |key: usize| match disk.read(&key.to_string(), cache::now()).wait().unwrap() {
        Read::Fresh(entry) => entry.value.len_bytes() > 128 << 10,
        _ => false,
    };
    // What is gone but not yet replaced keeps its file.
    let most = 2 * KEYS as usize;
    let least = (0..most).filter(|&key| is_big(key)).count();
    let files = || {
        let files: Vec<PathBuf> = std::fs::read_dir(folder.join("cache/v1/values"))
            .unwrap()
            .map(|it| it.unwrap().path())
            .collect();
        files.len()
    };
    let start = Instant::now();
    while files() > most {
        assert!(start.elapsed() < Duration::from_secs(60), "{} files are left", files());
        std::thread::yield_now();
    }
    assert!(files() >= least);
}
