//! What is known about the values of a file's top level without running the code.

use std::ops::Range;

use rustc_hash::{FxBuildHasher, FxHashMap};
use swc_core::{
    atoms::Atom,
    ecma::ast::{
        Callee, Decl, DefaultDecl, Expr, FnDecl, Function, ImportSpecifier, Lit, ModuleDecl, Pat,
        Stmt, TsNamespaceBody, VarDecl, VarDeclKind,
    },
};

use super::{
    Statement,
    actions::{FunctionNode, bound_names, unwrapped},
    policy::{Wrapped, Wrappers},
};
use crate::parse::range;

/// What is known about a value without running the code.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Function(FunctionNode<'a>),
    Expr(&'a Expr),
    /// The first value of a `let` or a `var`, which may get another.
    First(&'a Expr),
    /// Whatever it is, the runtime has to look.
    Unknown,
    /// What is no function, in the words of the diagnostic.
    Not(&'static str),
    /// Gone when types are erased.
    Type,
}

pub(super) type Values<'a> = FxHashMap<&'a Atom, (Value<'a>, Range<u32>)>;

/// What the names of the file's top level mean.
pub(super) struct Locals<'a> {
    pub(super) values: Values<'a>,
    pub(super) wrappers: &'a Wrappers,
}

/// Follows an expression to what it certainly is.
pub(super) fn settle<'a>(value: Value<'a>, locals: &Locals<'a>) -> Value<'a> {
    match follow(value, locals) {
        Value::Expr(expr) => of_expr(expr),
        other => other,
    }
}

/// The call of `action` that `value` is.
pub(super) fn wrapped<'a>(value: Value<'a>, locals: &Locals<'a>) -> Option<Wrapped<'a>> {
    match follow(value, locals) {
        Value::Expr(Expr::Call(call)) => locals.wrappers.call(call),
        _ => None,
    }
}

/// Follows names to the expression that is behind them, or to what is known of it.
fn follow<'a>(value: Value<'a>, locals: &Locals<'a>) -> Value<'a> {
    let mut value = match value {
        Value::First(expr) => Value::Expr(expr),
        other => other,
    };
    // `const a = b, b = a` would go in circles.
    for _ in 0..16 {
        let Value::Expr(expr) = value else { return value };
        value = match unwrapped(expr) {
            Expr::Ident(name) => match locals.values.get(&name.sym) {
                Some((Value::First(_), _)) => Value::Unknown,
                Some((next, _)) => *next,
                None if &*name.sym == "undefined" => Value::Not("undefined"),
                None => Value::Unknown,
            },
            other => return Value::Expr(other),
        };
    }
    Value::Unknown
}

fn of_expr(expr: &Expr) -> Value<'_> {
    match expr {
        Expr::Fn(it) => Value::Function(FunctionNode::Function(&it.function)),
        Expr::Arrow(it) => Value::Function(FunctionNode::Arrow(it)),
        Expr::Class(_) => Value::Not("a class"),
        Expr::Object(_) => Value::Not("an object"),
        Expr::Array(_) => Value::Not("an array"),
        Expr::New(it) => match it.callee.as_ident().map(|it| &*it.sym) {
            Some("Proxy" | "Function") => Value::Unknown,
            _ => Value::Not("an object"),
        },
        Expr::Tpl(_) => Value::Not("a string"),
        Expr::JSXElement(_) | Expr::JSXFragment(_) => Value::Not("an element"),
        Expr::Lit(literal) => Value::Not(match literal {
            Lit::Str(_) | Lit::JSXText(_) => "a string",
            Lit::Bool(_) => "a boolean",
            Lit::Null(_) => "null",
            Lit::Num(_) | Lit::BigInt(_) => "a number",
            Lit::Regex(_) => "a regular expression",
        }),
        Expr::Unary(_) | Expr::Update(_) => Value::Not("a plain value"),
        Expr::Bin(it) if !matches!(&*it.op.to_string(), "&&" | "||" | "??") => {
            Value::Not("a plain value")
        }
        Expr::Call(it) if matches!(it.callee, Callee::Import(_)) => Value::Not("a promise"),
        _ => Value::Unknown,
    }
}

pub(super) fn values<'a>(statements: &[Statement<'a>]) -> Values<'a> {
    let mut values = Values::with_capacity_and_hasher(statements.len(), FxBuildHasher);
    for statement in statements {
        match statement {
            Statement::Plain(Stmt::Decl(it)) => declare(it, &mut values),
            Statement::Plain(_) => {}
            Statement::Module(ModuleDecl::ExportDecl(it)) => declare(&it.decl, &mut values),
            Statement::Module(ModuleDecl::Import(it)) => {
                for specifier in &it.specifiers {
                    let value = match specifier {
                        _ if it.type_only || specifier.is_type_only() => Value::Type,
                        ImportSpecifier::Namespace(_) => Value::Not("a module"),
                        _ => Value::Unknown,
                    };
                    let local = specifier.local();
                    values.insert(&local.sym, (value, range(local)));
                }
            }
            Statement::Module(ModuleDecl::ExportDefaultDecl(it)) => match &it.decl {
                DefaultDecl::Fn(it) => {
                    if let Some(ident) = &it.ident
                        && it.function.body.is_some()
                    {
                        values.insert(&ident.sym, (of_function(&it.function), range(ident)));
                    }
                }
                DefaultDecl::Class(it) => {
                    if let Some(ident) = &it.ident {
                        values.insert(&ident.sym, (Value::Not("a class"), range(ident)));
                    }
                }
                DefaultDecl::TsInterfaceDecl(_) => {}
            },
            Statement::Module(_) => {}
        }
    }
    values
}

fn of_function(function: &Function) -> Value<'_> {
    Value::Function(FunctionNode::Function(function))
}

fn declare<'a>(declaration: &'a Decl, values: &mut Values<'a>) {
    match declaration {
        Decl::Fn(FnDecl { declare: false, ident, function }) if function.body.is_some() => {
            values.insert(&ident.sym, (of_function(function), range(ident)));
        }
        Decl::Var(it) if !it.declare => declare_variables(it, values),
        Decl::Class(it) if !it.declare => {
            values.insert(&it.ident.sym, (Value::Not("a class"), range(&it.ident)));
        }
        Decl::TsEnum(it) if !it.declare => {
            values.insert(&it.id.sym, (Value::Not("an enum"), range(&it.id)));
        }
        Decl::TsModule(it) if !it.declare => {
            if let Some(name) = it.id.as_ident() {
                let value = match &it.body {
                    Some(body) if !has_only_types(body) => Value::Not("a namespace"),
                    _ => Value::Type,
                };
                values.entry(&name.sym).or_insert((value, range(name)));
            }
        }
        Decl::TsInterface(it) => {
            values.entry(&it.id.sym).or_insert((Value::Type, range(&it.id)));
        }
        Decl::TsTypeAlias(it) => {
            values.entry(&it.id.sym).or_insert((Value::Type, range(&it.id)));
        }
        // `declare`d names and overload signatures.
        _ => {}
    }
}

fn declare_variables<'a>(it: &'a VarDecl, values: &mut Values<'a>) {
    for declarator in &it.decls {
        let mut names = Vec::new();
        bound_names(&declarator.name, &mut names);
        for name in names {
            let value = match (&declarator.name, &declarator.init) {
                (Pat::Ident(_), Some(init)) if it.kind == VarDeclKind::Const => Value::Expr(init),
                (Pat::Ident(_), Some(init)) => Value::First(init),
                _ => Value::Unknown,
            };
            values.insert(
                &name.sym,
                (value, range(name).start..range(name).start + name.sym.len() as u32),
            );
        }
    }
}

fn has_only_types(body: &TsNamespaceBody) -> bool {
    use swc_core::ecma::ast::ModuleItem;
    let is_type = |it: &Decl| matches!(it, Decl::TsInterface(_) | Decl::TsTypeAlias(_));
    match body {
        TsNamespaceBody::TsModuleBlock(block) => block.body.iter().all(|item| match item {
            ModuleItem::Stmt(Stmt::Decl(it)) => is_type(it),
            ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(it)) => is_type(&it.decl),
            _ => false,
        }),
        TsNamespaceBody::TsNamespaceDecl(inner) => has_only_types(&inner.body),
    }
}
