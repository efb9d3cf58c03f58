//! References to the values they mean. What stands in several places is found here, and becomes a
//! tree of its own.

use std::collections::{BTreeSet, HashMap, hash_map::Entry};

use super::{
    outline::{Kind, Outline, Value, What},
    parts::TextId,
    read::Reading,
    tag::{self, Tag},
};
use crate::{ReplyError, json::unescape, program::Key};

/// A value: its text, and its number there.
pub(super) type At = (TextId, u32);

/// What references mean. Grows as texts come.
#[derive(Default)]
pub(crate) struct Links {
    /// Where references end; nowhere yet while one is being followed.
    ends: HashMap<At, Option<At>>,
    /// For each text the values that are meant in other places than their own.
    cuts: HashMap<TextId, BTreeSet<u32>>,
    children: HashMap<At, Children>,
}

enum Children {
    Items(Vec<u32>),
    Fields(HashMap<Vec<u8>, u32>),
}

impl Links {
    /// The value that is meant where `at` stands.
    pub(super) fn target(&self, at: At) -> At {
        self.ends.get(&at).copied().flatten().unwrap_or(at)
    }

    /// Whether a value is meant in other places than its own.
    pub(super) fn is_cut(&self, (id, number): At) -> bool {
        self.cuts.get(&id).is_some_and(|cuts| cuts.contains(&number))
    }

    /// The first value from `from` on that needs work: it is marked, or meant elsewhere too.
    pub(super) fn next_work(&self, id: TextId, outline: &Outline, from: u32) -> Option<u32> {
        let mark = outline.marks.partition_point(|mark| mark.value < from);
        let mark = outline.marks.get(mark).map(|mark| mark.value);
        let cut = self.cuts.get(&id).and_then(|cuts| cuts.range(from..).next().copied());
        mark.into_iter().chain(cut).min()
    }

    /// Follows each reference in the texts of `fresh` to its end.
    ///
    /// A path leads through own keys of arrays and objects that stand in the text, and nothing else:
    /// whatever a prototype, a Map or a function has lies on no path. Each container on a path is
    /// indexed once, so the whole costs no more than the text is long.
    pub(crate) fn link(&mut self, reading: &Reading, fresh: &[TextId]) -> Result<(), ReplyError> {
        for id in fresh {
            let Some(outline) = reading.outlines.get(id) else { continue };
            for mark in &outline.marks {
                if let What::Tag(Tag::Path(_)) = mark.what {
                    let end = self.end(reading, (*id, mark.value))?;
                    if stands_in_text(reading, end) {
                        self.cuts.entry(end.0).or_default().insert(end.1);
                    }
                }
            }
        }
        Ok(())
    }

    /// The value at the end of a chain of references.
    fn end(&mut self, reading: &Reading, start: At) -> Result<At, ReplyError> {
        let mut chain = Vec::new();
        let mut at = start;
        let end = loop {
            let Some((part, raw)) = path(reading, at) else { break at };
            match self.ends.get(&at) {
                Some(Some(end)) => break *end,
                Some(None) => return Err(astray(reading, at, "a reference that ends")),
                None => {}
            }
            self.ends.insert(at, None);
            chain.push(at);
            let mut number = 0;
            for key in tag::keys(raw) {
                let child = self.child(reading, (TextId::Part(part), number), key);
                number = child.ok_or_else(|| astray(reading, at, "own keys of plain values"))?;
            }
            at = (TextId::Part(part), number);
        };
        for link in chain {
            self.ends.insert(link, Some(end));
        }
        Ok(end)
    }

    fn child(&mut self, reading: &Reading, container: At, key: &str) -> Option<u32> {
        let children = match self.children.entry(container) {
            Entry::Occupied(children) => children.into_mut(),
            Entry::Vacant(children) => children.insert(index_children(reading, container)?),
        };
        match children {
            Children::Items(items) => items.get(index(key)?).copied(),
            Children::Fields(fields) => fields.get(&*unescape(key)).copied(),
        }
    }
}

/// A reference's part, and its raw text.
fn path(reading: &Reading, (id, number): At) -> Option<(u32, &str)> {
    let (outline, value) = find(reading, (id, number))?;
    match outline.what(value)? {
        What::Tag(Tag::Path(part)) => Some((part, outline.raw(value))),
        _ => None,
    }
}

fn index_children(reading: &Reading, container: At) -> Option<Children> {
    let (outline, value) = find(reading, container)?;
    let children = outline.children(container.1);
    match value.kind {
        Kind::Array => Some(Children::Items(children.map(|(child, _)| child).collect())),
        Kind::Object => {
            let fields = children.filter_map(|(child, value)| match outline.key(value) {
                Key::Name(raw) => Some((unescape(raw).into_owned(), child)),
                Key::Index(_) => None,
            });
            Some(Children::Fields(fields.filter(|(key, _)| *key != b"__proto__").collect()))
        }
        Kind::Plain | Kind::Marked(_) => None,
    }
}

pub(super) fn find(reading: &Reading, (id, number): At) -> Option<(&Outline, &Value)> {
    let outline = reading.outlines.get(&id)?;
    Some((outline, outline.value(number)?))
}

/// Whether a value is what its text says; others have nodes, which may be placed as often as one likes.
fn stands_in_text(reading: &Reading, at: At) -> bool {
    let what = find(reading, at).and_then(|(outline, value)| outline.what(value));
    matches!(what, None | Some(What::Tag(Tag::Escaped { .. })))
}

fn astray(reading: &Reading, at: At, expected: &'static str) -> ReplyError {
    let part = reading.parts.number_of(at.0);
    let at = find(reading, at).map_or(0, |(_, value)| value.start);
    ReplyError::Malformed { expected, part, at: at.into() }
}

/// The index that a key means: digits without a leading zero.
fn index(key: &str) -> Option<usize> {
    let digits = key.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (key == "0" || !key.starts_with('0'))).then(|| key.parse().ok())?
}
