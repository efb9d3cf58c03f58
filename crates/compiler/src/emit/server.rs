//! The real module: its text with the directives taken out, inline actions moved, and everything registered.
//!
//! ```text
//! import { … } from "errand/runtime/server";export const $$errand_action_0 = …   in front of the first statement
//! …                                                                             the source; lines keep their numbers
//! ;$$errand_register(createPost, …)                                             exports of an action file
//! async function $$errand_body_0([id], formData) { … }                          texts of the moved actions
//! ```
//!
//! The texts are function declarations, which are hoisted: so the references are made before any code of the module
//! runs, though their texts stand behind it.

use std::fmt::Write;

use rustc_hash::FxHashSet;

use super::{
    Emitted, Names,
    client::is_name,
    edit::{Edits, Origin, Writer, line_ends},
    map::Mappings,
};
use crate::{
    Action, Options,
    analyse::{Export, Facts, FirstParam, From, Hoisted, Inline, NewName, Owner, Site},
    id::relative,
    scan::Directive,
    text::{Text, js_string, push_js_string},
};

pub(super) fn emit(facts: &Facts, actions: &[Action], text: &Text, options: &Options) -> Emitted {
    let (exported, inline) = actions.split_at(facts.exports.len());
    let mut server = Server {
        facts,
        text,
        names: Names::new(text.source),
        main: Edits::default(),
        moved: facts.inline.iter().map(|_| Edits::default()).collect(),
        switches: FxHashSet::default(),
        head: String::new(),
        tail: String::new(),
        uses: Uses::default(),
        imported: 0,
        file: relative(&options.filename, &options.root),
    };
    server.prologues();
    for (export, action) in facts.exports.iter().zip(exported) {
        server.export(export, action);
    }
    for (index, action) in inline.iter().enumerate() {
        server.inline(index, action);
    }
    server.renames();
    server.insert_head(options);
    server.write(options)
}

struct Server<'a> {
    facts: &'a Facts,
    text: &'a Text<'a>,
    names: Names,
    /// Edits of the text that stays.
    main: Edits,
    /// Edits of the texts of moved actions.
    moved: Vec<Edits>,
    /// Where those begin that have a block around them now.
    switches: FxHashSet<u32>,
    /// What comes before the first statement, imports excepted.
    head: String,
    /// What comes behind the last.
    tail: String,
    uses: Uses,
    /// How many names are imported from modules that are exported from.
    imported: u32,
    /// The file as it is named in messages.
    file: String,
}

/// What has to be imported.
#[derive(Default)]
struct Uses {
    register: bool,
    register_capturing: bool,
    bind: bool,
    cache: bool,
    bind_cached: bool,
}

/// `register(function, "id", "name")`
fn call(register: &str, function: &str, action: &Action, name: &str) -> String {
    let mut call = [register, "(", function, ", \"", &action.id, "\", "].concat();
    push_js_string(&mut call, name);
    call.push(')');
    call
}

impl Server<'_> {
    /// The edits of the text in which something with this owner stands.
    fn edits(&mut self, owner: Owner) -> &mut Edits {
        let mut owner = owner;
        while let Some(index) = owner {
            if self.facts.inline[index].is_moved() {
                return &mut self.moved[index];
            }
            owner = self.facts.inline[index].owner;
        }
        &mut self.main
    }

    fn prologues(&mut self) {
        let (facts, text) = (self.facts, self.text);
        for (owner, prologue) in &facts.prologues {
            // A function with a pattern among its parameters can't say that it is strict; a module always is.
            let captures = owner.is_some_and(|index| !facts.inline[index].captures.is_empty());
            let strict = prologue.strict.iter().filter(|_| captures);
            let edits = self.edits(*owner);
            for directive in prologue.removed.iter().chain(strict.clone()) {
                edits.remove(directive.clone(), text);
            }
            for &end in &prologue.unterminated {
                if !strict.clone().any(|directive| directive.end == end) {
                    edits.insert(end, ";");
                }
            }
        }
    }

    fn export(&mut self, export: &Export, action: &Action) {
        let local = match (&export.local, &export.from, &export.default) {
            (Some(local), ..) => local.to_string(),
            (None, Some(from), _) => self.import_from(from),
            (None, None, default) => {
                let local = self.names.of("default");
                if let Some(default) = default {
                    let ends = line_ends(self.text.slice(&default.keywords));
                    match default.name_at {
                        Some(function) => {
                            self.main.replace(default.keywords.clone(), ends);
                            let at = self.text.after_function_keyword(function);
                            self.main.insert(at, format!(" {local}"));
                        }
                        None => self
                            .main
                            .replace(default.keywords.clone(), format!("const {local} ={ends} ")),
                    }
                }
                let _ = writeln!(self.tail, "export {{ {local} as default }};");
                local
            }
        };
        let mut call = self.register(&local, action, &action.export_name);
        if export.is_unseen {
            // Only the running module can tell whether it is a function: it says where it is exported.
            call.truncate(call.len() - 1);
            let place = format!("{}:{}:{}", self.file, action.line, action.column);
            call.push_str(", ");
            push_js_string(&mut call, &place);
            call.push(')');
        }
        self.tail.extend([&call, ";\n"]);
    }

    /// Imports what is exported from another module, under a name of our own.
    fn import_from(&mut self, from: &From) -> String {
        let local = self.names.of(&format!("from_{}", self.imported));
        self.imported += 1;
        let name = if is_name(&from.name) { from.name.clone() } else { js_string(&from.name) };
        let module = js_string(&from.specifier);
        self.head.extend(["import { ", &name, " as ", &local, " } from ", &module, ";"]);
        local
    }

    fn register(&mut self, function: &str, action: &Action, name: &str) -> String {
        self.uses.register = true;
        call(&self.names.of("register"), function, action, name)
    }

    fn inline(&mut self, index: usize, action: &Action) {
        let inline = &self.facts.inline[index];
        let is_cached = inline.directive == Directive::Cache;
        if let Site::Module { local, initialized_at } = &inline.site {
            if is_cached {
                // A declaration is there before any code runs, and its name can be given to another function.
                let cached = self.cached(local, index, action);
                self.head.extend([&**local, " = ", &cached, ";"]);
                return;
            }
            let call = self.register(local, action, &action.name);
            match initialized_at {
                Some(at) => {
                    let is_ended = self.text.source[..*at as usize].ends_with(';');
                    let end = if is_ended { "" } else { ";" };
                    self.main.insert(*at, format!("{end}{call};"));
                }
                None => {
                    self.head.extend([&call, ";"]);
                }
            }
            if inline.exported_as.is_none() {
                let _ =
                    writeln!(self.tail, "export {{ {local} as {} }};", self.names.action(index));
            }
            return;
        }
        if let Site::Wrapped { whole, ends_statement } = &inline.site {
            let cached = self.cached("", index, action);
            let (open, rest) = cached.split_at(cached.find('(').map_or(0, |it| it + 1));
            let semicolon = if *ends_statement { ";" } else { "" };
            let edits = self.edits(inline.owner);
            edits.insert(whole.start, open.to_owned());
            edits.insert(whole.end, format!("{rest}{semicolon}"));
            return;
        }
        self.constant(index, action);
        self.signature(index);
        self.replace(inline, self.reference(index));
    }

    /// `export const $$errand_action_0 = …`: what the rest of the file refers to.
    fn constant(&mut self, index: usize, action: &Action) {
        let body = self.names.body(index);
        if self.facts.inline[index].directive == Directive::Cache {
            let cached = self.cached(&body, index, action);
            self.head.extend(["const ", &self.names.action(index), " = ", &cached, ";"]);
            return;
        }
        let call = if self.facts.inline[index].captures.is_empty() {
            self.register(&body, action, &action.name)
        } else {
            self.uses.register_capturing = true;
            self.uses.bind = true;
            call(&self.names.of("registerCapturing"), &body, action, &action.name)
        };
        self.head.extend(["export const ", &self.names.action(index), " = ", &call, ";"]);
    }

    /// `cache(function, "id", "name", 2)`: how many arguments count. `true` says that captured values come before them.
    fn cached(&mut self, function: &str, index: usize, action: &Action) -> String {
        self.uses.cache = true;
        let inline = &self.facts.inline[index];
        self.uses.bind_cached |= !inline.captures.is_empty();
        let mut call = call(&self.names.of("cache"), function, action, &action.name);
        call.truncate(call.len() - 1);
        let counted = if action.rest { "Infinity".to_owned() } else { action.params.to_string() };
        let captures = if inline.captures.is_empty() { "" } else { ", true" };
        call.extend([", ", &counted, captures, ")"]);
        call
    }

    /// The action, or the action with the values that it captures here.
    fn reference(&self, index: usize) -> String {
        let inline = &self.facts.inline[index];
        self.bound(index, &inline.captures, &inline.hidden_outside)
    }

    fn bound(&self, index: usize, captures: &[String], hidden: &[String]) -> String {
        let action = self.names.action(index);
        if captures.is_empty() {
            return action;
        }
        let bind = match self.facts.inline[index].directive {
            Directive::Server => "bind",
            Directive::Cache => "bindCached",
        };
        let values: Vec<String> = captures.iter().map(|it| self.captured(it, hidden)).collect();
        [&self.names.of(bind), "(", &action, ", () => [", &values.join(", "), "])"].concat()
    }

    /// What a captured variable is called where the names `hidden` mean something else.
    fn captured(&self, name: &String, hidden: &[String]) -> String {
        if hidden.contains(name) { self.names.captured(name) } else { name.clone() }
    }

    /// Gives a moved function the parameter for its captures, and an arrow function the form of any other.
    fn signature(&mut self, index: usize) {
        let inline = &self.facts.inline[index];
        let signature = &inline.signature;
        let hidden = &inline.hidden;
        let mut captured: Vec<String> =
            inline.captures.iter().map(|it| self.captured(it, hidden)).collect();
        if !captured.is_empty() {
            // Nothing is ever sealed at these places, so their defaults apply. A circle shares its captures.
            let rebound = inline.rebinds.iter().map(|(name, to)| {
                let reference = self.bound(*to, &inline.captures, hidden);
                format!("{} = {reference}", self.captured(name, hidden))
            });
            captured.extend(rebound);
        }
        let pattern = (!captured.is_empty()).then(|| format!("[{}]", captured.join(", ")));
        let edits = &mut self.moved[index];
        match (&signature.first_param, pattern) {
            (FirstParam::Bare(param), pattern) => {
                let open = pattern.map_or_else(|| "(".to_owned(), |it| format!("({it}, "));
                edits.insert(param.start, open);
                edits.insert(param.end, ")");
            }
            (FirstParam::AfterParen { at, is_only: true }, Some(it)) => edits.insert(*at, it),
            (FirstParam::AfterParen { at, is_only: false }, Some(it)) => {
                edits.insert(*at, format!("{it}, "));
            }
            (FirstParam::AfterThis { at }, Some(it)) => edits.insert(*at, format!(", {it}")),
            (_, None) => {}
        }
        if let Some(arrow) = signature.arrow {
            edits.replace(arrow..arrow + 2, "");
        }
    }

    /// Puts the reference where the function was.
    fn replace(&mut self, inline: &Inline, reference: String) {
        let text = self.text;
        let edits = self.edits(inline.owner);
        match &inline.site {
            Site::Module { .. } | Site::Wrapped { .. } => {}
            Site::Declaration { .. } => self.declaration(inline, &reference),
            Site::Expression { whole, ends_statement } => {
                let ends = line_ends(text.slice(whole));
                let semicolon = if *ends_statement { ";" } else { "" };
                let parts = if !ends.is_empty() && needs_same_line(text, whole.end) {
                    ["(", &ends, &reference, ")"]
                } else {
                    [&reference, semicolon, &ends, ""]
                };
                edits.replace(whole.clone(), parts.concat());
            }
            Site::Method { before_key, after_key, is_static } => {
                let (sign, semicolon) = if *is_static { (" =", ";") } else { (":", "") };
                let ends = line_ends(text.slice(after_key));
                edits.remove(before_key.clone(), text);
                if property_key(&inline.name, *is_static).is_some() {
                    // The word itself stays, and leads to its place in the source.
                    let (open, close) = match text.byte(before_key.end) {
                        Some(b'[') => ("", ""),
                        Some(b'\'' | b'"') => ("[", "]"),
                        _ => ("['", "']"),
                    };
                    edits.insert(before_key.end, open);
                    edits.insert(after_key.start, close);
                }
                edits
                    .replace(after_key.clone(), [sign, " ", &reference, semicolon, &ends].concat());
            }
            Site::LateMethod { whole, key, before } => {
                let key = property_key(&inline.name, true).unwrap_or(text.slice(key));
                edits.insert(*before, ["static ", key, " = ", &reference, "; "].concat());
                // The semicolon: what stood before may have none, and what comes next could go on with it.
                let ends = line_ends(text.slice(whole));
                edits.replace(whole.clone(), [";", &ends].concat());
            }
        }
    }

    /// Makes a declaration the first statement of its block.
    fn declaration(&mut self, inline: &Inline, reference: &str) {
        let Site::Declaration { whole, name, hoisted, is_exported, keyword, overloads, .. } =
            &inline.site
        else {
            return;
        };
        let text = self.text;
        let is_first =
            matches!(hoisted, Hoisted::Switch(switch) if self.switches.insert(switch.start));
        let edits = self.edits(inline.owner);
        for signature in overloads {
            edits.replace(signature.clone(), line_ends(text.slice(signature)));
        }
        let export = if *is_exported { "export " } else { "" };
        let declaration = [export, keyword, " ", name, " = ", reference, ";"].concat();
        let ends = line_ends(text.slice(whole));
        match hoisted {
            Hoisted::Start(at) => edits.insert(*at, [" ", &declaration].concat()),
            Hoisted::Switch(switch) => {
                let open = if is_first { "{ " } else { "" };
                edits.insert(switch.start, [open, &declaration, " "].concat());
                if is_first {
                    edits.insert(switch.end, " }");
                }
            }
            Hoisted::Stays => {
                edits.replace(whole.clone(), [declaration, ends].concat());
                return;
            }
        }
        // A declaration ends the statement before it; what comes next could go on with that one.
        let next = text.byte(text.skip_trivia(whole.end));
        let could_go_on = matches!(next, Some(b'(' | b'[' | b'`' | b'+' | b'-' | b'/' | b'<'));
        let semicolon = if could_go_on { ";" } else { "" };
        edits.replace(whole.clone(), [semicolon, &ends].concat());
    }

    fn renames(&mut self) {
        let (facts, text) = (self.facts, self.text);
        for (owner, rename) in &facts.renames {
            let name = match &rename.to {
                NewName::Action(index) => self.names.action(*index),
                NewName::Captured(name) => self.names.captured(name),
            };
            let key = if rename.is_shorthand { ": " } else { "" };
            let edits = self.edits(*owner);
            if rename.is_shorthand {
                edits.insert(rename.at.end, format!("{key}{name}"));
            } else {
                edits.rename(rename.at.clone(), name, text);
            }
        }
    }

    fn insert_head(&mut self, options: &Options) {
        let imports: Vec<String> = [
            (self.uses.register, "registerServerReference", "register"),
            (self.uses.register_capturing, "registerCapturing", "registerCapturing"),
            (self.uses.bind, "bindCaptured", "bind"),
            (self.uses.cache, "cacheFunction", "cache"),
            (self.uses.bind_cached, "bindCached", "bindCached"),
        ]
        .into_iter()
        .filter(|(is_used, ..)| *is_used)
        .map(|(_, imported, local)| format!("{imported} as {}", self.names.of(local)))
        .collect();
        if imports.is_empty() {
            return;
        }
        let from = js_string(&options.runtime.server);
        let head = format!("import {{ {} }} from {from};{}", imports.join(", "), self.head);
        let file = self.facts.prologues.first().and_then(|(_, prologue)| prologue.end);
        let at = file.unwrap_or(self.facts.start);
        let space = if file.is_some() { "" } else { " " };
        self.main.insert(at, format!("{head}{space}"));
    }

    fn write(mut self, options: &Options) -> Emitted {
        let source_bytes = self.text.source.len();
        let mappings = options
            .source_map
            .then(|| Mappings::new(2 * source_bytes, options.input_map.as_deref()));
        let added = self.head.len() + self.tail.len() + 100 * self.facts.inline.len() + 200;
        let mut writer = Writer::new(self.text, source_bytes + added, mappings);
        writer.edited(0..self.text.source.len() as u32, std::mem::take(&mut self.main));
        let moved: Vec<usize> =
            (0..self.moved.len()).filter(|&it| self.facts.inline[it].is_moved()).collect();
        if !self.tail.is_empty() || !moved.is_empty() {
            if !writer.ends_line() {
                writer.generated("\n", Origin::NONE);
            }
            // The last statement of the source may have no semicolon of its own.
            writer.generated(&format!(";{}", self.tail), Origin::NONE);
        }
        for index in moved {
            let inline = &self.facts.inline[index];
            let star = if inline.signature.is_generator { "*" } else { "" };
            writer.generated(&format!("async function{star} "), Origin::NONE);
            writer.generated(
                &self.names.body(index),
                Origin { at: Some(inline.at), name: Some(&inline.name) },
            );
            writer.edited(inline.signature.text.clone(), std::mem::take(&mut self.moved[index]));
            writer.generated("\n", Origin::NONE);
        }
        let (code, mappings) = writer.finish();
        let map = mappings.map(|it| it.into_json(&options.filename, self.text.source));
        Emitted { code, map }
    }
}

/// The key of a property in the place of a method, where the method's own key would mean something else there.
fn property_key(name: &str, is_static: bool) -> Option<&'static str> {
    match (name, is_static) {
        // It would set the prototype.
        ("__proto__", false) => Some("['__proto__']"),
        // A static property can't have that name.
        ("constructor", true) => Some("['constructor']"),
        _ => None,
    }
}

/// Whether what follows must stand on the same line: `as`, `satisfies` and `!`.
fn needs_same_line(text: &Text, at: u32) -> bool {
    let next_at = text.skip_trivia(at);
    matches!(text.word(next_at), "as" | "satisfies") || text.byte(next_at) == Some(b'!')
}
