//! SWC behind one function: source in, syntax tree or problems out.

use std::{cell::Cell, ops::Range, panic};

use swc_core::{
    common::{BytePos, Span, Spanned},
    ecma::{
        ast::{EsVersion, Program},
        parser::{EsSyntax, Lexer, Parser, StringInput, Syntax, TsSyntax, error::Error},
    },
};

use crate::diagnostics::{Problem, Rule};

/// A parsed source.
pub(crate) struct Parsed {
    pub(crate) program: Program,
    /// Errors that the parser went past. What has no directive is none of our business, and a file that has one
    /// must not be compiled.
    pub(crate) recovered: Vec<Problem>,
}

/// Parses `source` as its file name's extension says.
pub(crate) fn parse(source: &str, filename: &str) -> Result<Parsed, Problem> {
    // On some broken sources, mostly such that break off, SWC panics; that says no more than its errors do.
    IS_PARSING.set(true);
    let parsed = panic::catch_unwind(|| parse_or_panic(source, filename));
    IS_PARSING.set(false);
    parsed.unwrap_or_else(|_| {
        let end = source.trim_end().len() as u32;
        let rule = Rule::Syntax("the source can't be parsed; it may break off too early".into());
        Err(Problem { rule, at: end..end })
    })
}

thread_local! {
    static IS_PARSING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside the parser: a panic there becomes a diagnostic and is no news for a panic hook.
///
/// The hook belongs to the process, so nothing is done to it here: whoever owns the process asks this in its own.
pub fn is_parsing() -> bool {
    IS_PARSING.get()
}

fn parse_or_panic(source: &str, filename: &str) -> Result<Parsed, Problem> {
    let end = BytePos(FIRST.0 + source.len() as u32);
    let lexer = Lexer::new(
        syntax(filename),
        EsVersion::latest(),
        StringInput::new(source, FIRST, end),
        None,
    );
    let mut parser = Parser::new_from(lexer);
    let program = parser.parse_program().map_err(problem)?;
    let errors = parser.take_errors().into_iter();
    let recovered =
        errors.filter(|it| !is_type_error(it)).take(MAX_RECOVERED).map(problem).collect();
    Ok(Parsed { program, recovered })
}

/// One mistake can be reported thousands of times; nobody reads them all.
const MAX_RECOVERED: usize = 50;

/// SWC keeps 0 for nodes that come from nowhere.
const FIRST: BytePos = BytePos(1);

/// Bytes from the start of the source.
pub(crate) fn range(of: &impl Spanned) -> Range<u32> {
    let Span { lo, hi, .. } = of.span();
    lo.0.saturating_sub(FIRST.0)..hi.0.saturating_sub(FIRST.0)
}

fn problem(error: Error) -> Problem {
    let message = error.kind().msg().into_owned();
    Problem { at: range(&error), rule: Rule::Syntax(message) }
}

/// Whether it is one of TypeScript's rules about the meaning of code that parses well (its numbers 2000 and up): a
/// type checker's business, which bundlers don't look at.
fn is_type_error(error: &Error) -> bool {
    let kind = format!("{:?}", error.kind());
    ["TS2", "TS4", "TS8"].iter().any(|number| kind.starts_with(number))
}

/// The extension, lower-cased, without a query.
pub(crate) fn extension(filename: &str) -> String {
    let path = filename.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

pub(crate) fn is_typescript(extension: &str) -> bool {
    matches!(extension, "ts" | "mts" | "cts" | "tsx")
}

fn syntax(filename: &str) -> Syntax {
    match extension(filename).as_str() {
        extension if is_typescript(extension) => Syntax::Typescript(TsSyntax {
            tsx: extension == "tsx",
            decorators: true,
            ..TsSyntax::default()
        }),
        _ => Syntax::Es(EsSyntax {
            jsx: true,
            decorators: true,
            decorators_before_export: true,
            auto_accessors: true,
            explicit_resource_management: true,
            allow_super_outside_method: true,
            allow_return_outside_function: true,
            ..EsSyntax::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides_the_syntax() {
        assert!(parse("const a = <T>b; <T,>(x: T) => x", "a.ts").is_ok());
        assert!(parse("const a = <T>b", "a.tsx").is_err());
        assert!(parse("const a: number = <p>x</p>", "a.tsx?used").is_ok());
        assert!(parse("const a = <p>x</p>", "a.mjs").is_ok());
        assert!(parse("return 1", "a.cjs").is_ok());
        assert!(parse("const a = ;", "a.js").is_err());
    }
}
