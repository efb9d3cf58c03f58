//! The text of one part to a table: where each value lies, where it stands, which ones are tags.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::tag::{self, NoTag, Tag};
use crate::{
    Limits, ReplyError,
    json::{Event, Reader, Unexpected, unescape},
    program::Key,
};

/// The values of one part, each before those in it. A value's number is its place in the table.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
    /// In the order of the text.
    pub(super) marks: Vec<Mark>,
}

/// One value. All numbers are bytes of the text or places in the table; the limits keep both in u32.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
    /// The number of the first value behind this one that isn't in it.
    pub(super) after: u32,
    pub(super) parent: u32,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Object,
    Plain,
    /// By its place among the marks.
    Marked(u32),
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Index(u32),
    /// Bytes of the raw key.
    Name {
        start: u32,
        end: u32,
    },
}

/// A value that needs work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) what: What,
    pub(super) value: u32,
    /// How many containers it is in, those of parts above included.
    pub(super) level: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Tag(Tag),
    /// It stands at the key `__proto__` and will be deleted; what is in it means nothing.
    Dropped,
}

impl Outline {
    /// Reads the text of `part`, which lies `level` containers deep.
    pub(super) fn read(
        text: String,
        part: u32,
        level: u32,
        nodes: &mut u64,
        limits: &Limits,
    ) -> Result<Self, ReplyError> {
        ReplyError::check("body_bytes", text.len(), u32::MAX)?;
        let mut checked = Checked::new(&text, part, level, nodes, limits);
        let outline = Self::default();
        let mut builder = Builder { outline, level, open: Vec::new(), key: None, dropped_in: None };
        while let Some(event) = checked.next()? {
            builder.add(event, limits).map_err(|no_tag| match no_tag {
                (NoTag::Malformed(expected), at) => checked.malformed(expected, at),
                (NoTag::Refused(error), _) => error,
            })?;
        }
        let Self { values, marks, .. } = builder.outline;
        Ok(Self { text, values, marks })
    }

    pub(super) fn value(&self, number: u32) -> Option<&Value> {
        self.values.get(number as usize)
    }

    /// What is to be done about a value.
    pub(super) fn what(&self, value: &Value) -> Option<What> {
        let Kind::Marked(mark) = value.kind else { return None };
        self.marks.get(mark as usize).map(|mark| mark.what)
    }

    /// Where a value stands in its container.
    pub(super) fn key(&self, value: &Value) -> Key<'_> {
        match value.place {
            Place::Index(index) => Key::Index(index),
            Place::Name { start, end } => Key::Name(self.slice(start, end)),
        }
    }

    /// What stands between the quotes of a string.
    pub(super) fn raw(&self, value: &Value) -> &str {
        self.slice(value.start + 1, value.end.saturating_sub(1))
    }

    pub(super) fn slice(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The values directly in a container.
    pub(super) fn children(&self, container: u32) -> impl Iterator<Item = (u32, &Value)> {
        let after = self.value(container).map_or(0, |it| it.after);
        let mut next = container + 1;
        std::iter::from_fn(move || {
            let number = next;
            let value = self.value(number).filter(|_| number < after)?;
            next = value.after;
            Some((number, value))
        })
    }
}

/// An outline that grows, without its text. What is to be marked is always the value that comes next.
struct Builder<'a> {
    outline: Outline,
    level: u32,
    open: Vec<Open>,
    /// The key of the next value, and the byte where its quote is.
    key: Option<(&'a str, usize)>,
    /// How many containers are around the one that is being dropped.
    dropped_in: Option<usize>,
}

struct Open {
    number: u32,
    items: u32,
}

impl<'a> Builder<'a> {
    fn add(&mut self, event: Event<'a>, limits: &Limits) -> Result<(), (NoTag, usize)> {
        match event {
            Event::Key { raw, at } => self.key = Some((raw, at)),
            Event::Close { end } => self.close(end),
            Event::Plain { at, end } => {
                let kind = self.dropped().unwrap_or(Kind::Plain);
                self.push(kind, at, end);
            }
            Event::String { raw, at, end } => {
                let kind = match self.dropped() {
                    Some(kind) => kind,
                    None if self.dropped_in.is_some() => Kind::Plain,
                    None => match tag::parse(raw, limits) {
                        Some(tag) => self.mark(What::Tag(tag.map_err(|no_tag| (no_tag, at))?)),
                        None => Kind::Plain,
                    },
                };
                self.push(kind, at, end);
            }
            Event::Open { is_object, at } => {
                let dropped = self.dropped();
                if dropped.is_some() {
                    self.dropped_in = Some(self.open.len());
                }
                let kind = if is_object { Kind::Object } else { Kind::Array };
                let number = self.push(dropped.unwrap_or(kind), at, at);
                self.open.push(Open { number, items: 0 });
            }
        }
        Ok(())
    }

    /// The kind of the next value if its key is one that must not be.
    fn dropped(&mut self) -> Option<Kind> {
        let is_dropped =
            self.dropped_in.is_none() && self.key.is_some_and(|(raw, _)| is_key(raw, "__proto__"));
        is_dropped.then(|| self.mark(What::Dropped))
    }

    fn mark(&mut self, what: What) -> Kind {
        let value = self.outline.values.len() as u32;
        let level = self.level + self.open.len() as u32;
        self.outline.marks.push(Mark { what, value, level });
        Kind::Marked(self.outline.marks.len() as u32 - 1)
    }

    fn push(&mut self, kind: Kind, at: usize, end: usize) -> u32 {
        let number = self.outline.values.len() as u32;
        let (parent, place) = match (self.open.last_mut(), self.key.take()) {
            (Some(parent), Some((raw, at))) => {
                let start = at as u32 + 1;
                (parent.number, Place::Name { start, end: start + raw.len() as u32 })
            }
            (Some(parent), None) => {
                parent.items += 1;
                (parent.number, Place::Index(parent.items - 1))
            }
            (None, _) => (0, Place::Index(0)),
        };
        let (start, end) = (at as u32, end as u32);
        let value = Value { kind, start, end, after: number + 1, parent, place };
        self.outline.values.push(value);
        number
    }

    fn close(&mut self, end: usize) {
        let after = self.outline.values.len() as u32;
        let Some(Open { number, .. }) = self.open.pop() else { return };
        if let Some(value) = self.outline.values.get_mut(number as usize) {
            (value.end, value.after) = (end as u32, after);
        }
        if self.dropped_in == Some(self.open.len()) {
            self.dropped_in = None;
        }
    }
}

/// Whether a raw key says `name`.
pub(super) fn is_key(raw: &str, name: &str) -> bool {
    raw == name || (raw.contains('\\') && *unescape(raw) == *name.as_bytes())
}

/// A JSON reader with what a reply may not have: too much of something, or a key twice in an object.
struct Checked<'a, 'b> {
    reader: Reader<'a>,
    part: u32,
    level: u32,
    nodes: &'b mut u64,
    limits: &'b Limits,
    keys: Keys<'a>,
}

impl<'a, 'b> Checked<'a, 'b> {
    fn new(text: &'a str, part: u32, level: u32, nodes: &'b mut u64, limits: &'b Limits) -> Self {
        let keys = Keys::default();
        Self { reader: Reader::new(text), part, level, nodes, limits, keys }
    }

    fn malformed(&self, expected: &'static str, at: usize) -> ReplyError {
        ReplyError::Malformed { expected, part: self.part, at: at as u64 }
    }

    fn next(&mut self) -> Result<Option<Event<'a>>, ReplyError> {
        let event = self.reader.next();
        let event = event.map_err(|Unexpected { expected, at }| self.malformed(expected, at))?;
        match event {
            None => return Ok(None),
            Some(Event::Key { raw, at }) => {
                ReplyError::check("string_bytes", raw.len(), self.limits.string_bytes)?;
                if !self.keys.add(raw) {
                    return Err(self.malformed("each key once", at));
                }
                return Ok(event);
            }
            Some(Event::Close { .. }) => {
                self.keys.leave();
                return Ok(event);
            }
            Some(Event::Open { .. }) => {
                let depth = self.reader.depth() as u64 + u64::from(self.level);
                ReplyError::check("depth", depth, self.limits.depth)?;
                self.keys.enter();
            }
            Some(Event::String { raw, .. }) => {
                ReplyError::check("string_bytes", raw.len(), self.limits.string_bytes)?;
            }
            Some(Event::Plain { .. }) => {}
        }
        *self.nodes += 1;
        ReplyError::check("nodes", *self.nodes, self.limits.nodes)?;
        Ok(event)
    }
}

/// The keys of the objects that are open. Few are compared one by one, many are hashed.
#[derive(Default)]
struct Keys<'a> {
    few: Vec<Cow<'a, [u8]>>,
    many: HashMap<usize, HashSet<Cow<'a, [u8]>>>,
    /// For each open container, where its keys begin among the few.
    open: Vec<usize>,
}

impl<'a> Keys<'a> {
    const FEW: usize = 16;

    fn enter(&mut self) {
        self.open.push(self.few.len());
    }

    fn leave(&mut self) {
        self.many.remove(&self.open.len());
        self.few.truncate(self.open.pop().unwrap_or_default());
    }

    /// Whether the innermost object hasn't had this key.
    fn add(&mut self, raw: &'a str) -> bool {
        let key = unescape(raw);
        let start = self.open.last().copied().unwrap_or_default();
        let few = self.few.get(start..).unwrap_or_default();
        if few.len() < Self::FEW {
            let is_new = !few.contains(&key);
            self.few.push(key);
            return is_new;
        }
        let many = self.many.entry(self.open.len());
        many.or_insert_with(|| few.iter().cloned().collect()).insert(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(), &'static str> {
        let read = Outline::read(text.to_owned(), 0, 0, &mut 0, &Limits::default());
        read.map(drop).map_err(|error| error.code())
    }

    #[test]
    fn keys_are_compared_by_what_they_say() {
        let object = |keys: &[&str]| {
            let fields: Vec<_> = keys.iter().map(|key| format!("\"{key}\":1")).collect();
            read(&format!("[{{{}}}]", fields.join(",")))
        };
        assert!(object(&[r"\ud83d\ude00", "😀"]).is_err());
        assert!(object(&[r"\ud800", r"\uD800"]).is_err());
        assert!(object(&[r"\ud800", r"\udc00", r"\ud800\udc00"]).is_ok());
        // Beyond the few they are hashed; an inner object has keys of its own.
        let mut names: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let many = |names: &[String]| object(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(many(&names).is_ok());
        for again in ["3", "17", "39", r"\u0033"] {
            names.push(again.to_owned());
            assert!(many(&names).is_err(), "{again}");
            names.pop();
        }
        let fields: Vec<_> = names.iter().map(|name| format!("\"{name}\":1")).collect();
        let object = format!("{{{}}}", fields.join(","));
        assert_eq!(read(&format!("[{object},{object},{{\"a\":{object}}}]")), Ok(()));
        assert_eq!(read(r#"[{"a":{"a":{"a":1}},"b":{"a":1}},{"a":1}]"#), Ok(()));
    }
}
