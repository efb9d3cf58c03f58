//! Functions as the walk meets them, and the places of their text that emission needs.

use std::ops::Range;

use swc_core::{
    atoms::Atom,
    ecma::ast::{
        ArrowExpr, ArrowFunctionBody, Expr, Function, FunctionBody, Ident, Lit, Param, Pat,
        PropName,
    },
};

use super::{FirstParam, Signature};
use crate::{parse::range, text::Text};

/// A function of either kind.
#[derive(Clone, Copy)]
pub(super) enum FunctionNode<'a> {
    Function(&'a Function),
    Arrow(&'a ArrowExpr),
}

impl<'a> FunctionNode<'a> {
    pub(super) fn is_async(self) -> bool {
        match self {
            Self::Function(it) => it.is_async,
            Self::Arrow(it) => it.is_async,
        }
    }

    pub(super) fn is_arrow(self) -> bool {
        matches!(self, Self::Arrow(_))
    }

    pub(super) fn body(self) -> Option<&'a FunctionBody> {
        match self {
            Self::Function(it) => it.body.as_ref(),
            Self::Arrow(it) => match &*it.body {
                ArrowFunctionBody::FunctionBody(body) => Some(body),
                ArrowFunctionBody::Expr(_) => None,
            },
        }
    }

    /// The value of an arrow function without braces.
    pub(super) fn expression(self) -> Option<&'a Expr> {
        match self {
            Self::Function(_) => None,
            Self::Arrow(it) => match &*it.body {
                ArrowFunctionBody::Expr(value) => Some(value),
                ArrowFunctionBody::FunctionBody(_) => None,
            },
        }
    }

    pub(super) fn params(self) -> Vec<&'a Pat> {
        match self {
            Self::Function(it) => it.params.iter().map(|Param { pat, .. }| pat).collect(),
            Self::Arrow(it) => it.params.iter().collect(),
        }
    }

    pub(super) fn whole(self) -> Range<u32> {
        match self {
            Self::Function(it) => range(it),
            Self::Arrow(it) => range(it),
        }
    }
}

/// How many parameters a caller can fill, and whether there is a rest parameter.
pub(super) fn arity(params: &[&Pat]) -> (u32, bool) {
    let rest = params.iter().filter(|it| matches!(it, Pat::Rest(_))).count();
    ((params.len() - rest) as u32, rest > 0)
}

/// Finds the places of `node`'s text; its name or key ends at `name_end`, if it has one.
pub(super) fn signature(node: FunctionNode, name_end: Option<u32>, text: &Text) -> Signature {
    let pats = node.params();
    let (params, has_rest) = arity(&pats);
    let whole = node.whole();
    let type_params = match node {
        FunctionNode::Function(it) => it.type_params.as_ref(),
        FunctionNode::Arrow(it) => it.type_params.as_ref(),
    }
    .map(|it| range(&**it));
    // `<Type>async () => …` is a type assertion, which SWC takes for the function's type parameters.
    let assertion =
        type_params.clone().filter(|_| node.is_arrow() && text.byte(whole.start) == Some(b'<'));
    let type_params = type_params.filter(|_| assertion.is_none());
    let function_start = assertion.map_or(whole.start, |it| after_assertions(it.end, text));
    let after_name = name_end.unwrap_or_else(|| after_keywords(node, function_start, text));
    let start = type_params.as_ref().map_or(after_name, |it| it.start);
    let start = text.skip_trivia(start);
    let paren = text.skip_trivia(type_params.map_or(start, |it| it.end));
    let first_param = first_param(node, &pats, paren, text);
    Signature {
        text: start..whole.end,
        is_generator: matches!(node, FunctionNode::Function(it) if it.is_generator),
        arrow: arrow(node, &pats, &first_param, text),
        first_param,
        params,
        has_rest,
    }
}

/// The first place at or after `at` that isn't in a type assertion: `<A><B>async () => …`.
fn after_assertions(at: u32, text: &Text) -> u32 {
    let mut at = text.skip_trivia(at);
    let mut open = 0_u32;
    while let Some(byte) = text.byte(at) {
        match byte {
            b'<' => open += 1,
            // The `>` of a function's type is none of the assertion.
            b'=' if text.byte(at + 1) == Some(b'>') => at += 1,
            b'>' => open = open.saturating_sub(1),
            _ if open == 0 => return at,
            _ => {}
        }
        at = text.skip_trivia(at + 1);
    }
    at
}

/// Where a function without a name has its parameters.
fn after_keywords(node: FunctionNode, start: u32, text: &Text) -> u32 {
    match node {
        FunctionNode::Function(_) => text.after_function_keyword(start),
        FunctionNode::Arrow(it) if it.is_async => start + "async".len() as u32,
        FunctionNode::Arrow(_) => start,
    }
}

fn first_param(node: FunctionNode, pats: &[&Pat], paren: u32, text: &Text) -> FirstParam {
    if let FunctionNode::Function(Function { this_param: Some(this), .. }) = node {
        return FirstParam::AfterThis { at: range(&**this).end };
    }
    if text.byte(paren) == Some(b'(') {
        return FirstParam::AfterParen { at: paren + 1, is_only: pats.is_empty() };
    }
    FirstParam::Bare(pats.first().map_or(paren..paren, |it| range(*it)))
}

/// The place of `=>`: behind the parameters and the return type, with nothing but `,`, `)` and comments between.
fn arrow(node: FunctionNode, pats: &[&Pat], first_param: &FirstParam, text: &Text) -> Option<u32> {
    let FunctionNode::Arrow(arrow) = node else { return None };
    let after_params = match first_param {
        FirstParam::AfterParen { at, .. } | FirstParam::AfterThis { at } => *at,
        FirstParam::Bare(param) => param.end,
    };
    let after_params = pats.last().map_or(after_params, |it| range(*it).end.max(after_params));
    let mut at = arrow.return_type.as_ref().map_or(after_params, |it| range(&**it).end);
    loop {
        at = text.skip_trivia(at);
        match text.byte(at)? {
            b'=' => return Some(at),
            _ => at += 1,
        }
    }
}

/// From the first of `async` and `*` to the key of a method: what goes when the method becomes a property.
pub(super) fn before_key(method_start: u32, key_start: u32, text: &Text) -> Range<u32> {
    let mut at = text.skip_trivia(method_start);
    while at < key_start {
        let word = text.word(at);
        if word == "async" || word.is_empty() {
            return at..key_start;
        }
        // `static`, `public`, `override`: they stay.
        at = text.skip_trivia(at + word.len() as u32);
    }
    key_start..key_start
}

/// The name that a key gives to a function, if it can be seen.
pub(super) fn key_name(key: &PropName) -> Option<Atom> {
    match key {
        PropName::Ident(it) => Some(it.sym.clone()),
        PropName::Str(it) => Some(it.value.to_string_lossy().into()),
        PropName::Num(it) => Some(it.value.to_string().into()),
        PropName::BigInt(it) => Some(it.value.to_string().into()),
        PropName::Computed(it) => match unwrapped(&it.expr) {
            Expr::Lit(Lit::Str(it)) => Some(it.value.to_string_lossy().into()),
            Expr::Lit(Lit::Num(it)) => Some(it.value.to_string().into()),
            _ => None,
        },
    }
}

/// Every name that a pattern binds.
pub(super) fn bound_names<'a>(pat: &'a Pat, names: &mut Vec<&'a Ident>) {
    use swc_core::ecma::ast::ObjectPatProp;
    match pat {
        Pat::Ident(it) => names.push(&it.id),
        Pat::Array(it) => it.elems.iter().flatten().for_each(|it| bound_names(it, names)),
        Pat::Rest(it) => bound_names(&it.arg, names),
        Pat::Assign(it) => bound_names(&it.left, names),
        Pat::Object(it) => {
            for prop in &it.props {
                match prop {
                    ObjectPatProp::KeyValue(it) => bound_names(&it.value, names),
                    ObjectPatProp::Assign(it) => names.push(&it.key.id),
                    ObjectPatProp::Rest(it) => bound_names(&it.arg, names),
                }
            }
        }
        Pat::Invalid(_) | Pat::Expr(_) => {}
    }
}

/// Without parentheses and what TypeScript erases.
pub(super) fn unwrapped(expr: &Expr) -> &Expr {
    let mut expr = expr;
    loop {
        expr = match expr {
            Expr::Paren(it) => &it.expr,
            Expr::TsAs(it) => &it.expr,
            Expr::TsSatisfies(it) => &it.expr,
            Expr::TsNonNull(it) => &it.expr,
            Expr::TsTypeAssertion(it) => &it.expr,
            Expr::TsConstAssertion(it) => &it.expr,
            Expr::TsInstantiation(it) => &it.expr,
            _ => return expr,
        };
    }
}
