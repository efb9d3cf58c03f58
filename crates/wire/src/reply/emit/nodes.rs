//! Nodes: what stands in places, each made once.

use std::borrow::Cow;

use super::{Emitter, Root, Source, Tree};
use crate::{
    ReplyError,
    json::unescape_text,
    program::{Key, Writer},
    reply::{
        BlobUse,
        link::{At, find},
        outline::{Kind, What},
        parts::TextId,
        read::Function,
        tag::{self, LiveKind, Tag},
    },
};

impl Emitter<'_> {
    pub(super) fn node(&mut self, source: Source) -> Result<u32, ReplyError> {
        if let Some(node) = self.done.nodes.get(&source) {
            return Ok(*node);
        }
        if let Source::Shared(at) = source
            && let Some(node) = self.handed_over(at)?
        {
            return Ok(node);
        }
        match source {
            Source::Odd(op) => self.program.op(op),
            Source::Map(part) => self.collection("Q", part),
            Source::Set(part) => self.collection("W", part),
            Source::Iterator(part) => self.collection("i", part),
            Source::Form(part) => {
                let tree = self.add_tree(Tree::Form(part));
                self.program.op("K").number(tree)
            }
            Source::Own => {
                let tree = self.add_tree(Tree::Own);
                self.program.op("K").number(tree)
            }
            Source::Shared(at) => {
                let tree = self.tree_of(self.checked(at)?);
                self.program.op("t").number(tree)
            }
            Source::Scalar(at) => self.scalar(at),
            Source::File(blob) => self.file(blob),
            Source::Binary(part, view) => {
                let blob = self.reading.parts.blob(part)?;
                self.blobs.push(BlobUse { blob, is_view: true });
                self.program.op("V").number(blob).text(view.letter().encode_utf8(&mut [0; 4]))
            }
            Source::Function(part) => self.function(part),
            Source::Live(part) => {
                let kind = self.reading.live_kind(part).map_or("", LiveKind::letter);
                self.program.op("@").text(kind)
            }
            Source::Temporary(at) => {
                let name = self.name(at)?;
                self.program.op("*").text(&name)
            }
        };
        let node = self.program.made();
        self.done.nodes.insert(source, node);
        Ok(node)
    }

    fn collection(&mut self, op: &str, part: u32) -> &mut Writer {
        let tree = self.tree_of((TextId::Part(part), 0));
        self.program.op(op).number(tree)
    }

    /// The list of the arguments that are bound to a form's action has no identity: the function gets
    /// copies of them, in another list.
    fn checked(&self, at: At) -> Result<At, ReplyError> {
        match (&self.done.root, at) {
            (Root::Form { bound: Some(bound), .. }, (TextId::Part(part), 0)) if *bound == part => {
                let expected = "a value, not the list of the bound arguments";
                Err(ReplyError::Malformed { expected, part, at: 0 })
            }
            _ => Ok(at),
        }
    }

    /// The node of a container that has been handed over, within a tree: the way to it is told key by
    /// key, and no step twice. A text or a number there is copied instead, once.
    fn handed_over(&mut self, at: At) -> Result<Option<u32>, ReplyError> {
        let Some((outline, value)) = find(self.reading, at) else { return Ok(None) };
        let is_container = matches!(value.kind, Kind::Array | Kind::Object);
        if !is_container || self.done.tree_of.contains_key(&at) {
            return Ok(None);
        }
        let mut way = vec![at.1];
        let mut number = at.1;
        let start = loop {
            let Some(value) = outline.value(number).filter(|_| number > 0) else {
                return Ok(None);
            };
            number = value.parent;
            let above = (at.0, number);
            match self.done.tree_of.get(&above) {
                Some(tree) if *tree >= self.first_tree => return Ok(None),
                Some(_) => break above,
                None if self.done.nodes.contains_key(&Source::Shared(above)) => break above,
                None => way.push(number),
            }
        };
        let mut node = self.node(Source::Shared(start))?;
        for number in way.into_iter().rev() {
            let Some(value) = outline.value(number) else { return Ok(None) };
            self.program.op("g").number(node).key(outline.key(value));
            node = self.program.made();
            self.done.nodes.insert(Source::Shared((at.0, number)), node);
        }
        Ok(Some(node))
    }

    /// The name by which the sender knows a place: `0:1:el`. Events have none.
    fn name(&mut self, at: At) -> Result<String, ReplyError> {
        let reading = self.reading;
        let nameless =
            |part| ReplyError::Malformed { expected: "a place with a name", part, at: 0 };
        let TextId::Part(part) = at.0 else { return Err(nameless(reading.parts.number_of(at.0))) };
        let limits = &reading.limits;
        let mut keys = Vec::new();
        let mut bytes = 0;
        let mut number = at.1;
        while let Some((outline, value)) = find(reading, (at.0, number)).filter(|_| number > 0) {
            let key: Cow<'_, str> = match outline.key(value) {
                Key::Index(index) => index.to_string().into(),
                Key::Name(raw) => unescape_text(raw)
                    .filter(|key| !key.contains(':'))
                    .ok_or_else(|| nameless(part))?,
            };
            // Few bytes can have a long way above them, so it is looked at only as far as may be.
            bytes += key.len() + 1;
            ReplyError::check("name_bytes", bytes, limits.name_bytes)?;
            keys.push(key);
            number = value.parent;
        }
        keys.push(format!("{part:x}").into());
        keys.reverse();
        let name = keys.join(":");
        // And all of them may be as long as a body.
        self.done.temporary_bytes += name.len() as u64;
        ReplyError::check("body_bytes", self.done.temporary_bytes, limits.body_bytes)?;
        Ok(name)
    }

    fn scalar(&mut self, at: At) -> &mut Writer {
        match find(self.reading, at)
            .map(|(outline, value)| (outline.what(value), outline.raw(value)))
        {
            Some((Some(What::Tag(Tag::Date)), raw)) => self.program.op("D").text(tag::operand(raw)),
            Some((Some(What::Tag(Tag::BigInt)), raw)) => {
                self.program.op("n").text(tag::operand(raw))
            }
            _ => self.program.op("u"), // can't be: only dates and numbers are scalars
        }
    }

    fn function(&mut self, part: u32) -> &mut Writer {
        let Some(Function { id, bound }) = self.reading.functions.get(&part) else {
            return self.program.op("u"); // can't be: each tag's metadata has been read
        };
        if self.done.known_ids.insert(id.clone()) {
            self.references.push(id.clone());
        }
        let tree = bound.map(|bound| {
            self.holders.insert(bound, part);
            self.tree_of((TextId::Part(bound), 0))
        });
        let op = self.program.op("h").text(id);
        match tree {
            Some(tree) => op.number(tree),
            None => op.null(),
        }
    }

    fn file(&mut self, blob: u32) -> &mut Writer {
        let head = self.reading.parts.heads.get(blob);
        self.blobs.push(BlobUse { blob, is_view: false });
        let op = self.program.op("B").number(blob);
        match head.and_then(|head| head.name.as_deref()) {
            Some(name) => op.text(name),
            None => op.null(),
        };
        op.text(head.map_or("", |head| &head.media_type))
    }
}
