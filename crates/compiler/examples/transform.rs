//! Compiles a file and prints what comes out: `cargo run -p compiler --example transform -- app/page.tsx client`.

#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

use compiler::{Mode, Options, Target, transform};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let filename = args.next().ok_or("which file?")?;
    let target: Target = args.next().unwrap_or("server".into()).parse()?;
    let source = std::fs::read_to_string(&filename)?;
    let options = Options { filename, target, mode: Mode::Development, ..Options::default() };
    let output = transform(&source, &options);
    print!("{}", output.code.as_deref().unwrap_or_default());
    eprint!("{}", output.render_diagnostics());
    eprintln!("{:#?}", output.actions);
    Ok(())
}
