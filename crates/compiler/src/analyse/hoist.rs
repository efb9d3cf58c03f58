//! Which declarations of a `switch` can go in front of it.

use swc_core::atoms::Atom;

use super::{
    Hoisted, Inline, Site, Switch,
    scope::{ScopeId, Scopes},
};

/// An action that is declared among the cases of a `switch`.
struct Declared<'a> {
    name: &'a Atom,
    switch: Switch,
    scope: ScopeId,
    captures: &'a [String],
}

/// Lets all declarations of a `switch` stay if one of them would not work in front of it.
pub(super) fn settle_switches(scopes: &Scopes, inline: &mut [Inline]) {
    let declared: Vec<Declared> = inline.iter().filter_map(declared).collect();
    let stay: Vec<u32> = declared
        .iter()
        .filter(|it| !can_go(scopes, it, &declared))
        .map(|it| it.switch.start)
        .collect();
    for it in inline {
        if let Site::Declaration { hoisted, .. } = &mut it.site
            && matches!(hoisted, Hoisted::Switch(switch) if stay.contains(&switch.start))
        {
            *hoisted = Hoisted::Stays;
        }
    }
}

fn declared(it: &Inline) -> Option<Declared<'_>> {
    match &it.site {
        Site::Declaration { name, hoisted: Hoisted::Switch(switch), scope, .. } => {
            Some(Declared { name, switch: *switch, scope: *scope, captures: &it.captures })
        }
        _ => None,
    }
}

fn can_go(scopes: &Scopes, it: &Declared, declared: &[Declared]) -> bool {
    let goes_too =
        |name: &str| declared.iter().any(|other| other.scope == it.scope && **other.name == *name);
    let sees =
        |name: &String| scopes.binding(it.scope, &name.as_str().into()).is_none() || goes_too(name);
    let head = it.switch.start..it.switch.head_end;
    let hides = scopes.uses.iter().any(|of| of.name == *it.name && head.contains(&of.at.start));
    !hides && it.captures.iter().all(sees)
}
