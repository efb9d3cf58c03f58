//! A skeleton to rows: its trees become models, its nodes tags, and rows of their own where React
//! has them so.

use super::{FlightError, walk::Walk};
use crate::{
    Skeleton,
    json::{Event, Reader, unescape_text},
    program::{Node, Program, Step},
};

const BAD: FlightError = FlightError::BadSkeleton;

/// From this many UTF-16 code units on a string has a row of its own, where nothing is escaped.
const LONG_UNITS: usize = 1024;

/// Writes `skeleton` as row `root`, behind `head`.
pub(super) fn encode(
    skeleton: &Skeleton,
    blobs: &[&[u8]],
    root: u32,
    head: &str,
) -> Result<Vec<u8>, FlightError> {
    // Models end at the first line break. `JSON.stringify` writes none.
    if memchr::memchr2(b'\n', b'\r', skeleton.text.as_bytes()).is_some() {
        return Err(BAD);
    }
    let trees = match skeleton.program.as_str() {
        "" => vec![skeleton.text.as_str()],
        _ => split(&skeleton.text).ok_or(BAD)?,
    };
    let program = Program::parse(&skeleton.program, trees.len()).ok_or(BAD)?;
    let places = vec![Place::Nowhere; program.nodes.len()];
    let mut out = Vec::with_capacity(head.len() + skeleton.text.len() + 8);
    out.extend_from_slice(head.as_bytes());
    Encoder { trees, program, blobs, places, next_row: root + 1, out }.run(root)
}

struct Encoder<'a> {
    trees: Vec<&'a str>,
    program: Program<'a>,
    blobs: &'a [&'a [u8]],
    places: Vec<Place>,
    next_row: u32,
    /// The rows that are finished.
    out: Vec<u8>,
}

/// Where a node was put first.
#[derive(Clone, Debug)]
enum Place {
    Nowhere,
    /// In a row, at a path that references can follow: `$1:user:tags`.
    Named(String),
    /// The row that it has for itself.
    Row(u32),
}

/// A tree on its way into a row.
struct Model<'a> {
    row: u32,
    /// The node that it is as a whole.
    whole: Option<usize>,
    text: &'a str,
    reader: Reader<'a>,
    walk: Walk<'a>,
    /// Bytes of the text that are in `out`, or gave way to something else.
    copied: usize,
    out: String,
}

/// A tree that has to be written before one can go on, and its row.
type Inner = (u32, usize);

impl<'a> Encoder<'a> {
    /// Goes into a tree as soon as it meets it, as React does: its client can follow a path only to
    /// what it has met before.
    fn run(mut self, root: u32) -> Result<Vec<u8>, FlightError> {
        let mut open = vec![self.begin((root, 0))?];
        while let Some(model) = open.last_mut() {
            match self.advance(model)? {
                Some(inner) => open.push(self.begin(inner)?),
                None => {
                    if let Some(Model { row, out, .. }) = open.pop() {
                        self.line(row, &out);
                    }
                }
            }
        }
        Ok(self.out)
    }

    fn begin(&mut self, (row, tree): Inner) -> Result<Model<'a>, FlightError> {
        let whole = *self.program.roots.get(tree).ok_or(BAD)?;
        let text = *self.trees.get(tree).ok_or(BAD)?;
        let steps = self.program.steps.get_mut(tree).map(std::mem::take).ok_or(BAD)?;
        let (reader, walk) = (Reader::new(text), Walk::new(steps));
        Ok(Model { row, whole, text, reader, walk, copied: 0, out: String::new() })
    }

    /// Writes a model up to the next tree that needs a row; `None` when it is finished. It is the
    /// tree's JSON with nodes in their places and strings escaped.
    fn advance(&mut self, model: &mut Model<'a>) -> Result<Option<Inner>, FlightError> {
        if let Some(node) = model.whole.take() {
            model.copied = model.text.len();
            model.reader = Reader::new("null");
            return self.put(node, model);
        }
        while let Some(event) = model.reader.next().map_err(|_| BAD)? {
            let (raw, start, end) = match event {
                Event::Key { raw, .. } => {
                    model.walk.key(raw);
                    continue;
                }
                Event::Close { .. } => {
                    model.walk.leave().ok_or(BAD)?;
                    continue;
                }
                Event::Open { is_object, .. } => {
                    model.walk.enter(is_object);
                    continue;
                }
                Event::String { raw, at, end } => (Some(raw), at, end),
                Event::Plain { at, end } => (None, at, end),
            };
            match model.walk.step() {
                Some(Step::Put(_, node)) => {
                    model.copy(start, end)?;
                    let inner = self.put(node, model)?;
                    if inner.is_some() {
                        return Ok(inner);
                    }
                }
                Some(_) => {
                    // A client leaves a property out whose value is undefined.
                    model.copy(start, end)?;
                    model.out.push_str("\"$undefined\"");
                }
                None => {
                    if let Some(raw) = raw {
                        self.string(raw, start, end, model)?;
                    }
                }
            }
        }
        model.copy(model.text.len(), model.text.len())?;
        model.walk.is_done().then_some(None).ok_or(BAD)
    }

    fn string(
        &mut self,
        raw: &str,
        start: usize,
        end: usize,
        model: &mut Model<'a>,
    ) -> Result<(), FlightError> {
        if let Some(text) = long_text(raw) {
            model.copy(start, end)?;
            let row = self.take_row();
            self.out.extend_from_slice(format!("{row:x}:T{:x},", text.len()).as_bytes());
            self.out.extend_from_slice(text.as_bytes());
            model.out.push_str(&format!("\"${row:x}\""));
        } else if begins_with_dollar(raw) {
            model.copy(start, start)?;
            model.out.push_str("\"$");
            model.copied = start + 1;
        }
        Ok(())
    }

    /// Writes what stands for a node: where it has a row of its own, the tag of that the first time,
    /// and the name of its first place from then on, so that it stays one object.
    fn put(&mut self, node: usize, model: &mut Model<'a>) -> Result<Option<Inner>, FlightError> {
        let made = *self.program.nodes.get(node).ok_or(BAD)?;
        let token = match made {
            Node::Tag(tag) => format!("\"{tag}\""),
            Node::Date("invalid") => "\"$Dnull\"".to_owned(),
            Node::Date(iso) => format!("\"$D{iso}\""),
            Node::BigInt(digits) => format!("\"$n{digits}\""),
            Node::Temporary(name) => format!("\"$T{name}\""),
            Node::Entries { .. } | Node::Blob { .. } | Node::Reference { .. } => {
                return self.put_row(node, made, model);
            }
        };
        model.out.push_str(&token);
        Ok(None)
    }

    fn put_row(
        &mut self,
        node: usize,
        made: Node<'a>,
        model: &mut Model<'a>,
    ) -> Result<Option<Inner>, FlightError> {
        let tag = match made {
            Node::Entries { tag, .. } => tag,
            Node::Blob { .. } => 'B',
            _ => 'h',
        };
        let (row, is_new) = match self.places.get(node).ok_or(BAD)? {
            Place::Named(name) => {
                model.out.push_str(&format!("\"{name}\""));
                return Ok(None);
            }
            Place::Row(row) => (*row, false),
            Place::Nowhere => (self.take_row(), true),
        };
        model.out.push_str(&format!("\"${tag}{row:x}\""));
        if !is_new {
            return Ok(None);
        }
        let is_reused = self.program.uses.get(node).is_some_and(|uses| *uses > 1);
        // Clients make one function of all tags of a reference, so it needs no name.
        let name = if is_reused && tag != 'h' { model.walk.name(model.row) } else { None };
        let place = name.map_or(Place::Row(row), Place::Named);
        self.places.get_mut(node).map(|it| *it = place).ok_or(BAD)?;
        self.row(row, made)
    }

    /// Writes the row of a node, or gives the tree that makes it.
    fn row(&mut self, row: u32, made: Node<'a>) -> Result<Option<Inner>, FlightError> {
        match made {
            Node::Entries { tree, .. } => return Ok(Some((row, tree))),
            Node::Reference { id, bound: None } => {
                self.line(row, &format!("{{\"id\":\"{}\",\"bound\":null}}", escaped(id)));
            }
            Node::Reference { id, bound: Some(tree) } => {
                let bound = self.take_row();
                let id = escaped(id);
                self.line(row, &format!("{{\"id\":\"{id}\",\"bound\":\"$@{bound:x}\"}}"));
                return Ok(Some((bound, tree)));
            }
            Node::Blob { blob, media_type } => {
                let bytes = *self.blobs.get(blob).ok_or(FlightError::NoFile(blob))?;
                let media_type = escaped(media_type);
                if bytes.is_empty() {
                    self.line(row, &format!("[\"{media_type}\"]"));
                } else {
                    let piece = self.take_row();
                    let head = format!("{piece:x}:o{:x},", bytes.len());
                    self.out.extend_from_slice(head.as_bytes());
                    self.out.extend_from_slice(bytes);
                    self.line(row, &format!("[\"{media_type}\",\"${piece:x}\"]"));
                }
            }
            Node::Tag(_) | Node::Date(_) | Node::BigInt(_) | Node::Temporary(_) => {}
        }
        Ok(None)
    }

    fn line(&mut self, row: u32, model: &str) {
        self.out.extend_from_slice(format!("{row:x}:").as_bytes());
        self.out.extend_from_slice(model.as_bytes());
        self.out.push(b'\n');
    }

    fn take_row(&mut self) -> u32 {
        self.next_row += 1;
        self.next_row - 1
    }
}

impl Model<'_> {
    /// Copies the text up to `to`, and goes on behind `next`.
    fn copy(&mut self, to: usize, next: usize) -> Result<(), FlightError> {
        self.out.push_str(self.text.get(self.copied..to).ok_or(BAD)?);
        self.copied = next;
        Ok(())
    }
}

/// A raw string as models have it: with one more `$` if it begins with one.
fn escaped(raw: &str) -> std::borrow::Cow<'_, str> {
    if begins_with_dollar(raw) { format!("${raw}").into() } else { raw.into() }
}

fn begins_with_dollar(raw: &str) -> bool {
    raw.starts_with('$') || raw.starts_with("\\u0024")
}

/// What a raw string says if it is long. With a lone surrogate it stays in its model: a row of its
/// own is UTF-8, which has no word for that.
fn long_text(raw: &str) -> Option<std::borrow::Cow<'_, str>> {
    let text = (raw.len() >= LONG_UNITS).then(|| unescape_text(raw))??;
    (text.encode_utf16().count() >= LONG_UNITS).then_some(text)
}

/// The items of a JSON array, each as its own text.
fn split(text: &str) -> Option<Vec<&str>> {
    let mut reader = Reader::new(text);
    let mut items = Vec::new();
    let mut start = 0;
    while let Some(event) = reader.next().ok()? {
        match event {
            Event::Open { at, is_object } => match reader.depth() {
                1 if is_object => return None,
                2 => start = at,
                _ => {}
            },
            Event::Close { end } if reader.depth() == 1 => items.push(text.get(start..end)?),
            Event::String { at, end, .. } | Event::Plain { at, end } if reader.depth() < 2 => {
                (reader.depth() == 1).then_some(())?;
                items.push(text.get(at..end)?);
            }
            _ => {}
        }
    }
    Some(items)
}
