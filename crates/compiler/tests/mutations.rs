//! The fixtures, damaged at random: whatever the source, there is no panic, and code that comes out parses if the
//! source did.

#![allow(clippy::disallowed_methods)]

mod support;

use std::{fs, panic};

use compiler::{Options, Target, transform};
use support::{inputs, parse_errors};

/// Pieces that turn one rule's case into another's.
const PIECES: &[&str] = &[
    "'use server'",
    "'use server';",
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
    "export { a as b };",
    "import a from 'a';",
    "async () => { 'use server'; return [a, id, x] }",
    "async function a(x) { 'use server'; return [a, b, id] }",
    "if (a) {",
    "for (const id of a) ",
];

/// Enough to meet each piece in each fixture; `MUTATIONS=1000000` for a night.
const ROUNDS: u32 = 20_000;

/// Errors of sources that SWC doesn't see before the code stands elsewhere.
const NOT_OURS: &[&str] =
    &["Type argument list cannot be empty", "cannot be used as an identifier"];

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn boundary(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

fn damaged(source: &str, random: &mut Random) -> String {
    let mut text = source.to_owned();
    for _ in 0..=random.below(3) {
        let at = random.boundary(&text);
        match random.below(4) {
            0 => text.insert_str(at, PIECES[random.below(PIECES.len())]),
            1 => {
                let end = text.len().min(at + random.below(12));
                let end = (end..=text.len()).find(|&end| text.is_char_boundary(end));
                text.replace_range(at..end.unwrap_or(at), "");
            }
            2 => {
                let from = random.boundary(&text);
                let piece = text[from.min(at)..from.max(at)].to_owned();
                text.insert_str(random.boundary(&text), &piece);
            }
            _ => {
                let line = text.split('\n').nth(random.below(8)).unwrap_or_default().to_owned();
                text.insert_str(at, &line);
            }
        }
    }
    text
}

#[test]
fn damaged_sources_never_panic_and_give_code_that_parses() {
    // SWC's own panics are caught and become diagnostics; here they would only fill the screen.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !info.location().is_some_and(|it| it.file().contains("swc_ecma_parser")) {
            hook(info);
        }
    }));
    let sources: Vec<(String, String)> = inputs()
        .into_iter()
        // SWC lets errors pass in a namespace, and where it reads twice for the sake of type parameters.
        .filter(|path| {
            let path = path.to_string_lossy();
            !path.contains("namespace") && !path.contains("arrow-signatures")
        })
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
        .collect();
    let rounds = std::env::var("MUTATIONS").ok().and_then(|it| it.parse().ok()).unwrap_or(ROUNDS);
    let seed = std::env::var("SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(0x5eed);
    let mut random = Random(seed);
    let mut compiled = 0;
    for _ in 0..rounds {
        let (filename, source) = &sources[random.below(sources.len())];
        let source = damaged(source, &mut random);
        let target = Target::ALL[random.below(4) % 3];
        let options =
            Options { filename: filename.clone(), target, source_map: true, ..Options::default() };
        let output = transform(&source, &options);
        let Some(code) = output.code else { continue };
        compiled += 1;
        // What SWC itself can't read as a module (a script, TypeScript's rules) isn't our doing.
        if parse_errors(&source, filename).is_empty() {
            let mut errors = parse_errors(&code, filename);
            errors.retain(|it| !NOT_OURS.iter().any(|part| it.contains(part)));
            assert_eq!(errors, [""; 0], "{filename}\n--- source\n{source}\n--- code\n{code}");
        }
    }
    assert!(compiled > rounds / 50, "{compiled} of {rounds}");
}
