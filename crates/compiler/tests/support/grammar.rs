//! Modules made from a grammar: actions at every place, what they capture, and what they must not hold.

use super::choices::Choices;

/// Few, so that they meet.
const NAMES: &[&str] = &["a", "b", "c", "id", "x", "A", "é", "$$errand_0", "async", "of"];
const LITERALS: &[&str] = &["1", "'s'", "`t`", "null", "/r'/g", "-1n", "true"];
const KEYS: &[&str] = &["k", "a", "'b'", "[c]", "1", "#p", "static", "get"];
const OPERATORS: &[&str] = &[" + ", " = ", " && ", " ?? ", ", ", " < ", " in ", " **= ", " == "];
const TYPES: &[&str] = &["string", "A<B>", "{ a: b }", "a | b", "typeof a", "(x: a) => b", "a[]"];
const DIRECTIVES: &[&str] = &["'use server'", "\"use server\"", "'use strict'; 'use server'"];
const BROKEN: &[&str] = &["'use sever'", "('use server')", "`use server`", "a; 'use server'"];

/// Deeper than this, only names and literals are made.
const DEEPEST: usize = 7;

struct Maker<'a, 'b> {
    choices: &'a mut Choices<'b>,
    text: String,
    depth: usize,
    is_typed: bool,
    has_jsx: bool,
}

/// A module for the syntax that `extension` stands for.
pub fn module(choices: &mut Choices, extension: &str) -> String {
    let is_typed = extension.contains("ts");
    let has_jsx = matches!(extension, "tsx" | "js" | "jsx" | "mjs");
    let mut maker = Maker { choices, text: String::new(), depth: 0, is_typed, has_jsx };
    if maker.choices.below(2) == 1 {
        maker.directive();
    }
    while !maker.choices.is_empty() {
        maker.item();
        maker.end();
    }
    maker.text
}

impl Maker<'_, '_> {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn any(&mut self, from: &[&str]) {
        let text = self.choices.pick(from);
        self.put(text);
    }

    fn name(&mut self) {
        self.any(NAMES);
    }

    fn directive(&mut self) {
        let from = if self.choices.one_in(8) { BROKEN } else { DIRECTIVES };
        self.any(from);
        self.end();
    }

    fn end(&mut self) {
        self.any(&["\n", ";\n", "; ", ";", " // c\n", " /* c */;\r\n"]);
    }

    /// Whether what nests may still be made.
    fn may_nest(&self) -> bool {
        self.depth < DEEPEST && !self.choices.is_empty()
    }

    fn item(&mut self) {
        match self.choices.below(10) {
            0 => self.put("export default "),
            1..5 => self.put("export "),
            5 => {
                self.any(&[
                    "export { a, b as default }",
                    "export { c as 'a b' }",
                    "export * from 'a'",
                    "import a, { b as c } from 'a'",
                    "import * as A from \"a\"",
                    "export { a } from 'a'",
                ]);
                return;
            }
            _ => {}
        }
        self.statement();
    }

    fn statement(&mut self) {
        self.depth += 1;
        match if self.may_nest() { self.choices.below(14) } else { 0 } {
            0 | 1 => self.declaration(),
            2..5 => self.function(true),
            5 => self.class(),
            6 => self.around("if (", Self::expression, ") ", Self::block),
            7 => self.around("for (const ", Self::pattern, " of a) ", Self::block),
            8 => self.around("try { } catch (", Self::pattern, ") ", Self::block),
            9 => {
                self.put("switch (a) { case ");
                self.expression();
                self.put(": ");
                self.statement();
                self.put(" }");
            }
            10 => {
                self.put("l: ");
                self.block();
            }
            11 if self.is_typed => self.any(&[
                "type T = A<B<C>>",
                "interface I { a(b: c): d }",
                "enum E { a = 1 }",
                "namespace N { export const a = 1 }",
                "declare const d: T",
            ]),
            _ => self.expression(),
        }
        self.depth -= 1;
    }

    /// A head with something in it, and a body.
    fn around(&mut self, open: &str, head: fn(&mut Self), between: &str, body: fn(&mut Self)) {
        self.put(open);
        head(self);
        self.put(between);
        body(self);
    }

    fn block(&mut self) {
        self.put("{ ");
        while self.may_nest() && !self.choices.one_in(3) {
            self.statement();
            self.end();
        }
        self.put("}");
    }

    fn declaration(&mut self) {
        self.any(&["const ", "let ", "var ", "using "]);
        self.pattern();
        self.annotation();
        self.put(" = ");
        self.expression();
    }

    fn annotation(&mut self) {
        if self.is_typed && self.choices.one_in(3) {
            self.put(": ");
            self.any(TYPES);
        }
    }

    fn pattern(&mut self) {
        self.depth += 1;
        match if self.may_nest() { self.choices.below(8) } else { 0 } {
            5 => {
                self.put("{ k: ");
                self.pattern();
                self.put(", ...a }");
            }
            6 => {
                self.put("[");
                self.pattern();
                self.put(", ");
                self.name();
                self.put("]");
            }
            7 => {
                self.put("{ a = ");
                self.expression();
                self.put(", [b]: ");
                self.name();
                self.put(" }");
            }
            _ => self.name(),
        }
        self.depth -= 1;
    }

    fn parameters(&mut self) {
        self.put("(");
        for _ in 0..self.choices.below(3) {
            self.pattern();
            self.annotation();
            if self.choices.one_in(4) {
                self.put(" = ");
                self.expression();
            }
            self.put(", ");
        }
        self.any(&["", "...r", ""]);
        self.put(")");
        self.annotation();
    }

    fn body(&mut self) {
        self.put("{ ");
        if self.choices.below(3) > 0 {
            self.directive();
        }
        while self.may_nest() && !self.choices.one_in(3) {
            self.statement();
            self.end();
        }
        self.any(&["", "return [a, b, c, id, x]", "return this", "return arguments", "a++"]);
        self.put(" }");
    }

    fn function(&mut self, is_named: bool) {
        self.any(&["async function", "async function", "function", "async function*"]);
        if is_named || self.choices.one_in(2) {
            self.put(" ");
            self.name();
        }
        self.parameters();
        self.put(" ");
        self.body();
    }

    fn class(&mut self) {
        self.put("class ");
        self.name();
        self.put(" { ");
        while self.may_nest() && !self.choices.one_in(3) {
            self.any(&["static async ", "async ", "static ", "static #q = ", "", "@a "]);
            self.any(KEYS);
            self.parameters();
            self.put(" ");
            self.body();
            self.put("\n");
        }
        self.put("}");
    }

    fn expression(&mut self) {
        self.depth += 1;
        match if self.may_nest() { self.choices.below(17) } else { 0 } {
            0 | 1 => self.name(),
            2 => self.any(LITERALS),
            3 | 4 => {
                self.any(&["async ", "async ", ""]);
                self.parameters();
                self.put(" => ");
                self.body();
            }
            5 => {
                self.put("async ");
                self.parameters();
                self.put(" => ");
                self.expression();
            }
            6 => self.function(false),
            7 => {
                self.expression();
                self.any(&[".k", "?.k", ".a.b", "[id]", "!.k", "?.[x]", ".#p"]);
            }
            8 => self.between("f(", ")"),
            9 => {
                self.expression();
                self.any(OPERATORS);
                self.expression();
            }
            10 => {
                self.put("(a ? ");
                self.expression();
                self.between(" : ", ")");
            }
            11 => {
                self.put("({ async ");
                self.any(KEYS);
                self.parameters();
                self.body();
                self.put(", a, ");
                self.any(KEYS);
                self.put(": ");
                self.expression();
                self.put(" })");
            }
            12 => self.between("[...", "]"),
            13 => self.between("`t${", "}`"),
            14 if self.has_jsx => match self.choices.below(3) {
                0 => self.between("<A a={", "} />"),
                1 => self.between("<p>it's {", "}</p>"),
                _ => self.between("<a.b {...", "} />"),
            },
            15 if self.is_typed => {
                self.between("(", ")");
                self.any(&[" as A", " satisfies B", "!", "<T>(a)", " as const"]);
            }
            _ => self.between("(", ")"),
        }
        self.depth -= 1;
    }

    fn between(&mut self, open: &str, close: &str) {
        self.put(open);
        self.expression();
        self.put(close);
    }
}
