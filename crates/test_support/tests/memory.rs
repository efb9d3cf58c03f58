//! The allocator counts what is asked of it.

use std::hint::black_box;

use test_support::memory::{Counting, Used, used};

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn the_total_grows_and_the_peak_is_what_is_held_at_once() {
    let (_, one) = used(|| drop(black_box(vec![0_u8; 1000])));
    assert_eq!(one, Used { total_bytes: 1000, peak_bytes: 1000 });
    let (_, in_turn) = used(|| (0..10).for_each(|_| drop(black_box(vec![0_u8; 1000]))));
    assert_eq!(in_turn, Used { total_bytes: 10_000, peak_bytes: 1000 });
    let (kept, at_once) = used(|| (0..10).map(|_| vec![0_u8; 1000]).collect::<Vec<_>>());
    assert!(at_once.peak_bytes >= 10_000 && at_once.total_bytes >= 10_000);
    // What is given back, and was there before, makes no peak.
    assert_eq!(used(|| drop(kept)).1, Used::default());
}

#[test]
fn growing_holds_old_and_new() {
    let mut list = vec![0_u8; 1000];
    let (_, grown) = used(|| list.reserve_exact(500));
    assert_eq!(grown, Used { total_bytes: 1500, peak_bytes: 1500 });
}

#[test]
fn other_threads_count_for_themselves() {
    let (_, used) = used(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| drop(black_box(vec![0_u8; 1 << 20])));
        });
    });
    assert!(used.total_bytes < 1 << 20);
}
