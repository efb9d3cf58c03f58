//! Reads all texts that a value leads to, each once, and checks what each is claimed for.

use std::collections::{HashMap, HashSet, VecDeque, hash_map};

use super::{
    outline::{Kind, Outline, What},
    parts::{Arrival, Close, Entry, Parts, TextId},
    tag::{LiveKind, Tag, View, hexadecimal},
};
use crate::{
    Limits, ReplyError,
    json::{Event, Reader, Unexpected, unescape_text},
};

/// What a text has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A list, no longer than calls may have arguments.
    Arguments,
    /// A list, no longer than functions may have bound arguments.
    Bound,
    /// A list.
    Items,
    /// A list of pairs.
    Entries,
    /// A view of bytes.
    Bytes,
}

/// A server reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) id: String,
    /// The part with its bound arguments.
    pub(crate) bound: Option<u32>,
}

/// What can be handed over by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// The arguments, or those bound to a form's action.
    Root,
    /// The value of a promise.
    Value(u32),
    /// An item of a stream, by its event.
    Item(u32, u32),
    /// The end of a stream.
    Close(u32, Close),
}

/// A promise, a stream or an iterable: by the number that its parts have.
#[derive(Clone, Copy, Debug)]
struct Live {
    kind: LiveKind,
    level: u32,
}

/// A text that something leads to, so many containers deep; and how it has to look.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    id: TextId,
    level: u32,
    shape: Option<Shape>,
}

/// A reply, read as far as it has come.
pub(crate) struct Reading {
    pub(super) parts: Parts,
    pub(super) limits: Limits,
    pub(super) outlines: HashMap<TextId, Outline>,
    /// Texts that were read and not looked at by anybody yet, those of the current unit last.
    pub(super) fresh: Vec<TextId>,
    /// By the part with their metadata.
    pub(super) functions: HashMap<u32, Function>,
    pub(super) forms: HashMap<u32, Vec<(String, Entry)>>,
    /// Parts that one value has for its own. Marked before anything is built of it, so nobody can
    /// make us try twice.
    claimed: HashSet<u32>,
    blobs: HashSet<u32>,
    live: HashMap<u32, Live>,
    /// How many of them are still expected to say something.
    open: usize,
    /// What has come of the live values, and waits for its turn.
    units: VecDeque<Unit>,
    queue: VecDeque<Wanted>,
    /// Parts that are referred to and haven't come.
    waiting: HashMap<u32, Wanted>,
    /// The same for files and the metadata of functions: the tags that refer to them, and their levels.
    waiting_tags: HashMap<u32, Vec<(Tag, u32)>>,
    is_complete: bool,
    nodes: u64,
    references: u32,
}

impl Reading {
    pub(crate) fn new(parts: Parts, limits: &Limits) -> Self {
        Self {
            parts,
            limits: *limits,
            outlines: HashMap::new(),
            fresh: Vec::new(),
            functions: HashMap::new(),
            forms: HashMap::new(),
            claimed: HashSet::new(),
            blobs: HashSet::new(),
            live: HashMap::new(),
            open: 0,
            units: VecDeque::new(),
            queue: VecDeque::new(),
            waiting: HashMap::new(),
            waiting_tags: HashMap::new(),
            is_complete: false,
            nodes: 0,
            references: 0,
        }
    }

    /// Claims a part for one value, `level` containers deep.
    pub(crate) fn claim(&mut self, part: u32, shape: Shape, level: u32) -> Result<(), ReplyError> {
        self.claim_part(part)?;
        self.queue.push_back(Wanted { id: TextId::Part(part), level, shape: Some(shape) });
        Ok(())
    }

    fn claim_part(&mut self, part: u32) -> Result<(), ReplyError> {
        if self.claimed.insert(part) { Ok(()) } else { Err(ReplyError::DuplicatePart { part }) }
    }

    /// Counts values that stand in no text.
    pub(crate) fn count(&mut self, values: usize) -> Result<(), ReplyError> {
        self.nodes = self.nodes.saturating_add(values as u64);
        ReplyError::check("nodes", self.nodes, self.limits.nodes)
    }

    /// No part will come any more: what is missing from now on is an error.
    pub(crate) fn complete(&mut self) {
        self.is_complete = true;
    }

    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Takes note of a part.
    pub(super) fn arrived(&mut self, arrival: Arrival) -> Result<(), ReplyError> {
        for (tag, level) in self.waiting_tags.remove(&arrival.number()).unwrap_or_default() {
            self.follow(tag, level)?;
        }
        let (number, unit) = match arrival {
            Arrival::Field(part) | Arrival::File(part) => (part, None),
            Arrival::Model(part) => {
                self.queue.extend(self.waiting.remove(&part));
                (part, Some(Unit::Value(part)))
            }
            Arrival::Again(part) => {
                // Of a stream that is known it would be an event.
                let is_known = self.claimed.contains(&part) || self.functions.contains_key(&part);
                return if is_known { Err(ReplyError::DuplicatePart { part }) } else { Ok(()) };
            }
            Arrival::Item { stream, event } => (stream, Some(Unit::Item(stream, event))),
            Arrival::Close { stream, close } => (stream, Some(Unit::Close(stream, close))),
        };
        let Some(live) = self.live.get(&number) else { return Ok(()) };
        match (live.kind, unit) {
            (LiveKind::Promise, Some(unit @ Unit::Value(_))) => self.push(unit),
            (LiveKind::Promise, _) => {
                return Err(ReplyError::MissingPart { part: number, kind: "text" });
            }
            (_, Some(unit @ (Unit::Item(..) | Unit::Close(..)))) => self.push(unit),
            _ => return Err(ReplyError::MissingPart { part: number, kind: "stream" }),
        }
        Ok(())
    }

    fn push(&mut self, unit: Unit) {
        self.open -= usize::from(!matches!(unit, Unit::Item(..)));
        self.units.push_back(unit);
    }

    /// Begins to read the next unit that has come.
    pub(super) fn next_unit(&mut self) -> Option<Unit> {
        let unit = self.units.pop_front()?;
        let (number, id) = match unit {
            Unit::Root | Unit::Close(_, Close(None)) => return Some(unit),
            Unit::Value(part) => (part, TextId::Part(part)),
            Unit::Item(stream, event) | Unit::Close(stream, Close(Some(event))) => {
                (stream, TextId::Event(event))
            }
        };
        let Live { kind, level } = *self.live.get(&number)?;
        let is_bytes = kind == LiveKind::ByteStream && matches!(unit, Unit::Item(..));
        self.queue.push_back(Wanted { id, level, shape: is_bytes.then_some(Shape::Bytes) });
        Some(unit)
    }

    /// Whether more may come: a live value has not come to its end, or a unit is being read.
    pub(super) fn is_open(&self, has_unit: bool) -> bool {
        !self.is_complete && (self.open > 0 || has_unit)
    }

    pub(super) fn live_kind(&self, part: u32) -> Option<LiveKind> {
        self.live.get(&part).map(|live| live.kind)
    }

    /// Reads what is claimed, and all that it leads to; whether all of it has come.
    pub(crate) fn finish(&mut self) -> Result<bool, ReplyError> {
        while let Some(wanted) = self.queue.pop_front() {
            let Wanted { id, level, shape } = wanted;
            let part = self.parts.number_of(id);
            if let Some(outline) = self.outlines.get(&id) {
                // A path may have led to it before it was claimed.
                shape.map_or(Ok(()), |shape| self.check(outline, part, shape))?;
                continue;
            }
            let Some(text) = self.parts.take(id)? else {
                // Once claimed it stays so, whatever else leads to it.
                let known = self.waiting.entry(part).or_insert(wanted);
                known.shape = known.shape.or(shape);
                continue;
            };
            let outline = Outline::read(text, part, level, &mut self.nodes, &self.limits)?;
            shape.map_or(Ok(()), |shape| self.check(&outline, part, shape))?;
            for mark in &outline.marks {
                if let What::Tag(tag) = mark.what {
                    self.follow(tag, mark.level)?;
                }
            }
            self.outlines.insert(id, outline);
            self.fresh.push(id);
        }
        if self.is_complete {
            if let Some(part) = self.waiting.keys().min() {
                return Err(ReplyError::MissingPart { part: *part, kind: "text" });
            }
            if let Some(part) = self.waiting_tags.keys().min().copied() {
                for (tag, level) in self.waiting_tags.remove(&part).unwrap_or_default() {
                    self.follow(tag, level)?; // an error: nothing is there
                }
            }
        }
        Ok(self.waiting.is_empty() && self.waiting_tags.is_empty())
    }

    /// How many items the list in a part has.
    pub(crate) fn length(&self, part: u32) -> u32 {
        let outline = self.outlines.get(&TextId::Part(part));
        outline.map_or(0, |outline| outline.children(0).count() as u32)
    }

    fn follow(&mut self, tag: Tag, level: u32) -> Result<(), ReplyError> {
        match tag {
            Tag::Map(part) => self.claim(part, Shape::Entries, level),
            Tag::Set(part) | Tag::Iterator(part) => self.claim(part, Shape::Items, level),
            Tag::Blob(part) | Tag::Binary { part, .. } | Tag::Reference { part, .. }
                if !self.is_complete && !self.parts.has(part) =>
            {
                self.waiting_tags.entry(part).or_default().push((tag, level));
                Ok(())
            }
            Tag::Blob(part) => self.blob(part),
            Tag::Binary { part, view } => self.binary(part, view),
            Tag::Form(part) => {
                let hash_map::Entry::Vacant(form) = self.forms.entry(part) else {
                    return Err(ReplyError::DuplicatePart { part });
                };
                let entries = form.insert(self.parts.take_form(part)?).len();
                self.count(entries)
            }
            Tag::Reference { part, spelling } => {
                self.parts.versions.saw(spelling, part)?;
                self.function(part, level)
            }
            Tag::Live { part, kind } => self.live(part, Live { kind, level }),
            Tag::Path(part) => {
                self.references = self.references.saturating_add(1);
                ReplyError::check("references", self.references, self.limits.references)?;
                self.queue.push_back(Wanted { id: TextId::Part(part), level, shape: None });
                Ok(())
            }
            Tag::Escaped { .. }
            | Tag::Undefined
            | Tag::Odd(_)
            | Tag::Date
            | Tag::BigInt
            | Tag::Temporary => Ok(()),
        }
    }

    /// A file may be many Blobs, or one view.
    fn blob(&mut self, part: u32) -> Result<(), ReplyError> {
        self.parts.blob(part)?;
        if self.blobs.insert(part) {
            self.claim_part(part)?;
            self.parts.count_file(&self.limits)?;
        }
        Ok(())
    }

    fn binary(&mut self, part: u32, view: View) -> Result<(), ReplyError> {
        let blob = self.parts.blob(part)?;
        self.claim_part(part)?;
        let bytes = self.parts.heads.get(blob).map_or(0, |head| head.bytes);
        if !view.fits(bytes) {
            return Err(ReplyError::Malformed { expected: "bytes of whole elements", part, at: 0 });
        }
        // A file may lie on a disk. Who has a view of it has it in memory, like text.
        self.parts.count_bytes(bytes, &self.limits)
    }

    fn function(&mut self, part: u32, level: u32) -> Result<(), ReplyError> {
        if self.functions.contains_key(&part) {
            return Ok(());
        }
        let function = match self.outlines.get(&TextId::Part(part)) {
            Some(outline) => metadata(&outline.text, part)?,
            None => metadata(self.parts.metadata(part)?, part)?,
        };
        if let Some(bound) = function.bound {
            self.claim(bound, Shape::Bound, level)?;
        }
        self.functions.insert(part, function);
        Ok(())
    }

    /// A promise may stand in many places; a stream that does is referred to by its first.
    fn live(&mut self, part: u32, live: Live) -> Result<(), ReplyError> {
        if let Some(known) = self.live.get(&part) {
            let is_again = (known.kind, live.kind) == (LiveKind::Promise, LiveKind::Promise);
            return if is_again { Ok(()) } else { Err(ReplyError::DuplicatePart { part }) };
        }
        self.claim_part(part)?;
        ReplyError::check("live", self.live.len() + 1, self.limits.live)?;
        self.live.insert(part, live);
        self.open += 1;
        if live.kind == LiveKind::Promise {
            let has_come = self.outlines.contains_key(&TextId::Part(part))
                || self.parts.model(part)?.is_some();
            if has_come {
                self.push(Unit::Value(part));
            }
            return Ok(());
        }
        let events = self.parts.events(part, &self.limits)?;
        for event in events.items {
            self.push(Unit::Item(part, event));
        }
        if let Some(close) = events.close {
            self.push(Unit::Close(part, close));
        }
        Ok(())
    }

    /// Whether a text is what it was claimed for.
    fn check(&self, outline: &Outline, part: u32, shape: Shape) -> Result<(), ReplyError> {
        let malformed = |expected, at: u32| ReplyError::Malformed { expected, part, at: at.into() };
        if shape == Shape::Bytes {
            let what = outline.value(0).and_then(|root| outline.what(root));
            return match what {
                Some(What::Tag(Tag::Binary { view, .. })) if view.is_view() => Ok(()),
                _ => Err(malformed("a view of bytes", 0)),
            };
        }
        if outline.value(0).map(|root| root.kind) != Some(Kind::Array) {
            return Err(malformed("a list", 0));
        }
        let length = || outline.children(0).count();
        match shape {
            Shape::Arguments => ReplyError::check("arguments", length(), self.limits.arguments),
            Shape::Bound => ReplyError::check("bound_args", length(), self.limits.bound_args),
            Shape::Items | Shape::Bytes => Ok(()),
            Shape::Entries => {
                let is_pair =
                    |number, kind| kind == Kind::Array && outline.children(number).count() == 2;
                match outline.children(0).find(|(number, entry)| !is_pair(*number, entry.kind)) {
                    Some((_, entry)) => Err(malformed("a key and a value", entry.start)),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Reads the metadata of a server reference: `{"id":"…","bound":null}` or `{"id":"…","bound":"$@1"}`,
/// and nothing else.
///
/// React ignores further keys and takes a `bound` of any other kind for no bound arguments.
pub(crate) fn metadata(text: &str, part: u32) -> Result<Function, ReplyError> {
    let malformed = |expected, at: usize| ReplyError::Malformed { expected, part, at: at as u64 };
    let mut reader = Reader::new(text);
    let mut next = || {
        let event = reader.next();
        event.map_err(|Unexpected { expected, at }| malformed(expected, at))
    };
    let (mut id, mut bound) = (None, None);
    let Some(Event::Open { is_object: true, .. }) = next()? else {
        return Err(malformed("the metadata of a function", 0));
    };
    loop {
        match next()? {
            Some(Event::Key { raw: "id", .. }) if id.is_none() => match next()? {
                Some(Event::String { raw, at, .. }) => {
                    id = Some(
                        function_id(raw).ok_or_else(|| malformed("the id of a function", at))?,
                    );
                }
                _ => return Err(malformed("the id of a function", 0)),
            },
            Some(Event::Key { raw: "bound", .. }) if bound.is_none() => match next()? {
                Some(Event::Plain { at, end }) if text.get(at..end) == Some("null") => {
                    bound = Some(None)
                }
                Some(Event::String { raw, at, .. }) => {
                    let part = raw.strip_prefix("$@").and_then(hexadecimal);
                    bound = Some(Some(part.ok_or_else(|| malformed("bound arguments", at))?));
                }
                _ => return Err(malformed("bound arguments", 0)),
            },
            Some(Event::Close { end }) => {
                next()?; // there is nothing behind it, or that is an error
                let (Some(id), Some(bound)) = (id, bound) else {
                    return Err(malformed("the metadata of a function", end));
                };
                return Ok(Function { id, bound });
            }
            _ => return Err(malformed("the metadata of a function", 0)),
        }
    }
}

/// A string like any other, so React escapes its `$`.
fn function_id(raw: &str) -> Option<String> {
    let text = unescape_text(raw)?;
    match text.strip_prefix('$') {
        Some(escaped) if escaped.starts_with('$') => Some(escaped.to_owned()),
        Some(_) => None,
        None => Some(text.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Function, ReplyError> {
        metadata(text, 1)
    }

    #[test]
    fn metadata_has_one_shape() {
        let function = |id: &str, bound| Ok(Function { id: id.to_owned(), bound });
        assert_eq!(read(r#"{"id":"a#b","bound":null}"#), function("a#b", None));
        assert_eq!(read(r#" { "bound" : "$@a" , "id" : "\u00e9" } "#), function("é", Some(10)));
        assert_eq!(read(r#"{"id":"$$a","bound":null}"#), function("$a", None));
        for bad in [
            "null",
            "[]",
            "{}",
            r#"{"id":"a"}"#,
            r#"{"bound":null}"#,
            r#"{"id":1,"bound":null}"#,
            r#"{"id":"a","bound":[1]}"#,
            r#"{"id":"a","bound":"$1"}"#,
            r#"{"id":"a","bound":"$@A"}"#,
            r#"{"id":"a","bound":1}"#,
            r#"{"id":"a","bound":false}"#,
            r#"{"id":"a","id":"b","bound":null}"#,
            r#"{"id":"a","bound":null,"bound":null}"#,
            r#"{"id":"a","bound":null,"$$promise":1}"#,
            r#"{"id":"\ud800","bound":null}"#,
            r#"{"id":"$h1","bound":null}"#,
            r#"{"id":"a","bound":null} 1"#,
            r#"{"id":"a","bound":null"#,
            "",
            r#"{"id":{"id":"a"},"bound":null}"#,
        ] {
            assert_eq!(
                read(bad).map_err(|error| error.code()),
                Err("errand::reply-malformed"),
                "{bad}"
            );
        }
    }
}
