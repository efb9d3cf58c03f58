//! The rules of the cache, one test each, for any store.

use std::time::Duration;

use cache::{Begin, Bounds, Finished, Invalidation::*, Life, Question, Why};

use super::{NOW, Place, Subject};

/// Makes a test of each rule for the store that `$place` (a function that makes a [`Place`]) says.
#[macro_export]
macro_rules! rules_hold {
    ($place:expr) => {
        $crate::rules_hold! { $place;
            what_was_stored_is_read_until_its_tag_is_invalidated
            an_entry_begun_before_the_mark_is_never_fresh
            a_slow_fill_does_not_replace_what_was_filled_after_the_mark
            a_slow_fill_never_takes_a_reader_back_to_an_older_value
            a_fill_whose_key_was_deleted_is_not_stored
            one_fill_per_key_at_a_time_and_a_failed_one_frees_the_key
            after_a_mark_nobody_waits_for_a_fill_that_began_before_it
            a_mark_of_another_tag_does_not_end_the_wait
            a_lease_ends_by_itself_and_its_owner_is_not_heard_any_more
            waiting_ends_with_the_fill
            age_makes_an_entry_stale_and_then_gone
            a_failed_fill_keeps_the_stale_value
            a_soft_mark_makes_stale_at_once_and_gone_in_time
            a_soft_mark_without_expire_never_makes_gone
            a_soft_mark_after_a_hard_one_brings_nothing_back
            a_fill_that_began_before_a_soft_mark_is_stored_as_stale
            several_tags_are_invalidated_in_one_step
            a_clock_that_jumps_brings_nothing_back_and_keeps_nothing_for_ever
            forgetting_marks_never_undoes_one
            bytes_are_bounded_and_evictions_counted
            what_is_too_large_is_refused
            explain_says_what_a_tag_hits_and_why
            statistics_count_what_happened
            any_text_is_a_key_and_a_tag
            what_is_read_for_other_tags_counts_their_hard_marks_for_that_reader_alone
        }
    };
    ($place:expr; $($rule:ident)*) => {
        $(
            #[test]
            fn $rule() {
                support::suite::$rule(&$place());
            }
        )*
    };
}

fn subject(place: &impl Place) -> Subject {
    Subject(place.open(&Bounds::default()))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn life(revalidate: u64, expire: u64) -> Life {
    Life { revalidate: Some(seconds(revalidate)), expire: Some(seconds(expire)) }
}

fn soft(expire: u64) -> cache::Invalidation {
    Soft { expire: Some(seconds(expire)) }
}

pub(crate) fn what_was_stored_is_read_until_its_tag_is_invalidated(place: &impl Place) {
    let cache = subject(place);
    assert_eq!(cache.fill("k", "1", &["posts", "user"]), Finished::Stored);
    assert_eq!(cache.read("k"), "fresh 1");
    cache.invalidate("other", Hard);
    assert_eq!(cache.read("k"), "fresh 1");
    cache.invalidate("user", Hard);
    assert_eq!(cache.read("k"), "absent");
    assert_eq!(cache.fill("k", "2", &["posts", "user"]), Finished::Stored);
    assert_eq!(cache.read("k"), "fresh 2");
}

pub(crate) fn what_is_read_for_other_tags_counts_their_hard_marks_for_that_reader_alone(
    place: &impl Place,
) {
    let cache = subject(place);
    cache.fill("k", "1", &["posts"]);
    cache.invalidate("page", soft(60));
    assert_eq!(cache.read_for("k", &["page", "other"]), "fresh 1");
    cache.invalidate("page", Hard);
    assert_eq!(cache.read_for("k", &["page", "other"]), "absent");
    assert_eq!(cache.read_for("k", &["other"]), "fresh 1");
    assert_eq!(cache.read("k"), "fresh 1");
    cache.fill("k", "2", &["posts"]);
    assert_eq!(cache.read_for("k", &["page"]), "fresh 2");
}

pub(crate) fn an_entry_begun_before_the_mark_is_never_fresh(place: &impl Place) {
    let cache = subject(place);
    let slow = cache.begin("k");
    cache.invalidate("posts", Hard);
    let finished = cache.finish(slow, "old", &["user", "posts"], Life::default());
    assert_eq!(finished, Finished::Gone(Why::Mark(1)));
    assert_eq!(cache.read("k"), "absent");
}

pub(crate) fn a_slow_fill_does_not_replace_what_was_filled_after_the_mark(place: &impl Place) {
    let cache = subject(place);
    let slow = cache.begin("k");
    cache.invalidate("posts", Hard);
    cache.fill("k", "new", &["posts"]);
    assert_ne!(cache.finish(slow, "old", &["posts"], Life::default()), Finished::Stored);
    assert_eq!(cache.read("k"), "fresh new");
}

pub(crate) fn a_slow_fill_never_takes_a_reader_back_to_an_older_value(place: &impl Place) {
    let cache = subject(place);
    let slow = cache.begin("k");
    cache.invalidate("something else", Hard);
    cache.fill("k", "new", &["posts"]);
    assert_eq!(cache.finish(slow, "old", &[], Life::default()), Finished::Superseded);
    assert_eq!(cache.read("k"), "fresh new");

    let slow = cache.begin("k");
    cache.invalidate("posts", Hard);
    cache.fill("k", "newer", &["posts"]);
    cache.invalidate("posts", Hard);
    assert_eq!(cache.finish(slow, "old", &[], Life::default()), Finished::Superseded);
    assert_eq!(cache.read("k"), "absent");
}

pub(crate) fn a_fill_whose_key_was_deleted_is_not_stored(place: &impl Place) {
    let cache = subject(place);
    cache.fill("k", "1", &[]);
    let slow = cache.begin("k");
    assert!(cache.0.delete("k").wait().unwrap());
    assert!(!cache.0.delete("k").wait().unwrap());
    assert_eq!(cache.finish(slow, "2", &[], Life::default()), Finished::Superseded);
    assert_eq!(cache.read("k"), "absent");
}

pub(crate) fn one_fill_per_key_at_a_time_and_a_failed_one_frees_the_key(place: &impl Place) {
    let cache = subject(place);
    let first = cache.begin("k");
    let second = cache.begin_at("k", &[], NOW);
    assert!(matches!(second, Begin::Wait(wait) if wait.began == first.began));
    assert!(matches!(cache.begin_at("other", &[], NOW), Begin::Run(_)));
    cache.abandon(first);
    assert!(matches!(cache.begin_at("k", &[], NOW), Begin::Run(_)));
}

pub(crate) fn after_a_mark_nobody_waits_for_a_fill_that_began_before_it(place: &impl Place) {
    let cache = subject(place);
    let _unknown = cache.begin("k");
    cache.invalidate("posts", Hard);
    assert!(matches!(cache.begin_at("k", &["posts"], NOW), Begin::Run(_)));
    cache.invalidate("posts", Hard);
    assert!(matches!(cache.begin_at("k", &[], NOW), Begin::Run(_)));
}

pub(crate) fn a_mark_of_another_tag_does_not_end_the_wait(place: &impl Place) {
    let cache = subject(place);
    let _said = cache.begin_at("k", &["posts"], NOW);
    cache.fill("l", "1", &["posts"]);
    let _known = cache.begin("l");
    cache.invalidate("user", Hard);
    cache.invalidate("posts", soft(60));
    assert!(matches!(cache.begin_at("k", &[], NOW), Begin::Wait(_)));
    assert!(matches!(cache.begin_at("l", &[], NOW), Begin::Wait(_)));
}

pub(crate) fn a_lease_ends_by_itself_and_its_owner_is_not_heard_any_more(place: &impl Place) {
    let cache = Subject(place.open(&Bounds { lease: seconds(10), ..Bounds::default() }));
    let slow = cache.begin("k");
    let Begin::Wait(wait) = cache.begin_at("k", &[], NOW + seconds(9)) else { panic!("too soon") };
    assert_eq!(wait.at_most, seconds(1));
    let Begin::Run(next) = cache.begin_at("k", &[], NOW + seconds(10)) else { panic!("too late") };
    assert_eq!(cache.finish(slow, "old", &[], Life::default()), Finished::Superseded);
    assert_eq!(cache.finish(next, "new", &[], Life::default()), Finished::Stored);

    // Nobody else came: it took long, but it is what there is.
    let slow = cache.begin("l");
    let finished = cache.finish_at(slow, "1", &[], Life::default(), NOW + seconds(20));
    assert_eq!(finished, Finished::Stored);
}

pub(crate) fn waiting_ends_with_the_fill(place: &impl Place) {
    let cache = subject(place);
    let fill = cache.begin("k");
    let Begin::Wait(wait) = cache.begin_at("k", &[], NOW) else { panic!("{fill:?} runs") };
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| cache.0.ended(&wait).wait());
        cache.finish(fill, "1", &[], Life::default());
        waiting.join().expect("it ends");
    });
    cache.0.ended(&wait).wait();
}

pub(crate) fn age_makes_an_entry_stale_and_then_gone(place: &impl Place) {
    let cache = subject(place);
    cache.finish(cache.begin("k"), "1", &[], life(10, 60));
    let shown = |after: u64| cache.read_at("k", NOW + seconds(after));
    assert_eq!(shown(9), "fresh 1");
    assert_eq!(shown(10), "stale 1");
    assert_eq!(shown(59), "stale 1");
    assert_eq!(shown(60), "absent");
    let none = Life { expire: Some(Duration::ZERO), ..Life::default() };
    assert_eq!(cache.finish(cache.begin("l"), "1", &[], none), Finished::Gone(Why::Expire));
}

pub(crate) fn a_failed_fill_keeps_the_stale_value(place: &impl Place) {
    let cache = subject(place);
    let life = Life { revalidate: Some(Duration::ZERO), expire: None };
    cache.finish(cache.begin("k"), "1", &[], life);
    cache.abandon(cache.begin("k"));
    assert_eq!(cache.read("k"), "stale 1");
    assert_eq!(cache.0.stats().failures, 1);
}

pub(crate) fn a_soft_mark_makes_stale_at_once_and_gone_in_time(place: &impl Place) {
    let cache = subject(place);
    cache.fill("k", "1", &["posts"]);
    cache.invalidate("posts", soft(60));
    assert_eq!(cache.read("k"), "stale 1");
    assert_eq!(cache.read_at("k", NOW + seconds(59)), "stale 1");
    cache.fill("l", "2", &["posts"]);
    assert_eq!(cache.read_at("k", NOW + seconds(60)), "absent");
    assert_eq!(cache.read_at("l", NOW + seconds(600)), "fresh 2");
    cache.fill("m", "1", &["posts"]);
    cache.invalidate("posts", soft(0));
    assert_eq!(cache.read("m"), "absent");
}

pub(crate) fn a_soft_mark_without_expire_never_makes_gone(place: &impl Place) {
    let cache = subject(place);
    cache.fill("k", "1", &["posts"]);
    cache.invalidate("posts", Soft { expire: None });
    assert_eq!(cache.read_at("k", NOW + seconds(1_000_000_000)), "stale 1");
}

pub(crate) fn a_soft_mark_after_a_hard_one_brings_nothing_back(place: &impl Place) {
    let cache = subject(place);
    let slow = cache.begin("k");
    cache.fill("l", "1", &["posts"]);
    cache.invalidate("posts", Hard);
    cache.invalidate("posts", soft(3_600));
    assert_eq!(cache.read("l"), "absent");
    assert_ne!(cache.finish(slow, "1", &["posts"], Life::default()), Finished::Stored);
}

pub(crate) fn a_fill_that_began_before_a_soft_mark_is_stored_as_stale(place: &impl Place) {
    let cache = subject(place);
    let slow = cache.begin("k");
    cache.invalidate("posts", soft(60));
    assert_eq!(cache.finish(slow, "1", &["posts"], Life::default()), Finished::Stored);
    assert_eq!(cache.read("k"), "stale 1");
    assert_eq!(cache.read_at("k", NOW + seconds(60)), "absent");
}

pub(crate) fn several_tags_are_invalidated_in_one_step(place: &impl Place) {
    let cache = subject(place);
    for tag in ["a", "b", "c"] {
        cache.fill(tag, "1", &[tag]);
    }
    cache.0.invalidate(&super::owned(&["a", "b"]), Hard, NOW).wait().unwrap();
    assert_eq!(["a", "b", "c"].map(|key| cache.read(key)), ["absent", "absent", "fresh 1"]);
}

pub(crate) fn a_clock_that_jumps_brings_nothing_back_and_keeps_nothing_for_ever(
    place: &impl Place,
) {
    let cache = subject(place);
    let year = seconds(31_536_000);
    for key in ["hard", "soft", "aged"] {
        cache.finish(cache.begin(key), "1", &[key], life(60, 600));
    }
    cache.invalidate("hard", Hard);
    cache.invalidate("soft", soft(60));
    for now in [NOW - year, NOW + year, NOW - year] {
        let shown = ["hard", "soft", "aged"].map(|key| cache.read_at(key, now));
        assert_eq!(shown, ["absent", "absent", "absent"]);
    }
    // Tags work whatever the clock showed when they were marked.
    cache.fill("k", "1", &["t"]);
    cache.0.invalidate(&super::owned(&["t"]), Hard, NOW - year).wait().unwrap();
    assert_eq!(cache.read("k"), "absent");
    cache.fill("k", "2", &["t"]);
    cache.0.invalidate(&super::owned(&["t"]), soft(60), NOW + year).wait().unwrap();
    assert_eq!(cache.fill("l", "1", &["t"]), Finished::Stored);
    assert_eq!(cache.read("l"), "fresh 1");
}

pub(crate) fn forgetting_marks_never_undoes_one(place: &impl Place) {
    let cache = Subject(place.open(&Bounds { max_tags: 8, ..Bounds::default() }));
    let names: Vec<_> = (0..40).map(|n| format!("tag-{n}")).collect();
    for name in &names {
        cache.fill(name, "1", &[name]);
    }
    for (n, name) in names.iter().enumerate() {
        cache.invalidate(name, if n % 2 == 0 { Hard } else { soft(0) });
    }
    assert!(names.iter().all(|name| cache.read(name) == "absent"));
    assert!(cache.0.stats().marks <= 8);
    for name in &names {
        assert_eq!(cache.fill(name, "2", &[name]), Finished::Stored);
        assert_eq!(cache.read(name), "fresh 2");
    }
}

pub(crate) fn bytes_are_bounded_and_evictions_counted(place: &impl Place) {
    let cache = Subject(place.open(&Bounds { max_bytes: 1 << 20, ..Bounds::default() }));
    for n in 0..500 {
        cache.fill(&format!("k{n}"), &"x".repeat(10_000), &["t"]);
    }
    let stats = cache.0.stats();
    assert!(stats.bytes <= 1 << 20, "{stats:?}");
    assert!(stats.entries > 10, "{stats:?}");
    assert_eq!(stats.entries + stats.evictions, 500);
}

pub(crate) fn what_is_too_large_is_refused(place: &impl Place) {
    let cache = Subject(place.open(&Bounds { max_bytes: 1 << 20, ..Bounds::default() }));
    cache.fill("small", "1", &[]);
    assert_eq!(cache.fill("k", &"x".repeat(2 << 20), &[]), Finished::TooLarge);
    assert_eq!(cache.read("k"), "absent");
    assert_eq!(cache.read("small"), "fresh 1");
}

pub(crate) fn explain_says_what_a_tag_hits_and_why(place: &impl Place) {
    let cache = subject(place);
    cache.finish(cache.begin("a"), "1", &["posts"], life(10, 60));
    cache.fill("b", "12", &["user", "posts"]);
    cache.fill("c", "1", &["user"]);
    cache.invalidate("user", soft(60));
    let explain = |question, after| {
        cache.0.explain(question, NOW + seconds(after)).wait().expect("the store answers")
    };
    let mut posts = explain(Question::Tag("posts"), 10);
    posts.entries.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!((posts.total, posts.mark.is_none()), (2, true));
    let shown: Vec<_> =
        posts.entries.iter().map(|it| (it.key.as_str(), it.state, it.bytes)).collect();
    assert_eq!(shown, [("a", "stale", 1), ("b", "stale", 2)]);
    assert_eq!(posts.entries[0].why.as_deref(), Some("it is older than its revalidate"));
    assert_eq!(posts.entries[0].age_seconds, 10.0);
    assert_eq!(posts.entries[1].marked_tag.as_deref(), Some("user"));

    let user = explain(Question::Tag("user"), 60);
    assert!(user.entries.iter().all(|it| it.state == "gone") && user.total == 2);
    assert_eq!(user.mark.expect("it was marked").soft.len(), 1);
    assert_eq!(explain(Question::Key("a"), 9).entries[0].state, "fresh");
    assert_eq!(explain(Question::Key("nobody"), 0).total, 0);
}

pub(crate) fn statistics_count_what_happened(place: &impl Place) {
    let cache = subject(place);
    cache.read("k");
    let fill = cache.begin("k");
    cache.begin_at("k", &[], NOW);
    cache.finish(fill, "1", &["t"], Life::default());
    cache.read("k");
    cache.read("k");
    cache.invalidate("t", Soft { expire: None });
    cache.read("k");
    let stats = cache.0.stats();
    assert_eq!((stats.misses, stats.hits, stats.stale_hits), (1, 2, 1));
    assert_eq!((stats.fills, stats.waits, stats.entries, stats.marks), (1, 1, 1, 1));
    assert!(stats.bytes > 0);
}

pub(crate) fn any_text_is_a_key_and_a_tag(place: &impl Place) {
    let cache = subject(place);
    let long = "x".repeat(5_000);
    for text in ["", "a,b", "a\0b", "ä{}:*", "a\r\nb", &long] {
        assert_eq!(cache.fill(text, "1", &[text, "t"]), Finished::Stored);
    }
    for text in ["", "a,b", "a\0b", "ä{}:*", "a\r\nb", &long] {
        assert_eq!(cache.read(text), "fresh 1", "{text:?}");
        cache.invalidate(text, Hard);
        assert_eq!(cache.read(text), "absent", "{text:?}");
    }
}
