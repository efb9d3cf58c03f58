//! Directives: those that make actions and cached functions, and the strings that are meant to be one but aren't.

use std::ops::Range;

use swc_core::ecma::ast::{
    CallExpr, Callee, Class, Decl, DefaultDecl, Expr, Lit, ModuleDecl, Stmt,
};

use super::Statement;
use crate::{
    diagnostics::{Problem, Rule},
    parse::range,
    scan::{Directive, unknown_cache_kind},
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
    pub(crate) own: Option<Marked>,
    pub(crate) client_at: Option<Range<u32>>,
    pub(crate) prologue: Prologue,
}

/// A directive of ours, and where it is.
#[derive(Debug, Clone)]
pub(crate) struct Marked {
    pub(crate) directive: Directive,
    pub(crate) at: Range<u32>,
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
    FileDirectives { own: found.own, client_at: found.client_at, prologue: found.prologue }
}

/// Reads the directives of a function's body, and says which of ours is among them.
pub(crate) fn of_body(
    statements: &[Stmt],
    text: &Text,
    problems: &mut Vec<Problem>,
) -> (Option<Marked>, Prologue) {
    let found = read(statements.iter().map(Some), text, problems);
    (found.own, found.prologue)
}

/// Reports directives in a block, where they mean nothing.
pub(crate) fn of_block<'a>(
    statements: impl IntoIterator<Item = &'a Stmt>,
    problems: &mut Vec<Problem>,
) {
    for statement in statements {
        if let Some(directive) = string_of(statement).and_then(|it| Directive::of(&it)) {
            let rule = Rule::MisplacedDirective { directive, in_block: true };
            problems.push(Problem { rule, at: expression_range(statement) });
        }
    }
}

#[derive(Default)]
struct Found {
    own: Option<Marked>,
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
        if let Some(meant) = Directive::meant_by(&value) {
            let rule = Rule::MisspelledDirective { found: value.clone(), meant };
            problems.push(Problem { rule, at: at.clone() });
        }
        let directive = Directive::of(&value);
        if !is_prologue {
            problems.extend(directive.map(|directive| {
                let rule = Rule::MisplacedDirective { directive, in_block: false };
                Problem { rule, at }
            }));
            continue;
        }
        let whole = range(statement);
        found.prologue.end = Some(whole.end);
        if let Some(directive) = directive {
            let kind = unknown_cache_kind(&value).map(|it| Rule::UnknownCacheKind(it.to_owned()));
            problems.extend(kind.map(|rule| Problem { rule, at: at.clone() }));
            let own = found.own.get_or_insert(Marked { directive, at: at.clone() });
            if own.directive != directive {
                problems.push(Problem { rule: Rule::ServerAndCache, at });
            }
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
                let directive = Directive::of(&value).or_else(|| Directive::meant_by(&value))?;
                let rule = Rule::ParenthesizedDirective(directive);
                Some(Problem { rule, at: range(&*it.expr) })
            }
            _ => None,
        },
        Expr::Tpl(template) => match template.quasis.as_slice() {
            [only] => {
                let rule = Rule::TemplateDirective(Directive::of(&only.raw)?);
                Some(Problem { rule, at: range(template) })
            }
            _ => None,
        },
        other => {
            let first = first_operand(other);
            let Expr::Lit(Lit::Str(string)) = first else { return None };
            let rule = Rule::ContinuedDirective(Directive::of(&string.value.to_string_lossy())?);
            Some(Problem { rule, at: range(first) })
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
