//! Builds what a skeleton says, as `npm/values` does, and draws a picture of it: text in which an
//! object that occurs again is a number, so that two pictures are equal exactly if the values are.

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
}

#[derive(Default)]
struct World {
    things: Vec<Thing>,
}

/// Draws the value of a skeleton. Panics if the program doesn't fit the text.
pub(crate) fn picture(skeleton: &Skeleton) -> String {
    let mut world = World::default();
    let parsed: Json = serde_json::from_str(&skeleton.text).expect("the text is JSON");
    let root = if skeleton.program.is_empty() {
        world.add_json(&parsed)
    } else {
        let trees: Vec<Id> =
            parsed.as_array().expect("trees").iter().map(|tree| world.add_json(tree)).collect();
        world.follow(&skeleton.program, trees)
    };
    world.draw(root)
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

    fn follow(&mut self, program: &str, mut trees: Vec<Id>) -> Id {
        let program: Vec<Json> = serde_json::from_str(program).expect("the program is a list");
        let mut ops = program.into_iter();
        let mut nodes: Vec<Id> = Vec::new();
        let mut way = Vec::new();
        let mut container = trees[0];
        let mut seen = vec![0];
        while let Some(op) = ops.next() {
            let mut next = || ops.next().expect("an operand");
            let made = match op.as_str().expect("an instruction") {
                "T" => {
                    let tree = index(&next());
                    assert!(!seen.contains(&tree), "each tree is visited once");
                    seen.push(tree);
                    (container, way) = (trees[tree], Vec::new());
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
                    *self.slot(container, &key) = nodes[index(&next())];
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
                    trees[whole] = nodes[index(&next())];
                    continue;
                }
                "t" => {
                    nodes.push(trees[index(&next())]);
                    continue;
                }
                "D" => Thing::Leaf(format!("Date {}", next())),
                "n" => Thing::Leaf(format!("{}n", next().as_str().unwrap())),
                "Q" => Thing::Filled("Map".to_owned(), Some(trees[index(&next())])),
                "W" => Thing::Filled("Set".to_owned(), Some(trees[index(&next())])),
                "K" => Thing::Filled("FormData".to_owned(), Some(trees[index(&next())])),
                "B" => Thing::Leaf(format!("File {} {} {}", next(), next(), next())),
                "h" => {
                    let id = next();
                    let bound = next();
                    Thing::Filled(
                        format!("function {id}"),
                        bound.as_u64().map(|tree| trees[tree as usize]),
                    )
                }
                odd @ ("u" | "N" | "I" | "-I" | "-0") => Thing::Leaf(odd.to_owned()),
                other => panic!("no instruction {other}"),
            };
            let made = self.add(made);
            nodes.push(made);
        }
        trees[0]
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
