//! Which name means what: scopes, what they declare, and every use of a name.

use std::ops::Range;

use rustc_hash::FxHashMap;
use swc_core::{atoms::Atom, ecma::ast::Program};

use super::Owner;

/// A scope, by its place in [`Scopes::scopes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ScopeId(u32);

/// The scope of the module itself: what it declares is never captured.
pub(crate) const MODULE: ScopeId = ScopeId(0);

#[derive(Debug)]
pub(crate) struct Scopes {
    scopes: Vec<Scope>,
    /// In the order of the walk.
    pub(crate) uses: Vec<Use>,
    is_flat: bool,
}

#[derive(Debug)]
struct Scope {
    parent: Option<ScopeId>,
    /// `var` belongs to the nearest such scope.
    holds_vars: bool,
    /// For the scope of a function's parameters: that of its body.
    body: Option<ScopeId>,
    bindings: FxHashMap<Atom, Binding>,
}

/// A name that a scope declares.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Binding {
    pub(crate) declarations: u32,
    pub(crate) is_written: bool,
    /// The inline action that is this binding's first value.
    pub(crate) action: Owner,
}

/// One use of a name, not its declaration.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) name: Atom,
    /// Bytes from the start of the source.
    pub(crate) at: Range<u32>,
    pub(crate) scope: ScopeId,
    pub(crate) owner: Owner,
    pub(crate) is_written: bool,
    /// `{ name }`, which has to keep its key when it is renamed.
    pub(crate) is_shorthand: bool,
}

impl Scopes {
    /// `is_flat`: names are nobody's business, so all scopes but the module's may be one.
    pub(crate) fn new(is_flat: bool) -> Self {
        let module =
            Scope { parent: None, holds_vars: true, body: None, bindings: FxHashMap::default() };
        Self { scopes: vec![module], uses: Vec::new(), is_flat }
    }

    pub(crate) fn open(&mut self, parent: ScopeId, holds_vars: bool) -> ScopeId {
        if self.is_flat && self.scopes.len() > 1 {
            return ScopeId(1);
        }
        self.scopes.push(Scope {
            parent: Some(parent),
            holds_vars,
            body: None,
            bindings: FxHashMap::default(),
        });
        ScopeId(self.scopes.len() as u32 - 1)
    }

    /// Opens the scope of a function's body in that of its parameters.
    pub(crate) fn open_body(&mut self, params: ScopeId) -> ScopeId {
        let body = self.open(params, true);
        self.scope_mut(params).body = Some(body);
        body
    }

    pub(crate) fn declare(&mut self, scope: ScopeId, name: &Atom) {
        self.scope_mut(scope).bindings.entry(name.clone()).or_default().declarations += 1;
    }

    pub(crate) fn declare_var(&mut self, scope: ScopeId, name: &Atom) -> ScopeId {
        let home = self.ancestors(scope).find(|&it| self.scope(it).holds_vars).unwrap_or(MODULE);
        self.declare(home, name);
        home
    }

    pub(crate) fn set_action(&mut self, scope: ScopeId, name: &Atom, action: usize) {
        if let Some(binding) = self.scope_mut(scope).bindings.get_mut(name) {
            binding.action = Some(action);
        }
    }

    pub(crate) fn binding(&self, scope: ScopeId, name: &Atom) -> Option<Binding> {
        self.scope(scope).bindings.get(name).copied()
    }

    /// Whether `name`, declared in `scope`, is assigned to after its declaration.
    pub(crate) fn is_assigned(&self, scope: ScopeId, name: &Atom) -> bool {
        self.binding(scope, name).is_some_and(|it| it.is_written)
    }

    /// The scope in which `name`, used in `scope`, is declared; `None`: a global.
    pub(crate) fn resolve(&self, scope: ScopeId, name: &Atom) -> Option<ScopeId> {
        self.ancestors(scope).find(|&it| self.scope(it).bindings.contains_key(name))
    }

    /// Whether `inner` is `outer` or lies in it.
    pub(crate) fn is_within(&self, inner: ScopeId, outer: ScopeId) -> bool {
        // A scope is opened after the one around it.
        self.ancestors(inner).take_while(|&it| it >= outer).any(|it| it == outer)
    }

    /// Whether a function, whose parameters' scope this is, declares `name` as a parameter or at the top of its body.
    pub(crate) fn declares_in_function(&self, params: ScopeId, name: &Atom) -> bool {
        self.scope(params).bindings.contains_key(name) || self.declares_in_body(params, name)
    }

    /// Whether a function, whose parameters' scope this is, declares `name` at the top of its body.
    pub(crate) fn declares_in_body(&self, params: ScopeId, name: &Atom) -> bool {
        self.scope(params).body.is_some_and(|body| self.scope(body).bindings.contains_key(name))
    }

    pub(crate) fn parent(&self, scope: ScopeId) -> ScopeId {
        self.scope(scope).parent.unwrap_or(MODULE)
    }

    /// Marks the bindings that are assigned to after their declaration. Call it once, after the walk.
    pub(crate) fn mark_writes(&mut self) {
        let written: Vec<(ScopeId, Atom)> = self
            .uses
            .iter()
            .filter(|it| it.is_written)
            .filter_map(|it| Some((self.resolve(it.scope, &it.name)?, it.name.clone())))
            .collect();
        for (scope, name) in written {
            if let Some(binding) = self.scope_mut(scope).bindings.get_mut(&name) {
                binding.is_written = true;
            }
        }
    }

    /// Whether a script (no `import`, no `export`) talks to CommonJS.
    pub(crate) fn is_commonjs(&self, program: &Program) -> bool {
        matches!(program, Program::Script(_))
            && self.uses.iter().any(|it| {
                matches!(&*it.name, "module" | "exports" | "require")
                    && self.resolve(it.scope, &it.name).is_none()
            })
    }

    fn ancestors(&self, scope: ScopeId) -> impl Iterator<Item = ScopeId> {
        std::iter::successors(Some(scope), |&it| self.scope(it).parent)
    }

    fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    fn scope_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.scopes[id.0 as usize]
    }
}
