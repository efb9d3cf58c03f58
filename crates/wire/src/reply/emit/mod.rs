//! All that was read to a skeleton: the texts with their edits, and the program beside them.

mod nodes;

use std::collections::{HashMap, HashSet, VecDeque};

use super::{
    BlobUse, Decoded,
    cycle::{Promised, self_bound},
    link::{At, Links, find},
    outline::{Outline, Value, What, is_key},
    parts::{Close, Entry, TextId},
    read::{Reading, Unit},
    tag::{LiveKind, Tag, View},
};
use crate::{
    ReplyError, Skeleton,
    json::quote,
    program::{Key, Writer},
};

/// What the first tree is.
#[derive(Debug)]
pub(super) enum Root {
    /// The list in a part.
    Part(u32),
    /// The list in a part if there is one, and behind it a FormData of these.
    Form { bound: Option<u32>, own: Vec<(String, Entry)> },
}

/// What a node is made of; the same is made once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    Map(u32),
    Set(u32),
    Iterator(u32),
    Form(u32),
    /// The fields of the form itself.
    Own,
    /// A file, by its number among the files.
    File(u32),
    Binary(u32, View),
    Function(u32),
    Live(u32),
    /// What only the sender has.
    Temporary(At),
    /// A Date or a BigInt.
    Scalar(At),
    /// A value that stands in more than one place.
    Shared(At),
    Odd(&'static str),
}

/// What a tree is written from.
#[derive(Clone, Copy)]
enum Tree {
    Value(At),
    Form(u32),
    Own,
    Arguments(Option<u32>),
}

/// What a value that needs work means.
enum Meaning {
    /// Itself, without so many bytes.
    Text {
        extra: u32,
    },
    Nothing,
    Undefined,
    Node(Source),
}

/// What has been handed over, so that what comes later can refer to it.
#[derive(Debug)]
pub(super) struct Emitted {
    root: Root,
    trees: u32,
    nodes_made: u32,
    tree_of: HashMap<At, u32>,
    nodes: HashMap<Source, u32>,
    known_ids: HashSet<String>,
    /// Bytes of the names of temporary references.
    temporary_bytes: u64,
    promised: Promised,
}

impl Emitted {
    pub(super) fn new(root: Root) -> Self {
        Self {
            root,
            trees: 0,
            nodes_made: 0,
            tree_of: HashMap::new(),
            nodes: HashMap::new(),
            known_ids: HashSet::new(),
            temporary_bytes: 0,
            promised: Promised::default(),
        }
    }

    /// Writes the skeleton of `units`, all of which has been read and linked.
    ///
    /// # Errors
    ///
    /// [`ReplyError::Malformed`] for a function that is bound to itself, a promise of itself, and a
    /// temporary reference where nothing has a name.
    pub(super) fn emit(
        &mut self,
        reading: &Reading,
        links: &Links,
        units: &[Unit],
    ) -> Result<Decoded, ReplyError> {
        let mut emitter = Emitter::new(self, reading, links);
        for unit in units {
            emitter.begin(*unit)?;
        }
        while let Some((number, tree)) = emitter.queue.pop_front() {
            emitter.write(number, tree)?;
        }
        emitter.settle(units)?;
        emitter.finish()
    }
}

struct Emitter<'r> {
    done: &'r mut Emitted,
    reading: &'r Reading,
    links: &'r Links,
    text: String,
    program: Writer,
    /// The first tree of this skeleton.
    first_tree: u32,
    queue: VecDeque<(u32, Tree)>,
    references: Vec<String>,
    blobs: Vec<BlobUse>,
    /// The tree that is being written, and the one where the program stands.
    tree: u32,
    program_tree: u32,
    /// The containers of the tree that the program has entered.
    entered: Vec<u32>,
    /// The function whose bound arguments the tree is; and which one is bound to which.
    holder: Option<u32>,
    holders: HashMap<u32, u32>,
    bindings: Vec<(u32, u32)>,
}

impl<'r> Emitter<'r> {
    fn new(done: &'r mut Emitted, reading: &'r Reading, links: &'r Links) -> Self {
        let first_tree = done.trees;
        Self {
            program: Writer::from(done.nodes_made),
            done,
            reading,
            links,
            text: String::from("["),
            first_tree,
            queue: VecDeque::new(),
            references: Vec::new(),
            blobs: Vec::new(),
            tree: first_tree,
            program_tree: first_tree,
            entered: Vec::new(),
            holder: None,
            holders: HashMap::new(),
            bindings: Vec::new(),
        }
    }

    fn finish(mut self) -> Result<Decoded, ReplyError> {
        if let Some(part) = self_bound(&self.bindings) {
            return Err(ReplyError::Malformed {
                expected: "a function not bound to itself",
                part,
                at: 0,
            });
        }
        self.done.nodes_made = self.program.made_so_far();
        if self.program.is_empty() {
            self.text.remove(0); // what needs no program is one tree, and stands alone
        } else {
            self.text.push(']');
        }
        let skeleton = Skeleton { text: self.text, program: self.program.finish() };
        let (references, blobs) = (self.references, self.blobs);
        Ok(Decoded { skeleton, references, blobs, is_open: false })
    }

    /// Begins with the trees of a unit.
    fn begin(&mut self, unit: Unit) -> Result<(), ReplyError> {
        match unit {
            Unit::Root => match self.done.root {
                Root::Part(part) => drop(self.tree_of((TextId::Part(part), 0))),
                Root::Form { bound, .. } => drop(self.add_tree(Tree::Arguments(bound))),
            },
            Unit::Value(part) => {
                self.resolve(part)?;
                self.tree_of((TextId::Part(part), 0));
            }
            Unit::Item(_, event) | Unit::Close(_, Close(Some(event))) => {
                self.tree_of((TextId::Event(event), 0));
            }
            Unit::Close(_, Close(None)) => {}
        }
        Ok(())
    }

    /// Sees to it that promises don't wait for each other in a circle.
    fn resolve(&mut self, part: u32) -> Result<(), ReplyError> {
        let end = self.links.target((TextId::Part(part), 0));
        let what = find(self.reading, end).and_then(|(outline, value)| outline.what(value));
        let Some(What::Tag(Tag::Live { part: next, kind: LiveKind::Promise })) = what else {
            return Ok(());
        };
        if !self.done.promised.follow(part, next) {
            return Err(ReplyError::Malformed { expected: "a promise that settles", part, at: 0 });
        }
        Ok(())
    }

    /// Says what became of the live values, now that there are trees and nodes for it.
    fn settle(&mut self, units: &[Unit]) -> Result<(), ReplyError> {
        for unit in units {
            let (part, op, text) = match *unit {
                Unit::Root => continue,
                Unit::Value(part) => (part, ".", Some(TextId::Part(part))),
                Unit::Item(part, event) => (part, "+", Some(TextId::Event(event))),
                Unit::Close(part, Close(event)) => (part, ".", event.map(TextId::Event)),
            };
            let node = self.node(Source::Live(part))?;
            let tree = text.map(|id| self.tree_of((id, 0)));
            let op = self.program.op(op).number(node);
            match tree {
                Some(tree) => op.number(tree),
                None => op.null(),
            };
        }
        Ok(())
    }

    fn add_tree(&mut self, tree: Tree) -> u32 {
        self.queue.push_back((self.done.trees, tree));
        self.done.trees += 1;
        self.done.trees - 1
    }

    fn tree_of(&mut self, at: At) -> u32 {
        if let Some(tree) = self.done.tree_of.get(&at) {
            return *tree;
        }
        let tree = self.add_tree(Tree::Value(at));
        self.done.tree_of.insert(at, tree);
        tree
    }

    fn write(&mut self, number: u32, tree: Tree) -> Result<(), ReplyError> {
        if number > self.first_tree {
            self.text.push(',');
        }
        self.tree = number;
        self.entered.clear();
        self.holder = None;
        match tree {
            Tree::Value(at) => {
                if let (TextId::Part(part), 0) = at {
                    self.holder = self.holders.get(&part).copied();
                }
                self.write_value(at)
            }
            Tree::Form(part) => {
                let reading = self.reading;
                self.write_form(reading.forms.get(&part).map(Vec::as_slice).unwrap_or_default())
            }
            Tree::Own => {
                let Root::Form { own, .. } = &mut self.done.root else { return Ok(()) };
                let own = std::mem::take(own); // it is written once
                self.write_form(&own)
            }
            Tree::Arguments(bound) => self.write_arguments(bound),
        }
    }

    /// Copies a value's text, and does what has to be done on the way.
    fn write_value(&mut self, (id, root): At) -> Result<(), ReplyError> {
        let Some((outline, whole)) = find(self.reading, (id, root)) else { return Ok(()) };
        let mut copied = whole.start;
        let mut next = root;
        while let Some(number) = self.links.next_work(id, outline, next) {
            if number >= whole.after {
                break;
            }
            next = number + 1;
            let Some(value) = outline.value(number) else { break };
            let is_cut = number != root && self.links.is_cut((id, number));
            match self.meaning(outline, (id, number), is_cut) {
                Meaning::Text { extra } => {
                    self.text.push_str(outline.slice(copied, value.start + 1));
                    copied = value.start + 1 + extra;
                }
                Meaning::Nothing => {
                    self.seek(outline, root, value);
                    self.program.op("-").key(outline.key(value));
                    next = value.after;
                }
                Meaning::Undefined if matches!(outline.key(value), Key::Name(_)) => {
                    self.seek(outline, root, value);
                    self.program.op("-").key(outline.key(value));
                }
                Meaning::Undefined => self.place(outline, root, value, Source::Odd("u"))?,
                Meaning::Node(source) if is_then(outline, value, source) => {
                    self.text.push_str(outline.slice(copied, value.start));
                    self.text.push_str("null");
                    copied = value.end;
                }
                Meaning::Node(source) => {
                    self.place(outline, root, value, source)?;
                    if is_cut {
                        self.text.push_str(outline.slice(copied, value.start));
                        self.text.push_str("null");
                        copied = value.end;
                        next = value.after;
                    }
                }
            }
        }
        self.text.push_str(outline.slice(copied, whole.end));
        Ok(())
    }

    fn meaning(&self, outline: &Outline, at: At, is_cut: bool) -> Meaning {
        let end = self.links.target(at);
        let what = match end.0 == at.0 {
            true => outline.value(end.1).and_then(|value| outline.what(value)),
            false => find(self.reading, end).and_then(|(outline, value)| outline.what(value)),
        };
        Meaning::Node(match what {
            Some(What::Dropped) => return Meaning::Nothing,
            Some(What::Tag(tag)) => match tag {
                Tag::Undefined => return Meaning::Undefined,
                Tag::Escaped { extra } if end == at && !is_cut => return Meaning::Text { extra },
                Tag::Odd(op) => Source::Odd(op),
                Tag::Date | Tag::BigInt => Source::Scalar(end),
                Tag::Map(part) => Source::Map(part),
                Tag::Set(part) => Source::Set(part),
                Tag::Iterator(part) => Source::Iterator(part),
                Tag::Form(part) => Source::Form(part),
                Tag::Blob(part) => match self.reading.parts.blob(part) {
                    Ok(blob) => Source::File(blob),
                    Err(_) => return Meaning::Undefined, // can't be: each tag's file has been looked up
                },
                Tag::Binary { part, view } => Source::Binary(part, view),
                Tag::Reference { part, .. } => Source::Function(part),
                Tag::Live { part, .. } => Source::Live(part),
                Tag::Temporary => Source::Temporary(end),
                Tag::Escaped { .. } | Tag::Path(_) => Source::Shared(end),
            },
            None if end == at && !is_cut => return Meaning::Text { extra: 0 },
            None => Source::Shared(end),
        })
    }

    /// The fields of a form as a list of pairs.
    fn write_form(&mut self, entries: &[(String, Entry)]) -> Result<(), ReplyError> {
        self.text.push('[');
        for (index, (name, entry)) in (0_u32..).zip(entries) {
            self.text.push_str(if index == 0 { "[" } else { ",[" });
            quote(name, &mut self.text);
            self.text.push(',');
            match entry {
                Entry::Text(value) => quote(value, &mut self.text),
                Entry::File(blob) => {
                    self.text.push_str("null");
                    let node = self.node(Source::File(*blob))?;
                    self.go_to_tree();
                    self.program.op(">").number(index).op("=").number(1).number(node).op("<");
                }
            }
            self.text.push(']');
        }
        self.text.push(']');
        Ok(())
    }

    fn write_arguments(&mut self, bound: Option<u32>) -> Result<(), ReplyError> {
        let mut count = 0;
        match bound {
            None => self.text.push_str("[]"),
            Some(part) => {
                self.write_value((TextId::Part(part), 0))?;
                count = self.reading.length(part);
            }
        }
        self.text.pop(); // the closing bracket: the reading has seen that it is a list
        self.text.push_str(if count == 0 { "null]" } else { ",null]" });
        for _ in self.entered.drain(..) {
            self.program.op("<");
        }
        let node = self.node(Source::Own)?;
        self.program.op("=").number(count).number(node);
        Ok(())
    }

    /// Says that a node of `source` goes where `value` stands.
    fn place(
        &mut self,
        outline: &Outline,
        root: u32,
        value: &Value,
        source: Source,
    ) -> Result<(), ReplyError> {
        if let (Some(holder), Source::Function(part)) = (self.holder, source) {
            self.bindings.push((holder, part));
        }
        let node = self.node(source)?;
        if outline.value(root).is_some_and(|whole| whole.start == value.start) {
            self.program.op("R").number(self.tree).number(node);
            return Ok(());
        }
        self.seek(outline, root, value);
        self.program.op("=").key(outline.key(value)).number(node);
        Ok(())
    }

    /// Moves the program to the container of `value`. Containers are entered in the order of the
    /// text, each once, and only those that need it.
    fn seek(&mut self, outline: &Outline, root: u32, value: &Value) {
        self.go_to_tree();
        let holds = |top: u32| {
            let after = outline.value(top).map_or(0, |top| top.after);
            (top..after).contains(&value.parent)
        };
        while self.entered.last().is_some_and(|top| !holds(*top)) {
            self.entered.pop();
            self.program.op("<");
        }
        let top = self.entered.last().copied().unwrap_or(root);
        let level = self.entered.len();
        let mut number = value.parent;
        while number > top
            && let Some(container) = outline.value(number)
        {
            self.entered.push(number);
            number = container.parent;
        }
        let way = self.entered.get_mut(level..).unwrap_or_default();
        way.reverse();
        for container in way.iter().filter_map(|number| outline.value(*number)) {
            self.program.op(">").key(outline.key(container));
        }
    }

    fn go_to_tree(&mut self) {
        if self.program_tree != self.tree {
            self.program_tree = self.tree;
            self.program.op("T").number(self.tree);
        }
    }
}

/// A function at the key `then` would be called by the first `await` that meets the object.
fn is_then(outline: &Outline, value: &Value, source: Source) -> bool {
    matches!(source, Source::Function(_) | Source::Temporary(_))
        && matches!(outline.key(value), Key::Name(raw) if is_key(raw, "then"))
}
