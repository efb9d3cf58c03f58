//! Text made of pieces of the source, some of them moved, and of insertions.

use std::ops::Range;

use super::map::Mappings;
use crate::text::Text;

/// Replaces a piece of the source, or inserts where the piece is empty.
#[derive(Debug)]
struct Edit {
    at: Range<u32>,
    text: String,
    /// The name that `text` replaces.
    name: Option<String>,
}

/// The edits of one continuous piece of the source.
#[derive(Debug, Default)]
pub(super) struct Edits {
    edits: Vec<Edit>,
}

impl Edits {
    /// Insertions at the same place stand in the order of their calls, before what is replaced there.
    pub(super) fn insert(&mut self, at: u32, text: impl Into<String>) {
        self.edits.push(Edit { at: at..at, text: text.into(), name: None });
    }

    pub(super) fn replace(&mut self, at: Range<u32>, text: impl Into<String>) {
        self.edits.push(Edit { at, text: text.into(), name: None });
    }

    /// Gives the identifier at a place another name.
    pub(super) fn rename(&mut self, at: Range<u32>, text: impl Into<String>, source: &Text) {
        let name = Some(source.slice(&at).to_owned());
        self.edits.push(Edit { at, text: text.into(), name });
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
    mappings: Option<Mappings>,
}

/// What a piece of the output that isn't in the source stands for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Origin<'n> {
    pub(super) at: Option<u32>,
    /// Its name in the source, if it has another one now.
    pub(super) name: Option<&'n str>,
}

impl Origin<'_> {
    pub(super) const NONE: Self = Self { at: None, name: None };
}

impl<'a> Writer<'a> {
    /// `bytes`: how long the output will be, about.
    pub(super) fn new(source: &'a Text<'a>, bytes: usize, mappings: Option<Mappings>) -> Self {
        Self { source, code: String::with_capacity(bytes), mappings }
    }

    /// Writes a piece of the source with its edits.
    pub(super) fn edited(&mut self, piece: Range<u32>, mut edits: Edits) {
        edits.edits.sort_by_key(|edit| (edit.at.start, !edit.at.is_empty()));
        let mut from = piece.start;
        for edit in &edits.edits {
            debug_assert!(
                edit.at.start >= from && edit.at.end <= piece.end,
                "edits overlap: {edit:?}"
            );
            self.original(from..edit.at.start);
            let at = (!edit.at.is_empty()).then_some(edit.at.start);
            self.generated(&edit.text, Origin { at, name: edit.name.as_deref() });
            from = edit.at.end;
        }
        self.original(from..piece.end);
    }

    /// Writes text that isn't in the source.
    pub(super) fn generated(&mut self, text: &str, origin: Origin) {
        if text.is_empty() {
            return;
        }
        if let Some(mappings) = &mut self.mappings {
            let at = origin.at.map(|at| self.source.position(at));
            mappings.generated(text, at, origin.name);
        }
        self.code.push_str(text);
    }

    fn original(&mut self, piece: Range<u32>) {
        if piece.is_empty() {
            return;
        }
        let text = self.source.slice(&piece);
        if let Some(mappings) = &mut self.mappings {
            mappings.original(text, self.source.position(piece.start));
        }
        self.code.push_str(text);
    }

    pub(super) fn ends_line(&self) -> bool {
        self.code.ends_with('\n')
    }

    pub(super) fn finish(self) -> (String, Option<Mappings>) {
        (self.code, self.mappings)
    }
}
