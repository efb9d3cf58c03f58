//! What a file exports, and which of it can be an action.

use std::{collections::HashMap, ops::Range};

use rustc_hash::FxHashSet;
use serde_json::Map;
use swc_core::{
    atoms::Atom,
    ecma::ast::{
        Decl, DefaultDecl, ExportSpecifier, Expr, MemberExpr, ModuleDecl, ModuleExportName,
        NamedExport, Stmt, Str,
    },
};

use super::{
    Statement,
    actions::{FunctionNode, arity, bound_names, unwrapped},
    policy::{Policy, Wrapped, Wrappers},
    values::{Locals, Value, settle, values, wrapped},
};
use crate::{
    diagnostics::{Async, Problem, Rule},
    parse::range,
    scan::Directive,
};

/// One name that a file exports, and what is known about its value.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) name: String,
    /// The variable; `None`: a default export without a name.
    pub(crate) local: Option<Atom>,
    /// The name where it is declared, or the value if it has none.
    pub(crate) at: Range<u32>,
    /// Declared parameters before a rest parameter.
    pub(crate) params: u32,
    /// A rest parameter, or parameters that can't be seen.
    pub(crate) has_rest: bool,
    /// What it is can only be seen at run time.
    pub(crate) is_unseen: bool,
    pub(crate) default: Option<DefaultForm>,
    pub(crate) from: Option<Box<From>>,
    /// The literal options of its `action()`.
    pub(crate) policy: Map<String, serde_json::Value>,
}

/// The module that an export comes from, and its name there.
#[derive(Debug, Clone)]
pub(crate) struct From {
    pub(crate) specifier: String,
    pub(crate) name: String,
}

/// How a default export without a name gets one.
#[derive(Debug)]
pub(crate) struct DefaultForm {
    /// `export default` and what is around it, up to the value.
    pub(crate) keywords: Range<u32>,
    /// Where a function declaration takes its name, if it is one.
    pub(crate) name_at: Option<u32>,
}

/// The exports of a file; the problems only matter if it is an action file.
#[derive(Debug, Default)]
pub(super) struct Exports {
    pub(super) listed: Vec<Export>,
    /// The variables behind all exported names, refused ones included.
    pub(super) locals: FxHashSet<Atom>,
    pub(super) problems: Vec<Problem>,
    /// Specifiers of the modules that are exported from.
    pub(super) sources: Vec<String>,
    /// `export * from`, to be spread when all names are known that hide others.
    stars: Vec<(String, Range<u32>)>,
}

impl Exports {
    pub(super) fn names(&self) -> Vec<String> {
        self.listed.iter().map(|it| it.name.clone()).collect()
    }
}

/// Reads the exports of a file. Of variables that are assigned to later, the first value says nothing.
pub(super) fn exports(
    statements: &[Statement],
    known: &Known,
    assigned: &FxHashSet<Atom>,
    wrappers: &Wrappers,
) -> Exports {
    let mut values = values(statements);
    for name in assigned {
        if let Some((value, _)) = values.get_mut(name) {
            *value = Value::Unknown;
        }
    }
    let locals = Locals { values, wrappers };
    let count = statements.iter().filter(|it| matches!(it, Statement::Module(_))).count();
    let mut exports = Exports { listed: Vec::with_capacity(count), ..Exports::default() };
    for statement in statements {
        match statement {
            Statement::Module(declaration) => exports.declaration(declaration, &locals, known),
            Statement::Plain(statement) => exports.commonjs(statement, &locals),
        }
    }
    exports.refuse_repeated();
    exports.spread_stars(known);
    exports
}

/// What other modules export, by specifier.
pub(super) type Known = HashMap<String, Vec<String>>;

impl Exports {
    /// The parser lets it pass, and two actions would have one id.
    fn refuse_repeated(&mut self) {
        let mut seen = FxHashSet::default();
        for Export { name, at, .. } in &self.listed {
            if !seen.insert(name) {
                let rule = Rule::Syntax(format!("`{name}` is exported more than once"));
                self.problems.push(Problem { rule, at: at.clone() });
            }
        }
    }

    fn declaration(&mut self, declaration: &ModuleDecl, locals: &Locals, known: &Known) {
        match declaration {
            ModuleDecl::ExportDecl(it) => {
                let mut names = Vec::new();
                declared_names(&it.decl, &mut names);
                for name in names {
                    let Some((value, at)) = locals.values.get(name) else { continue };
                    // A namespace can add to a function of its name.
                    if it.decl.is_ts_module() && self.listed.iter().any(|it| it.name == **name) {
                        continue;
                    }
                    self.take(name.to_string(), name, *value, at.clone(), locals);
                }
            }
            ModuleDecl::ExportNamed(it) if !it.type_only => self.named(it, locals, known),
            ModuleDecl::ExportDefaultDecl(it) => match &it.decl {
                DefaultDecl::Fn(function) => {
                    if function.function.body.is_none() {
                        return;
                    }
                    let node = FunctionNode::Function(&function.function);
                    match &function.ident {
                        Some(ident) => self.take(
                            "default".into(),
                            &ident.sym,
                            Value::Function(node),
                            range(ident),
                            locals,
                        ),
                        None => {
                            let function = range(&*function.function);
                            let keywords = range(it).start..function.start;
                            self.anonymous(Value::Function(node), function, keywords, true, locals);
                        }
                    }
                }
                DefaultDecl::Class(class) => {
                    let at = class.ident.as_ref().map_or_else(|| range(it), range);
                    self.not_a_function("default", "a class", at);
                }
                DefaultDecl::TsInterfaceDecl(_) => {}
            },
            ModuleDecl::ExportDefaultExpr(it) => {
                if let Expr::Ident(name) = unwrapped(&it.expr)
                    && let Some((value, _)) = locals.values.get(&name.sym)
                    // What the variable holds later, if it is assigned to, is none of this export's.
                    && !matches!(value, Value::Unknown)
                {
                    self.take("default".into(), &name.sym, *value, range(name), locals);
                    return;
                }
                let value = range(&*it.expr);
                let keywords = range(it).start..value.start;
                self.anonymous(Value::Expr(&it.expr), value, keywords, false, locals);
            }
            ModuleDecl::ExportAll(it) if !it.type_only => {
                let at = range(it);
                if self.is_known(&it.src, it.with.is_some(), at.clone(), known) {
                    self.stars.push((specifier(&it.src), at));
                }
            }
            ModuleDecl::TsImportEquals(it) if it.is_export && !it.is_type_only => {
                self.problems
                    .push(Problem { rule: Rule::CommonJs(Directive::Server), at: range(&**it) });
            }
            ModuleDecl::TsExportAssignment(it) => {
                self.problems.push(Problem { rule: Rule::CommonJsExport, at: range(it) });
            }
            _ => {}
        }
    }

    /// `module.exports = …`, `exports.save = …`
    fn commonjs(&mut self, statement: &Stmt, locals: &Locals) {
        let target = statement
            .as_expr()
            .and_then(|it| it.expr.as_assign())
            .and_then(|it| it.left.as_simple())
            .and_then(|it| it.as_member());
        let Some(target) = target else { return };
        let is_module = |it: &MemberExpr| {
            it.obj.as_ident().is_some_and(|it| &*it.sym == "module")
                && it.prop.as_ident().is_some_and(|it| &*it.sym == "exports")
        };
        let is_export = match &*target.obj {
            Expr::Ident(name) => &*name.sym == "exports" || is_module(target),
            Expr::Member(inner) => is_module(inner),
            _ => false,
        };
        let is_ours = |name: &str| locals.values.contains_key(&Atom::from(name));
        if is_export && !is_ours("module") && !is_ours("exports") {
            self.problems.push(Problem { rule: Rule::CommonJsExport, at: range(target) });
        }
    }

    fn named(&mut self, it: &NamedExport, locals: &Locals, known: &Known) {
        let is_type =
            |it: &ExportSpecifier| matches!(it, ExportSpecifier::Named(it) if it.is_type_only);
        if let Some(src) = &it.src {
            if let [ExportSpecifier::Namespace(namespace)] = it.specifiers.as_slice() {
                let name = namespace.name.atom().to_string();
                self.not_a_function(&name, "a module", range(it));
            } else if it.specifiers.iter().any(|it| !is_type(it))
                && self.is_known(src, it.with.is_some(), range(it), known)
            {
                let names = known.get(&specifier(src)).map_or(&[][..], |it| it);
                for it in it.specifiers.iter().filter(|it| !is_type(it)) {
                    self.from(it, specifier(src), names);
                }
            }
            return;
        }
        for specifier in it.specifiers.iter().filter(|it| !is_type(it)) {
            let ExportSpecifier::Named(specifier) = specifier else { continue };
            let ModuleExportName::Ident(local) = &specifier.orig else { continue };
            let name = specifier.exported.as_ref().unwrap_or(&specifier.orig).atom().to_string();
            let (value, at) = match locals.values.get(&local.sym) {
                // A value that isn't at fault is shown where it is declared, one that is where it is exported.
                Some((value @ (Value::Not(_) | Value::Unknown), _)) => (*value, range(specifier)),
                Some((value, at)) => (*value, at.clone()),
                None => (Value::Unknown, range(specifier)),
            };
            self.take(name, &local.sym, value, at, locals);
        }
    }

    fn take(&mut self, name: String, local: &Atom, value: Value, at: Range<u32>, locals: &Locals) {
        self.locals.insert(local.clone());
        if let Some((params, has_rest)) = self.judge(&name, value, at.clone(), locals) {
            let local = Some(local.clone());
            let is_unseen = is_unseen(value, locals);
            let (default, from) = (None, None);
            let policy = self.policy(value, locals);
            self.listed.push(Export {
                name,
                local,
                at,
                params,
                has_rest,
                is_unseen,
                default,
                from,
                policy,
            });
        }
    }

    /// Whether the exports of the module at `src` are known; if not, that is a problem.
    fn is_known(&mut self, src: &Str, has_attributes: bool, at: Range<u32>, known: &Known) -> bool {
        let specifier = specifier(src);
        let is_known = !has_attributes && known.contains_key(&specifier);
        if !is_known {
            let rule = Rule::ReExport { specifier: specifier.clone() };
            self.problems.push(Problem { rule, at });
        }
        if !self.sources.contains(&specifier) {
            self.sources.push(specifier);
        }
        is_known
    }

    /// `export { orig as name } from 'specifier'`; what isn't among the module's `names` is a type.
    fn from(&mut self, it: &ExportSpecifier, specifier: String, names: &[String]) {
        let ExportSpecifier::Named(it) = it else { return };
        let orig = it.orig.atom().to_string();
        if names.contains(&orig) {
            let name = it.exported.as_ref().unwrap_or(&it.orig).atom().to_string();
            self.take_from(name, From { specifier, name: orig }, range(it));
        }
    }

    fn take_from(&mut self, name: String, from: From, at: Range<u32>) {
        self.listed.push(Export {
            name,
            local: None,
            at,
            params: 0,
            has_rest: true,
            is_unseen: true,
            default: None,
            from: Some(Box::new(from)),
            policy: Map::new(),
        });
    }

    /// `export *` gives all names but `default`, those that the file exports itself, and those that come twice.
    fn spread_stars(&mut self, known: &Known) {
        let own = self.names();
        let mut stars = std::mem::take(&mut self.stars);
        let mut specifiers = FxHashSet::default();
        stars.retain(|(specifier, _)| specifiers.insert(specifier.clone()));
        let of = |specifier: &String| known.get(specifier).map_or(&[][..], |it| it);
        for (index, (specifier, at)) in stars.iter().enumerate() {
            let others = || stars.iter().enumerate().filter(|(other, _)| *other != index);
            for name in of(specifier) {
                let is_twice =
                    others().any(|(_, (other, _))| other != specifier && of(other).contains(name));
                if name != "default" && !own.contains(name) && !is_twice {
                    let from = From { specifier: specifier.clone(), name: name.clone() };
                    self.take_from(name.clone(), from, at.clone());
                }
            }
        }
    }

    fn anonymous(
        &mut self,
        value: Value,
        at: Range<u32>,
        keywords: Range<u32>,
        is_declaration: bool,
        locals: &Locals,
    ) {
        let Some((params, has_rest)) = self.judge("default", value, at.clone(), locals) else {
            return;
        };
        // Emission finds the exact place behind `function` and `*` in the text.
        let name_at = is_declaration.then_some(at.start);
        let default = Some(DefaultForm { keywords, name_at });
        let name = "default".to_owned();
        let is_unseen = is_unseen(value, locals);
        let policy = self.policy(value, locals);
        self.listed.push(Export {
            name,
            local: None,
            at,
            params,
            has_rest,
            is_unseen,
            default,
            from: None,
            policy,
        });
    }

    /// The parameters of the action that `value` is, or a problem.
    fn judge(
        &mut self,
        name: &str,
        value: Value,
        at: Range<u32>,
        locals: &Locals,
    ) -> Option<(u32, bool)> {
        if let Some(Wrapped { function, .. }) = wrapped(value, locals) {
            // What `action` gives is async, whatever the function is.
            return Some(match settle(Value::Expr(function), locals) {
                Value::Function(node) => arity(&node.params()),
                _ => (0, true),
            });
        }
        match settle(value, locals) {
            Value::Function(node) if node.is_async() => Some(arity(&node.params())),
            Value::Function(_) => {
                let rule = Rule::AsyncRequired { name: name.to_owned(), of: Async::Export };
                self.problems.push(Problem { rule, at });
                None
            }
            Value::Not(is_a) => {
                self.not_a_function(name, is_a, at);
                None
            }
            Value::Type => None,
            Value::Unknown | Value::Expr(_) | Value::First(_) => Some((0, true)),
        }
    }

    /// What can be read of the options of the `action()` that `value` is.
    fn policy(&mut self, value: Value, locals: &Locals) -> Map<String, serde_json::Value> {
        let Some(Wrapped { options, .. }) = wrapped(value, locals) else { return Map::new() };
        let policy = Policy::read(options);
        self.problems.extend(policy.problems());
        policy.literals
    }

    fn not_a_function(&mut self, name: &str, is_a: &'static str, at: Range<u32>) {
        let rule = Rule::NotAFunction { name: name.to_owned(), is_a };
        self.problems.push(Problem { rule, at });
    }
}

fn specifier(src: &Str) -> String {
    src.value.to_string_lossy().into_owned()
}

fn is_unseen(value: Value, locals: &Locals) -> bool {
    matches!(settle(value, locals), Value::Unknown | Value::Expr(_))
}

/// The names that an exported declaration exports; those that exist only as types are not among the locals' values.
pub(crate) fn declared_names<'a>(declaration: &'a Decl, names: &mut Vec<&'a Atom>) {
    match declaration {
        Decl::Fn(it) if !it.declare && it.function.body.is_some() => names.push(&it.ident.sym),
        Decl::Class(it) if !it.declare => names.push(&it.ident.sym),
        Decl::TsEnum(it) if !it.declare => names.push(&it.id.sym),
        Decl::TsModule(it) if !it.declare => names.extend(it.id.as_ident().map(|it| &it.sym)),
        Decl::Var(it) if !it.declare => {
            for declarator in &it.decls {
                let mut idents = Vec::new();
                bound_names(&declarator.name, &mut idents);
                names.extend(idents.into_iter().map(|it| &it.sym));
            }
        }
        _ => {}
    }
}
