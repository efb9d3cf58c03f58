//! The one walk over the tree: opens scopes, declares names, notes their uses, and finds the actions.

mod class;
mod function;
mod visit;

use std::ops::Range;

use memchr::memmem;
use rustc_hash::{FxHashMap, FxHashSet};
use swc_core::{
    atoms::Atom,
    ecma::{
        ast::{Ident, Pat, Program},
        visit::VisitWith,
    },
};

use super::{
    Inline, Owner, Prologue, Site, Switch, Wrapper,
    actions::bound_names,
    policy::Wrappers,
    scope::{MODULE, ScopeId, Scopes, Use},
};
use crate::{
    diagnostics::{Problem, Rule},
    parse::range,
    scan::Directive,
    text::Text,
};

pub(super) struct Walk<'a> {
    text: &'a Text<'a>,
    file: &'a FileContext<'a>,
    /// Names are noted.
    has_inline: bool,
    found: Walked,
    /// How often each place was used for an id.
    places: FxHashMap<String, u32>,
    scope: ScopeId,
    /// The innermost function with a directive around.
    owner: Owner,
    /// The `this` seen here is that of such a function.
    without_this: Option<Directive>,
    /// Names of the functions around.
    around: Vec<Atom>,
    /// The statements around.
    block: Block,
    /// Private names of the classes around, with the starts of the classes.
    private_names: Vec<(u32, Vec<Atom>)>,
    /// Where the first code of the class around stands that runs when the class is made, of its members so far.
    static_code: Option<u32>,
    /// Functions without a body: signatures of one that comes after them.
    overloads: Vec<(ScopeId, Atom, Range<u32>)>,
    /// What the code around says about the next expression.
    hint: Hint,
    /// The pattern here is assigned to, not declared.
    is_assigning: bool,
}

/// What the walk has to know about the file.
pub(super) struct FileContext<'a> {
    /// The file's own.
    pub(super) directive: Option<Directive>,
    /// The variables behind the exports. In an action file, their functions aren't inline actions, with or without a
    /// directive; in one for the cache, they are cached.
    pub(super) exported_locals: FxHashSet<Atom>,
    /// Names of its exports: places that are taken.
    pub(super) export_names: Vec<String>,
    /// Functions with a directive are not allowed here.
    pub(super) is_client: bool,
    pub(super) wrappers: &'a Wrappers,
}

/// What the walk found.
pub(super) struct Walked {
    pub(super) scopes: Scopes,
    pub(super) inline: Vec<Inline>,
    pub(super) prologues: Vec<(Owner, Prologue)>,
    pub(super) problems: Vec<Problem>,
    /// There is a directive in a function, or an assignment to an export, though none was to be expected: walk again.
    pub(super) is_surprised: bool,
}

#[derive(Debug, Default)]
struct Hint {
    /// The name that an anonymous function gets here.
    name: Option<Atom>,
    /// The variable whose first value this is.
    variable: Option<(ScopeId, Atom)>,
    /// It is the value of a `const` of the module, whose statement ends here.
    module_const_end: Option<u32>,
    /// It is what `export default` exports.
    is_default_export: bool,
    /// It is the function of this call.
    wrapper: Option<Wrapper>,
}

/// The list of statements around.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Block {
    Module,
    /// A `const` can be inserted at this place, before all statements.
    Opened {
        at: u32,
        is_function_body: bool,
    },
    Switch(Switch),
}

/// What changes at the border of a function.
struct Border {
    scope: ScopeId,
    owner: Owner,
    without_this: Option<Directive>,
    block: Block,
}

/// Walks over `program`; over one that seems to have no inline action, without a look at names.
pub(super) fn walk(program: &Program, text: &Text, file: &FileContext<'_>) -> Walked {
    let count =
        |it: Directive| memmem::find_iter(text.source.as_bytes(), it.text()).take(2).count();
    let has_inline = file.directive != Some(Directive::Server)
        || matches!(program, Program::Script(_))
        || count(Directive::Server) > 1
        || count(Directive::Cache) > 0;
    let run = |has_inline| {
        let mut walk = Walk::new(text, file, has_inline);
        program.visit_with(&mut walk);
        walk.finish()
    };
    let walked = run(has_inline);
    // Only a directive whose letters are escapes, and an export that is assigned to, are such surprises.
    if walked.is_surprised { run(true) } else { walked }
}

impl<'a> Walk<'a> {
    /// `has_inline`: whether an inline action may be found; else names are nobody's business.
    pub(super) fn new(text: &'a Text<'a>, file: &'a FileContext<'a>, has_inline: bool) -> Self {
        let taken = file.export_names.iter().filter(|_| has_inline);
        let places = taken.map(|name| (name.clone(), 1)).collect();
        Self {
            text,
            file,
            has_inline,
            found: Walked {
                scopes: Scopes::new(!has_inline),
                inline: Vec::new(),
                prologues: Vec::new(),
                problems: Vec::new(),
                is_surprised: false,
            },
            places,
            scope: MODULE,
            owner: None,
            without_this: None,
            around: Vec::new(),
            block: Block::Module,
            private_names: Vec::new(),
            static_code: None,
            overloads: Vec::new(),
            hint: Hint::default(),
            is_assigning: false,
        }
    }

    pub(super) fn finish(mut self) -> Walked {
        self.found.scopes.mark_writes();
        for inline in &mut self.found.inline {
            choose_keyword(inline, &self.found.scopes);
            settle_wrapper(inline, &self.found.scopes, &mut self.found.problems);
        }
        self.found
    }

    fn problem(&mut self, rule: Rule, at: Range<u32>) {
        self.found.problems.push(Problem { rule, at });
    }

    fn border(&self) -> Border {
        Border {
            scope: self.scope,
            owner: self.owner,
            without_this: self.without_this,
            block: self.block,
        }
    }

    fn leave(&mut self, border: Border) {
        self.scope = border.scope;
        self.owner = border.owner;
        self.without_this = border.without_this;
        self.block = border.block;
    }

    /// Runs `inside` in a new scope.
    fn in_scope(&mut self, holds_vars: bool, inside: impl FnOnce(&mut Self)) {
        let around = self.scope;
        self.scope = self.found.scopes.open(around, holds_vars);
        inside(self);
        self.scope = around;
    }

    fn in_block(&mut self, block: Block, inside: impl FnOnce(&mut Self)) {
        let around = std::mem::replace(&mut self.block, block);
        inside(self);
        self.block = around;
    }

    fn declare(&mut self, name: &Atom) {
        if self.has_inline {
            self.found.scopes.declare(self.scope, name);
        }
    }

    /// Declares every name that `pat` binds.
    fn declare_pat(&mut self, pat: &Pat, is_var: bool) {
        if !self.has_inline {
            return;
        }
        let mut names = Vec::new();
        bound_names(pat, &mut names);
        for name in names {
            if is_var {
                self.found.scopes.declare_var(self.scope, &name.sym);
            } else {
                self.declare(&name.sym);
            }
        }
    }

    fn note_use(&mut self, ident: &Ident, is_written: bool, is_shorthand: bool) {
        let at = range(ident);
        if let Some(of) = self.without_this
            && &*ident.sym == "arguments"
        {
            self.problem(Rule::ArgumentsIn(of), at.clone());
        }
        if !self.has_inline {
            self.found.is_surprised |= is_written && self.file.exported_locals.contains(&ident.sym);
            return;
        }
        self.found.scopes.uses.push(Use {
            name: ident.sym.clone(),
            at,
            scope: self.scope,
            owner: self.owner,
            is_written,
            is_shorthand,
        });
    }
}

/// Takes what can be read of the rules of an `action()`. One in the module's own `const` runs with the module; of any
/// other only the function is called by its id, so it gives way to that.
fn settle_wrapper(inline: &mut Inline, scopes: &Scopes, problems: &mut Vec<Problem>) {
    let Some(Wrapper { callee, scope, whole: call, policy }) = inline.wrapper.take() else {
        return;
    };
    if scopes.resolve(scope, &callee) != Some(MODULE) {
        return;
    }
    match &mut inline.site {
        Site::Expression { whole, ends_statement } => {
            problems.extend(policy.lost());
            (*whole, *ends_statement) = (call, false);
        }
        _ => problems.extend(policy.problems()),
    }
    inline.policy = policy.literals;
}

/// `const`, unless the name is assigned to or declared twice.
fn choose_keyword(inline: &mut Inline, scopes: &Scopes) {
    let Site::Declaration { name, scope, is_function_body, keyword, .. } = &mut inline.site else {
        return;
    };
    let is_param = *is_function_body && scopes.binding(scopes.parent(*scope), name).is_some();
    let is_plain = scopes
        .binding(*scope, name)
        .is_none_or(|binding| binding.declarations <= 1 && !binding.is_written);
    *keyword = match (is_plain && !is_param, *is_function_body) {
        (true, _) => "const",
        (false, true) => "var",
        (false, false) => "let",
    };
}
