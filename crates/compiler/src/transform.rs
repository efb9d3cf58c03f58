//! The stages of a compilation: scan, parse, analyse, emit.

use memchr::memmem;

use crate::{
    Action, Options, Output,
    analyse::{Facts, analyse},
    depth,
    diagnostics::{Problem, Rule, Severity, render},
    emit,
    parse::{extension, is_typescript, parse},
    rereads,
    scan::{Directive, scan},
    stack::on_large_stack,
    text::{Text, without_bom},
};

/// Compiles one file for one target.
///
/// ```text
/// 'use server'                                import { registerServerReference as $$errand_register } from "…";
/// export async function save(form) { … }  →   export async function save(form) { … }
///                                             ;$$errand_register(save, "<id>", "save");
/// ```
///
/// A function with `"use cache"` becomes one that remembers its results, and nobody's action.
///
/// A file without a directive costs a byte search. One with it costs a parse, a walk, and the copying of its text,
/// on a stack of the compiler's own.
///
/// Gives no code if there is nothing to do, or if a diagnostic is an error: then the file must not be used at all, for
/// what would be left of it is the server's code.
pub fn transform(code: &str, options: &Options) -> Output {
    if !scan(code.as_bytes()) {
        return Output::default();
    }
    let text = Text::new(without_bom(code));
    if let Err(problem) = readable(text.source, &options.filename) {
        return unread(problem, &text);
    }
    on_large_stack(|| compile(&text, options))
}

/// Refuses what the parser must not be given.
fn readable(source: &str, filename: &str) -> Result<(), Problem> {
    depth::check(source)
        .map_err(|deep| Problem { rule: Rule::TooDeep { limit: deep.limit }, at: deep.at })?;
    let extension = extension(filename);
    if is_typescript(&extension) {
        rereads::check(source, extension == "tsx")
            .map_err(|often| Problem { rule: Rule::ReadTooOften, at: often.at })?;
    }
    Ok(())
}

fn compile(text: &Text, options: &Options) -> Output {
    let parsed = match parse(text.source, &options.filename) {
        Ok(parsed) => parsed,
        Err(problem) => return unread(problem, text),
    };
    let mut facts = analyse(&parsed.program, text, options);
    // A tree takes many times the memory of its source: what is written now may have it.
    drop(parsed.program);
    let exports_from = std::mem::take(&mut facts.exports_from);
    if is_untouched(&facts) {
        return Output::default();
    }
    facts.problems.extend(parsed.recovered);
    if facts.problems.iter().any(|it| it.rule.severity() == Severity::Error) {
        return Output { exports_from, ..refused(facts.problems, text) };
    }
    let diagnostics = render(std::mem::take(&mut facts.problems), text);
    if !facts.is_action_file && facts.inline.is_empty() {
        return Output { diagnostics, ..Output::default() };
    }
    let functions = emit::actions(&facts, text, options);
    let emitted = emit::emit(&facts, &functions, text, options);
    let exported = std::iter::repeat_n(Directive::Server, facts.exports.len());
    let directives = exported.chain(facts.inline.iter().map(|it| it.directive));
    let mut actions: Vec<Action> = functions
        .into_iter()
        .zip(directives)
        .filter(|(_, directive)| *directive == Directive::Server)
        .map(|(action, _)| action)
        .collect();
    actions.sort_by_key(|it| (it.line, it.column));
    Output { code: Some(emitted.code), map: emitted.map, actions, diagnostics, exports_from }
}

/// What can't be read is only our business if it has a directive of ours: if only a comment has the words, whoever needs the
/// file will say what is wrong with it.
fn unread(problem: Problem, text: &Text) -> Output {
    if may_hold_directive(text.source) { refused(vec![problem], text) } else { Output::default() }
}

fn refused(problems: Vec<Problem>, text: &Text) -> Output {
    Output { diagnostics: render(problems, text), ..Output::default() }
}

fn is_untouched(facts: &Facts) -> bool {
    !facts.is_action_file && facts.inline.is_empty() && facts.problems.is_empty()
}

fn may_hold_directive(source: &str) -> bool {
    ["'use server'", "\"use server\"", "'use cache'", "\"use cache\""]
        .iter()
        .any(|quoted| memmem::find(source.as_bytes(), quoted.as_bytes()).is_some())
}
