//! The policies of a server's actions, by number.

use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use wire::Limits;

use crate::{
    gate::{Gate, Turn},
    policy::{Bounds, Policy},
    rejection::Rejection,
};

/// A policy's number in its server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyId(pub u32);

impl PolicyId {
    /// The server's own limits, and nothing more.
    pub const NONE: Self = Self(0);
}

/// All policies of a server. Those that its build doesn't know are learned when their modules are loaded.
pub(crate) struct Policies {
    limits: Limits,
    own: Arc<Enforced>,
    /// The others; the first has the number 1.
    all: RwLock<Vec<Arc<Enforced>>>,
}

/// A policy, and what enforces it.
pub(crate) struct Enforced {
    policy: Policy,
    /// What it narrows, if it came with a function.
    base: PolicyId,
    pub(crate) bounds: Bounds,
    gate: Option<Gate>,
}

impl Enforced {
    fn new(policy: Policy, limits: &Limits) -> Self {
        let gate = policy.concurrency.map(|most| Gate::new(most, policy.queue));
        Self { bounds: Bounds::under(&policy, limits), gate, policy, base: PolicyId::NONE }
    }

    /// Takes a place of the action, if they are counted.
    pub(crate) fn enter(&self) -> Result<Turn, Rejection> {
        self.gate.as_ref().map_or(Ok(Turn::Now), Gate::enter)
    }

    pub(crate) fn gate(&self) -> Option<&Gate> {
        self.gate.as_ref()
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }
}

impl Policies {
    pub(crate) fn new(limits: &Limits) -> Self {
        let own = Arc::new(Enforced::new(Policy::default(), limits));
        Self { limits: *limits, own, all: RwLock::default() }
    }

    pub(crate) fn add_all(
        &self,
        policies: impl IntoIterator<Item = (String, Policy)>,
    ) -> FxHashMap<String, PolicyId> {
        let add = |(id, policy)| (id, self.push(Enforced::new(policy, &self.limits)));
        policies.into_iter().map(add).collect()
    }

    /// The number of the limits in `policy`, for functions that came with it. Equal ones share a number;
    /// their places are counted by whoever made the function.
    pub(crate) fn learn(&self, base: PolicyId, policy: Policy) -> PolicyId {
        let policy = Policy { concurrency: None, ..policy };
        let known = {
            let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
            all.iter().position(|it| it.base == base && it.policy == policy)
        };
        known.map_or_else(
            || {
                let bounds = Bounds::under(&policy, &self.limits).within(&self.get(base).bounds);
                self.push(Enforced { bounds, policy, gate: None, base })
            },
            |at| PolicyId(at as u32 + 1),
        )
    }

    pub(crate) fn get(&self, PolicyId(number): PolicyId) -> Arc<Enforced> {
        let Some(at) = number.checked_sub(1) else { return Arc::clone(&self.own) };
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.get(at as usize).unwrap_or(&self.own))
    }

    /// What some action lets pass: for a body of which it isn't known yet which it is for.
    pub(crate) fn loosest(&self) -> Bounds {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().fold(self.own.bounds.clone(), |loosest, it| loosest.loosest(&it.bounds))
    }

    fn push(&self, enforced: Enforced) -> PolicyId {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.push(Arc::new(enforced));
        PolicyId(all.len() as u32)
    }
}
