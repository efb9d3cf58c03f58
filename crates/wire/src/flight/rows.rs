//! A skeleton to rows: its trees become models, its nodes tags, and rows of their own where React
//! has them so.

use std::borrow::Cow;

use super::{Encoder, FlightError, Rows, encoder::Open, walk::Walk};
use crate::{
    Skeleton,
    json::{Event, Reader, unescape_text},
    program::{Counts, Key, Node, Program, Step},
};

const BAD: FlightError = FlightError::BadSkeleton;

/// From this many UTF-16 code units on a string has a row of its own, where nothing is escaped.
const LONG_UNITS: usize = 1024;

/// Where a skeleton's value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Into {
    /// It is that row.
    Row(u32),
    /// It is one more item of the stream that is that row. No path leads into it.
    Item(u32),
    /// It is what the iteration that is that row returns. Nor into this.
    Return(u32),
}

/// How a node is written: a tag, in quotes.
pub(super) type Token = String;

/// Where a container is.
#[derive(Clone, Debug)]
pub(super) enum Way<'a> {
    /// It is that tree.
    Tree(usize),
    /// It is in the container that is that node, at a key as paths write it.
    Child(usize, Cow<'a, str>),
}

impl<'a> Way<'a> {
    fn of(node: Node<'a>) -> Option<Self> {
        match node {
            Node::Tree(tree) => Some(Self::Tree(tree)),
            Node::Child(parent, Key::Index(at)) => Some(Self::Child(parent, at.to_string().into())),
            Node::Child(parent, Key::Name(raw)) => Some(Self::Child(parent, raw.into())),
            _ => None,
        }
    }

    fn into_owned(self) -> Way<'static> {
        match self {
            Self::Tree(tree) => Way::Tree(tree),
            Self::Child(parent, key) => Way::Child(parent, key.into_owned().into()),
        }
    }
}

/// Writes what `skeleton` adds.
pub(super) fn encode(
    encoder: &mut Encoder,
    skeleton: &Skeleton,
    sizes: &[u64],
    into: Into,
) -> Result<Rows, FlightError> {
    // Models end at the first line break. `JSON.stringify` writes none.
    if memchr::memchr2(b'\n', b'\r', skeleton.text.as_bytes()).is_some() {
        return Err(BAD);
    }
    let trees = match skeleton.program.as_str() {
        "" => vec![skeleton.text.as_str()],
        _ => split(&skeleton.text).ok_or(BAD)?,
    };
    let before = encoder.before;
    let program = Program::parse(&skeleton.program, trees.len(), before).ok_or(BAD)?;
    let after =
        Counts { nodes: before.nodes + program.nodes.len(), trees: before.trees + trees.len() };
    let is_first = before.trees == 0;
    let goes_on = !is_first || program.nodes.iter().any(|node| matches!(node, Node::Live(_)));
    let out = Rows { bytes: Vec::with_capacity(skeleton.text.len() + 8), holes: Vec::new() };
    let mut piece = Piece { encoder, trees, program, before, sizes, goes_on, out };
    piece.run(into)?;
    let is_named_later = goes_on && matches!(into, Into::Row(_));
    if is_named_later {
        piece.remember_ways();
    }
    let out = piece.out;
    encoder.before = after;
    if goes_on && !is_named_later {
        encoder.rows.retain(|tree, _| *tree < before.trees);
        encoder.tokens.retain(|node, _| *node < before.nodes);
    }
    Ok(out)
}

/// One skeleton on its way into rows.
struct Piece<'a, 'e> {
    encoder: &'e mut Encoder,
    trees: Vec<&'a str>,
    program: Program<'a>,
    before: Counts,
    sizes: &'a [u64],
    /// Whether other skeletons may follow, which may name what this one has.
    goes_on: bool,
    out: Rows,
}

/// A tree on its way into a row.
struct Model<'a> {
    into: Into,
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

impl<'a> Piece<'a, '_> {
    /// Goes into a tree as soon as it meets it, as React does: its client can follow a path only to
    /// what it has met before.
    fn run(&mut self, into: Into) -> Result<(), FlightError> {
        let first = self.before.trees;
        let is_named = self.program.nodes.contains(&Node::Tree(first));
        let outlined = (!matches!(into, Into::Row(_)) && is_named).then(|| self.take_row());
        let mut open = vec![self.begin(outlined.map_or(into, Into::Row), first)?];
        while let Some(model) = open.last_mut() {
            match self.advance(model)? {
                Some((row, tree)) => open.push(self.begin(Into::Row(row), tree)?),
                None => {
                    if let Some(Model { into, out, .. }) = open.pop() {
                        self.line(into, &out);
                    }
                }
            }
        }
        if let Some(row) = outlined {
            self.line(into, &format!("\"${row:x}\""));
        }
        Ok(())
    }

    fn begin(&mut self, into: Into, tree: usize) -> Result<Model<'a>, FlightError> {
        let own = tree.checked_sub(self.before.trees).ok_or(BAD)?;
        let whole = *self.program.roots.get(own).ok_or(BAD)?;
        let text = *self.trees.get(own).ok_or(BAD)?;
        let steps = self.program.steps.get_mut(own).map(std::mem::take).ok_or(BAD)?;
        if let Into::Row(row) = into {
            self.encoder.rows.insert(tree, row);
        }
        let (reader, walk) = (Reader::new(text), Walk::new(steps));
        Ok(Model { into, whole, text, reader, walk, copied: 0, out: String::new() })
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
            self.out.bytes.extend_from_slice(format!("{row:x}:T{:x},", text.len()).as_bytes());
            self.out.bytes.extend_from_slice(text.as_bytes());
            model.quoted(&format!("${row:x}"));
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
        if let Some(token) = self.encoder.tokens.get(&node) {
            model.quoted(token);
            return Ok(None);
        }
        let Some(own) = node.checked_sub(self.before.nodes) else {
            let token = self.path(self.way(node).ok_or(BAD)?)?;
            model.quoted(&token);
            return Ok(None);
        };
        let made = *self.program.nodes.get(own).ok_or(BAD)?;
        let (token, inner) = self.made(node, made)?;
        model.quoted(&token);
        let is_reused = self.goes_on || self.program.uses.get(own).is_some_and(|uses| *uses > 1);
        if is_reused {
            // Two tags make two Maps. They make one function, one promise, and one of all that a row is itself.
            let is_made_anew =
                matches!(made, Node::Entries { .. } | Node::Blob { .. } | Node::Error { .. });
            let name = if is_made_anew { model.name() } else { None };
            self.encoder.tokens.insert(node, name.unwrap_or(token));
        }
        Ok(inner)
    }

    /// The tag of a node, and the tree that has to be written for it. Other rows of it are written here.
    fn made(
        &mut self,
        number: usize,
        made: Node<'a>,
    ) -> Result<(Token, Option<Inner>), FlightError> {
        Ok(match made {
            Node::Tag(tag) => (tag.to_owned(), None),
            Node::Date("invalid") => ("$Dnull".to_owned(), None),
            Node::Date(iso) => (format!("$D{iso}"), None),
            Node::BigInt(digits) => (format!("$n{digits}"), None),
            Node::Symbol(key) => (format!("$S{key}"), None),
            Node::Temporary(name) => (format!("$T{name}"), None),
            Node::Entries { tag, tree } => {
                let row = self.take_row();
                (format!("${tag}{row:x}"), Some((row, tree)))
            }
            Node::Tree(tree) => match self.encoder.rows.get(&tree) {
                Some(row) => (format!("${row:x}"), None),
                None => {
                    let row = self.take_row();
                    (format!("${row:x}"), Some((row, tree)))
                }
            },
            Node::Child(..) => (self.path(Way::of(made).ok_or(BAD)?)?, None),
            Node::Bytes { blob, tag } => {
                let row = self.take_row();
                self.counted(row, tag, blob)?;
                (format!("${row:x}"), None)
            }
            Node::Blob { blob, media_type } => (self.blob(blob, media_type)?, None),
            Node::Error { name, message, digest } => (self.error(name, message, digest), None),
            Node::Reference { id, bound } => self.reference(id, bound),
            Node::Live(kind) => {
                let row = self.take_row();
                self.encoder.open.insert(number, Open { row, kind });
                if kind == '@' {
                    (format!("$@{row:x}"), None)
                } else {
                    self.row(row, &kind.to_string());
                    (format!("${row:x}"), None)
                }
            }
        })
    }

    /// `$1:user:tags`: the way to a container that came before.
    fn path(&self, way: Way<'_>) -> Result<Token, FlightError> {
        let mut keys = Vec::new();
        let mut way = way;
        let mut path = loop {
            match way {
                Way::Tree(tree) => {
                    let row = self.encoder.rows.get(&tree).ok_or(BAD)?;
                    break format!("${row:x}");
                }
                Way::Child(parent, key) => {
                    keys.push(key);
                    if let Some(token) = self.encoder.tokens.get(&parent) {
                        break token.clone();
                    }
                    way = self.way(parent).ok_or(BAD)?;
                }
            }
        };
        for key in keys.into_iter().rev() {
            path.push(':');
            path.push_str(&key);
        }
        Ok(path)
    }

    fn way(&self, node: usize) -> Option<Way<'_>> {
        match node.checked_sub(self.before.nodes) {
            Some(own) => Way::of(*self.program.nodes.get(own)?),
            None => self.encoder.ways.get(&node).cloned(),
        }
    }

    /// Keeps the ways to containers that only others are reached through: they have no token.
    fn remember_ways(&mut self) {
        for (node, made) in (self.before.nodes..).zip(&self.program.nodes) {
            if let Some(way) = Way::of(*made)
                && !self.encoder.tokens.contains_key(&node)
            {
                self.encoder.ways.insert(node, way.into_owned());
            }
        }
    }

    fn error(&mut self, name: &str, message: &str, digest: &str) -> Token {
        let row = self.take_row();
        let (name, message, digest) = (escaped(name), escaped(message), escaped(digest));
        // A development client reads all of these; a production one none.
        let model = format!(
            "{{\"name\":\"{name}\",\"message\":\"{message}\",\"stack\":[],\"env\":\"Server\",\"digest\":\"{digest}\"}}"
        );
        self.row(row, &model);
        format!("$Z{row:x}")
    }

    fn reference(&mut self, id: &str, bound: Option<usize>) -> (Token, Option<Inner>) {
        let row = self.take_row();
        let inner = bound.map(|tree| (self.take_row(), tree));
        let bound = match inner {
            Some((bound, _)) => format!("\"$@{bound:x}\""),
            None => "null".to_owned(),
        };
        self.row(row, &format!("{{\"id\":\"{}\",\"bound\":{bound}}}", escaped(id)));
        (format!("$h{row:x}"), inner)
    }

    fn blob(&mut self, blob: usize, media_type: &str) -> Result<Token, FlightError> {
        let row = self.take_row();
        let media_type = escaped(media_type);
        if *self.sizes.get(blob).ok_or(FlightError::NoFile(blob))? == 0 {
            self.row(row, &format!("[\"{media_type}\"]"));
        } else {
            let piece = self.take_row();
            self.counted(piece, 'o', blob)?;
            self.row(row, &format!("[\"{media_type}\",\"${piece:x}\"]"));
        }
        Ok(format!("$B{row:x}"))
    }

    /// A row of bytes that go into a hole.
    fn counted(&mut self, row: u32, tag: char, blob: usize) -> Result<(), FlightError> {
        let size = self.sizes.get(blob).ok_or(FlightError::NoFile(blob))?;
        self.out.bytes.extend_from_slice(format!("{row:x}:{tag}{size:x},").as_bytes());
        self.out.holes.push((self.out.bytes.len(), blob));
        Ok(())
    }

    fn line(&mut self, into: Into, model: &str) {
        match into {
            Into::Row(row) | Into::Item(row) => self.row(row, model),
            Into::Return(row) => self.row(row, &format!("C{model}")),
        }
    }

    fn row(&mut self, row: u32, model: &str) {
        self.out.bytes.extend_from_slice(format!("{row:x}:").as_bytes());
        self.out.bytes.extend_from_slice(model.as_bytes());
        self.out.bytes.push(b'\n');
    }

    fn take_row(&mut self) -> u32 {
        self.encoder.next_row += 1;
        self.encoder.next_row - 1
    }
}

impl Model<'_> {
    /// Copies the text up to `to`, and goes on behind `next`.
    fn copy(&mut self, to: usize, next: usize) -> Result<(), FlightError> {
        self.out.push_str(self.text.get(self.copied..to).ok_or(BAD)?);
        self.copied = next;
        Ok(())
    }

    fn quoted(&mut self, token: &str) {
        self.out.push('"');
        self.out.push_str(token);
        self.out.push('"');
    }

    /// How the current place is called; in an item nothing has a name.
    fn name(&self) -> Option<Token> {
        if let Into::Row(row) = self.into { self.walk.name(row) } else { None }
    }
}

/// A raw string as models have it: with one more `$` if it begins with one.
fn escaped(raw: &str) -> Cow<'_, str> {
    if begins_with_dollar(raw) { format!("${raw}").into() } else { raw.into() }
}

fn begins_with_dollar(raw: &str) -> bool {
    raw.starts_with('$') || raw.starts_with("\\u0024")
}

/// What a raw string says if it is long. With a lone surrogate it stays in its model: a row of its
/// own is UTF-8, which has no word for that.
fn long_text(raw: &str) -> Option<Cow<'_, str>> {
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
