//! Captures: the variables of functions and blocks around an action that its text uses.
//!
//! An action's text moves to the module's top level, where it sees what the module declares and nothing else. What it
//! used from between there and its place is captured: sealed when the reference leaves the server, and opened into
//! parameters of the same names; where the action declares such a name itself, the parameter gets another one.
//!
//! Other actions are special among the captured values. One that captures nothing is a constant of the module, and is
//! named directly. Those that refer to each other in a circle can't be sealed into each other without end: they
//! capture the same values, and each rebuilds the others from them.

use std::ops::Range;

use rustc_hash::FxHashSet;
use swc_core::atoms::Atom;

use super::{
    Inline, Owner, Site,
    scope::{MODULE, ScopeId, Scopes, Use},
};
use crate::diagnostics::{Problem, Rule};

/// An identifier that is written with another name.
#[derive(Debug)]
pub(crate) struct Rename {
    pub(crate) at: Range<u32>,
    /// `{ name }`: the key stays.
    pub(crate) is_shorthand: bool,
    pub(crate) to: NewName,
}

#[derive(Debug)]
pub(crate) enum NewName {
    /// The reference of an action, by its place among the inline ones.
    Action(usize),
    /// What the captured variable of this name is called where the name means something else.
    Captured(String),
}

#[derive(Debug, Default)]
pub(super) struct Captures {
    pub(super) renames: Vec<(Owner, Rename)>,
    pub(super) problems: Vec<Problem>,
}

/// A variable: the scope that declares it, and its name.
type Variable = (ScopeId, Atom);

/// Fills in the captures of each action of `inline`.
pub(super) fn captures(scopes: &Scopes, inline: &mut [Inline]) -> Captures {
    let mut found = Captures::default();
    if inline.is_empty() {
        return found;
    }
    let outer: Vec<Vec<Variable>> = outer_variables(scopes, inline, &mut found.problems);
    let action_of = |variable: &Variable| action_of(scopes, inline, variable);
    let constant = constants(&outer, &action_of);
    let edges: Vec<Vec<usize>> = outer
        .iter()
        .map(|it| it.iter().filter_map(&action_of).filter(|&to| !constant[to]).collect())
        .collect();
    let circles = circles(&edges);

    let mut captures: Vec<Vec<Variable>> = vec![Vec::new(); inline.len()];
    let mut rebinds: Vec<Vec<(Variable, usize)>> = vec![Vec::new(); inline.len()];
    for (index, variables) in outer.iter().enumerate() {
        for variable in variables {
            match action_of(variable) {
                Some(to) if constant[to] => {}
                Some(to) if circles[index].contains(&to) => {
                    rebinds[index].push((variable.clone(), to));
                }
                _ => captures[index].push(variable.clone()),
            }
        }
    }
    let shared: Vec<Vec<Variable>> =
        circles.iter().map(|circle| shared_captures(circle, &captures)).collect();
    for (index, shared) in shared.into_iter().enumerate() {
        if !circles[index].is_empty() {
            check_visible(scopes, &inline[index], &shared, &mut found.problems);
            captures[index] = shared;
        }
    }
    let hidden: Vec<Vec<Variable>> = (0..inline.len())
        .map(|index| hidden(scopes, &inline[index], &captures[index], &rebinds[index]))
        .collect();
    found.renames = scopes
        .uses
        .iter()
        .filter_map(|it| {
            let rename = rename(scopes, inline, &constant, &hidden, it)?;
            Some((it.owner, rename))
        })
        .collect();
    for (index, it) in inline.iter_mut().enumerate() {
        let around = it.owner.map_or(&[][..], |owner| &hidden[owner]);
        let captures = std::mem::take(&mut captures[index]);
        it.hidden_outside = names(captures.iter().filter(|it| around.contains(it)));
        it.captures = names(&captures);
        it.hidden = names(&hidden[index]);
        let rebinds = std::mem::take(&mut rebinds[index]).into_iter();
        it.rebinds = rebinds.map(|((_, name), to)| (name.to_string(), to)).collect();
    }
    found
}

fn names<'v>(variables: impl IntoIterator<Item = &'v Variable>) -> Vec<String> {
    variables.into_iter().map(|(_, name)| name.to_string()).collect()
}

/// Variables that come from outside of `action` and whose names it declares, or gives to another of them.
fn hidden(
    scopes: &Scopes,
    action: &Inline,
    captures: &[Variable],
    rebinds: &[(Variable, usize)],
) -> Vec<Variable> {
    let is_rebound = |name: &Atom| rebinds.iter().any(|((_, rebound), _)| rebound == name);
    let captures = captures
        .iter()
        .filter(|(_, name)| scopes.declares_in_function(action.scope, name) || is_rebound(name));
    let rebinds = rebinds.iter().map(|(variable, _)| variable);
    let rebinds = rebinds.filter(|(_, name)| scopes.declares_in_function(action.scope, name));
    captures.chain(rebinds).cloned().collect()
}

/// For each action, in the order of first use, what it uses from between the module and itself.
fn outer_variables(
    scopes: &Scopes,
    inline: &[Inline],
    problems: &mut Vec<Problem>,
) -> Vec<Vec<Variable>> {
    let mut outer: Vec<Vec<Variable>> = vec![Vec::new(); inline.len()];
    let mut seen: FxHashSet<(usize, Variable)> = FxHashSet::default();
    let mut warned: FxHashSet<u32> = FxHashSet::default();
    for it in &scopes.uses {
        let Some(home) = scopes.resolve(it.scope, &it.name).filter(|&home| home != MODULE) else {
            continue;
        };
        let variable = (home, it.name.clone());
        // A use belongs to the innermost action and to all around it up to the variable's home.
        let mut owner = it.owner;
        while let Some(index) = owner {
            let action = &inline[index];
            if scopes.is_within(home, action.scope) {
                break;
            }
            if seen.insert((index, variable.clone())) {
                outer[index].push(variable.clone());
            }
            if it.is_written && warned.insert(it.at.start) {
                let (name, of) = (it.name.to_string(), action.directive);
                let rule = Rule::AssignedCapture { name, of };
                problems.push(Problem { rule, at: it.at.clone() });
            }
            owner = action.owner;
        }
    }
    outer
}

/// The action that a variable holds for as long as it exists.
fn action_of(scopes: &Scopes, inline: &[Inline], (scope, name): &Variable) -> Owner {
    let binding = scopes.binding(*scope, name)?;
    let is_constant = binding.declarations == 1 && !binding.is_written;
    binding.action.filter(|&to| is_constant && inline[to].is_moved())
}

/// Which actions capture nothing but other such actions.
fn constants(outer: &[Vec<Variable>], action_of: &impl Fn(&Variable) -> Owner) -> Vec<bool> {
    let mut constant = vec![true; outer.len()];
    loop {
        let mut changed = false;
        for (index, variables) in outer.iter().enumerate() {
            let is_constant =
                variables.iter().all(|it| action_of(it).is_some_and(|to| constant[to]));
            if constant[index] && !is_constant {
                constant[index] = false;
                changed = true;
            }
        }
        if !changed {
            return constant;
        }
    }
}

/// For each action, those in a circle with it, in order, itself included; empty if it is in none.
fn circles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let reached: Vec<FxHashSet<usize>> = (0..edges.len())
        .map(|from| {
            let mut reached = FxHashSet::default();
            let mut next = edges[from].clone();
            while let Some(to) = next.pop() {
                if reached.insert(to) {
                    next.extend(&edges[to]);
                }
            }
            reached
        })
        .collect();
    (0..edges.len())
        .map(|from| {
            let mut circle: Vec<usize> =
                reached[from].iter().copied().filter(|&to| reached[to].contains(&from)).collect();
            circle.sort_unstable();
            circle
        })
        .collect()
}

fn shared_captures(circle: &[usize], captures: &[Vec<Variable>]) -> Vec<Variable> {
    let mut shared: Vec<Variable> = Vec::new();
    for variable in circle.iter().flat_map(|&index| &captures[index]) {
        if !shared.contains(variable) {
            shared.push(variable.clone());
        }
    }
    shared
}

/// All actions of a circle capture the same variables, so each has to see them all from its place.
fn check_visible(
    scopes: &Scopes,
    action: &Inline,
    shared: &[Variable],
    problems: &mut Vec<Problem>,
) {
    let around = scopes.parent(action.scope);
    for (home, name) in shared {
        // A function expression's own name hides nothing from what stands in its place.
        let own_name = matches!(action.site, Site::Expression { .. }) && action.name == **name;
        if !own_name && scopes.resolve(around, name) != Some(*home) {
            let rule = Rule::RecursiveActions { name: name.to_string() };
            problems.push(Problem { rule, at: action.at..action.at + 1 });
        }
    }
}

/// Names an action directly that would otherwise be captured, and what is captured but hidden.
fn rename(
    scopes: &Scopes,
    inline: &[Inline],
    constant: &[bool],
    hidden: &[Vec<Variable>],
    it: &Use,
) -> Option<Rename> {
    let owner = it.owner?;
    let home = scopes.resolve(it.scope, &it.name).filter(|&home| home != MODULE)?;
    if scopes.is_within(home, inline[owner].scope) {
        return None;
    }
    let variable = (home, it.name.clone());
    let constant = action_of(scopes, inline, &variable).filter(|&to| constant[to]);
    let to = match constant {
        Some(action) => NewName::Action(action),
        None if hidden[owner].contains(&variable) => NewName::Captured(it.name.to_string()),
        None => return None,
    };
    Some(Rename { at: it.at.clone(), is_shorthand: it.is_shorthand, to })
}
