//! From the syntax tree to a table of facts; changes nothing.

mod actions;
mod capture;
mod directive;
mod export;
mod hoist;
mod policy;
mod scope;
mod values;
mod walk;

use std::ops::Range;

use rustc_hash::FxHashSet;
use serde_json::{Map, Value};
use swc_core::{
    atoms::Atom,
    ecma::ast::{ModuleDecl, ModuleItem, Program, Stmt},
};

pub(crate) use self::{
    capture::{NewName, Rename},
    directive::{Marked, Prologue},
    export::{Export, From, declared_names},
};
use self::{
    policy::{Policy, Wrappers},
    scope::{MODULE, ScopeId},
};
use crate::{
    Options, Target,
    diagnostics::{Problem, Rule},
    parse::extension,
    scan::Directive,
    text::Text,
};

/// Everything that emission wants to know about a file.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// `"use server"` is in the file's prologue.
    pub(crate) is_action_file: bool,
    /// Where the file's first statement begins.
    pub(crate) start: u32,
    /// Of the file first, then of each function that has a directive of ours or is the home of moved declarations.
    pub(crate) prologues: Vec<(Owner, Prologue)>,
    /// What an action file exports.
    pub(crate) exports: Vec<Export>,
    /// Specifiers of the modules that an action file exports from.
    pub(crate) exports_from: Vec<String>,
    /// Functions with the directive in their bodies, in the order of the source.
    pub(crate) inline: Vec<Inline>,
    /// Identifiers that are written anew where they stand.
    pub(crate) renames: Vec<(Owner, Rename)>,
    pub(crate) problems: Vec<Problem>,
}

/// The innermost function with a directive, by its place in [`Facts::inline`], in whose text something stands.
pub(crate) type Owner = Option<usize>;

/// A function with the directive in its body, or one that a file's `"use cache"` is meant for.
#[derive(Debug)]
pub(crate) struct Inline {
    pub(crate) directive: Directive,
    pub(crate) name: String,
    /// The names of the functions around it and its own, joined by `/`.
    pub(crate) place: String,
    /// The name, or the function if it has none.
    pub(crate) at: u32,
    /// The name under which the file exports it, if it stays where it is and is exported.
    pub(crate) exported_as: Option<String>,
    pub(crate) owner: Owner,
    pub(crate) site: Site,
    pub(crate) signature: Signature,
    /// The scope of its parameters.
    scope: ScopeId,
    /// Names of the values that it captures, in the order in which they are sealed.
    pub(crate) captures: Vec<String>,
    /// Of these and of `rebinds`, names that the action declares too: in its text the captured ones get names of their own.
    pub(crate) hidden: Vec<String>,
    /// Of its captures, those that go by such a name of their own where it stands, in another action.
    pub(crate) hidden_outside: Vec<String>,
    /// Actions that its text refers to and that capture values in a circle with it, itself included.
    pub(crate) rebinds: Vec<(String, usize)>,
    /// The literal options of its `action()`.
    pub(crate) policy: Map<String, Value>,
    wrapper: Option<Wrapper>,
}

/// A call of what may be `action` of `errand/server`, with an action for its function.
#[derive(Debug)]
struct Wrapper {
    callee: Atom,
    scope: ScopeId,
    whole: Range<u32>,
    policy: Policy,
}

impl Inline {
    /// Whether its text leaves its place.
    pub(crate) fn is_moved(&self) -> bool {
        !matches!(self.site, Site::Module { .. } | Site::Wrapped { .. })
    }
}

/// Where a function with the directive stands, which decides what stays in its place.
#[derive(Debug, Clone)]
pub(crate) enum Site {
    /// A declaration of the module itself, or the value of its `const`: it stays.
    Module {
        local: Atom,
        /// Register it behind this place; a declaration is hoisted and registered with the imports.
        initialized_at: Option<u32>,
    },
    /// A declaration inside a function, a block or a namespace: becomes a `const` that is there before it.
    Declaration {
        whole: Range<u32>,
        name: Atom,
        hoisted: Hoisted,
        scope: ScopeId,
        is_function_body: bool,
        /// `export`, in a namespace, is part of `whole`.
        is_exported: bool,
        keyword: &'static str,
        /// TypeScript's signatures before it.
        overloads: Vec<Range<u32>>,
    },
    /// An arrow function at the top level that is cached: a call goes around it.
    Wrapped {
        whole: Range<u32>,
        /// A semicolon has to follow what replaces it.
        ends_statement: bool,
    },
    /// A function expression or an arrow.
    Expression {
        whole: Range<u32>,
        /// A semicolon has to follow what replaces it.
        ends_statement: bool,
    },
    /// `async save() {}` in an object becomes `save: …`, `static async save() {}` becomes `static save = …;`.
    Method { before_key: Range<u32>, after_key: Range<u32>, is_static: bool },
    /// A static method behind code that runs when the class is made: methods are there before that, fields aren't, so
    /// `static save = …;` goes to `before`.
    LateMethod { whole: Range<u32>, key: Range<u32>, before: u32 },
}

/// Where a declaration goes that becomes a statement.
#[derive(Debug, Clone)]
pub(crate) enum Hoisted {
    /// To the start of its block.
    Start(u32),
    /// In front of its `switch`, which has no place for a statement at its start, in a block around both.
    Switch(Switch),
    /// Nowhere: in front of its `switch` it would not see what it captures there, or hide what is looked at.
    Stays,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Switch {
    pub(crate) start: u32,
    /// Where what is looked at ends.
    pub(crate) head_end: u32,
    pub(crate) end: u32,
}

/// The places of a function's text that moving it, or giving it a parameter more, needs.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    /// From the type parameters, or the parameters, to the end of the body.
    pub(crate) text: Range<u32>,
    pub(crate) is_generator: bool,
    /// Where a parameter before all others goes: behind `(`, or behind TypeScript's `this`.
    pub(crate) first_param: FirstParam,
    /// Declared parameters before a rest parameter.
    pub(crate) params: u32,
    pub(crate) has_rest: bool,
    /// The `=>` of an arrow function.
    pub(crate) arrow: Option<u32>,
}

#[derive(Debug, Clone)]
pub(crate) enum FirstParam {
    /// `(`, with nothing before; `is_only` says that no other parameter follows.
    AfterParen { at: u32, is_only: bool },
    /// `this: T` is first and stays so.
    AfterThis { at: u32 },
    /// `async event => …`
    Bare(Range<u32>),
}

/// Reads all facts of `program`.
pub(crate) fn analyse(program: &Program, text: &Text, options: &Options) -> Facts {
    let statements = statements(program);
    let mut problems = Vec::new();
    let file = directive::of_file(&statements, text, &mut problems);
    if let (Some(own), Some(at)) = (&file.own, &file.client_at) {
        problems.push(Problem { rule: Rule::ClientAnd(own.directive), at: at.clone() });
    }
    let directive = file.own.as_ref().map(|it| it.directive);
    let is_action_file = directive == Some(Directive::Server);
    if let Some(Marked { directive: Directive::Cache, at }) = &file.own
        && options.target != Target::Server
    {
        problems.push(Problem { rule: Rule::CacheInClient, at: at.clone() });
    }
    let wrappers = Wrappers::of(&statements);
    let exports_without = |assigned: &FxHashSet<Atom>| {
        export::exports(&statements, &options.exports_of, assigned, &wrappers)
    };
    let mut exports = exports_without(&FxHashSet::default());

    let context = walk::FileContext {
        directive,
        exported_locals: exports.locals.clone(),
        export_names: if is_action_file { exports.names() } else { Vec::new() },
        is_client: directive.is_none()
            && (file.client_at.is_some() || options.target != Target::Server),
        wrappers: &wrappers,
    };
    let mut walked = walk::walk(program, text, &context);
    problems.append(&mut walked.problems);
    let is_assigned = |name: &&Atom| walked.scopes.is_assigned(MODULE, name);
    let assigned: FxHashSet<Atom> = exports.locals.iter().filter(is_assigned).cloned().collect();
    if !assigned.is_empty() {
        exports = exports_without(&assigned);
    }

    // TypeScript makes what `.cts` imports and exports into CommonJS.
    if extension(&options.filename) == "cjs" || walked.scopes.is_commonjs(program) {
        let own = file.own.filter(|_| is_action_file && !exports.listed.is_empty());
        let of_inline = |it: &Inline| Marked { directive: it.directive, at: it.at..it.at + 1 };
        let marked = own.or_else(|| walked.inline.first().map(of_inline));
        let problem = |it: Marked| Problem { rule: Rule::CommonJs(it.directive), at: it.at };
        problems.extend(marked.map(problem));
    }
    if is_action_file {
        problems.extend(exports.problems);
    } else {
        for inline in &mut walked.inline {
            if let Site::Module { local, .. } = &inline.site {
                let export = exports.listed.iter().find(|it| it.local.as_ref() == Some(local));
                inline.exported_as = export.map(|it| it.name.clone());
            }
        }
    }
    let captures = capture::captures(&walked.scopes, &mut walked.inline);
    problems.extend(captures.problems);
    hoist::settle_switches(&walked.scopes, &mut walked.inline);

    let start = statements
        .iter()
        .find(|it| !matches!(it, Statement::Plain(it) if directive::string_of(it).is_some()))
        .map_or(text.source.len() as u32, directive::start_of);
    let mut prologues = vec![(None, file.prologue)];
    prologues.append(&mut walked.prologues);
    Facts {
        is_action_file,
        start,
        prologues,
        exports: if is_action_file { exports.listed } else { Vec::new() },
        exports_from: if is_action_file { exports.sources } else { Vec::new() },
        inline: walked.inline,
        renames: captures.renames,
        problems,
    }
}

/// A statement of a module or a script.
#[derive(Clone, Copy)]
enum Statement<'a> {
    Plain(&'a Stmt),
    Module(&'a ModuleDecl),
}

fn statements(program: &Program) -> Vec<Statement<'_>> {
    match program {
        Program::Module(module) => module
            .body
            .iter()
            .map(|item| match item {
                ModuleItem::Stmt(statement) => Statement::Plain(statement),
                ModuleItem::ModuleDecl(declaration) => Statement::Module(declaration),
            })
            .collect(),
        Program::Script(script) => script.body.iter().map(Statement::Plain).collect(),
    }
}
