//! The members of a class, each with its own `this` and its own chance to be an action.

use std::ops::Range;

use swc_core::{
    atoms::Atom,
    ecma::{
        ast::{ClassMember, Expr, Function, Key, MethodKind, PrivateName, PropName},
        visit::VisitWith,
    },
};

use super::{
    Hint, Walk,
    function::{Place, Standing},
};
use crate::{
    analyse::actions::{FunctionNode, key_name},
    diagnostics::{DECORATED_METHOD, Rule},
    parse::range,
};

impl Walk<'_> {
    pub(super) fn class_member(&mut self, member: &ClassMember) {
        match member {
            ClassMember::Constructor(it) => self.constructor(it),
            ClassMember::Method(it) => {
                self.decorators(&it.function);
                let place = self.class_place(it.kind, it.is_static, range(it), &it.function);
                self.method(&it.key, &it.function, place);
            }
            ClassMember::PrivateMethod(it) => {
                self.decorators(&it.function);
                self.function(Standing {
                    node: FunctionNode::Function(&it.function),
                    name: Some(format!("#{}", it.key.name).into()),
                    name_at: Some(range(&it.key)),
                    place: self.class_place(it.kind, it.is_static, range(it), &it.function),
                });
            }
            ClassMember::ClassProp(it) => {
                it.decorators.visit_with(self);
                it.key.visit_with(self);
                self.field(key_name(&it.key), it.value.as_deref());
            }
            ClassMember::PrivateProp(it) => {
                it.decorators.visit_with(self);
                self.field(Some(format!("#{}", it.key.name).into()), it.value.as_deref());
            }
            ClassMember::AutoAccessor(it) => {
                it.decorators.visit_with(self);
                let name = match &it.key {
                    Key::Private(key) => Some(format!("#{}", key.name).into()),
                    Key::Public(key) => {
                        key.visit_with(self);
                        key_name(key)
                    }
                };
                self.field(name, it.value.as_deref());
            }
            ClassMember::StaticBlock(it) => {
                let without_this = self.without_this.take();
                self.in_scope(true, |walk| it.body.visit_with(walk));
                self.without_this = without_this;
            }
            ClassMember::TsIndexSignature(_) | ClassMember::Empty(_) => {}
        }
    }

    fn decorators(&mut self, method: &Function) {
        method.decorators.visit_with(self);
        method.params.iter().for_each(|it| it.decorators.visit_with(self));
    }

    /// A field's value has the `this` of the class.
    fn field(&mut self, name: Option<Atom>, value: Option<&Expr>) {
        let Some(value) = value else { return };
        let without_this = self.without_this.take();
        self.visit_hinted(value, Hint { name, ..Hint::default() });
        self.without_this = without_this;
    }

    pub(super) fn private_name(&mut self, it: &PrivateName) {
        let Some(owner) = self.owner else { return };
        let class = self.private_names.iter().rev().find(|(_, names)| names.contains(&it.name));
        let inline = &self.found.inline[owner];
        let (of, start) = (inline.directive, inline.signature.text.start);
        if class.is_some_and(|(class_start, _)| *class_start < start) {
            self.problem(Rule::PrivateNameIn { name: it.name.to_string(), of }, range(it));
        }
    }

    /// A method of a class or an object.
    pub(super) fn method(&mut self, key: &PropName, function: &Function, place: Place) {
        key.visit_with(self);
        self.function(Standing {
            node: FunctionNode::Function(function),
            name: key_name(key),
            name_at: Some(range(key)),
            place,
        });
    }

    fn class_place<'n>(
        &self,
        kind: MethodKind,
        is_static: bool,
        whole: Range<u32>,
        function: &Function,
    ) -> Place<'n> {
        match (kind, is_static) {
            (MethodKind::Getter, _) => Place::Forbidden("a getter"),
            (MethodKind::Setter, _) => Place::Forbidden("a setter"),
            (MethodKind::Method, true) if is_decorated(function) => {
                Place::Forbidden(DECORATED_METHOD)
            }
            (MethodKind::Method, true) => Place::StaticMethod { whole, after: self.static_code },
            (MethodKind::Method, false) => Place::Forbidden("an instance method"),
        }
    }
}

/// Where the code of `member` that runs when its class is made begins, if it has such; keys run before all of it.
pub(super) fn static_code_of(member: &ClassMember) -> Option<u32> {
    let (has_code, decorators) = match member {
        ClassMember::StaticBlock(_) => (true, None),
        ClassMember::ClassProp(it) => (it.is_static && it.value.is_some(), it.decorators.first()),
        ClassMember::PrivateProp(it) => (it.is_static && it.value.is_some(), it.decorators.first()),
        ClassMember::AutoAccessor(it) => {
            (it.is_static && it.value.is_some(), it.decorators.first())
        }
        _ => (false, None),
    };
    let start = range(member).start;
    has_code.then(|| decorators.map_or(start, |it| range(it).start.min(start)))
}

/// A method becomes a field, and a decorator of a field has no say in what is called.
fn is_decorated(function: &Function) -> bool {
    !function.decorators.is_empty() || function.params.iter().any(|it| !it.decorators.is_empty())
}

pub(super) fn private_name_of(member: &ClassMember) -> Option<Atom> {
    match member {
        ClassMember::PrivateMethod(it) => Some(it.key.name.clone()),
        ClassMember::PrivateProp(it) => Some(it.key.name.clone()),
        ClassMember::AutoAccessor(it) => match &it.key {
            Key::Private(key) => Some(key.name.clone()),
            Key::Public(_) => None,
        },
        _ => None,
    }
}
