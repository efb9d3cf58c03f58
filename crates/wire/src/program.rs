//! Programs of skeletons: written while decoding, read while encoding. See [`Skeleton`](crate::Skeleton).

use std::fmt::Write;

use crate::json::{Event, Reader, quote};

/// A place in a container. Names are raw JSON strings, as they stand in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    Index(u32),
    Name(&'a str),
}

/// Writes a program, instruction by instruction.
#[derive(Default)]
pub(crate) struct Writer {
    out: String,
    nodes: u32,
}

impl Writer {
    /// Begins a program behind others that have made so many nodes.
    pub(crate) fn from(nodes: u32) -> Self {
        Self { out: String::new(), nodes }
    }

    /// How many nodes there are, those of earlier programs included.
    pub(crate) fn made_so_far(&self) -> u32 {
        self.nodes
    }

    /// Begins an instruction.
    pub(crate) fn op(&mut self, op: &str) -> &mut Self {
        self.out.push(if self.out.is_empty() { '[' } else { ',' });
        self.out.push('"');
        self.out.push_str(op);
        self.out.push('"');
        self
    }

    pub(crate) fn number(&mut self, number: u32) -> &mut Self {
        // Writing to a String never fails.
        let _ = write!(self.out, ",{number}");
        self
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.out.push(',');
        quote(text, &mut self.out);
        self
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.out.push_str(",null");
        self
    }

    pub(crate) fn key(&mut self, key: Key<'_>) -> &mut Self {
        match key {
            Key::Index(index) => self.number(index),
            Key::Name(raw) => {
                self.out.push_str(",\"");
                self.out.push_str(raw);
                self.out.push('"');
                self
            }
        }
    }

    /// Counts in the node that the instruction just written makes; gives its number.
    pub(crate) fn made(&mut self) -> u32 {
        self.nodes += 1;
        self.nodes - 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    pub(crate) fn finish(mut self) -> String {
        if !self.out.is_empty() {
            self.out.push(']');
        }
        self.out
    }
}

/// Something to make. Texts are raw JSON strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node<'a> {
    /// A value whose whole model is this tag: `$undefined`, `$NaN`.
    Tag(&'static str),
    Date(&'a str),
    BigInt(&'a str),
    /// What only the client has, by the name it gave it.
    Temporary(&'a str),
    /// A Map, Set or FormData, by React's letter for it.
    Entries {
        tag: char,
        tree: usize,
    },
    Blob {
        blob: usize,
        media_type: &'a str,
    },
    /// Bytes that are a value: an `ArrayBuffer` or a view by React's letter for it, `T` a string.
    Bytes {
        blob: usize,
        tag: char,
    },
    Reference {
        id: &'a str,
        bound: Option<usize>,
    },
    Error {
        name: &'a str,
        message: &'a str,
        digest: &'a str,
    },
    Symbol(&'a str),
    /// A promise, a stream or an async iterable, by React's letter for it.
    Live(char),
    /// A tree that is an object like any other.
    Tree(usize),
    /// The container at a key of a node that is one.
    Child(usize, Key<'a>),
}

/// The letters of bytes that are values.
const BYTES: &str = "TAOobUSsLlGgMmV";
/// The letters of what goes on saying something.
const LIVE: &str = "@RrXx";

/// An instruction that places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    Enter(Key<'a>),
    Leave,
    Put(Key<'a>, usize),
    Delete(Key<'a>),
}

/// A program, taken apart. Nodes and trees keep their numbers; the lists hold those of this program.
#[derive(Debug, Default)]
pub(crate) struct Program<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    /// How many places each node has.
    pub(crate) uses: Vec<u32>,
    /// The steps through each tree.
    pub(crate) steps: Vec<Vec<Step<'a>>>,
    /// For each tree, the node that it is as a whole.
    pub(crate) roots: Vec<Option<usize>>,
    /// How many nodes and trees earlier programs had.
    before: Counts,
}

/// How many nodes and trees there are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) nodes: usize,
    pub(crate) trees: usize,
}

impl<'a> Program<'a> {
    /// Reads the program of a skeleton that has so many trees, behind others; `None` if it is none.
    pub(crate) fn parse(text: &'a str, trees: usize, before: Counts) -> Option<Self> {
        let mut program = Self {
            steps: (0..trees).map(|_| Vec::new()).collect(),
            roots: vec![None; trees],
            before,
            ..Self::default()
        };
        if text.is_empty() {
            return Some(program);
        }
        let mut items = Items::new(text)?;
        let mut tree = 0;
        while let Some(op) = items.next()? {
            let Item::Text(op) = op else { return None };
            match op {
                "T" => tree = items.number()?.checked_sub(before.trees)?,
                "R" => {
                    let whole = items.number()?.checked_sub(before.trees)?;
                    *program.roots.get_mut(whole)? = Some(program.placed(items.number()?)?);
                }
                ">" | "<" | "=" | "-" => {
                    let step = match op {
                        ">" => Step::Enter(items.key()?),
                        "<" => Step::Leave,
                        "=" => Step::Put(items.key()?, program.placed(items.number()?)?),
                        _ => Step::Delete(items.key()?),
                    };
                    program.steps.get_mut(tree)?.push(step);
                }
                _ => {
                    program.nodes.push(items.node(op)?);
                    program.uses.push(0);
                }
            }
        }
        Some(program)
    }

    fn placed(&mut self, node: usize) -> Option<usize> {
        if let Some(own) = node.checked_sub(self.before.nodes) {
            *self.uses.get_mut(own)? += 1;
        }
        Some(node)
    }
}

#[derive(Clone, Copy)]
enum Item<'a> {
    Text(&'a str),
    Number(u32),
    Null,
}

/// The items of a flat JSON array.
struct Items<'a> {
    text: &'a str,
    reader: Reader<'a>,
}

impl<'a> Items<'a> {
    fn new(text: &'a str) -> Option<Self> {
        let mut reader = Reader::new(text);
        let opened = matches!(reader.next().ok()??, Event::Open { is_object: false, .. });
        opened.then_some(Self { text, reader })
    }

    /// `Some(None)` at the end.
    fn next(&mut self) -> Option<Option<Item<'a>>> {
        Some(Some(match self.reader.next().ok()?? {
            Event::Close { .. } => return Some(None),
            Event::String { raw, .. } => Item::Text(raw),
            Event::Plain { at, end } => match self.text.get(at..end)? {
                "null" => Item::Null,
                number => Item::Number(number.parse().ok()?),
            },
            Event::Open { .. } | Event::Key { .. } => return None,
        }))
    }

    fn node(&mut self, op: &str) -> Option<Node<'a>> {
        Some(match op {
            "D" => Node::Date(self.text()?),
            "n" => Node::BigInt(self.text()?),
            "*" => Node::Temporary(self.text()?),
            "Q" => Node::Entries { tag: 'Q', tree: self.number()? },
            "W" => Node::Entries { tag: 'W', tree: self.number()? },
            "K" => Node::Entries { tag: 'K', tree: self.number()? },
            "B" => {
                let blob = self.number()?;
                self.next()??; // React drops the names of files in results, and so do we
                Node::Blob { blob, media_type: self.text()? }
            }
            "i" => Node::Entries { tag: 'i', tree: self.number()? },
            "V" => Node::Bytes { blob: self.number()?, tag: self.letter(BYTES)? },
            "@" => Node::Live(self.letter(LIVE)?),
            "t" => Node::Tree(self.number()?),
            "g" => Node::Child(self.number()?, self.key()?),
            "S" => Node::Symbol(self.text()?),
            "Z" => Node::Error { name: self.text()?, message: self.text()?, digest: self.text()? },
            "h" => {
                let id = self.text()?;
                let bound = match self.next()?? {
                    Item::Number(tree) => Some(tree as usize),
                    Item::Null => None,
                    Item::Text(_) => return None,
                };
                Node::Reference { id, bound }
            }
            "u" => Node::Tag("$undefined"),
            "N" => Node::Tag("$NaN"),
            "I" => Node::Tag("$Infinity"),
            "-I" => Node::Tag("$-Infinity"),
            "-0" => Node::Tag("$-0"),
            _ => return None,
        })
    }

    fn text(&mut self) -> Option<&'a str> {
        if let Item::Text(raw) = self.next()?? { Some(raw) } else { None }
    }

    fn letter(&mut self, among: &str) -> Option<char> {
        let mut letters = self.text()?.chars();
        letters.next().filter(|it| among.contains(*it) && letters.as_str().is_empty())
    }

    fn number(&mut self) -> Option<usize> {
        if let Item::Number(number) = self.next()?? { Some(number as usize) } else { None }
    }

    fn key(&mut self) -> Option<Key<'a>> {
        match self.next()?? {
            Item::Text(raw) => Some(Key::Name(raw)),
            Item::Number(index) => Some(Key::Index(index)),
            Item::Null => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_reads_the_same() {
        let mut out = Writer::default();
        out.op("D").text("x");
        assert_eq!(out.made(), 0);
        out.op(">").key(Key::Name("a\\n")).op("=").key(Key::Index(3)).number(0);
        let text = out.finish();
        assert_eq!(text, r#"["D","x",">","a\n","=",3,0]"#);
        let program = Program::parse(&text, 1, Counts::default()).unwrap();
        assert_eq!(program.nodes, [Node::Date("x")]);
        assert_eq!(program.uses, [1]);
        assert_eq!(program.steps, [[Step::Enter(Key::Name("a\\n")), Step::Put(Key::Index(3), 0)]]);
    }

    #[test]
    fn what_is_no_program_is_refused() {
        for bad in [
            "x",
            "{}",
            "[1]",
            "[\"?\"]",
            "[\"D\"]",
            "[\"D\",1]",
            "[\"=\",0,0]",
            "[\"R\",9,0]",
            "[\"T\",9,\"<\"]",
            "[\"u\",\"=\",null,0]",
            "[\"u\",\"=\",0,1]",
            "[\"V\",0,\"B\"]",
            "[\"@\",\"Rr\"]",
            "[\"Q\",-1]",
            "[\"h\",\"x\",\"y\"]",
            "[[]]",
            "[\"u\"",
        ] {
            assert!(Program::parse(bad, 1, Counts::default()).is_none(), "{bad}");
        }
    }
}
