//! SWC's parser alone, the floor of a compilation: `parse <threads> <file>…`, then a round for each line on stdin.
//!
//! A round parses all files over and over for a quarter of a second and answers with the nanoseconds of one
//! pass. What is inside: lexing, parsing, dropping the tree. What isn't: reading the files.

use std::{
    env, fs,
    hint::black_box,
    io::{self, BufRead, Write},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
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

const ROUND: Duration = Duration::from_millis(250);

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let threads =
        args.next().and_then(|it| it.parse().ok()).expect("the first argument is a number");
    let mut files = Vec::new();
    for path in args {
        files.push((syntax_of(&path), fs::read_to_string(&path)?));
    }
    for line in io::stdin().lock().lines() {
        line?;
        writeln!(io::stdout(), "{}", round(&files, threads).as_nanos())?;
    }
    Ok(())
}

/// The time of one pass over all files; each thread takes the next one, and nobody waits for another.
fn round(files: &[(Syntax, String)], threads: usize) -> Duration {
    let begun = Instant::now();
    let taken = AtomicUsize::new(0);
    let work = || {
        while begun.elapsed() < ROUND {
            let (syntax, code) = &files[taken.fetch_add(1, Ordering::Relaxed) % files.len()];
            black_box(parse(*syntax, black_box(code)));
        }
    };
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    begun.elapsed().mul_f64(files.len() as f64 / taken.into_inner() as f64)
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
