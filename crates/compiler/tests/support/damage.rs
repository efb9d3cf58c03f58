//! Sources, damaged: what one rule's case turns into another's by.

use super::choices::Choices;

const PIECES: &[&str] = &[
    "'use server'",
    "'use server';",
    "\"use server\"\n",
    "`use server`",
    "'use sever'",
    "('use server')",
    "'use client'",
    "async ",
    "function f() {",
    "() => {",
    "}",
    "{",
    "(",
    ")",
    "[",
    "]",
    ";",
    "\n",
    ",",
    "await ",
    "export ",
    "default ",
    "const x = ",
    "var a;",
    "let b;",
    "class A {",
    "static ",
    "return ",
    "...",
    "a",
    "id",
    "=",
    "=>",
    "`",
    "${",
    "/* c */",
    "// c\n",
    "<a>",
    "é😀",
    "this",
    "x: ",
    "#p",
    "*",
    "/",
    "<T>(",
    "a < b",
    "? (a) : ",
    "\u{feff}",
    "\u{2028}",
    "\r",
    "#!x\n",
    "export { a as b };",
    "export * from 'a';",
    "export * as a from 'a';",
    "export { a, default as if } from 'a';",
    "import a from 'a';",
    "module.exports = a;",
    "async () => { 'use server'; return [a, id, x] }",
    "async function a(x) { 'use server'; return [a, b, id] }",
    "if (a) {",
    "for (const id of a) ",
];

/// `source` with up to four changes.
pub fn damaged(source: &str, choices: &mut Choices) -> String {
    let mut text = source.to_owned();
    for _ in 0..=choices.below(4) {
        let at = choices.boundary(&text);
        match choices.below(4) {
            0 => text.insert_str(at, choices.pick(PIECES)),
            1 => {
                let end = text.len().min(at + choices.below(12));
                let end = (end..=text.len()).find(|&end| text.is_char_boundary(end));
                text.replace_range(at..end.unwrap_or(at), "");
            }
            2 => {
                let from = choices.boundary(&text);
                let piece = text[from.min(at)..from.max(at)].to_owned();
                text.insert_str(choices.boundary(&text), &piece);
            }
            _ => {
                let line = text.split('\n').nth(choices.below(8)).unwrap_or_default().to_owned();
                text.insert_str(at, &line);
            }
        }
    }
    text
}
