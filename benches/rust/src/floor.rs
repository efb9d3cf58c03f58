//! SWC's parser alone, the floor of a compilation, and the compiler without JavaScript around it:
//! `floor <parse|server|client> <threads> <file>…`, then a round for each line on stdin.
//!
//! A round takes all files over and over for a quarter of a second and answers with the nanoseconds of one pass. What is
//! inside of a parse: lexing, parsing, dropping the tree. What isn't: reading the files.

use std::{
    env, fs,
    hint::black_box,
    io::{self, BufRead, Write},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use compiler::{Options, Output, Target, transform};
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

struct File {
    path: String,
    code: String,
    syntax: Syntax,
}

const ROUND: Duration = Duration::from_millis(250);

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let work = match args.next().as_deref() {
        Some("parse") => None,
        target => Some(target.and_then(|it| it.parse().ok()).expect("parse or a target")),
    };
    let threads =
        args.next().and_then(|it| it.parse().ok()).expect("the second argument is a number");
    let mut files = Vec::new();
    for path in args {
        let code = fs::read_to_string(&path)?;
        files.push(File { syntax: syntax_of(&path), path, code });
    }
    for line in io::stdin().lock().lines() {
        line?;
        writeln!(io::stdout(), "{}", round(&files, work, threads).as_nanos())?;
    }
    Ok(())
}

/// The time of one pass over all files; each thread takes the next one, and nobody waits for another.
fn round(files: &[File], work: Option<Target>, threads: usize) -> Duration {
    let begun = Instant::now();
    let taken = AtomicUsize::new(0);
    let take = || {
        while begun.elapsed() < ROUND {
            let file = &files[taken.fetch_add(1, Ordering::Relaxed) % files.len()];
            match work {
                None => drop(black_box(parse(file.syntax, black_box(&file.code)))),
                Some(target) => drop(black_box(compile(file, target))),
            }
        }
    };
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(take))));
    begun.elapsed().mul_f64(files.len() as f64 / taken.into_inner() as f64)
}

fn compile(file: &File, target: Target) -> Output {
    let options = Options { filename: file.path.clone(), target, ..Options::default() };
    transform(black_box(&file.code), &options)
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
