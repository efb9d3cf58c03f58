//! SWC's parser alone, the floor of `transformSync`: `parse <file>…`, then a round for each line on stdin.
//!
//! A round parses all files over and over for half a second and answers with the nanoseconds of one
//! pass. What is inside: lexing, parsing, dropping the tree. What isn't: reading the files.

use std::{
    env, fs,
    hint::black_box,
    io::{self, BufRead, Write},
    time::{Duration, Instant},
};

use swc_core::{
    common::{BytePos, input::StringInput},
    ecma::{
        ast::Program,
        parser::{EsSyntax, Parser, Syntax, TsSyntax},
    },
};

/// That of the addon: the floor is the parse, not the allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUND: Duration = Duration::from_millis(500);

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    for path in env::args().skip(1) {
        files.push((syntax_of(&path), fs::read_to_string(&path)?));
    }
    for line in io::stdin().lock().lines() {
        line?;
        let (passes, elapsed) = round(&files);
        writeln!(io::stdout(), "{}", elapsed.as_nanos() / passes)?;
    }
    Ok(())
}

fn round(files: &[(Syntax, String)]) -> (u128, Duration) {
    let begun = Instant::now();
    let mut passes = 0;
    while passes == 0 || begun.elapsed() < ROUND {
        for (syntax, code) in files {
            black_box(parse(*syntax, black_box(code)));
        }
        passes += 1;
    }
    (passes, begun.elapsed())
}

fn parse(syntax: Syntax, code: &str) -> Program {
    let end = u32::try_from(code.len()).expect("a bench file is small") + 1;
    let input = StringInput::new(code, BytePos(1), BytePos(end));
    Parser::new(syntax, input, None).parse_program().expect("a bench file is right")
}

fn syntax_of(path: &str) -> Syntax {
    let tsx = path.ends_with(".tsx");
    if tsx || path.ends_with(".ts") {
        Syntax::Typescript(TsSyntax { tsx, ..TsSyntax::default() })
    } else {
        Syntax::Es(EsSyntax { jsx: true, ..EsSyntax::default() })
    }
}
