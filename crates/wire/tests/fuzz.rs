//! Whatever the bytes, there is no panic, and of what comes out holds what `support/holds.rs` says; so it does of the
//! memory that it took.
//!
//! `cargo test` runs each target over its corpus (`__fuzz__/<target>/corpus`) and some thousand inputs that are always
//! the same; `npm run fuzz -- wire` runs it for as long as one likes, led by what the inputs reach.

mod revive;
mod support;

use bolero::check;
use support::{grammar, holds};
use test_support::{
    choices::Choices,
    fuzz::{Bounds, bounded_run},
    memory::Counting,
};

#[global_allocator]
static COUNTING: Counting = Counting;

/// A text body: the bytes themselves, or one from the grammar.
fn reply_text(bytes: &[u8]) -> usize {
    let mut choices = Choices::new(bytes);
    let limits = holds::limits(&mut choices);
    let raw = String::from_utf8_lossy(bytes.get(1..).unwrap_or_default());
    let text = grammar::text(&mut choices);
    usize::from(holds::check_text(&raw, &limits)) + usize::from(holds::check_text(&text, &limits))
}

/// The parts of a multipart body, all at once.
fn reply_parts(bytes: &[u8]) -> usize {
    let mut choices = Choices::new(bytes);
    let limits = holds::limits(&mut choices);
    usize::from(holds::check_parts(&grammar::parts(&mut choices), &limits))
}

/// The parts of a multipart body, one after the other.
fn reply_streamed(bytes: &[u8]) -> usize {
    // Where it is asked what there is stands at the end, so that the grammar doesn't use it up.
    let (when, bytes) = bytes.split_at(bytes.len().min(6));
    let mut choices = Choices::new(bytes);
    let limits = holds::limits(&mut choices);
    let parts = grammar::parts(&mut choices);
    usize::from(holds::check_streamed(&parts, &limits, &mut Choices::new(when)))
}

/// The fields of a form that was sent without JavaScript.
fn form(bytes: &[u8]) -> usize {
    let mut choices = Choices::new(bytes);
    let limits = holds::limits(&mut choices);
    usize::from(holds::check_form(&grammar::fields(&mut choices), &limits))
}

#[test]
fn fuzz_reply_text() {
    bounded_run(Bounds { rounds: 4_000, most_bytes: 200, at_least: 500 }, reply_text);
    check!().with_iterations(0).with_max_len(4_096).for_each(|bytes: &[u8]| _ = reply_text(bytes));
}

#[test]
fn fuzz_reply_parts() {
    bounded_run(Bounds { rounds: 8_000, most_bytes: 200, at_least: 200 }, reply_parts);
    check!().with_iterations(0).with_max_len(4_096).for_each(|bytes: &[u8]| _ = reply_parts(bytes));
}

#[test]
fn fuzz_reply_streamed() {
    bounded_run(Bounds { rounds: 8_000, most_bytes: 200, at_least: 200 }, reply_streamed);
    check!()
        .with_iterations(0)
        .with_max_len(4_096)
        .for_each(|bytes: &[u8]| _ = reply_streamed(bytes));
}

#[test]
fn fuzz_form() {
    bounded_run(Bounds { rounds: 8_000, most_bytes: 200, at_least: 200 }, form);
    check!().with_iterations(0).with_max_len(4_096).for_each(|bytes: &[u8]| _ = form(bytes));
}
