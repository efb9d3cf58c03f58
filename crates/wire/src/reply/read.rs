//! Reads all parts that the root leads to, each once, and checks what each is claimed for.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{
    outline::{Kind, Outline, What},
    parts::Parts,
    tag::{Tag, hexadecimal},
};
use crate::{
    Limits, ReplyError,
    json::{Event, Reader, Unexpected, unescape_text},
};

/// What a part has to look like.
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
}

/// A server reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) id: String,
    /// The part with its bound arguments.
    pub(crate) bound: Option<u32>,
}

/// A reply, read.
pub(crate) struct Reading<'a> {
    pub(super) parts: &'a Parts,
    pub(super) limits: &'a Limits,
    pub(super) outlines: HashMap<u32, Outline<'a>>,
    /// By the part with their metadata.
    pub(super) functions: HashMap<u32, Function>,
    /// Parts that one value has for its own, and what each must look like. A part is claimed once. Marked before anything is
    /// built of it, so nobody can make us try twice.
    claimed: HashSet<u32>,
    shapes: Vec<(u32, Shape)>,
    forms: HashSet<u32>,
    queue: VecDeque<(u32, u32)>,
    nodes: u64,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(parts: &'a Parts, limits: &'a Limits) -> Self {
        Self {
            parts,
            limits,
            outlines: HashMap::new(),
            functions: HashMap::new(),
            claimed: HashSet::new(),
            shapes: Vec::new(),
            forms: HashSet::new(),
            queue: VecDeque::new(),
            nodes: 0,
        }
    }

    /// Claims a part for one value, `level` containers deep.
    pub(crate) fn claim(&mut self, part: u32, shape: Shape, level: u32) -> Result<(), ReplyError> {
        if !self.claimed.insert(part) {
            return Err(ReplyError::DuplicatePart { part });
        }
        self.shapes.push((part, shape));
        self.queue.push_back((part, level));
        Ok(())
    }

    /// Counts values that stand in no text.
    pub(crate) fn count(&mut self, values: usize) -> Result<(), ReplyError> {
        self.nodes = self.nodes.saturating_add(values as u64);
        ReplyError::check("nodes", self.nodes, self.limits.nodes)
    }

    /// Reads what is claimed, and all that it leads to.
    pub(crate) fn finish(&mut self) -> Result<(), ReplyError> {
        while let Some((part, level)) = self.queue.pop_front() {
            if self.outlines.contains_key(&part) {
                continue;
            }
            let text = self.parts.model(part)?;
            let outline = Outline::read(text, part, level, &mut self.nodes, self.limits)?;
            for mark in &outline.marks {
                if let What::Tag(tag) = mark.what {
                    self.follow(tag, mark.level)?;
                }
            }
            self.outlines.insert(part, outline);
        }
        self.shapes.iter().try_for_each(|(part, shape)| self.check(*part, *shape))
    }

    /// How many items the list in a part has.
    pub(crate) fn length(&self, part: u32) -> u32 {
        self.outlines.get(&part).map_or(0, |outline| outline.children(0).count() as u32)
    }

    fn follow(&mut self, tag: Tag<'a>, level: u32) -> Result<(), ReplyError> {
        match tag {
            Tag::Map(part) => self.claim(part, Shape::Entries, level),
            Tag::Set(part) => self.claim(part, Shape::Items, level),
            Tag::Blob(part) => self.parts.blob(part).map(drop),
            Tag::Form(part) => {
                if !self.forms.insert(part) {
                    return Err(ReplyError::DuplicatePart { part });
                }
                self.count(self.parts.form(part)?.len())
            }
            Tag::Reference(part) => self.function(part, level),
            Tag::Path { part, .. } => {
                if !self.outlines.contains_key(&part) {
                    self.queue.push_back((part, level));
                }
                Ok(())
            }
            Tag::Escaped { .. } | Tag::Undefined | Tag::Odd(_) | Tag::Date(_) | Tag::BigInt(_) => {
                Ok(())
            }
        }
    }

    fn function(&mut self, part: u32, level: u32) -> Result<(), ReplyError> {
        if self.functions.contains_key(&part) {
            return Ok(());
        }
        let function = metadata(self.parts, part)?;
        if let Some(bound) = function.bound {
            self.claim(bound, Shape::Bound, level)?;
        }
        self.functions.insert(part, function);
        Ok(())
    }

    fn check(&self, part: u32, shape: Shape) -> Result<(), ReplyError> {
        let malformed = |expected, at: u32| ReplyError::Malformed { expected, part, at: at.into() };
        let outline = self.outlines.get(&part).ok_or_else(|| malformed("a list", 0))?;
        if outline.value(0).map(|root| root.kind) != Some(Kind::Array) {
            return Err(malformed("a list", 0));
        }
        let length = || outline.children(0).count();
        match shape {
            Shape::Arguments => ReplyError::check("arguments", length(), self.limits.arguments),
            Shape::Bound => ReplyError::check("bound_args", length(), self.limits.bound_args),
            Shape::Items => Ok(()),
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
pub(crate) fn metadata(parts: &Parts, part: u32) -> Result<Function, ReplyError> {
    let text = parts.model(part)?;
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
        let mut parts = Parts::new("");
        parts.text("1", text.to_owned(), &Limits::default()).unwrap();
        metadata(&parts, 1)
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
