//! Whatever the bytes, there is no panic, and what comes out holds what `support/holds.rs` says.
//!
//! `cargo test` runs each target over its corpus (`__fuzz__/<target>/corpus`) and some thousand inputs that are always
//! the same; `npm run fuzz` runs it for as long as one likes, led by what the inputs reach.

#![allow(clippy::disallowed_methods)]

mod support;

use std::{
    fs, panic,
    path::PathBuf,
    sync::{LazyLock, Once},
};

use bolero::check;
use support::{
    choices::Choices,
    damage::damaged,
    grammar,
    holds::{self, FILENAMES},
    inputs,
};
use test_support::fuzz::{Bounds, bounded_run};

/// Some bytes, the first of which chooses the syntax.
fn raw(bytes: &[u8]) -> usize {
    let mut choices = Choices::new(bytes);
    let filename = choices.pick(FILENAMES);
    let source = String::from_utf8_lossy(bytes.get(1..).unwrap_or_default());
    // Without the words there is nothing to do; with a directive ahead, all that follows counts.
    holds::check(&source, filename) + holds::check(&format!("'use server'\n{source}"), filename)
}

/// A module from the grammar, damaged or not.
fn modules(bytes: &[u8]) -> usize {
    let mut choices = Choices::new(bytes);
    let filename = choices.pick(FILENAMES);
    let extension = filename.split(['.', '?']).nth(1).unwrap_or_default();
    let is_damaged = choices.one_in(4);
    // The bytes for the damage stand at the end, so that they are there when the grammar has had its share.
    let (for_damage, for_module) = bytes.split_at(bytes.len().min(if is_damaged { 16 } else { 2 }));
    let source = grammar::module(&mut Choices::new(for_module), extension);
    let damage = &mut Choices::new(for_damage);
    holds::check(&if is_damaged { damaged(&source, damage) } else { source }, filename)
}

/// A fixture's input, damaged.
fn fixtures(bytes: &[u8]) -> usize {
    static SOURCES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let read = |path: PathBuf| (path.display().to_string(), fs::read_to_string(&path).unwrap());
        // SWC lets errors pass where it reads twice for the sake of type parameters.
        let is_read_once = |(_, source): &(String, String)| !source.contains("async <");
        inputs().into_iter().map(read).filter(is_read_once).collect()
    });
    let mut choices = Choices::new(bytes);
    let (filename, source) = &SOURCES[choices.below(SOURCES.len())];
    holds::check(&damaged(source, &mut choices), filename)
}

/// The parser's own panics are caught and become diagnostics; here they would only fill the screen.
fn hush_the_parser() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !compiler::is_parsing() {
                hook(info);
            }
        }));
    });
}

#[test]
fn fuzz_raw() {
    hush_the_parser();
    bounded_run(Bounds { rounds: 3_000, most_bytes: 400, at_least: 50 }, raw);
    check!().with_iterations(0).with_max_len(4_096).for_each(|bytes: &[u8]| _ = raw(bytes));
}

#[test]
fn fuzz_modules() {
    hush_the_parser();
    bounded_run(Bounds { rounds: 6_000, most_bytes: 300, at_least: 500 }, modules);
    check!().with_iterations(0).with_max_len(4_096).for_each(|bytes: &[u8]| _ = modules(bytes));
}

#[test]
fn fuzz_fixtures() {
    hush_the_parser();
    bounded_run(Bounds { rounds: 6_000, most_bytes: 24, at_least: 500 }, fixtures);
    check!().with_iterations(0).with_max_len(64).for_each(|bytes: &[u8]| _ = fixtures(bytes));
}
