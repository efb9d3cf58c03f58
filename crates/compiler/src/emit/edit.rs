//! Text made of pieces of the source, some of them moved, and of insertions.

use std::ops::Range;

use super::map::Mappings;
use crate::text::{Position, Text};

/// Replaces a piece of the source, or inserts where the piece is empty.
#[derive(Debug)]
struct Edit {
    at: Range<u32>,
    text: String,
}

/// The edits of one continuous piece of the source.
#[derive(Debug, Default)]
pub(super) struct Edits {
    edits: Vec<Edit>,
}

impl Edits {
    /// Insertions at the same place stand in the order of their calls, before what is replaced there.
    pub(super) fn insert(&mut self, at: u32, text: impl Into<String>) {
        self.edits.push(Edit { at: at..at, text: text.into() });
    }

    pub(super) fn replace(&mut self, at: Range<u32>, text: impl Into<String>) {
        self.edits.push(Edit { at, text: text.into() });
    }

    /// Takes a piece away but leaves its line ends, so that what follows keeps its line.
    pub(super) fn remove(&mut self, at: Range<u32>, source: &Text) {
        let line_ends = line_ends(source.slice(&at));
        self.replace(at, line_ends);
    }
}

/// As many line ends as `text` has.
pub(super) fn line_ends(text: &str) -> String {
    "\n".repeat(memchr::memchr_iter(b'\n', text.as_bytes()).count())
}

/// Writes the output and, piece by piece, its source map.
pub(super) struct Writer<'a> {
    source: &'a Text<'a>,
    code: String,
    at: Position,
    mappings: Option<Mappings>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(source: &'a Text<'a>, has_map: bool) -> Self {
        Self {
            source,
            code: String::with_capacity(source.source.len() + 512),
            at: Position::default(),
            mappings: has_map.then(Mappings::default),
        }
    }

    /// Writes a piece of the source with its edits.
    pub(super) fn edited(&mut self, piece: Range<u32>, mut edits: Edits) {
        edits.edits.sort_by_key(|edit| (edit.at.start, !edit.at.is_empty()));
        let mut from = piece.start;
        for edit in edits.edits {
            debug_assert!(
                edit.at.start >= from && edit.at.end <= piece.end,
                "edits overlap: {edit:?}"
            );
            self.original(from..edit.at.start);
            let origin = (!edit.at.is_empty()).then_some(edit.at.start);
            self.generated(&edit.text, origin);
            from = edit.at.end;
        }
        self.original(from..piece.end);
    }

    /// Writes text that isn't in the source; `origin` is the place for which it stands.
    pub(super) fn generated(&mut self, text: &str, origin: Option<u32>) {
        if text.is_empty() {
            return;
        }
        if let Some(mappings) = &mut self.mappings {
            mappings.add(self.at, origin.map(|at| self.source.position(at)));
        }
        self.push(text);
    }

    fn original(&mut self, piece: Range<u32>) {
        let text = self.source.slice(&piece);
        let Some(mappings) = &mut self.mappings else {
            self.code.push_str(text);
            return;
        };
        if text.is_empty() {
            return;
        }
        let mut original = self.source.position(piece.start);
        let mut previous = None;
        for c in text.chars() {
            let kind = Kind::of(c);
            let is_start = previous != Some(kind) || kind == Kind::Sign;
            if is_start && (kind != Kind::Space || previous.is_none()) {
                mappings.add(self.at, Some(original));
            }
            previous = Some(kind);
            for position in [&mut self.at, &mut original] {
                advance(position, c);
            }
            if c == '\n' {
                previous = None;
            }
        }
        self.code.push_str(text);
    }

    fn push(&mut self, text: &str) {
        self.code.push_str(text);
        for c in text.chars() {
            advance(&mut self.at, c);
        }
    }

    pub(super) fn ends_line(&self) -> bool {
        self.code.ends_with('\n')
    }

    pub(super) fn finish(self) -> (String, Option<Mappings>) {
        (self.code, self.mappings)
    }
}

/// A mapping begins with each word and each sign.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Space,
    Word,
    Sign,
}

impl Kind {
    fn of(c: char) -> Self {
        if c.is_whitespace() {
            Self::Space
        } else if c.is_alphanumeric() || c == '_' || c == '$' {
            Self::Word
        } else {
            Self::Sign
        }
    }
}

fn advance(position: &mut Position, c: char) {
    if c == '\n' {
        position.line += 1;
        position.column = 0;
    } else {
        position.column += c.len_utf16() as u32;
    }
}
