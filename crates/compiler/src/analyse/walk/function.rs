//! A function on the walk: is it an action, and what is in it?

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
        directive,
        scope::{MODULE, ScopeId},
    },
    diagnostics::Rule,
    parse::range,
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
        let (directive_at, mut prologue) = match it.node.body() {
            Some(body) => directive::of_body(&body.stmts, self.text, &mut self.found.problems),
            None => Default::default(),
        };
        self.found.is_surprised |= directive_at.is_some() && !self.has_inline;
        let border = self.border();
        let inline_before = self.found.inline.len();

        if let Place::Expression { own_name: Some(own_name), .. } = &it.place {
            self.scope = self.found.scopes.open(self.scope, false);
            self.declare(&own_name.sym);
        }
        let own_scope = self.scope;
        self.scope = self.found.scopes.open(own_scope, false);
        let action = match &directive_at {
            Some(at) => self.action(&mut it, at, border.scope, own_scope),
            None => None,
        };
        if action.is_some() {
            self.owner = action;
            self.has_no_this = true;
        } else if self.is_export_of_action_file(&it.place, border.scope) {
            self.has_no_this = true;
        } else if !it.node.is_arrow() {
            self.has_no_this = false;
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
            if action.is_none() {
                prologue.strict.clear();
            }
            self.found.prologues.push((self.owner, prologue));
        }
        self.leave(border);
    }

    /// A constructor is no function to SWC, and no action to us.
    pub(super) fn constructor(&mut self, it: &Constructor) {
        let Some(body) = &it.body else { return };
        let (directive_at, prologue) =
            directive::of_body(&body.stmts, self.text, &mut self.found.problems);
        if let Some(at) = directive_at {
            self.problem(Rule::ConstructorDirective, at);
        }
        let border = self.border();
        self.has_no_this = false;
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

    /// Notes the inline action `it`, unless it isn't allowed to be one. The walk is already in the scope of its
    /// parameters; `around` is the scope where it stands.
    fn action(
        &mut self,
        it: &mut Standing,
        directive_at: &Range<u32>,
        around: ScopeId,
        own_scope: ScopeId,
    ) -> Option<usize> {
        let name = it.name.as_ref().filter(|name| !name.is_empty());
        let name = name.map_or_else(|| "anonymous".to_owned(), ToString::to_string);
        if self.is_export_of_action_file(&it.place, around) {
            return None;
        }
        if self.file.is_client {
            self.problem(Rule::InlineInClient, directive_at.clone());
        }
        if let Place::Forbidden(is_a) = it.place {
            self.problem(
                Rule::InstanceMethod { is_a },
                it.name_at.clone().unwrap_or(directive_at.clone()),
            );
            return None;
        }
        if !it.node.is_async() {
            let at = it.name_at.clone().unwrap_or(directive_at.clone());
            self.problem(Rule::AsyncRequired { name: name.clone(), is_export: false }, at);
        }

        let index = self.found.inline.len();
        let place = self.unique_place(&name);
        let site = self.site(it, around);
        let wrapper = match &mut it.place {
            Place::Expression { hint, .. } => hint.wrapper.take(),
            _ => None,
        };
        // A method's name ends with its key; an expression's own name is in its text.
        let name_end = match &it.place {
            Place::Expression { own_name, .. } => own_name.map(|it| range(it).end),
            _ => it.name_at.as_ref().map(|it| it.end),
        };
        self.found.inline.push(Inline {
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

    fn site(&self, it: &Standing, around: ScopeId) -> Site {
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
                (Some((_, local)), Some(end)) => {
                    Site::Module { local: local.clone(), initialized_at: Some(end) }
                }
                _ => Site::Expression {
                    whole: it.node.whole(),
                    ends_statement: self.ends_statement(it.node, hint.is_default_export),
                },
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

    fn is_export_of_action_file(&self, place: &Place, around: ScopeId) -> bool {
        self.file.is_action_file
            && around == MODULE
            && match place {
                Place::Declaration { name, .. } => self.file.exported_locals.contains(name),
                Place::Expression { hint, .. } => {
                    hint.is_default_export
                        || hint.variable.as_ref().is_some_and(|(scope, name)| {
                            *scope == MODULE && self.file.exported_locals.contains(name)
                        })
                }
                _ => false,
            }
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
