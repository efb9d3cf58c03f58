//! The walk's way through each kind of node.

use std::ops::Range;

use swc_core::{
    atoms::Atom,
    ecma::{
        ast::{
            AssignExpr, AssignTarget, BindingIdent, BlockStmt, CallExpr, CatchClause, Class,
            ClassDecl, ClassExpr, Decl, DefaultDecl, DoWhileStmt, ExportDecl, ExportDefaultDecl,
            ExportDefaultExpr, Expr, FnDecl, FnExpr, ForHead, ForInStmt, ForOfStmt, ForStmt, Ident,
            IfStmt, ImportDecl, JSXAttr, JSXAttrName, JSXElementName, JSXMemberExpr, JSXObject,
            LabeledStmt, MemberProp, MetaPropExpr, MetaPropKind, ModuleItem, NamedExport, Pat,
            Prop, SimpleAssignTarget, Stmt, Super, SwitchStmt, ThisExpr, TsEnumDecl,
            TsImportEqualsDecl, TsModuleBlock, TsModuleDecl, TsModuleName, UpdateExpr, UsingDecl,
            VarDecl, VarDeclKind, VarDeclarator, WhileStmt,
        },
        visit::{Visit, VisitWith, noop_visit_type},
    },
};

use super::{
    Block, Hint, Walk,
    class::{private_name_of, static_code_of},
    function::{Place, Standing},
};
use crate::{
    analyse::{
        Switch, Wrapper,
        actions::{FunctionNode, key_name, unwrapped},
        directive,
        policy::{Policy, Wrapped},
        scope::MODULE,
    },
    diagnostics::Rule,
    parse::range,
};

impl Walk<'_> {
    /// Visits an expression about which the code around says `hint`.
    pub(super) fn visit_hinted(&mut self, value: &Expr, hint: Hint) {
        self.hint = hint;
        self.visit_expr(value);
        self.hint = Hint::default();
    }

    pub(super) fn visit_value(&mut self, value: &Expr) {
        self.visit_hinted(value, Hint::default());
    }

    fn function_expression(&mut self, it: &FnExpr, hint: Hint) {
        let own_name = it.ident.as_ref();
        self.function(Standing {
            node: FunctionNode::Function(&it.function),
            name: own_name.map(|it| it.sym.clone()).or_else(|| hint.name.clone()),
            name_at: own_name.map(range),
            place: Place::Expression { hint, own_name },
        });
    }

    fn declarators(&mut self, declarators: &[VarDeclarator], is_var: bool, const_end: Option<u32>) {
        for (index, it) in declarators.iter().enumerate() {
            // Only the last is certainly not used before the statement ends.
            let const_end = const_end.filter(|_| index + 1 == declarators.len());
            self.declare_pat(&it.name, is_var);
            it.name.visit_with(self);
            let Some(value) = &it.init else { continue };
            let hint = match &it.name {
                Pat::Ident(name) => Hint {
                    name: Some(name.id.sym.clone()),
                    variable: self
                        .found
                        .scopes
                        .resolve(self.scope, &name.id.sym)
                        .or((self.scope == MODULE).then_some(MODULE))
                        .map(|scope| (scope, name.id.sym.clone())),
                    module_const_end: const_end,
                    ..Hint::default()
                },
                _ => Hint::default(),
            };
            self.visit_hinted(value, hint);
        }
    }

    /// `action(options, function)`: the function is where the call is.
    fn wrapped(&mut self, call: &CallExpr, wrapped: Wrapped, hint: Hint) {
        let Wrapped { callee, options, function } = wrapped;
        call.callee.visit_with(self);
        self.visit_value(options);
        let wrapper = Wrapper {
            callee: callee.sym.clone(),
            scope: self.scope,
            whole: range(call),
            policy: Policy::read(options),
        };
        let before = self.found.inline.len();
        self.visit_hinted(function, Hint { wrapper: Some(wrapper), ..hint });
        let is_function = matches!(unwrapped(function), Expr::Fn(_) | Expr::Arrow(_));
        let is_action = self.found.scopes.resolve(self.scope, &callee.sym) == Some(MODULE);
        if !is_function && is_action && self.found.inline.len() > before {
            let what = "it".to_owned();
            self.problem(Rule::PolicyInFunction { what }, range(callee));
        }
    }

    /// Where a statement stands alone, without a block, SWC lets an async function be declared; no engine does.
    fn only_statement(&mut self, it: &Stmt) {
        if let Stmt::Decl(Decl::Fn(function)) = it
            && function.function.is_async
        {
            let message = "an async function can only be declared at the top level or in a block";
            self.problem(Rule::Syntax(message.into()), range(&function.ident));
        }
    }

    fn loop_head(&mut self, head: &ForHead) {
        match head {
            ForHead::VarDecl(it) => it.visit_with(self),
            ForHead::UsingDecl(it) => it.visit_with(self),
            ForHead::Pat(it) => self.assigned_pat(it),
        }
    }

    fn assigned_pat(&mut self, pat: &Pat) {
        self.is_assigning = true;
        pat.visit_with(self);
        self.is_assigning = false;
    }

    /// `(name) = …`, `(name as T)++`
    fn assigned_expr(&mut self, target: &Expr) {
        match unwrapped(target) {
            Expr::Ident(name) => self.note_use(name, true, false),
            _ => self.visit_value(target),
        }
    }

    fn jsx_root(&mut self, root: &Ident) {
        if &*root.sym != "this" {
            self.note_use(root, false, false);
        } else if let Some(of) = self.without_this {
            self.problem(Rule::ThisIn(of), range(root));
        }
    }

    fn function_declaration(&mut self, it: &FnDecl, whole: Range<u32>, is_exported: bool) {
        if it.function.body.is_none() && self.block != Block::Module {
            self.overloads.push((self.scope, it.ident.sym.clone(), whole.clone()));
        }
        if it.declare || it.function.body.is_none() {
            return;
        }
        let name = it.ident.sym.clone();
        self.declare(&name);
        self.function(Standing {
            node: FunctionNode::Function(&it.function),
            name: Some(name.clone()),
            name_at: Some(range(&it.ident)),
            place: Place::Declaration { name, whole, is_exported },
        });
    }
}

/// The name that an assignment gives to an anonymous function.
fn assigned_name(target: &AssignTarget) -> Option<Atom> {
    match target {
        AssignTarget::Simple(SimpleAssignTarget::Ident(it)) => Some(it.id.sym.clone()),
        AssignTarget::Simple(SimpleAssignTarget::Member(it)) => match &it.prop {
            MemberProp::Ident(name) => Some(name.sym.clone()),
            _ => None,
        },
        _ => None,
    }
}

impl Visit for Walk<'_> {
    noop_visit_type!();

    fn visit_expr(&mut self, it: &Expr) {
        let hint = std::mem::take(&mut self.hint);
        let is_assigning = std::mem::replace(&mut self.is_assigning, false);
        match it {
            Expr::Ident(name) => self.note_use(name, false, false),
            Expr::Fn(function) => self.function_expression(function, hint),
            Expr::Arrow(arrow) => self.function(Standing {
                node: FunctionNode::Arrow(arrow),
                name: hint.name.clone(),
                name_at: None,
                place: Place::Expression { hint, own_name: None },
            }),
            Expr::PrivateName(name) => self.private_name(name),
            // These are transparent: JavaScript names a function through them, or the types are erased.
            Expr::Paren(inner) => self.visit_hinted(&inner.expr, hint),
            Expr::TsAs(inner) => self.visit_hinted(&inner.expr, hint),
            Expr::TsSatisfies(inner) => self.visit_hinted(&inner.expr, hint),
            Expr::TsNonNull(inner) => self.visit_hinted(&inner.expr, hint),
            Expr::TsTypeAssertion(inner) => self.visit_hinted(&inner.expr, hint),
            Expr::TsConstAssertion(inner) => self.visit_hinted(&inner.expr, hint),
            Expr::Call(call) => match self.file.wrappers.call(call) {
                Some(wrapped) => self.wrapped(call, wrapped, hint),
                None => it.visit_children_with(self),
            },
            _ => it.visit_children_with(self),
        }
        self.is_assigning = is_assigning;
    }

    // Only those identifiers are uses that are noted where they are met; all others are declarations, labels, keys.
    fn visit_ident(&mut self, _: &Ident) {}

    fn visit_binding_ident(&mut self, it: &BindingIdent) {
        if self.is_assigning {
            self.note_use(&it.id, true, false);
        }
    }

    fn visit_assign_expr(&mut self, it: &AssignExpr) {
        match &it.left {
            AssignTarget::Simple(target) => {
                self.is_assigning = true;
                target.visit_with(self);
                self.is_assigning = false;
            }
            AssignTarget::Pat(target) => {
                self.is_assigning = true;
                target.visit_with(self);
                self.is_assigning = false;
            }
        }
        let hint = Hint { name: assigned_name(&it.left), ..Hint::default() };
        self.visit_hinted(&it.right, hint);
    }

    fn visit_assign_pat(&mut self, it: &swc_core::ecma::ast::AssignPat) {
        it.left.visit_with(self);
        let name = match &*it.left {
            Pat::Ident(name) => Some(name.id.sym.clone()),
            _ => None,
        };
        self.visit_hinted(&it.right, Hint { name, ..Hint::default() });
    }

    fn visit_assign_pat_prop(&mut self, it: &swc_core::ecma::ast::AssignPatProp) {
        if self.is_assigning {
            // `({ name } = …)`: the key has to stay when the variable is renamed.
            self.note_use(&it.key.id, true, true);
        }
        if let Some(value) = &it.value {
            let name = Some(it.key.id.sym.clone());
            self.visit_hinted(value, Hint { name, ..Hint::default() });
        }
    }

    fn visit_update_expr(&mut self, it: &UpdateExpr) {
        self.assigned_expr(&it.arg);
    }

    fn visit_simple_assign_target(&mut self, it: &SimpleAssignTarget) {
        match it {
            SimpleAssignTarget::Paren(it) => self.assigned_expr(&it.expr),
            SimpleAssignTarget::TsAs(it) => self.assigned_expr(&it.expr),
            SimpleAssignTarget::TsSatisfies(it) => self.assigned_expr(&it.expr),
            SimpleAssignTarget::TsNonNull(it) => self.assigned_expr(&it.expr),
            SimpleAssignTarget::TsTypeAssertion(it) => self.assigned_expr(&it.expr),
            _ => it.visit_children_with(self),
        }
    }

    fn visit_pat(&mut self, it: &Pat) {
        match it {
            Pat::Expr(target) if self.is_assigning => self.assigned_expr(target),
            _ => it.visit_children_with(self),
        }
    }

    fn visit_prop(&mut self, it: &Prop) {
        match it {
            Prop::Shorthand(name) => self.note_use(name, false, true),
            Prop::KeyValue(it) => {
                it.key.visit_with(self);
                self.visit_hinted(&it.value, Hint { name: key_name(&it.key), ..Hint::default() });
            }
            Prop::Assign(it) => self.visit_value(&it.value),
            Prop::Getter(it) => {
                self.method(&it.key, &it.function, Place::Forbidden("a getter"));
            }
            Prop::Setter(it) => {
                self.method(&it.key, &it.function, Place::Forbidden("a setter"));
            }
            Prop::Method(method) => {
                let whole = range(method);
                self.method(&method.key, &method.function, Place::ObjectMethod { whole });
            }
        }
    }

    fn visit_member_prop(&mut self, it: &MemberProp) {
        match it {
            MemberProp::PrivateName(name) => self.private_name(name),
            _ => it.visit_children_with(self),
        }
    }

    fn visit_this_expr(&mut self, it: &ThisExpr) {
        if let Some(of) = self.without_this {
            self.problem(Rule::ThisIn(of), range(it));
        }
    }

    fn visit_super(&mut self, it: &Super) {
        if let Some(of) = self.without_this {
            self.problem(Rule::SuperIn(of), range(it));
        }
    }

    fn visit_meta_prop_expr(&mut self, it: &MetaPropExpr) {
        if let Some(of) = self.without_this
            && it.kind == MetaPropKind::NewTarget
        {
            self.problem(Rule::NewTargetIn(of), range(it));
        }
    }

    fn visit_var_decl(&mut self, it: &VarDecl) {
        if it.declare {
            return;
        }
        let is_module_const =
            it.kind == VarDeclKind::Const && self.scope == MODULE && self.block == Block::Module;
        let const_end = is_module_const.then(|| range(it).end);
        self.declarators(&it.decls, it.kind == VarDeclKind::Var, const_end);
    }

    fn visit_using_decl(&mut self, it: &UsingDecl) {
        self.declarators(&it.decls, false, None);
    }

    fn visit_fn_decl(&mut self, it: &FnDecl) {
        self.function_declaration(it, range(it), false);
    }

    fn visit_export_decl(&mut self, it: &ExportDecl) {
        match &it.decl {
            // An export of the module is edited where it stands.
            Decl::Fn(function) if self.block != Block::Module => {
                self.function_declaration(function, range(it), true);
            }
            _ => it.visit_children_with(self),
        }
    }

    // Where an expression is expected, `visit_expr` knows what the code around says.
    fn visit_fn_expr(&mut self, it: &FnExpr) {
        self.function_expression(it, Hint::default());
    }

    fn visit_export_default_decl(&mut self, it: &ExportDefaultDecl) {
        match &it.decl {
            DefaultDecl::Fn(function) if function.function.body.is_none() => {}
            DefaultDecl::Fn(FnExpr { ident: Some(ident), function }) => {
                self.declare(&ident.sym);
                self.function(Standing {
                    node: FunctionNode::Function(function),
                    name: Some(ident.sym.clone()),
                    name_at: Some(range(ident)),
                    place: Place::Declaration {
                        name: ident.sym.clone(),
                        whole: range(&**function),
                        is_exported: false,
                    },
                });
            }
            DefaultDecl::Fn(function) => self.function_expression(function, default_export()),
            DefaultDecl::Class(class) => {
                if let Some(ident) = &class.ident {
                    self.declare(&ident.sym);
                }
                class.class.visit_with(self);
            }
            DefaultDecl::TsInterfaceDecl(_) => {}
        }
    }

    fn visit_export_default_expr(&mut self, it: &ExportDefaultExpr) {
        self.visit_hinted(&it.expr, default_export());
    }

    fn visit_class_decl(&mut self, it: &ClassDecl) {
        if !it.declare {
            self.declare(&it.ident.sym);
            it.class.visit_with(self);
        }
    }

    fn visit_class_expr(&mut self, it: &ClassExpr) {
        self.in_scope(false, |walk| {
            if let Some(ident) = &it.ident {
                walk.declare(&ident.sym);
            }
            it.class.visit_with(walk);
        });
    }

    fn visit_class(&mut self, it: &Class) {
        it.decorators.visit_with(self);
        it.super_class.visit_with(self);
        let names = it.body.iter().filter_map(private_name_of).collect();
        self.private_names.push((range(it).start, names));
        let static_code = self.static_code.take();
        for member in &it.body {
            self.class_member(member);
            self.static_code = self.static_code.or_else(|| static_code_of(member));
        }
        self.static_code = static_code;
        self.private_names.pop();
    }

    fn visit_block_stmt(&mut self, it: &BlockStmt) {
        directive::of_block(&it.stmts, &mut self.found.problems);
        let block = Block::Opened { at: range(it).start + 1, is_function_body: false };
        self.in_block(block, |walk| {
            walk.in_scope(false, |walk| it.stmts.visit_with(walk));
        });
    }

    fn visit_labeled_stmt(&mut self, it: &LabeledStmt) {
        self.only_statement(&it.body);
        it.visit_children_with(self);
    }

    fn visit_if_stmt(&mut self, it: &IfStmt) {
        self.only_statement(&it.cons);
        it.alt.iter().for_each(|it| self.only_statement(it));
        it.visit_children_with(self);
    }

    fn visit_while_stmt(&mut self, it: &WhileStmt) {
        self.only_statement(&it.body);
        it.visit_children_with(self);
    }

    fn visit_do_while_stmt(&mut self, it: &DoWhileStmt) {
        self.only_statement(&it.body);
        it.visit_children_with(self);
    }

    fn visit_switch_stmt(&mut self, it: &SwitchStmt) {
        it.discriminant.visit_with(self);
        let whole = range(it);
        let head_end = range(&*it.discriminant).end;
        let switch = Switch { start: whole.start, head_end, end: whole.end };
        self.in_block(Block::Switch(switch), |walk| {
            walk.in_scope(false, |walk| {
                for case in &it.cases {
                    directive::of_block(&case.cons, &mut walk.found.problems);
                }
                it.cases.visit_with(walk);
            });
        });
    }

    fn visit_for_stmt(&mut self, it: &ForStmt) {
        self.only_statement(&it.body);
        self.in_scope(false, |walk| it.visit_children_with(walk));
    }

    fn visit_for_in_stmt(&mut self, it: &ForInStmt) {
        self.only_statement(&it.body);
        self.in_scope(false, |walk| {
            walk.loop_head(&it.left);
            it.right.visit_with(walk);
            it.body.visit_with(walk);
        });
    }

    fn visit_for_of_stmt(&mut self, it: &ForOfStmt) {
        self.only_statement(&it.body);
        self.in_scope(false, |walk| {
            walk.loop_head(&it.left);
            it.right.visit_with(walk);
            it.body.visit_with(walk);
        });
    }

    fn visit_catch_clause(&mut self, it: &CatchClause) {
        self.in_scope(false, |walk| {
            if let Some(param) = &it.param {
                walk.declare_pat(param, false);
                param.visit_with(walk);
            }
            it.body.visit_with(walk);
        });
    }

    fn visit_jsx_element_name(&mut self, it: &JSXElementName) {
        match it {
            JSXElementName::Ident(name)
                if !name.sym.starts_with(|c: char| c.is_ascii_lowercase()) =>
            {
                self.jsx_root(name);
            }
            JSXElementName::JSXMemberExpr(member) => member.visit_with(self),
            JSXElementName::Ident(_) | JSXElementName::JSXNamespacedName(_) => {}
        }
    }

    fn visit_jsx_member_expr(&mut self, it: &JSXMemberExpr) {
        match &it.obj {
            JSXObject::Ident(root) => self.jsx_root(root),
            JSXObject::JSXMemberExpr(inner) => inner.visit_with(self),
        }
    }

    fn visit_jsx_attr(&mut self, it: &JSXAttr) {
        use swc_core::ecma::ast::{JSXAttrValue, JSXExpr};
        match &it.value {
            Some(JSXAttrValue::JSXExprContainer(container)) => {
                let JSXExpr::Expr(value) = &container.expr else { return };
                let name = match &it.name {
                    JSXAttrName::Ident(name) => Some(name.sym.clone()),
                    JSXAttrName::JSXNamespacedName(_) => None,
                };
                self.visit_hinted(value, Hint { name, ..Hint::default() });
            }
            other => other.visit_with(self),
        }
    }

    fn visit_import_decl(&mut self, it: &ImportDecl) {
        if !it.type_only {
            for specifier in it.specifiers.iter().filter(|it| !it.is_type_only()) {
                self.declare(&specifier.local().sym);
            }
        }
    }

    fn visit_named_export(&mut self, _: &NamedExport) {}

    fn visit_ts_import_equals_decl(&mut self, it: &TsImportEqualsDecl) {
        self.declare(&it.id.sym);
    }

    fn visit_ts_enum_decl(&mut self, it: &TsEnumDecl) {
        if !it.declare {
            self.declare(&it.id.sym);
            it.members.visit_with(self);
        }
    }

    fn visit_ts_module_decl(&mut self, it: &TsModuleDecl) {
        if it.declare || it.global {
            return;
        }
        if let TsModuleName::Ident(name) = &it.id {
            self.declare(&name.sym);
        }
        it.body.visit_with(self);
    }

    fn visit_ts_module_block(&mut self, it: &TsModuleBlock) {
        let statements = it.body.iter().filter_map(ModuleItem::as_stmt);
        directive::of_block(statements, &mut self.found.problems);
        let block = Block::Opened { at: range(it).start + 1, is_function_body: false };
        self.in_block(block, |walk| {
            walk.in_scope(true, |walk| it.body.visit_with(walk));
        });
    }
}

fn default_export() -> Hint {
    Hint { name: Some("default".into()), is_default_export: true, ..Hint::default() }
}
