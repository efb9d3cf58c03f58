//! All that was read to a skeleton: the texts with their edits, and the program beside them.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{
    Decoded,
    link::{At, Links},
    outline::{Outline, Value, What, is_key},
    parts::Entry,
    read::{Function, Reading},
    tag::Tag,
};
use crate::{
    ReplyError, Skeleton,
    json::quote,
    program::{Key, Writer},
};

/// What the first tree is.
pub(crate) enum Root<'a> {
    /// The list in a part.
    Part(u32),
    /// The list in a part if there is one, and behind it a FormData of these.
    Form { bound: Option<u32>, own: &'a [(String, Entry)] },
}

/// Writes the skeleton.
///
/// # Errors
///
/// [`ReplyError::Malformed`] for a function that is bound to itself.
pub(crate) fn emit(
    reading: &Reading<'_>,
    links: &Links,
    root: &Root<'_>,
) -> Result<Decoded, ReplyError> {
    let mut emitter = Emitter::new(reading, links);
    match *root {
        Root::Part(part) => {
            emitter.tree_of((part, 0));
        }
        Root::Form { bound, own } => {
            (emitter.own, emitter.arguments) = (own, bound);
            emitter.add_tree(Tree::Arguments(bound));
        }
    }
    while let Some((number, tree)) = emitter.queue.pop_front() {
        emitter.write(number, tree)?;
    }
    emitter.finish()
}

/// What a node is made of; the same is made once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    Map(u32),
    Set(u32),
    Form(u32),
    /// The fields of the form itself.
    Own,
    /// A file, by its number among the files.
    File(u32),
    Function(u32),
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

struct Emitter<'r, 'a> {
    reading: &'r Reading<'a>,
    links: &'r Links,
    /// Of a form: its fields, and the part with the bound arguments.
    own: &'r [(String, Entry)],
    arguments: Option<u32>,
    text: String,
    program: Writer,
    trees: u32,
    queue: VecDeque<(u32, Tree)>,
    tree_of: HashMap<At, u32>,
    nodes: HashMap<Source, u32>,
    references: Vec<String>,
    known_ids: HashSet<&'r str>,
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

impl<'r, 'a> Emitter<'r, 'a> {
    fn new(reading: &'r Reading<'a>, links: &'r Links) -> Self {
        Self {
            reading,
            links,
            own: &[],
            arguments: None,
            text: String::from("["),
            program: Writer::default(),
            trees: 0,
            queue: VecDeque::new(),
            tree_of: HashMap::new(),
            nodes: HashMap::new(),
            references: Vec::new(),
            known_ids: HashSet::new(),
            tree: 0,
            program_tree: 0,
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
        if self.program.is_empty() {
            self.text.remove(0); // what needs no program is one tree, and stands alone
        } else {
            self.text.push(']');
        }
        let skeleton = Skeleton { text: self.text, program: self.program.finish() };
        Ok(Decoded { skeleton, references: self.references })
    }

    fn add_tree(&mut self, tree: Tree) -> u32 {
        self.queue.push_back((self.trees, tree));
        self.trees += 1;
        self.trees - 1
    }

    fn tree_of(&mut self, at: At) -> u32 {
        if let Some(tree) = self.tree_of.get(&at) {
            return *tree;
        }
        let tree = self.add_tree(Tree::Value(at));
        self.tree_of.insert(at, tree);
        tree
    }

    fn write(&mut self, number: u32, tree: Tree) -> Result<(), ReplyError> {
        if number > 0 {
            self.text.push(',');
        }
        self.tree = number;
        self.entered.clear();
        self.holder = None;
        match tree {
            Tree::Value(at) => {
                self.holder = self.holders.get(&at.0).copied().filter(|_| at.1 == 0);
                self.write_value(at)
            }
            Tree::Form(part) => self.write_form(self.reading.parts.form(part)?),
            Tree::Own => self.write_form(self.own),
            Tree::Arguments(bound) => self.write_arguments(bound),
        }
    }

    /// Copies a value's text, and does what has to be done on the way.
    fn write_value(&mut self, (part, root): At) -> Result<(), ReplyError> {
        let Some(outline) = self.reading.outlines.get(&part) else { return Ok(()) };
        let Some(whole) = outline.value(root) else { return Ok(()) };
        let work = self.links.work(part);
        let mut copied = whole.start;
        let mut next = work.partition_point(|number| *number < root);
        while let Some(&number) = work.get(next).filter(|number| **number < whole.after) {
            next += 1;
            let Some(value) = outline.value(number) else { break };
            let is_cut = number != root && self.links.is_cut((part, number));
            match self.meaning(outline, (part, number), is_cut) {
                Meaning::Text { extra } => {
                    self.text.push_str(outline.slice(copied, value.start + 1));
                    copied = value.start + 1 + extra;
                }
                Meaning::Nothing => {
                    self.seek(outline, root, value);
                    self.program.op("-").key(outline.key(value));
                    next = work.partition_point(|number| *number < value.after);
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
                        next = work.partition_point(|number| *number < value.after);
                    }
                }
            }
        }
        self.text.push_str(outline.slice(copied, whole.end));
        Ok(())
    }

    fn meaning(&self, outline: &Outline<'_>, at: At, is_cut: bool) -> Meaning {
        let end = self.links.target(at);
        let end_outline =
            if end.0 == at.0 { Some(outline) } else { self.reading.outlines.get(&end.0) };
        let what = end_outline.and_then(|outline| outline.what(outline.value(end.1)?));
        Meaning::Node(match what {
            Some(What::Dropped) => return Meaning::Nothing,
            Some(What::Tag(tag)) => match tag {
                Tag::Undefined => return Meaning::Undefined,
                Tag::Escaped { extra } if end == at && !is_cut => return Meaning::Text { extra },
                Tag::Odd(op) => Source::Odd(op),
                Tag::Date(_) | Tag::BigInt(_) => Source::Scalar(end),
                Tag::Map(part) => Source::Map(part),
                Tag::Set(part) => Source::Set(part),
                Tag::Form(part) => Source::Form(part),
                Tag::Blob(part) => match self.reading.parts.blob(part) {
                    Ok(blob) => Source::File(blob),
                    Err(_) => return Meaning::Undefined, // can't be: each tag's file has been looked up
                },
                Tag::Reference(part) => Source::Function(part),
                Tag::Escaped { .. } | Tag::Path { .. } => Source::Shared(end),
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
                self.write_value((part, 0))?;
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
        outline: &Outline<'_>,
        root: u32,
        value: &Value,
        source: Source,
    ) -> Result<(), ReplyError> {
        if let (Some(holder), Source::Function(part)) = (self.holder, source) {
            self.bindings.push((holder, part));
        }
        let node = self.node(source)?;
        self.seek(outline, root, value);
        self.program.op("=").key(outline.key(value)).number(node);
        Ok(())
    }

    /// Moves the program to the container of `value`. Containers are entered in the order of the
    /// text, each once, and only those that need it.
    fn seek(&mut self, outline: &Outline<'_>, root: u32, value: &Value) {
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

    fn node(&mut self, source: Source) -> Result<u32, ReplyError> {
        if let Some(node) = self.nodes.get(&source) {
            return Ok(*node);
        }
        match source {
            Source::Odd(op) => self.program.op(op),
            Source::Map(part) => {
                let tree = self.tree_of((part, 0));
                self.program.op("Q").number(tree)
            }
            Source::Set(part) => {
                let tree = self.tree_of((part, 0));
                self.program.op("W").number(tree)
            }
            Source::Form(part) => {
                let tree = self.add_tree(Tree::Form(part));
                self.program.op("K").number(tree)
            }
            Source::Own => {
                let tree = self.add_tree(Tree::Own);
                self.program.op("K").number(tree)
            }
            Source::Shared((part, 0)) if self.arguments == Some(part) => {
                // The function gets copies of them, in another list.
                let expected = "a value, not the list of the bound arguments";
                return Err(ReplyError::Malformed { expected, part, at: 0 });
            }
            Source::Shared(at) => {
                let tree = self.tree_of(at);
                self.program.op("t").number(tree)
            }
            Source::Scalar((part, number)) => self.scalar(part, number),
            Source::File(blob) => self.file(blob),
            Source::Function(part) => self.function(part),
        };
        let node = self.program.made();
        self.nodes.insert(source, node);
        Ok(node)
    }

    fn scalar(&mut self, part: u32, number: u32) -> &mut Writer {
        let outline = self.reading.outlines.get(&part);
        match outline.and_then(|outline| outline.what(outline.value(number)?)) {
            Some(What::Tag(Tag::Date(iso))) => self.program.op("D").text(iso),
            Some(What::Tag(Tag::BigInt(digits))) => self.program.op("n").text(digits),
            _ => self.program.op("u"), // can't be: only dates and numbers are scalars
        }
    }

    fn function(&mut self, part: u32) -> &mut Writer {
        let Some(Function { id, bound }) = self.reading.functions.get(&part) else {
            return self.program.op("u"); // can't be: each tag's metadata has been read
        };
        if self.known_ids.insert(id) {
            self.references.push(id.clone());
        }
        let tree = bound.map(|bound| {
            self.holders.insert(bound, part);
            self.tree_of((bound, 0))
        });
        let op = self.program.op("h").text(id);
        match tree {
            Some(tree) => op.number(tree),
            None => op.null(),
        }
    }

    fn file(&mut self, blob: u32) -> &mut Writer {
        let head = self.reading.parts.heads.get(blob);
        let op = self.program.op("B").number(blob);
        match head.and_then(|head| head.name.as_deref()) {
            Some(name) => op.text(name),
            None => op.null(),
        };
        op.text(head.map_or("", |head| &head.media_type))
    }
}

/// A function at the key `then` would be called by the first `await` that meets the object.
fn is_then(outline: &Outline<'_>, value: &Value, source: Source) -> bool {
    matches!(source, Source::Function(_))
        && matches!(outline.key(value), Key::Name(raw) if is_key(raw, "then"))
}

/// A function that is bound to itself, over however many others: `bindings` tell which function has
/// which among its bound arguments.
fn self_bound(bindings: &[(u32, u32)]) -> Option<u32> {
    let mut inner: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut holders: HashMap<u32, usize> = HashMap::new();
    for (holder, bound) in bindings {
        inner.entry(*holder).or_default().push(*bound);
        holders.entry(*holder).or_default();
        *holders.entry(*bound).or_default() += 1;
    }
    // Take away, again and again, what no function holds: what stays is a cycle.
    let free = holders.iter().filter(|(_, count)| **count == 0);
    let mut free: Vec<u32> = free.map(|(function, _)| *function).collect();
    while let Some(function) = free.pop() {
        holders.remove(&function);
        for bound in inner.remove(&function).unwrap_or_default() {
            if let Some(count) = holders.get_mut(&bound) {
                *count -= 1;
                if *count == 0 {
                    free.push(bound);
                }
            }
        }
    }
    holders.into_keys().min()
}
