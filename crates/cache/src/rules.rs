//! The one rule: is this entry fresh, stale or gone? Pure; every store asks it.

use std::borrow::Borrow;

use serde::Serialize;

use crate::{
    entry::{Entry, Life},
    marks::{Hit, TagMark},
    time::{Tick, Time, elapsed},
};

/// What the rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// When the fill began.
    pub began: Tick,
    /// When the value was stored.
    pub stored: Time,
    /// How long it may be served.
    pub life: Life,
    /// What can invalidate it.
    pub tags: &'a [String],
}

impl<'a> From<&'a Entry> for Facts<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self { began: entry.began, stored: entry.stored, life: entry.life, tags: &entry.tags }
    }
}

/// What may be done with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Serve it.
    Fresh,
    /// Serve it, and have it filled anew.
    Stale(Why),
    /// Never serve it.
    Gone(Why),
}

/// Why an entry isn't fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It is older than its `revalidate`.
    Revalidate,
    /// It is older than its `expire`.
    Expire,
    /// It began before a mark of its tag with this place among its tags.
    Mark(usize),
    /// It began before marks that are no longer remembered one by one.
    Floor,
}

/// Applies marks and ages to an entry. `mark_of` knows the marks of a tag.
///
/// - Gone: it began before `floor`, before a hard mark of a tag, or before a soft one that has
///   expired; or it is as old as its `expire`.
/// - Stale: it began before a soft mark of a tag, or is as old as its `revalidate`.
/// - Fresh: otherwise.
pub fn judge<M: Borrow<TagMark>>(
    facts: Facts<'_>,
    floor: Tick,
    mark_of: impl Fn(&str) -> Option<M>,
    now: Time,
) -> Verdict {
    if facts.began < floor {
        return Verdict::Gone(Why::Floor);
    }
    let age = elapsed(facts.stored, now);
    if facts.life.expire.is_some_and(|limit| age >= limit) {
        return Verdict::Gone(Why::Expire);
    }
    let mut verdict = Verdict::Fresh;
    for (at, tag) in facts.tags.iter().enumerate() {
        match mark_of(tag).map_or(Hit::Not, |mark| mark.borrow().hit(facts.began, now)) {
            Hit::Not => {}
            Hit::Stale => verdict = Verdict::Stale(Why::Mark(at)),
            Hit::Gone => return Verdict::Gone(Why::Mark(at)),
        }
    }
    if verdict == Verdict::Fresh && facts.life.revalidate.is_some_and(|limit| age >= limit) {
        return Verdict::Stale(Why::Revalidate);
    }
    verdict
}

/// Whether what `began` then is void for who has the tags `also`: a hard mark of one came since, or a soft one that has
/// expired.
pub fn is_void<M: Borrow<TagMark>>(
    began: Tick,
    also: &[String],
    mark_of: impl Fn(&str) -> Option<M>,
    now: Time,
) -> bool {
    also.iter()
        .any(|tag| mark_of(tag).is_some_and(|mark| mark.borrow().hit(began, now) == Hit::Gone))
}

/// Whether a mark may have made void what a fill that `began` then is making: nobody should wait
/// for it then.
///
/// `expected` are the tags that it will have, as far as they are known. If none is, any mark since
/// then counts, as it may be one of them. `newest` is the tick of the newest mark of all.
pub fn is_overtaken<T, M: Borrow<TagMark>>(
    began: Tick,
    expected: &[T],
    (floor, newest): (Tick, Tick),
    mark_of: impl Fn(&T) -> Option<M>,
    now: Time,
) -> bool {
    began < floor
        || began < newest
            && (expected.is_empty()
                || expected.iter().any(|tag| {
                    mark_of(tag).is_some_and(|mark| mark.borrow().hit(began, now) == Hit::Gone)
                }))
}
