//! Calls of `action` of `errand/server`, and what of their options can be read without running the code.

use std::ops::Range;

use rustc_hash::FxHashSet;
use serde_json::{Map, Number, Value};
use swc_core::{
    atoms::Atom,
    ecma::ast::{
        BinaryOp, CallExpr, Callee, Expr, Ident, ImportSpecifier, Lit, MemberProp, ModuleDecl,
        ObjectLit, Prop, PropName, PropOrSpread, UnaryOp,
    },
};

use super::{Statement, actions::unwrapped};
use crate::{
    diagnostics::{Problem, Rule},
    parse::range,
};

const MODULE: &str = "errand/server";
const ACTION: &str = "action";

/// What is read of the options. `input` only the running code knows, so nobody need be warned.
const READ: &[&str] = &["limit", "files", "timeout", "concurrency", "queue"];
const INPUT: &str = "input";

/// The names by which a file knows `action`.
#[derive(Debug, Default)]
pub(super) struct Wrappers {
    functions: FxHashSet<Atom>,
    namespaces: FxHashSet<Atom>,
}

/// A call of `action`.
#[derive(Clone, Copy)]
pub(super) struct Wrapped<'a> {
    /// The imported name.
    pub(super) callee: &'a Ident,
    pub(super) options: &'a Expr,
    pub(super) function: &'a Expr,
}

impl Wrappers {
    pub(super) fn of(statements: &[Statement]) -> Self {
        let mut found = Self::default();
        for statement in statements {
            let Statement::Module(ModuleDecl::Import(it)) = statement else { continue };
            if it.type_only || it.src.value.to_string_lossy() != MODULE {
                continue;
            }
            for specifier in it.specifiers.iter().filter(|it| !it.is_type_only()) {
                let local = specifier.local().sym.clone();
                match specifier {
                    ImportSpecifier::Namespace(_) => found.namespaces.insert(local),
                    ImportSpecifier::Named(named) => {
                        let imported = named.imported.as_ref();
                        let is_action =
                            imported.map_or(&*local == ACTION, |it| &**it.atom() == ACTION);
                        is_action && found.functions.insert(local)
                    }
                    ImportSpecifier::Default(_) => false,
                };
            }
        }
        found
    }

    /// `action(options, function)`, by whatever name. A name that means something else where the call stands is the
    /// caller's to tell.
    pub(super) fn call<'a>(&self, call: &'a CallExpr) -> Option<Wrapped<'a>> {
        let Callee::Expr(callee) = &call.callee else { return None };
        let callee = match unwrapped(callee) {
            Expr::Ident(name) if self.functions.contains(&name.sym) => name,
            Expr::Member(it) => match (&*it.obj, &it.prop) {
                (Expr::Ident(space), MemberProp::Ident(name))
                    if &*name.sym == ACTION && self.namespaces.contains(&space.sym) =>
                {
                    space
                }
                _ => return None,
            },
            _ => return None,
        };
        match call.args.as_slice() {
            [options, function] if options.spread.is_none() && function.spread.is_none() => {
                Some(Wrapped { callee, options: &options.expr, function: &function.expr })
            }
            _ => None,
        }
    }
}

/// The options of an `action`.
#[derive(Debug, Default)]
pub(super) struct Policy {
    /// Those that are literals.
    pub(super) literals: Map<String, Value>,
    /// What else there is, and where.
    others: Vec<Other>,
}

#[derive(Debug)]
struct Other {
    what: String,
    at: Range<u32>,
    is_input: bool,
}

impl Policy {
    pub(super) fn read(options: &Expr) -> Self {
        let mut policy = Self::default();
        match unwrapped(options) {
            Expr::Object(object) => policy.take(object),
            other => policy.other("the options", range(other)),
        }
        policy
    }

    /// Where the code of `action` runs when the module does: what isn't read here is known then.
    pub(super) fn problems(&self) -> impl Iterator<Item = Problem> {
        self.others.iter().filter(|it| !it.is_input).map(|it| Problem {
            rule: Rule::PolicyNotLiteral { what: it.what.clone() },
            at: it.at.clone(),
        })
    }

    /// Where no call runs it: what isn't read here would be known to nobody.
    pub(super) fn lost(&self) -> impl Iterator<Item = Problem> {
        self.others.iter().map(|it| Problem {
            rule: Rule::PolicyInFunction { what: it.what.clone() },
            at: it.at.clone(),
        })
    }

    fn take(&mut self, object: &ObjectLit) {
        for prop in &object.props {
            match prop {
                PropOrSpread::Prop(prop) => self.prop(prop),
                // It may say anything about what stands before it.
                PropOrSpread::Spread(it) => self.unknown(range(&*it.expr)),
            }
        }
    }

    fn prop(&mut self, prop: &Prop) {
        let (key, value) = match prop {
            Prop::KeyValue(it) => (&it.key, Some(&*it.value)),
            Prop::Shorthand(name) => return self.named(&name.sym, None, range(name)),
            Prop::Method(it) => (&it.key, None),
            Prop::Getter(it) => (&it.key, None),
            Prop::Setter(it) => (&it.key, None),
            Prop::Assign(it) => return self.unknown(range(&it.key)),
        };
        match key_of(key) {
            Some(name) => self.named(&name, value, range(prop)),
            None => self.unknown(range(key)),
        }
    }

    fn named(&mut self, name: &str, value: Option<&Expr>, at: Range<u32>) {
        self.literals.remove(name);
        match value.and_then(literal) {
            Some(value) if READ.contains(&name) => {
                self.literals.insert(name.to_owned(), value);
            }
            _ => self.others.push(Other { what: format!("`{name}`"), at, is_input: name == INPUT }),
        }
    }

    fn unknown(&mut self, at: Range<u32>) {
        self.literals.clear();
        self.other("an option", at);
    }

    fn other(&mut self, what: &str, at: Range<u32>) {
        self.others.push(Other { what: what.to_owned(), at, is_input: false });
    }
}

fn key_of(key: &PropName) -> Option<String> {
    match key {
        PropName::Ident(it) => Some(it.sym.to_string()),
        PropName::Str(it) => Some(it.value.to_string_lossy().into_owned()),
        _ => None,
    }
}

/// The value of an expression, if it is sure without running anything.
fn literal(expr: &Expr) -> Option<Value> {
    match unwrapped(expr) {
        Expr::Lit(Lit::Str(it)) => Some(it.value.as_str()?.into()),
        Expr::Lit(Lit::Bool(it)) => Some(it.value.into()),
        Expr::Lit(Lit::Null(_)) => Some(Value::Null),
        Expr::Tpl(it) => match it.quasis.as_slice() {
            [only] => Some(only.cooked.as_ref()?.as_str()?.into()),
            _ => None,
        },
        Expr::Array(it) => {
            let items = it.elems.iter().map(|item| match item {
                Some(item) if item.spread.is_none() => literal(&item.expr),
                _ => None,
            });
            Some(Value::Array(items.collect::<Option<_>>()?))
        }
        Expr::Object(it) => {
            let entries = it.props.iter().map(|prop| {
                let it = prop.as_prop()?.as_key_value()?;
                Some((key_of(&it.key)?, literal(&it.value)?))
            });
            Some(Value::Object(entries.collect::<Option<_>>()?))
        }
        other => json_number(number(other)?),
    }
}

/// `30 * 1000`, `-1`
fn number(expr: &Expr) -> Option<f64> {
    match unwrapped(expr) {
        Expr::Lit(Lit::Num(it)) => Some(it.value),
        Expr::Unary(it) => match it.op {
            UnaryOp::Minus => Some(-number(&it.arg)?),
            UnaryOp::Plus => number(&it.arg),
            _ => None,
        },
        Expr::Bin(it) => {
            let (left, right) = (number(&it.left)?, number(&it.right)?);
            match it.op {
                BinaryOp::Add => Some(left + right),
                BinaryOp::Sub => Some(left - right),
                BinaryOp::Mul => Some(left * right),
                BinaryOp::Div => Some(left / right),
                BinaryOp::Exp => Some(left.powf(right)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn json_number(value: f64) -> Option<Value> {
    const MOST: f64 = 9_007_199_254_740_991.0; // what is counted exactly
    let is_whole = value.fract() == 0.0 && value.abs() <= MOST;
    if is_whole { Some((value as i64).into()) } else { Number::from_f64(value).map(Value::Number) }
}
