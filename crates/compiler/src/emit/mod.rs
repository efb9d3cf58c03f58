//! From the table of facts to text; decides nothing.

mod client;
mod edit;
mod map;
mod server;

use memchr::memmem;

use crate::{
    Action, Kind, Mode, Options, Target, analyse::Facts, id::Ids, scan::Directive, text::Text,
};

/// A compiled file.
pub(crate) struct Emitted {
    pub(crate) code: String,
    pub(crate) map: Option<String>,
}

/// Writes the file for its target; `actions` are those of [`actions`].
pub(crate) fn emit(facts: &Facts, actions: &[Action], text: &Text, options: &Options) -> Emitted {
    match options.target {
        Target::Server => server::emit(facts, actions, text, options),
        Target::Ssr | Target::Client => client::emit(actions, text, options),
    }
}

/// What is to be known of a file's functions with a directive: of those it exports as actions, then of [`Facts::inline`],
/// each in the order of the source.
pub(crate) fn actions(facts: &Facts, text: &Text, options: &Options) -> Vec<Action> {
    let ids = Ids::new(options);
    let names = Names::new(text.source);
    let exported = facts.exports.iter().map(|it| {
        let position = text.position(it.at.start);
        Action {
            id: ids.of(&it.name),
            name: it.local.as_ref().map_or_else(|| it.name.clone(), |local| local.to_string()),
            export_name: it.name.clone(),
            kind: Kind::Module,
            line: position.line + 1,
            column: position.column + 1,
            params: it.params,
            rest: it.has_rest,
            captures: Vec::new(),
            policy: it.policy.clone(),
        }
    });
    let inline = facts.inline.iter().enumerate().map(|(index, it)| {
        let position = text.position(it.at);
        Action {
            id: match it.directive {
                Directive::Server => ids.of(&it.place),
                Directive::Cache => ids.of_text(&it.place, text.source),
            },
            name: it.name.clone(),
            export_name: it.exported_as.clone().unwrap_or_else(|| names.action(index)),
            kind: Kind::Inline,
            line: position.line + 1,
            column: position.column + 1,
            params: it.signature.params,
            rest: it.signature.has_rest,
            captures: it.captures.clone(),
            policy: it.policy.clone(),
        }
    });
    exported.chain(inline).collect()
}

/// Names that occur nowhere in the file.
struct Names {
    prefix: String,
}

impl Names {
    fn new(source: &str) -> Self {
        let mut prefix = "$$errand".to_owned();
        let mut number = 1;
        while memmem::find(source.as_bytes(), prefix.as_bytes()).is_some() {
            number += 1;
            prefix = format!("$$errand{number}");
        }
        Self { prefix }
    }

    fn of(&self, what: &str) -> String {
        [&self.prefix, "_", what].concat()
    }

    /// The reference of an inline action, or the cached function.
    fn action(&self, index: usize) -> String {
        [&self.prefix, "_action_", &index.to_string()].concat()
    }

    /// A captured variable, in a text that gives its name to something else.
    fn captured(&self, name: &str) -> String {
        format!("{}_captured_{name}", self.prefix)
    }

    /// The function that holds the text of one that was moved.
    fn body(&self, index: usize) -> String {
        [&self.prefix, "_body_", &index.to_string()].concat()
    }
}

fn is_development(options: &Options) -> bool {
    options.mode == Mode::Development
}
