//! References to the values they mean. What stands in several places is found here, and becomes a
//! tree of its own.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::{
    outline::{Kind, What},
    read::Reading,
    tag::Tag,
};
use crate::{ReplyError, json::unescape, program::Key};

/// A value: its part, and its number there.
pub(super) type At = (u32, u32);

/// What references mean.
#[derive(Default)]
pub(crate) struct Links {
    targets: HashMap<At, At>,
    cuts: HashSet<At>,
    /// For each part the values that need work, in the order of the text.
    work: HashMap<u32, Vec<u32>>,
}

impl Links {
    /// The value that is meant where `at` stands.
    pub(super) fn target(&self, at: At) -> At {
        self.targets.get(&at).copied().unwrap_or(at)
    }

    /// Whether a value is meant in other places than its own.
    pub(super) fn is_cut(&self, at: At) -> bool {
        self.cuts.contains(&at)
    }

    pub(super) fn work(&self, part: u32) -> &[u32] {
        self.work.get(&part).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Follows each reference to the end.
///
/// A path leads through own keys of arrays and objects that stand in the text, and nothing else:
/// whatever a prototype, a Map or a function has lies on no path. Each container on a path is indexed
/// once, so the whole costs no more than the text is long.
pub(crate) fn link(reading: &Reading<'_>) -> Result<Links, ReplyError> {
    let mut linker = Linker { reading, ends: HashMap::new(), children: HashMap::new() };
    let mut links = Links::default();
    let mut parts: Vec<_> = reading.outlines.iter().collect();
    parts.sort_unstable_by_key(|(part, _)| **part);
    for (part, outline) in &parts {
        for mark in &outline.marks {
            if let What::Tag(Tag::Path { .. }) = mark.what {
                let at = (**part, mark.value);
                let end = linker.end(at)?;
                links.targets.insert(at, end);
                if linker.stands_in_text(end) {
                    links.cuts.insert(end);
                }
            }
        }
    }
    for (part, outline) in parts {
        links.work.insert(*part, outline.marks.iter().map(|mark| mark.value).collect());
    }
    for (part, value) in &links.cuts {
        links.work.entry(*part).or_default().push(*value);
    }
    for work in links.work.values_mut() {
        work.sort_unstable();
        work.dedup();
    }
    Ok(links)
}

struct Linker<'r, 'a> {
    reading: &'r Reading<'a>,
    /// Where references end that were followed; nowhere yet while one is being followed.
    ends: HashMap<At, Option<At>>,
    children: HashMap<At, Children<'a>>,
}

enum Children<'a> {
    Items(Vec<u32>),
    Fields(HashMap<Cow<'a, [u8]>, u32>),
}

impl<'a> Linker<'_, 'a> {
    /// The value at the end of a chain of references.
    fn end(&mut self, start: At) -> Result<At, ReplyError> {
        let mut chain = Vec::new();
        let mut at = start;
        let end = loop {
            let Some(What::Tag(Tag::Path { part, keys })) = self.what(at) else { break at };
            match self.ends.get(&at) {
                Some(Some(end)) => break *end,
                Some(None) => return Err(self.astray(at, "a reference that ends")),
                None => {}
            }
            self.ends.insert(at, None);
            chain.push(at);
            let mut number = 0;
            for key in keys.into_iter().flat_map(|keys| keys.split(':')) {
                let child = self.child((part, number), key);
                number = child.ok_or_else(|| self.astray(at, "own keys of plain values"))?;
            }
            at = (part, number);
        };
        for link in chain {
            self.ends.insert(link, Some(end));
        }
        Ok(end)
    }

    fn child(&mut self, container: At, key: &str) -> Option<u32> {
        if !self.children.contains_key(&container) {
            let children = self.index(container)?;
            self.children.insert(container, children);
        }
        match self.children.get(&container)? {
            Children::Items(items) => items.get(index(key)?).copied(),
            Children::Fields(fields) => fields.get(&*unescape(key)).copied(),
        }
    }

    fn index(&self, (part, number): At) -> Option<Children<'a>> {
        let outline = self.reading.outlines.get(&part)?;
        let children = outline.children(number);
        match outline.value(number)?.kind {
            Kind::Array => Some(Children::Items(children.map(|(child, _)| child).collect())),
            Kind::Object => {
                let fields = children.filter_map(|(child, value)| match outline.key(value) {
                    Key::Name(raw) => Some((unescape(raw), child)),
                    Key::Index(_) => None,
                });
                let dropped = |key: &Cow<'_, [u8]>| **key == *b"__proto__";
                Some(Children::Fields(fields.filter(|(key, _)| !dropped(key)).collect()))
            }
            Kind::Plain | Kind::Marked(_) => None,
        }
    }

    fn what(&self, (part, number): At) -> Option<What<'a>> {
        let outline = self.reading.outlines.get(&part)?;
        outline.what(outline.value(number)?)
    }

    /// Whether a value is what its text says; others have nodes, which may be placed as often as one likes.
    fn stands_in_text(&self, at: At) -> bool {
        matches!(self.what(at), None | Some(What::Tag(Tag::Escaped { .. })))
    }

    fn astray(&self, (part, number): At, expected: &'static str) -> ReplyError {
        let outline = self.reading.outlines.get(&part);
        let at = outline.and_then(|outline| outline.value(number)).map_or(0, |value| value.start);
        ReplyError::Malformed { expected, part, at: at.into() }
    }
}

/// The index that a key means: digits without a leading zero.
fn index(key: &str) -> Option<usize> {
    let digits = key.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (key == "0" || !key.starts_with('0'))).then(|| key.parse().ok())?
}
