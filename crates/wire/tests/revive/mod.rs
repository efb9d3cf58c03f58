//! Builds what a skeleton says, as `npm/values` does, and draws a picture of it: text in which an
//! object that occurs again is a number, so that two pictures are equal exactly if the values are.

#![allow(dead_code)]

use std::{collections::HashMap, fmt::Write};

use serde_json::Value as Json;
use wire::Skeleton;

type Id = usize;

#[derive(Debug)]
enum Thing {
    Leaf(String),
    Array(Vec<Id>),
    Object(Vec<(String, Id)>),
    /// A Map, Set, FormData or function: its name, and the list it is filled from.
    Filled(String, Option<Id>),
    /// A promise, a stream or an iterable: its kind, its items, and its value or its end.
    Live(String, Vec<Id>, Option<Option<Id>>),
}

#[derive(Default)]
struct World {
    things: Vec<Thing>,
    trees: Vec<Id>,
    nodes: Vec<Id>,
}

/// Draws the value of a skeleton. Panics if the program doesn't fit the text.
pub(crate) fn picture(skeleton: &Skeleton) -> String {
    picture_of([skeleton])
}

/// Draws the value that several skeletons are the pieces of.
pub(crate) fn picture_of<'a>(skeletons: impl IntoIterator<Item = &'a Skeleton>) -> String {
    let mut world = World::default();
    for skeleton in skeletons {
        let parsed: Json = serde_json::from_str(&skeleton.text).expect("the text is JSON");
        if skeleton.program.is_empty() {
            let tree = world.add_json(&parsed);
            world.trees.push(tree);
        } else {
            let first = world.trees.len();
            for tree in parsed.as_array().expect("trees") {
                let tree = world.add_json(tree);
                world.trees.push(tree);
            }
            world.follow(&skeleton.program, first);
        }
    }
    world.draw(world.trees[0])
}

impl World {
    fn add(&mut self, thing: Thing) -> Id {
        self.things.push(thing);
        self.things.len() - 1
    }

    fn add_json(&mut self, json: &Json) -> Id {
        let thing = match json {
            Json::Array(items) => {
                Thing::Array(items.iter().map(|item| self.add_json(item)).collect())
            }
            Json::Object(fields) => Thing::Object(
                fields.iter().map(|(key, field)| (key.clone(), self.add_json(field))).collect(),
            ),
            leaf => Thing::Leaf(leaf.to_string()),
        };
        self.add(thing)
    }

    fn follow(&mut self, program: &str, first: usize) {
        let program: Vec<Json> = serde_json::from_str(program).expect("the program is a list");
        let mut ops = program.into_iter();
        let mut way = Vec::new();
        let mut container = self.trees.get(first).copied().unwrap_or(usize::MAX);
        let mut seen = vec![first];
        while let Some(op) = ops.next() {
            let mut next = || ops.next().expect("an operand");
            let made = match op.as_str().expect("an instruction") {
                "T" => {
                    let tree = index(&next());
                    assert!(!seen.contains(&tree), "each tree is visited once");
                    seen.push(tree);
                    (container, way) = (self.trees[tree], Vec::new());
                    continue;
                }
                ">" => {
                    way.push(container);
                    container = self.slot(container, &next()).to_owned();
                    continue;
                }
                "<" => {
                    container = way.pop().expect("was entered");
                    continue;
                }
                "=" => {
                    let key = next();
                    *self.slot(container, &key) = self.nodes[index(&next())];
                    continue;
                }
                "-" => {
                    let key = next();
                    let Thing::Object(fields) = &mut self.things[container] else {
                        panic!("no object")
                    };
                    let before = fields.len();
                    fields.retain(|(name, _)| *name != key.as_str().unwrap());
                    assert_eq!(fields.len(), before - 1);
                    continue;
                }
                "R" => {
                    let whole = index(&next());
                    self.trees[whole] = self.nodes[index(&next())];
                    continue;
                }
                "t" => {
                    self.nodes.push(self.trees[index(&next())]);
                    continue;
                }
                "g" => {
                    let holder = self.nodes[index(&next())];
                    let inner = *self.slot(holder, &next());
                    assert!(matches!(self.things[inner], Thing::Array(_) | Thing::Object(_)));
                    self.nodes.push(inner);
                    continue;
                }
                "+" => {
                    let node = self.nodes[index(&next())];
                    let item = self.trees[index(&next())];
                    match &mut self.things[node] {
                        Thing::Live(kind, items, None) if kind != "@" => items.push(item),
                        other => panic!("no item for {other:?}"),
                    }
                    continue;
                }
                "." => {
                    let node = self.nodes[index(&next())];
                    let value = next().as_u64().map(|tree| self.trees[tree as usize]);
                    match &mut self.things[node] {
                        Thing::Live(_, _, end @ None) => *end = Some(value),
                        other => panic!("no end for {other:?}"),
                    }
                    continue;
                }
                "@" => {
                    let kind = next().as_str().expect("a kind").to_owned();
                    Thing::Live(kind, Vec::new(), None)
                }
                "i" => Thing::Filled("Iterator".to_owned(), Some(self.trees[index(&next())])),
                "V" => Thing::Leaf(format!("Bytes {} {}", next(), next())),
                "*" => Thing::Leaf(format!("Temporary {}", next())),
                "D" => Thing::Leaf(format!("Date {}", next())),
                "n" => Thing::Leaf(format!("{}n", next().as_str().unwrap())),
                "Q" => Thing::Filled("Map".to_owned(), Some(self.trees[index(&next())])),
                "W" => Thing::Filled("Set".to_owned(), Some(self.trees[index(&next())])),
                "K" => Thing::Filled("FormData".to_owned(), Some(self.trees[index(&next())])),
                "B" => Thing::Leaf(format!("File {} {} {}", next(), next(), next())),
                "h" => {
                    let id = next();
                    let bound = next();
                    Thing::Filled(
                        format!("function {id}"),
                        bound.as_u64().map(|tree| self.trees[tree as usize]),
                    )
                }
                odd @ ("u" | "N" | "I" | "-I" | "-0") => Thing::Leaf(odd.to_owned()),
                other => panic!("no instruction {other}"),
            };
            let made = self.add(made);
            self.nodes.push(made);
        }
    }

    fn slot(&mut self, container: Id, key: &Json) -> &mut Id {
        match (&mut self.things[container], key) {
            (Thing::Array(items), Json::Number(_)) => &mut items[index(key)],
            (Thing::Object(fields), Json::String(key)) => {
                &mut fields.iter_mut().find(|(name, _)| name == key).expect("the key is there").1
            }
            (container, key) => panic!("{key} is no key of {container:?}"),
        }
    }

    fn draw(&self, root: Id) -> String {
        let mut out = String::new();
        self.draw_one(root, &mut HashMap::new(), &mut out);
        out
    }

    fn draw_one(&self, id: Id, known: &mut HashMap<Id, usize>, out: &mut String) {
        if let Thing::Leaf(leaf) = &self.things[id] {
            out.push_str(leaf);
            return;
        }
        let number = known.len();
        if let Some(number) = known.get(&id) {
            write!(out, "*{number}").unwrap();
            return;
        }
        known.insert(id, number);
        match &self.things[id] {
            Thing::Leaf(_) => {}
            Thing::Array(items) => {
                out.push('[');
                for item in items {
                    self.draw_one(*item, known, out);
                    out.push(',');
                }
                out.push(']');
            }
            Thing::Object(fields) => {
                out.push('{');
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort();
                for (key, field) in fields {
                    write!(out, "{key:?}:").unwrap();
                    self.draw_one(*field, known, out);
                    out.push(',');
                }
                out.push('}');
            }
            Thing::Live(kind, items, end) => {
                write!(out, "{kind}(").unwrap();
                for item in items {
                    self.draw_one(*item, known, out);
                    out.push(',');
                }
                match end {
                    None => out.push_str("fails"),
                    Some(None) => out.push_str("ends"),
                    Some(Some(value)) => self.draw_one(*value, known, out),
                }
                out.push(')');
            }
            Thing::Filled(name, list) => {
                write!(out, "{name}(").unwrap();
                if let Some(list) = list {
                    self.draw_one(*list, known, out);
                }
                out.push(')');
            }
        }
    }
}

fn index(json: &Json) -> usize {
    usize::try_from(json.as_u64().expect("a number")).unwrap()
}
