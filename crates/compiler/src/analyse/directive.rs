//! Directives: the one that makes actions, and the strings that are meant to be it but aren't.

use std::ops::Range;

use swc_core::ecma::ast::{
    CallExpr, Callee, Class, Decl, DefaultDecl, Expr, Lit, ModuleDecl, Stmt,
};

use super::Statement;
use crate::{
    diagnostics::{Problem, Rule},
    parse::range,
    scan::{DIRECTIVE, is_misspelled},
    text::Text,
};

/// The directives at the top of a file or of a function's body.
#[derive(Debug, Default, Clone)]
pub(crate) struct Prologue {
    /// Our directives, and those that can't stay where parameters are added: removed.
    pub(crate) removed: Vec<Range<u32>>,
    /// `"use strict"`: forbidden in a function with a pattern among its parameters.
    pub(crate) strict: Vec<Range<u32>>,
    /// Ends of directives that stay and have no semicolon.
    pub(crate) unterminated: Vec<u32>,
    /// Behind the last directive; `None` if there is none.
    pub(crate) end: Option<u32>,
}

/// What a file's own directives say.
#[derive(Debug, Default)]
pub(crate) struct FileDirectives {
    pub(crate) server_at: Option<Range<u32>>,
    pub(crate) client_at: Option<Range<u32>>,
    pub(crate) prologue: Prologue,
}

/// Reads the directives of a file and reports strings that should have been one.
pub(crate) fn of_file(
    statements: &[Statement],
    text: &Text,
    problems: &mut Vec<Problem>,
) -> FileDirectives {
    let plain = statements.iter().map(|it| match it {
        Statement::Plain(statement) => Some(*statement),
        Statement::Module(_) => None,
    });
    let found = read(plain, text, problems);
    FileDirectives {
        server_at: found.server_at,
        client_at: found.client_at,
        prologue: found.prologue,
    }
}

/// Reads the directives of a function's body. The place is that of `"use server"`, if it is among them.
pub(crate) fn of_body(
    statements: &[Stmt],
    text: &Text,
    problems: &mut Vec<Problem>,
) -> (Option<Range<u32>>, Prologue) {
    let found = read(statements.iter().map(Some), text, problems);
    (found.server_at, found.prologue)
}

/// Reports directives in a block, where they mean nothing.
pub(crate) fn of_block<'a>(
    statements: impl IntoIterator<Item = &'a Stmt>,
    problems: &mut Vec<Problem>,
) {
    for statement in statements {
        if string_of(statement).is_some_and(|value| value == DIRECTIVE) {
            let rule = Rule::MisplacedDirective { in_block: true };
            problems.push(Problem { rule, at: expression_range(statement) });
        }
    }
}

#[derive(Default)]
struct Found {
    server_at: Option<Range<u32>>,
    client_at: Option<Range<u32>>,
    prologue: Prologue,
}

fn read<'a>(
    statements: impl Iterator<Item = Option<&'a Stmt>>,
    text: &Text,
    problems: &mut Vec<Problem>,
) -> Found {
    let mut found = Found::default();
    let mut is_prologue = true;
    for statement in statements {
        let Some(statement) = statement else {
            is_prologue = false;
            continue;
        };
        let Some(value) = string_of(statement) else {
            is_prologue = false;
            problems.extend(lookalike(statement));
            continue;
        };
        let at = expression_range(statement);
        if is_misspelled(&value) {
            problems
                .push(Problem { rule: Rule::MisspelledDirective(value.clone()), at: at.clone() });
        }
        if !is_prologue {
            if value == DIRECTIVE {
                problems.push(Problem { rule: Rule::MisplacedDirective { in_block: false }, at });
            }
            continue;
        }
        let whole = range(statement);
        found.prologue.end = Some(whole.end);
        if value == DIRECTIVE {
            found.server_at.get_or_insert(at);
            found.prologue.removed.push(whole);
            continue;
        }
        if !text.slice(&whole).ends_with(';') {
            found.prologue.unterminated.push(whole.end);
        }
        match value.as_str() {
            "use client" => found.client_at = Some(at),
            "use strict" => found.prologue.strict.push(whole),
            _ => {}
        }
    }
    found
}

/// The value of a statement that is nothing but a string.
pub(crate) fn string_of(statement: &Stmt) -> Option<String> {
    match statement {
        Stmt::Expr(it) => match &*it.expr {
            Expr::Lit(Lit::Str(string)) => Some(string.value.to_string_lossy().into_owned()),
            _ => None,
        },
        _ => None,
    }
}

fn expression_range(statement: &Stmt) -> Range<u32> {
    match statement {
        Stmt::Expr(it) => range(&*it.expr),
        other => range(other),
    }
}

/// A statement that looks like a directive to its author, but isn't one to JavaScript.
fn lookalike(statement: &Stmt) -> Option<Problem> {
    let Stmt::Expr(it) = statement else { return None };
    match &*it.expr {
        Expr::Paren(_) => match it.expr.unwrap_parens() {
            Expr::Lit(Lit::Str(string)) => {
                let value = string.value.to_string_lossy();
                (value == DIRECTIVE || is_misspelled(&value))
                    .then(|| Problem { rule: Rule::ParenthesizedDirective, at: range(&*it.expr) })
            }
            _ => None,
        },
        Expr::Tpl(template) => match template.quasis.as_slice() {
            [only] if &*only.raw == DIRECTIVE => {
                Some(Problem { rule: Rule::TemplateDirective, at: range(template) })
            }
            _ => None,
        },
        other => {
            let first = first_operand(other);
            matches!(first, Expr::Lit(Lit::Str(it)) if it.value.to_string_lossy() == DIRECTIVE)
                .then(|| Problem { rule: Rule::ContinuedDirective, at: range(first) })
        }
    }
}

/// What an expression begins with: of `'use server'⏎(start)()`, which JavaScript reads as a call, the string.
fn first_operand(expr: &Expr) -> &Expr {
    let mut expr = expr;
    loop {
        expr = match expr {
            Expr::Seq(it) if !it.exprs.is_empty() => &it.exprs[0],
            Expr::Call(CallExpr { callee: Callee::Expr(callee), .. }) => callee,
            Expr::Member(it) => &it.obj,
            Expr::TaggedTpl(it) => &it.tag,
            Expr::Bin(it) => &it.left,
            Expr::Cond(it) => &it.test,
            _ => return expr,
        };
    }
}

/// Where a statement begins, its decorators included.
pub(super) fn start_of(statement: &Statement) -> u32 {
    let (start, class) = match statement {
        Statement::Plain(it) => (range(*it).start, class_of_declaration(it.as_decl())),
        Statement::Module(it) => (
            range(*it).start,
            match it {
                ModuleDecl::ExportDecl(export) => class_of_declaration(Some(&export.decl)),
                ModuleDecl::ExportDefaultDecl(export) => match &export.decl {
                    DefaultDecl::Class(it) => Some(&*it.class),
                    _ => None,
                },
                _ => None,
            },
        ),
    };
    let decorated = class.and_then(|class| class.decorators.first()).map(|it| range(it).start);
    decorated.map_or(start, |at| at.min(start))
}

fn class_of_declaration(declaration: Option<&Decl>) -> Option<&Class> {
    match declaration? {
        Decl::Class(it) => Some(&it.class),
        _ => None,
    }
}
