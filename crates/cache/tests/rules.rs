//! The rules of the cache, one test each.

use std::time::Duration;

use cache::{Begin, Cache, Fill, Life, Options, Read, Time};

const NOW: Time = Duration::from_secs(1_000);

fn cache() -> Cache {
    Cache::new(&Options::default())
}

fn begin(cache: &Cache, key: &str) -> Fill {
    match cache.begin(key) {
        Begin::Run(fill) => fill,
        Begin::Wait(_) => panic!("{key} is being filled"),
    }
}

fn finish(cache: &Cache, fill: Fill, value: &str, tags: &[&str], life: Life) -> bool {
    let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
    cache.finish(fill, value.as_bytes().into(), tags, life, NOW)
}

fn fill(cache: &Cache, key: &str, value: &str, tags: &[&str]) -> bool {
    finish(cache, begin(cache, key), value, tags, Life::default())
}

fn shown(read: Read) -> String {
    match read {
        Read::Fresh(entry) => format!("fresh {}", String::from_utf8_lossy(&entry.value)),
        Read::Stale(entry) => format!("stale {}", String::from_utf8_lossy(&entry.value)),
        Read::Absent => "absent".to_owned(),
    }
}

#[test]
fn what_was_stored_is_read_until_its_tag_is_invalidated() {
    let cache = cache();
    assert!(fill(&cache, "k", "1", &["posts", "user"]));
    assert_eq!(shown(cache.read("k", NOW)), "fresh 1");
    cache.invalidate("other");
    assert_eq!(shown(cache.read("k", NOW)), "fresh 1");
    cache.invalidate("user");
    assert_eq!(shown(cache.read("k", NOW)), "absent");
    assert!(fill(&cache, "k", "2", &["posts", "user"]));
    assert_eq!(shown(cache.read("k", NOW)), "fresh 2");
}

#[test]
fn an_entry_begun_before_the_mark_is_never_fresh() {
    let cache = cache();
    let slow = begin(&cache, "k");
    cache.invalidate("posts");
    assert!(!finish(&cache, slow, "old", &["posts"], Life::default()));
    assert_eq!(shown(cache.read("k", NOW)), "absent");
}

#[test]
fn a_slow_fill_does_not_replace_what_was_filled_after_the_mark() {
    let cache = cache();
    let slow = begin(&cache, "k");
    cache.invalidate("posts");
    assert!(fill(&cache, "k", "new", &["posts"]));
    assert!(!finish(&cache, slow, "old", &["posts"], Life::default()));
    assert_eq!(shown(cache.read("k", NOW)), "fresh new");
}

#[test]
fn a_slow_fill_never_takes_a_reader_back_to_an_older_value() {
    let cache = cache();
    let slow = begin(&cache, "k");
    cache.invalidate("something else");
    assert!(fill(&cache, "k", "new", &["posts"]));
    assert!(!finish(&cache, slow, "old", &["posts"], Life::default()));
    assert_eq!(shown(cache.read("k", NOW)), "fresh new");
}

#[test]
fn one_fill_per_key_at_a_time_and_a_failed_one_frees_the_key() {
    let cache = cache();
    let first = begin(&cache, "k");
    assert!(matches!(cache.begin("k"), Begin::Wait(id) if id == first.id));
    assert!(matches!(cache.begin("other"), Begin::Run(_)));
    cache.abandon(first);
    assert!(matches!(cache.begin("k"), Begin::Run(_)));
}

#[test]
fn after_a_mark_nobody_waits_for_a_fill_that_began_before_it() {
    let cache = cache();
    let _slow = begin(&cache, "k");
    cache.invalidate("posts");
    assert!(matches!(cache.begin("k"), Begin::Run(_)));
}

#[test]
fn age_makes_an_entry_stale_and_then_gone() {
    let cache = cache();
    let life =
        Life { revalidate: Some(Duration::from_secs(10)), expire: Some(Duration::from_secs(60)) };
    finish(&cache, begin(&cache, "k"), "1", &[], life);
    let after = |seconds| NOW + Duration::from_secs(seconds);
    assert_eq!(shown(cache.read("k", after(9))), "fresh 1");
    assert_eq!(shown(cache.read("k", after(10))), "stale 1");
    assert_eq!(shown(cache.read("k", after(59))), "stale 1");
    assert_eq!(shown(cache.read("k", after(60))), "absent");
}

#[test]
fn a_failed_fill_keeps_the_stale_value() {
    let cache = cache();
    let life = Life { revalidate: Some(Duration::ZERO), expire: None };
    finish(&cache, begin(&cache, "k"), "1", &[], life);
    cache.abandon(begin(&cache, "k"));
    assert_eq!(shown(cache.read("k", NOW)), "stale 1");
}

#[test]
fn bytes_are_bounded() {
    let cache = Cache::new(&Options { max_bytes: 1 << 20, ..Options::default() });
    for n in 0..1_000 {
        fill(&cache, &format!("k{n}"), &"x".repeat(10_000), &["t"]);
    }
    assert!(cache.stats().bytes <= 1 << 20, "{:?}", cache.stats());
    assert!(cache.stats().entries > 10);
}

#[test]
fn statistics_count_what_happened() {
    let cache = cache();
    cache.read("k", NOW);
    fill(&cache, "k", "1", &[]);
    cache.read("k", NOW);
    cache.read("k", NOW);
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits, stats.fills, stats.entries), (1, 2, 1, 1));
    assert!(cache.delete("k") && !cache.delete("k"));
}
