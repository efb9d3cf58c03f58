//! A function on the walk: is it an action or a cached function, and what is in it?

use std::ops::Range;

use serde_json::Map;
use swc_core::{
    atoms::Atom,
    ecma::ast::{Constructor, Ident, ParamOrTsParamProp, TsParamPropParam},
    ecma::visit::VisitWith,
};

use super::{Block, Hint, Walk};
use crate::{
    analyse::{
        Hoisted, Inline, Site,
        actions::{FunctionNode, before_key, signature},
        directive::{self, Marked},
        scope::{MODULE, ScopeId},
    },
    diagnostics::{Async, Rule},
    parse::range,
    scan::Directive,
};

/// A function and what stands around it.
pub(super) struct Standing<'n> {
    pub(super) node: FunctionNode<'n>,
    pub(super) name: Option<Atom>,
    /// Where the name or the key is.
    pub(super) name_at: Option<Range<u32>>,
    pub(super) place: Place<'n>,
}

pub(super) enum Place<'n> {
    Declaration {
        name: Atom,
        whole: Range<u32>,
        is_exported: bool,
    },
    Expression {
        hint: Hint,
        own_name: Option<&'n Ident>,
    },
    ObjectMethod {
        whole: Range<u32>,
    },
    StaticMethod {
        whole: Range<u32>,
        /// Code of the class that runs when it is made and stands before the method.
        after: Option<u32>,
    },
    /// What can never be an action, in the words of the diagnostic.
    Forbidden(&'static str),
}

impl Walk<'_> {
    pub(super) fn function(&mut self, mut it: Standing) {
        let (own, mut prologue) = match it.node.body() {
            Some(body) => directive::of_body(&body.stmts, self.text, &mut self.found.problems),
            None => Default::default(),
        };
        self.found.is_surprised |= own.is_some() && !self.has_inline;
        let border = self.border();
        let exported = self.exported_by(&it.place, border.scope);
        let marked = match (own, exported) {
            (None, Some(Directive::Cache)) => {
                let whole = it.node.whole();
                let at = it.name_at.clone().unwrap_or(whole.start..whole.start + 1);
                Some(Marked { directive: Directive::Cache, at })
            }
            (own, _) => own,
        };
        let inline_before = self.found.inline.len();

        if let Place::Expression { own_name: Some(own_name), .. } = &it.place {
            self.scope = self.found.scopes.open(self.scope, false);
            self.declare(&own_name.sym);
        }
        let own_scope = self.scope;
        self.scope = self.found.scopes.open(own_scope, false);
        let inline =
            marked.as_ref().and_then(|it_is| self.inline(&mut it, it_is, border.scope, own_scope));
        if inline.is_some() {
            self.owner = inline;
            self.without_this = marked.map(|it| it.directive);
        } else if exported.is_some() {
            self.without_this = exported;
        } else if !it.node.is_arrow() {
            self.without_this = None;
        }

        let is_named = it.name.as_ref().is_some_and(|name| !name.is_empty());
        self.around.extend(it.name.filter(|_| is_named));
        for pat in it.node.params() {
            self.declare_pat(pat, false);
            pat.visit_with(self);
        }
        if let Some(body) = it.node.body() {
            let at = prologue.end.unwrap_or(range(body).start + 1);
            self.block = Block::Opened { at, is_function_body: true };
            self.scope = self.found.scopes.open_body(self.scope);
            body.stmts.visit_with(self);
        } else if let Some(value) = it.node.expression() {
            self.visit_value(value);
        }
        if is_named {
            self.around.pop();
        }

        if !prologue.removed.is_empty() || self.found.inline.len() > inline_before {
            if inline.is_none() {
                prologue.strict.clear();
            }
            self.found.prologues.push((self.owner, prologue));
        }
        self.leave(border);
    }

    /// A constructor is no function to SWC, and no action to us.
    pub(super) fn constructor(&mut self, it: &Constructor) {
        let Some(body) = &it.body else { return };
        let (own, prologue) = directive::of_body(&body.stmts, self.text, &mut self.found.problems);
        if let Some(Marked { directive, at }) = own {
            self.problem(Rule::ConstructorDirective(directive), at);
        }
        let border = self.border();
        self.without_this = None;
        self.scope = self.found.scopes.open(self.scope, false);
        for param in &it.params {
            match param {
                ParamOrTsParamProp::Param(param) => self.declare_pat(&param.pat, false),
                ParamOrTsParamProp::TsParamProp(property) => match &property.param {
                    TsParamPropParam::Ident(ident) => self.declare(&ident.id.sym),
                    TsParamPropParam::Assign(assign) => self.declare_pat(&assign.left, false),
                },
            }
            param.visit_with(self);
        }
        let at = prologue.end.unwrap_or(range(body).start + 1);
        self.block = Block::Opened { at, is_function_body: true };
        let inline_before = self.found.inline.len();
        self.scope = self.found.scopes.open_body(self.scope);
        body.stmts.visit_with(self);
        if self.found.inline.len() > inline_before {
            self.found.prologues.push((self.owner, prologue));
        }
        self.leave(border);
    }

    /// Notes the function `it` with its directive, unless it isn't allowed to have one. The walk is already in the scope of its
    /// parameters; `around` is the scope where it stands.
    fn inline(
        &mut self,
        it: &mut Standing,
        Marked { directive, at: directive_at }: &Marked,
        around: ScopeId,
        own_scope: ScopeId,
    ) -> Option<usize> {
        let name = it.name.as_ref().filter(|name| !name.is_empty());
        let name = name.map_or_else(|| "anonymous".to_owned(), ToString::to_string);
        let of = *directive;
        if self.exported_by(&it.place, around) == Some(Directive::Server) {
            if of == Directive::Cache {
                self.problem(Rule::CachedExport { name }, directive_at.clone());
            }
            return None;
        }
        if self.file.is_client {
            let rule = match of {
                Directive::Server => Rule::InlineInClient,
                Directive::Cache => Rule::CacheInClient,
            };
            self.problem(rule, directive_at.clone());
        }
        if let Place::Forbidden(is_a) = it.place {
            self.problem(
                Rule::InstanceMethod { is_a, of },
                it.name_at.clone().unwrap_or(directive_at.clone()),
            );
            return None;
        }
        if !it.node.is_async() {
            let at = it.name_at.clone().unwrap_or(directive_at.clone());
            self.problem(Rule::AsyncRequired { name: name.clone(), of: Async::Own(of) }, at);
        }

        let index = self.found.inline.len();
        let place = self.unique_place(&name);
        let site = self.site(it, of, around);
        let wrapper = match &mut it.place {
            // What `action` makes of a cached function is an action no more than the function itself.
            Place::Expression { hint, .. } => {
                hint.wrapper.take().filter(|_| of == Directive::Server)
            }
            _ => None,
        };
        // A method's name ends with its key; an expression's own name is in its text.
        let name_end = match &it.place {
            Place::Expression { own_name, .. } => own_name.map(|it| range(it).end),
            _ => it.name_at.as_ref().map(|it| it.end),
        };
        self.found.inline.push(Inline {
            directive: of,
            name,
            place,
            at: it.name_at.as_ref().map_or(it.node.whole().start, |it| it.start),
            exported_as: None,
            owner: self.owner,
            site,
            signature: signature(it.node, name_end, self.text),
            scope: self.scope,
            captures: Vec::new(),
            hidden: Vec::new(),
            hidden_outside: Vec::new(),
            rebinds: Vec::new(),
            policy: Map::new(),
            wrapper,
        });

        let scopes = &mut self.found.scopes;
        match &it.place {
            Place::Declaration { name, .. } => scopes.set_action(around, name, index),
            Place::Expression { hint, own_name } => {
                if let Some(own_name) = own_name {
                    scopes.set_action(own_scope, &own_name.sym, index);
                }
                if let Some((scope, name)) = &hint.variable {
                    scopes.set_action(*scope, name, index);
                }
            }
            _ => {}
        }
        Some(index)
    }

    fn site(&self, it: &Standing, of: Directive, around: ScopeId) -> Site {
        match &it.place {
            Place::Declaration { name, .. } if around == MODULE && self.block == Block::Module => {
                Site::Module { local: name.clone(), initialized_at: None }
            }
            Place::Declaration { name, whole, is_exported } => {
                let (hoisted, is_function_body) = match self.block {
                    Block::Opened { at, is_function_body } => {
                        (Hoisted::Start(at), is_function_body)
                    }
                    Block::Switch(switch) => (Hoisted::Switch(switch), false),
                    Block::Module => (Hoisted::Stays, false),
                };
                Site::Declaration {
                    whole: whole.clone(),
                    name: name.clone(),
                    scope: around,
                    hoisted,
                    is_function_body,
                    is_exported: *is_exported,
                    keyword: "const",
                    overloads: self.overloads_of(name, around),
                }
            }
            Place::Expression { hint, .. } => match (&hint.variable, hint.module_const_end) {
                // A reference is made of the function itself, but a cached one is another.
                (Some((_, local)), Some(end)) if of == Directive::Server => {
                    Site::Module { local: local.clone(), initialized_at: Some(end) }
                }
                _ => {
                    let whole = it.node.whole();
                    let ends_statement = self.ends_statement(it.node, hint.is_default_export);
                    // It may have no braces, as a file's directive needs none. It has no name to call itself by.
                    if of == Directive::Cache && around == MODULE && it.node.is_arrow() {
                        Site::Wrapped { whole, ends_statement }
                    } else {
                        Site::Expression { whole, ends_statement }
                    }
                }
            },
            Place::StaticMethod { whole, after: Some(before) } if it.name.is_some() => {
                let key = it.name_at.clone().unwrap_or(whole.clone());
                Site::LateMethod { whole: whole.clone(), key, before: *before }
            }
            Place::ObjectMethod { whole } | Place::StaticMethod { whole, .. } => {
                let key = it.name_at.clone().unwrap_or(whole.clone());
                Site::Method {
                    before_key: before_key(whole.start, key.start, self.text),
                    after_key: key.end..whole.end,
                    is_static: matches!(it.place, Place::StaticMethod { .. }),
                }
            }
            Place::Forbidden(_) => {
                Site::Expression { whole: it.node.whole(), ends_statement: false }
            }
        }
    }

    fn overloads_of(&self, function: &Atom, around: ScopeId) -> Vec<Range<u32>> {
        let here =
            self.overloads.iter().filter(|(scope, name, _)| *scope == around && name == function);
        here.map(|(.., at)| at.clone()).collect()
    }

    /// Whether the end of a function is also the end of its statement, though no semicolon says so: what comes next
    /// can't follow the function, but could follow the name that stands there now.
    fn ends_statement(&self, node: FunctionNode, is_default_export: bool) -> bool {
        let end = node.whole().end;
        let next_at = self.text.skip_trivia(end);
        let goes_on = |it: u8| matches!(it, b')' | b']' | b'}' | b',' | b';' | b':');
        match self.text.byte(next_at) {
            None => is_default_export,
            Some(next) if goes_on(next) => is_default_export && next == b';',
            Some(_) => {
                let is_on_new_line =
                    self.text.slice(&(end..next_at)).contains(['\n', '\r', '\u{2028}', '\u{2029}']);
                is_default_export || node.is_arrow() && is_on_new_line
            }
        }
    }

    /// The directive of the file, if it is meant for this function.
    fn exported_by(&self, place: &Place, around: ScopeId) -> Option<Directive> {
        let is_export = around == MODULE
            && match place {
                Place::Declaration { name, .. } => self.file.exported_locals.contains(name),
                Place::Expression { hint, .. } => {
                    hint.is_default_export
                        || hint.variable.as_ref().is_some_and(|(scope, name)| {
                            *scope == MODULE && self.file.exported_locals.contains(name)
                        })
                }
                _ => false,
            };
        self.file.directive.filter(|_| is_export)
    }

    /// The names of the functions around and `name`; `#1`, `#2` among equals.
    fn unique_place(&mut self, name: &str) -> String {
        let around = self.around.iter().map(|it| &**it);
        let base = around.chain([name]).collect::<Vec<&str>>().join("/");
        let mut place = base.clone();
        while self.places.contains_key(&place) {
            let equals = self.places.entry(base.clone()).or_default();
            place = format!("{base}#{equals}");
            *equals += 1;
        }
        self.places.insert(place.clone(), 1);
        place
    }
}
